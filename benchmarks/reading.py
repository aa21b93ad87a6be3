"""Our reading of one tune, in the terms in which it is compared with abc2midi's."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from benchmarks.oracle import TICKS, Sound
from chatmusician import abc
from chatmusician.abc.tune import Element

# Start, end, new text.
Edit = tuple[int, int, str]


@dataclass(frozen=True)
class Case:
    """A tune on its own, as read from its bytes; ``before`` and ``after`` surround it there."""

    tune: abc.Tune
    encoding: str
    before: str
    after: str

    @classmethod
    def read(cls, data: bytes) -> Case | None:
        """The first tune of some bytes, or None where we find none."""
        book = abc.read(data)
        for kind, start, end in book.pieces:
            if kind == "tune":
                before, after = book.text[:start], book.text[end:]
                return cls(book.tunes[0], book.encoding, before, after)
        return None

    @property
    def text(self) -> str:
        return self.tune.text

    @property
    def elements(self) -> tuple[Element, ...]:
        return self.tune.elements

    @cached_property
    def line(self) -> abc.Timeline:
        return abc.timeline(self.tune)

    @cached_property
    def findings(self) -> tuple[abc.Diagnostic, ...]:
        """What ``check`` says, with offsets into ``text``."""
        return abc.check_tune(self.tune, self.line)

    @cached_property
    def sounds(self) -> tuple[Sound, ...]:
        return sounds(abc.to_events(abc.read(self.rewritten([])))["tunes"][0])

    def rewritten(self, edits: list[Edit]) -> bytes:
        """The bytes again, with spans of the tune replaced."""
        text = self.before + replaced(self.text, edits) + self.after
        return text.encode(self.encoding, "replace")


def sounds(events: dict[str, Any]) -> tuple[Sound, ...]:
    """What one tune of the events shape sounds, in abc2midi's ticks."""
    found = []
    for onset, duration, pitches in events["expanded"]:
        start, length = (round(Fraction(value) * TICKS) for value in (onset, duration))
        found += [Sound(pitch, start, length) for pitch in pitches]
    return tuple(sorted(found))


def replaced(text: str, edits: list[Edit]) -> str:
    """A text with spans replaced; of two that overlap the first counts."""
    pieces = []
    done = 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        if start >= done:
            pieces += [text[done:start], new]
            done = end
    return "".join([*pieces, text[done:]])
