"""One walk over a tune's elements: what is attached to notes, and the %%MIDI directives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from chatmusician.abc.fields import parse_voice
from chatmusician.abc.timing import Timeline
from chatmusician.abc.tune import (
    NO_ACCIDENTAL,
    Bar,
    Chord,
    Decoration,
    Directive,
    Element,
    Field,
    Grace,
    Note,
    Rest,
    Tune,
)

ALL_VOICES: Final = ""


@dataclass
class Attached:
    """What stands at a note or chord. ``graces`` are step, octave and accidental each;
    the accidental is None where the key decides."""

    names: list[str] = field(default_factory=list)
    graces: list[tuple[int, int, int | None]] = field(default_factory=list)


@dataclass(frozen=True)
class MidiDirective:
    """``%%MIDI name arguments``; ``element`` indexes Tune.elements, -1 in the header."""

    element: int
    voice: str
    name: str
    arguments: tuple[str, ...]
    text: str

    def number(self, index: int = 0) -> int | None:
        """An argument as a number; None where there is none."""
        if index >= len(self.arguments):
            return None
        text = self.arguments[index].removeprefix("+")
        digits = text.removeprefix("-")
        return int(text) if digits.isdecimal() and len(digits) < 6 else None


@dataclass
class Gathered:
    attached: dict[int, Attached]
    directives: list[MidiDirective]


def gather(tune: Tune, line: Timeline) -> Gathered:
    walker = _Walker(line)
    for part in (tune.inherited, tune.header):
        walker.voice = ALL_VOICES
        for element in part:
            walker.other(-1, element)
    walker.voice = line.voices[0].id if line.voices else ALL_VOICES
    for index, element in enumerate(tune.elements):
        kind = type(element)
        if kind is Note:
            if walker.waiting is not None or element.accidental != NO_ACCIDENTAL:  # type: ignore[attr-defined]
                walker.note(index, element)
        elif kind is Bar:
            walker.waiting = None
            walker.altered = {}
        else:
            walker.other(index, element)
    return Gathered(walker.attached, walker.directives)


class _Walker:
    def __init__(self, line: Timeline) -> None:
        self.ids = {voice.id for voice in line.voices}
        self.voice = ALL_VOICES
        self.attached: dict[int, Attached] = {}
        self.directives: list[MidiDirective] = []
        self.waiting: Attached | None = None
        self.altered: dict[int, int] = {}

    def note(self, index: int, element: Element) -> None:
        if self.waiting is not None:
            self.attached[index] = self.waiting
            self.waiting = None
        notes = element.notes if isinstance(element, Chord) else (element,)
        for note in notes:
            if isinstance(note, Note) and note.accidental != NO_ACCIDENTAL:
                self.altered[int(note.step)] = int(note.accidental)

    def other(self, index: int, element: Element) -> None:
        if isinstance(element, Chord):
            for inner in element.inner:
                if isinstance(inner, (Decoration, Grace)):
                    self.mark(inner)
            self.note(index, element)
        elif isinstance(element, (Decoration, Grace)):
            self.mark(element)
        elif isinstance(element, Rest):
            self.waiting = None
        elif isinstance(element, Field):
            if element.letter == "V":
                name = parse_voice(element.value).id
                self.voice = name if name in self.ids else self.voice
                self.altered = {}
        elif isinstance(element, Directive) and element.name.upper() == "MIDI":
            self.directive(index, element)

    def mark(self, element: Decoration | Grace) -> None:
        if self.waiting is None:
            self.waiting = Attached()
        if isinstance(element, Decoration):
            self.waiting.names.append(element.name)
            return
        for note in element.notes:
            step, accidental = int(note.step), int(note.accidental)
            given = accidental if accidental != NO_ACCIDENTAL else self.altered.get(step)
            self.waiting.graces.append((step, int(note.octave), given))

    def directive(self, index: int, element: Directive) -> None:
        words = element.value.split()
        if words:
            text = f"%%MIDI {element.value}"
            self.directives.append(
                MidiDirective(index, self.voice, words[0].lower(), tuple(words[1:]), text)
            )
