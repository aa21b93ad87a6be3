"""A tune's text with what the recognisers of faults ask about it."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cached_property

from chatmusician.abc.mend import Mend
from chatmusician.abc.timeline import timeline
from chatmusician.abc.timing import Written
from chatmusician.abc.tune import Bar, Chord, Diagnostic, Ending, Field, Grace, Note, Overlay, Tune


@dataclass(frozen=True)
class Fault:
    """What is wrong with ``text[start:end]``, and the repair where there is one answer."""

    code: str
    start: int
    end: int
    mend: Mend | None = None


@dataclass(frozen=True)
class Place:
    """A written note: its bar (counted over the whole text), pitch and place."""

    bar: int
    step: int
    octave: int
    marked: bool
    start: int
    end: int
    grace: bool


class Context:
    """One tune, its raw findings and lazily made tables of its notes and bar lines."""

    def __init__(self, tune: Tune, findings: list[Diagnostic]) -> None:
        self.tune = tune
        self.text = tune.text
        self.findings = findings
        self._has_cr = "\r" in self.text
        self._line = (0, -1)

    def line(self, at: int) -> tuple[int, int]:
        """Start and end of the line that holds ``at``, without its line end."""
        if not self._line[0] <= at <= self._line[1]:
            text = self.text
            start = max(text.rfind("\n", 0, at), text.rfind("\r", 0, at) if self._has_cr else -1)
            ends = [text.find("\n", at), text.find("\r", at) if self._has_cr else -1]
            self._line = start + 1, min((e for e in ends if e >= 0), default=len(text))
        return self._line

    @cached_property
    def bar_lines(self) -> list[int]:
        """Where accidentals end: at bar lines, overlays and changes of key or voice."""
        return [
            int(e.start)
            for e in self.tune.elements
            if isinstance(e, (Bar, Overlay)) or (isinstance(e, Field) and e.letter in "KV")
        ]

    @cached_property
    def has_endings(self) -> dict[int, int]:
        """How often each number of a variant ending is written."""
        counts: dict[int, int] = {}
        for element in self.tune.elements:
            if isinstance(element, Ending):
                for number in element.numbers:
                    counts[number] = counts.get(number, 0) + 1
        return counts

    def bar_end(self, at: int) -> int:
        """The first bar line at or after ``at``, or the end of the text."""
        index = bisect_left(self.bar_lines, at)
        return self.bar_lines[index] if index < len(self.bar_lines) else len(self.text)

    def next_bar_line(self, at: int) -> int:
        """Where accidentals written before ``at`` end at the latest, in any voice.

        In a tune of several voices the bar may go on after lines of other voices: the end.
        """
        return len(self.text) if self._has_voices else self.bar_end(at)

    @cached_property
    def _has_voices(self) -> bool:
        return any(isinstance(e, Field) and e.letter == "V" for e in self.tune.elements)

    def bar_of(self, at: int) -> int:
        return bisect_right(self.bar_lines, at)

    @cached_property
    def places(self) -> list[Place]:
        """Every written note in the order of the text."""
        found: list[Place] = []
        for element in self.tune.elements:
            if isinstance(element, Note):
                found.append(self._place(element, False))
            elif isinstance(element, (Chord, Grace)):
                grace = isinstance(element, Grace)
                found += [self._place(note, grace) for note in element.notes]
        return found

    def _place(self, note: Note, grace: bool) -> Place:
        start = int(note.start)
        marked = note.accidental != -99
        return Place(
            self.bar_of(start),
            int(note.step),
            int(note.octave),
            marked,
            start,
            int(note.end),
            grace,
        )

    @cached_property
    def written(self) -> list[Written]:
        """How each note and rest of the tune was read."""
        return timeline(self.tune, trace=True).written

    @cached_property
    def alters(self) -> dict[int, int]:
        """The accidental each note sounds with today, by the offset of the note.

        Notes that go on from a tie are left out: they lend their accidental to no other note.
        """
        found: dict[int, int] = {}
        elements = self.tune.elements
        chord = -1
        at = 0
        for written in self.written:
            element = elements[written.element]
            if isinstance(element, Chord):
                at = at + 1 if chord == written.element else 0
                chord = int(written.element)
                if at < len(element.notes) and not written.tied:
                    found[int(element.notes[at].start)] = int(written.alter)
            elif isinstance(element, Note) and not written.tied:
                found[int(element.start)] = int(written.alter)
        return found

    def notes_between(self, start: int, end: int) -> list[Place]:
        """The notes (no grace notes) that begin in a span."""
        starts = self._starts
        first, last = bisect_left(starts, start), bisect_left(starts, end)
        return [place for place in self.places[first:last] if not place.grace]

    @cached_property
    def _starts(self) -> list[int]:
        return [place.start for place in self.places]
