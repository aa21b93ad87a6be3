"""Whether a repaired tune still sounds the same outside of what was repaired.

Both texts are read. Every sounding note of one must have its partner in the other: same
voice, same place in the text, same pitch and length. Only notes inside a repair, and
those a repair says it may change (``Mend``), can differ. Times may move.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from chatmusician.abc.check import check_tune
from chatmusician.abc.edit import Edit
from chatmusician.abc.mend import ANYTHING, LENGTH, PITCH, Mend
from chatmusician.abc.timeline import timeline
from chatmusician.abc.timing import Timeline
from chatmusician.abc.tune import Chord, Note, Rest, Tune


_LONGEST_CHAIN: Final = 200


@dataclass(frozen=True)
class Sound:
    """One sounding note: where it is written, and its pitch and length in whole notes."""

    start: int
    end: int
    pitch: int
    length: Fraction
    element: int


@dataclass(frozen=True)
class Reading:
    """What a tune sounds like and which errors it has."""

    tune: Tune
    voices: dict[str, list[Sound]]
    errors: Counter[str]


def reading(tune: Tune) -> Reading:
    """The sounding notes of each voice in the order of the text, and the errors by code."""
    line = timeline(tune)
    voices = {voice.id: _sounds(tune, line, index) for index, voice in enumerate(line.voices)}
    errors = Counter(d.code for d in check_tune(tune, line) if d.severity == "error")
    return Reading(tune, {id: sounds for id, sounds in voices.items() if sounds}, errors)


def _sounds(tune: Tune, line: Timeline, index: int) -> list[Sound]:
    lengths: dict[int, Fraction] = {}
    found: list[Sound] = []
    for tone in line.voices[index].tones:
        ticks = int(tone.duration)
        if ticks not in lengths:
            lengths[ticks] = Fraction(ticks, line.resolution)
        element = tune.elements[tone.element]
        found.append(
            Sound(
                int(element.start),
                int(element.end),
                int(tone.pitch),
                lengths[ticks],
                int(tone.element),
            )
        )
    found.sort(key=_order)
    return found


def _order(sound: Sound) -> tuple[int, int, Fraction]:
    return sound.start, sound.pitch, sound.length


class Guard:
    """Compares readings of one tune before and after repairs."""

    def __init__(self, before: Reading, mends: Sequence[Mend]) -> None:
        self.before = before
        self.mends = sorted(mends, key=lambda mend: mend.start)
        self.edits = sorted((e for mend in mends for e in mend.edits), key=lambda e: e[0])
        self.places = _Places(self.edits)
        self.reaches = _reaches(self.mends)
        spans = [(mend.start, mend.end) for mend in self.mends]
        self.spans = _merged([*spans, *(span for mend in self.mends for span in mend.also)])

    def holds(self, after: Reading) -> bool:
        """Whether nothing else changed and no error is new."""
        if after.errors - self.before.errors:
            return False
        names = {*self.before.voices, *after.voices}
        return all(self._same_voice(name, after) for name in names)

    def _same_voice(self, name: str, after: Reading) -> bool:
        old = [s for s in self.before.voices.get(name, []) if not self._inside(s.start, s.end)]
        new = [
            (start, s)
            for s in after.voices.get(name, [])
            for start, end in [self.places.span(s.start, s.end)]
            if not self._inside(start, end)
        ]
        if [s.start for s in old] == [start for start, _ in new]:
            pairs = zip(old, new, strict=True)
            return all(self._same(one, other, after.tune) for one, (_, other) in pairs)
        return self._same_where_free(old, new, after.tune)

    def _same_where_free(self, old: list[Sound], new: list[tuple[int, Sound]], tune: Tune) -> bool:
        """As before, where notes may have come or gone: only where anything may change."""
        kept_old = [s for s in old if not self._may(s.start, ANYTHING, s.pitch)]
        kept_new = [(at, s) for at, s in new if not self._may(at, ANYTHING, s.pitch)]
        if [s.start for s in kept_old] != [start for start, _ in kept_new]:
            return False
        pairs = zip(kept_old, kept_new, strict=True)
        return all(self._same(one, other, tune) for one, (_, other) in pairs)

    def _same(self, old: Sound, new: Sound, tune: Tune) -> bool:
        if old.pitch != new.pitch and not self._may_change_pitch(old):
            return False
        if old.length == new.length or self._may(old.start, LENGTH, old.pitch):
            return True
        return self._tied_into(self.before.tune, old.element, False) or self._tied_into(
            tune, new.element, True
        )

    def _may_change_pitch(self, sound: Sound) -> bool:
        return self._may(sound.start, PITCH, self._step(sound))

    def _step(self, sound: Sound) -> int:
        element = self.before.tune.elements[sound.element]
        return int(element.step) if isinstance(element, Note) else -1

    def _may(self, at: int, change: str, step: int) -> bool:
        """Whether a repair allows this change to a note written at ``at``."""
        return any(
            reach.holds(at)
            for (allowed, only), reach in self.reaches.items()
            if allowed in (change, ANYTHING) and (only is None or step in (only, -1))
        )

    def _tied_into(self, tune: Tune, index: int, moved: bool) -> bool:
        """Whether ties lead from a note to one that is part of a repair."""
        elements = tune.elements
        at = index + 1
        while at < min(len(elements), index + _LONGEST_CHAIN):
            element = elements[at]
            if isinstance(element, (Note, Chord, Rest)):
                start, end = int(element.start), int(element.end)
                if moved:
                    start, end = self.places.span(start, end)
                if self._inside(start, end):
                    return True
                if isinstance(element, Rest) or not element.tie:
                    return False
            at += 1
        return False

    def _inside(self, start: int, end: int) -> bool:
        """Whether an element of the old text touches a repaired span."""
        index = bisect_right(self.spans, (end - 1, len(self.before.tune.text) + 1)) - 1
        while index >= 0 and self.spans[index][1] > start:
            if self.spans[index][0] < end:
                return True
            index -= 1
        return False


class _Reach:
    """Where repairs of one kind may change notes: from each start to the latest end so far."""

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []

    def add(self, start: int, end: int) -> None:
        """Add a span; spans come in the order of their starts."""
        self.starts.append(start)
        self.ends.append(max(end, self.ends[-1]) if self.ends else end)

    def holds(self, at: int) -> bool:
        index = bisect_right(self.starts, at) - 1
        return index >= 0 and at < self.ends[index]


def _reaches(mends: list[Mend]) -> dict[tuple[str, int | None], _Reach]:
    found: dict[tuple[str, int | None], _Reach] = {}
    for mend in mends:
        if mend.change:
            found.setdefault((mend.change, mend.step), _Reach()).add(mend.start, mend.until)
    return found


class _Places:
    """From offsets after the edits to offsets before them."""

    def __init__(self, edits: list[Edit]) -> None:
        self.starts: list[int] = []
        self.rows: list[tuple[int, int, int]] = []
        shift = 0
        for start, end, new in edits:
            self.starts.append(start + shift)
            self.rows.append((start, end, start + shift + len(new)))
            shift += len(new) - (end - start)

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where an element of the new text was; its end by its last character."""
        return self.old(start), self.old(end - 1) + 1

    def old(self, at: int) -> int:
        index = bisect_right(self.starts, at) - 1
        if index < 0:
            return at
        start, end, new_end = self.rows[index]
        if at < new_end:
            return min(start + at - self.starts[index], end)
        return end + at - new_end


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
