"""Whether a repaired tune still sounds the same outside of what was repaired.

Both texts are read. Every note of one must have its partner in the other: same voice,
same place in the text, same sounding pitch and length. Only notes inside a repair, and
those a repair says it may change (``Mend``), can differ. Times may move.
"""

from __future__ import annotations

import re
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
from chatmusician.abc.timing import Written
from chatmusician.abc.tune import Chord, Note, Tune
from chatmusician.music.pitch import STEP_SEMITONES


@dataclass(frozen=True)
class Sound:
    """One written note: where it is, its pitch, and its length by what its voice plays next.

    Ties are left alone: notes they join are compared one by one. ``step`` is that of the
    letter (C=0 … B=6), ``tied`` whether a tie leads to it.
    """

    start: int
    end: int
    pitch: int
    length: tuple[Fraction, Fraction]
    step: int
    tied: bool


@dataclass(frozen=True)
class Reading:
    """What a tune sounds like and which errors it has."""

    tune: Tune
    voices: dict[str, list[Sound]]
    errors: Counter[str]


def reading(tune: Tune) -> Reading:
    """The notes of each voice in the order of the text, and the errors by code."""
    line = timeline(tune, trace=True)
    entries: dict[str, list[Written]] = {}
    for entry in line.written:
        entries.setdefault(entry.voice, []).append(entry)
    whole = line.resolution
    voices = {key: _sounds(tune, found, whole) for key, found in entries.items()}
    errors = Counter(d.code for d in check_tune(tune) if d.severity == "error")
    return Reading(tune, {key: sounds for key, sounds in voices.items() if sounds}, errors)


def _sounds(tune: Tune, entries: list[Written], whole: int) -> list[Sound]:
    found: list[Sound] = []
    following = _onsets_after(entries)
    chord, at = -1, 0
    for entry, onset in zip(entries, following, strict=True):
        element = tune.elements[entry.element]
        note = element
        if isinstance(element, Chord):
            at = at + 1 if entry.element == chord else 0
            chord = int(entry.element)
            note = element.notes[min(at, len(element.notes) - 1)]
        if not isinstance(note, Note):
            continue
        written = Fraction(int(entry.plain), whole)
        lasts = Fraction(0 if onset is None else onset - int(entry.onset), whole)
        if not 0 < lasts <= written:  # the last note, or one before an overlay goes back
            lasts = written
        pitch = 12 * int(note.octave) + STEP_SEMITONES[note.step] + int(entry.alter)
        sound = Sound(
            int(element.start),
            int(element.end),
            pitch,
            (written, lasts),
            int(note.step),
            bool(entry.tied),
        )
        found.append(sound)
    found.sort(key=_order)
    return found


def _onsets_after(entries: list[Written]) -> list[int | None]:
    """When the voice goes on after each note in its layer; notes of one chord go on together."""
    found: list[int | None] = [None] * len(entries)
    for index in range(len(entries) - 2, -1, -1):
        here, following = entries[index], entries[index + 1]
        if here.element == following.element:
            found[index] = found[index + 1]
        elif here.layer == following.layer:
            found[index] = int(following.onset)
    return found


def _order(sound: Sound) -> tuple[int, int, int]:
    return sound.start, sound.step, sound.pitch


class Guard:
    """Compares readings of one tune before and after repairs."""

    def __init__(self, before: Reading, mends: Sequence[Mend]) -> None:
        self.before = before
        self.mends = sorted(mends, key=lambda mend: mend.start)
        self.edits = sorted((e for mend in mends for e in mend.edits), key=lambda e: e[0])
        self.places = _Places(self.edits)
        self.reaches = _reaches(self.mends)
        text = before.tune.text
        self.spans = _merged(_with_partners(text, mend.start, mend.end) for mend in self.mends)

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
            return all(self._same(one, other) for one, (_, other) in pairs)
        return self._same_where_free(old, new)

    def _same_where_free(self, old: list[Sound], new: list[tuple[int, Sound]]) -> bool:
        """As before, where notes may have come or gone: only where anything may change."""
        kept_old = [s for s in old if not self._may(s.start, ANYTHING, s.step)]
        kept_new = [(at, s) for at, s in new if not self._may(at, ANYTHING, s.step)]
        if [s.start for s in kept_old] != [start for start, _ in kept_new]:
            return False
        pairs = zip(kept_old, kept_new, strict=True)
        return all(self._same(one, other) for one, (_, other) in pairs)

    def _same(self, old: Sound, new: Sound) -> bool:
        # A note that goes on from a tie sounds as the note before it, which was judged.
        if old.pitch != new.pitch and not new.tied and not self._may(old.start, PITCH, old.step):
            return False
        return old.length == new.length or self._may(old.start, LENGTH, old.step)

    def _may(self, at: int, change: str, step: int) -> bool:
        """Whether a repair allows this change to a note written at ``at``."""
        return any(
            reach.holds(at)
            for (allowed, only), reach in self.reaches.items()
            if allowed in (change, ANYTHING) and only in (None, step)
        )

    def _inside(self, start: int, end: int) -> bool:
        """Whether an element of the old text touches a repaired span."""
        index = bisect_right(self.spans, (end - 1, len(self.before.tune.text) + 1)) - 1
        while index >= 0 and self.spans[index][1] > start:
            if self.spans[index][0] < end:
                return True
            index -= 1
        return False


_BROKEN_BEFORE: Final = re.compile(
    r"(?:[\^_=]*[A-Ga-gzx][,']*|\[[^][|]{0,40}\])[\d/]*-?\s*[<>]+\s*\Z"
)
_BROKEN_AFTER: Final = re.compile(r"\s*[<>]+\s*(?:[\^_=]*[A-Ga-gzx][,']*|\[[^][|]{0,40}\])[\d/]*")


def _with_partners(text: str, start: int, end: int) -> tuple[int, int]:
    """A repaired span with the notes that broken rhythm (``>``, ``<``) joins to it."""
    before = _BROKEN_BEFORE.search(text[max(0, start - 60) : start])
    after = _BROKEN_AFTER.match(text, end)
    return start - len(before[0]) if before else start, after.end() if after else end


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
