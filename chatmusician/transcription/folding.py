"""Music that is played twice at once, written once with repeat signs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import lcm
from typing import Final

from chatmusician.transcription.placed import Placed

# Lengths in bars that a repeated part may have, the longest first.
_LENGTHS: Final = (64, 48, 32, 24, 16, 12, 10, 8, 7, 6, 5, 4)
Event = tuple[int, int, int, int]
"""Onset, voice, pitch and duration."""


@dataclass(frozen=True)
class Repeat:
    """A part that begins at ``start``, ``length`` quarters long, comes twice."""

    start: Fraction
    length: Fraction


@dataclass
class Folded:
    """What is left to write: ``notes`` and ``end`` with later music moved up, bar lengths, signs
    by onset, and for each moment played where it is written."""

    notes: list[Placed]
    end: Fraction
    bars: list[Fraction]
    signs: list[tuple[Fraction, str]]
    repeats: list[Repeat]

    def chords(self, found: Sequence[tuple[Fraction, str]]) -> list[tuple[Fraction, str]]:
        """Chord symbols without those of a part's second playing; one that sounds on where a
        part is left or begins is said again."""
        kept: dict[Fraction, str] = {}
        for onset, name in found:
            if not any(r.start + r.length <= onset < r.start + 2 * r.length for r in self.repeats):
                kept[self.written_at(onset)] = name
        for repeat in self.repeats:
            for moment in (repeat.start, repeat.start + 2 * repeat.length):
                before = [name for onset, name in found if onset <= moment]
                if before and moment < found[-1][0]:
                    kept.setdefault(self.written_at(moment), before[-1])
        return sorted(kept.items())

    def written_at(self, played: Fraction) -> Fraction:
        """Where what is played at a moment is written."""
        moved = Fraction(0)
        for repeat in self.repeats:
            if played >= repeat.start + repeat.length:
                moved += repeat.length
        return played - moved


def find_repeats(
    notes: Sequence[Placed], start: Fraction, bar: Fraction, end: Fraction
) -> list[Repeat]:
    """Parts that come twice at once, from ``start`` on, each the longest that can be had."""
    line = _Line(notes, start, bar, end)
    found: list[Repeat] = []
    now = line.start
    while now + 8 * line.bar <= line.end + line.bar:
        count = next((count for count in _LENGTHS if line.comes_twice(now, count)), None)
        if count is None:
            now += 4 * line.bar
        else:
            found.append(Repeat(Fraction(now, line.scale), bar * count))
            now += 2 * count * line.bar
    return found


class _Line:
    """The notes in order, their times in whole units of which ``scale`` make a quarter."""

    def __init__(
        self, notes: Sequence[Placed], start: Fraction, bar: Fraction, end: Fraction
    ) -> None:
        times = {start, bar, end, *(n.onset for n in notes), *(n.duration for n in notes)}
        self.scale = lcm(*(time.denominator for time in times))
        self.start, self.bar, self.end = (int(time * self.scale) for time in (start, bar, end))
        self.events: list[Event] = sorted(
            (int(n.onset * self.scale), n.voice, n.pitch, int(n.duration * self.scale))
            for n in notes
        )
        self.onsets = [event[0] for event in self.events]

    def comes_twice(self, start: int, count: int) -> bool:
        """Whether so many bars come again at once, equal but for how long the notes last that
        end the part."""
        length = self.bar * count
        if start + 2 * length > self.end + self.bar:
            return False
        low, middle, high = (bisect_left(self.onsets, start + part * length) for part in range(3))
        if low == middle or middle - low != high - middle:
            return False
        until = start + length - self.scale
        for one, other in zip(self.events[low:middle], self.events[middle:high], strict=True):
            if one[0] + length != other[0] or one[1:3] != other[1:3]:
                return False
            if one[3] != other[3] and one[0] + max(one[3], other[3]) < until:
                return False
        return True


def fold(notes: Sequence[Placed], start: Fraction, bar: Fraction, end: Fraction) -> Folded | None:
    """The music with its repeats folded; None where nothing comes twice."""
    repeats = find_repeats(notes, start, bar, end)
    if not repeats:
        return None
    kept: list[Placed] = []
    signs: list[tuple[Fraction, str]] = []
    moved = Fraction(0)
    for note in notes:
        if any(r.start + r.length <= note.onset < r.start + 2 * r.length for r in repeats):
            continue
        before = sum((r.length for r in repeats if r.start + 2 * r.length <= note.onset), moved)
        inside = next((r for r in repeats if r.start <= note.onset < r.start + r.length), None)
        duration = note.duration
        if inside is not None:
            duration = min(duration, inside.start + inside.length - note.onset)
        kept.append(replace(note, onset=note.onset - before, duration=duration))
    cuts: set[Fraction] = set()
    gone = Fraction(0)
    for repeat in repeats:
        begin = repeat.start - gone
        signs += [(begin - start, "|:"), (begin + repeat.length - start, ":|")]
        cuts |= {begin, begin + repeat.length}
        gone += repeat.length
    last = max(end - gone, max(note.end for note in kept))
    if abs(last - max(cuts)) < bar and all(n.onset < max(cuts) for n in kept):
        last = max(cuts)
        kept = [replace(n, duration=min(n.duration, last - n.onset)) for n in kept]
    return Folded(kept, last, _bars(start, last, bar, cuts), signs, repeats)


def _bars(start: Fraction, end: Fraction, bar: Fraction, cuts: set[Fraction]) -> list[Fraction]:
    """Bar lengths from ``start`` to ``end``: a bar line at every full bar and every cut."""
    lines = {cut for cut in cuts if start < cut <= end}
    now = bar * (start // bar + 1)
    while now < end:
        lines.add(now)
        now += bar
    last = max(lines, default=start)
    if last < end:
        lines.add(now)
    ordered = sorted(lines)
    return [b - a for a, b in zip([start, *ordered], ordered, strict=False)]
