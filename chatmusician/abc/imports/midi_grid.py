"""Ticks to exact times: is a MIDI file on a grid, and where on it do its notes lie?"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Final

from chatmusician.errors import InputError

# Parts of a quarter note on which notes may begin: 1/64 notes, triplets of 1/32 notes,
# then fives and sevens.
_PARTS: Final = (1, 2, 4, 3, 8, 6, 12, 16, 24, 5, 10, 7, 14, 9, 20, 28)
_COMMON: Final = frozenset((1, 2, 4, 3, 8, 6, 12))
_ENDS: Final = (1, 2, 4, 3, 8, 6, 12, 16, 24)
_PLAIN_ENDS: Final = frozenset((1, 2, 3, 4, 6, 8))
_MOST_PLAIN: Final = 0.9
_FINE: Final = 240
_MOST_STRAY: Final = 0.15
_LEAST_COMMON: Final = 0.6


class Grid:
    """Times of a file with so many ticks to a quarter note."""

    def __init__(self, ticks: int) -> None:
        self.ticks = ticks
        # Some programs (abc2midi) write every note a tick late.
        self.slack = 1 if ticks >= _FINE else 0
        self.gaps = False
        self.known: dict[int, Fraction | None] = {}

    def exact(self, tick: int) -> Fraction | None:
        """The time that rounds to this tick; None where no part of a quarter does."""
        if tick not in self.known:
            self.known[tick] = self._exact(tick)
        return self.known[tick]

    def _exact(self, tick: int) -> Fraction | None:
        for parts in _PARTS:
            place = round(Fraction(tick * parts, self.ticks))
            off = abs(place * self.ticks - tick * parts)
            if off <= self.slack * parts or (off < parts and place * self.ticks % parts):
                return Fraction(place, parts)
        return None

    def near(self, tick: int) -> Fraction:
        """The nearest 1/24 of a quarter note."""
        return Fraction(round(Fraction(tick * 24, self.ticks)), 24)

    def onset(self, tick: int) -> Fraction:
        found = self.exact(tick)
        return self.near(tick) if found is None else found

    def plain(self, time: Fraction | None) -> bool:
        return time is not None and time.denominator in _PLAIN_ENDS

    def look_for_gaps(self, ends: list[int]) -> None:
        """Whether notes in general end before the next begins, as players and some programs
        have it."""
        self.gaps = sum(self.plain(self.exact(end)) for end in ends) < _MOST_PLAIN * len(ends)

    def length(self, start: int, duration: int) -> Fraction:
        """A note's length. An end off the grid, and any odd one where there are gaps between
        notes, goes to the coarsest place close after it."""
        onset = self.onset(start)
        end = self.exact(start + duration)
        if end is not None and end > onset and (not self.gaps or self.plain(end)):
            return end - onset
        real, size = Fraction(start + duration, self.ticks), Fraction(duration, self.ticks)
        for parts in _ENDS:
            place = Fraction(round(real * parts), parts)
            if place > onset and -size / 16 <= place - real <= size / 6:
                return place - onset
        if end is not None and end > onset:
            return end - onset
        return max(self.near(start + duration) - onset, Fraction(1, 24))


def check(grid: Grid, onsets: Iterable[int]) -> None:
    """Refuse a file whose notes do not begin on a grid, and say how far off they are."""
    places = [(tick, grid.exact(tick)) for tick in sorted(set(onsets))]
    if not places:
        raise InputError("the MIDI file has no notes")
    stray = sum(1 for _, place in places if place is None)
    common = sum(1 for _, place in places if place is not None and place.denominator in _COMMON)
    if stray <= _MOST_STRAY * len(places) and common >= _LEAST_COMMON * len(places):
        return
    quarter = grid.ticks
    off = sorted(
        abs(Fraction(tick, quarter) * 4 - round(Fraction(tick, quarter) * 4)) / 4
        for tick, _ in places
    )
    middle = float(off[len(off) // 2])
    raise InputError(
        f"the MIDI file is not on a grid: {stray} of its {len(places)} onsets fit no part of a"
        f" beat, half of them lie {middle:.3f} quarter notes or more from the nearest 1/16 note",
        hint="`chatmusician transcribe` is for played music",
    )
