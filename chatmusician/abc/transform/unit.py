"""Another unit length (L:) for the same music."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from chatmusician.abc.edit import Edit, edited, line_ending, whole_lines, written_out
from chatmusician.abc.fields import parse_unit
from chatmusician.abc.notate import length_text
from chatmusician.abc.timeline import timeline
from chatmusician.abc.tune import Chord, Element, Field, Note, Rest, Tune
from chatmusician.errors import UsageError

# The reader takes a shorter L: for a slip of the pen.
_SMALLEST: Final = Fraction(1, 1024)


def change_unit(tune: Tune, unit: str) -> Tune:
    """The tune with ``L:`` set to ``unit`` (``"1/16"``) and every length rewritten to fit."""
    parsed = parse_unit(unit)
    if parsed is None:
        raise UsageError(f"{unit!r} is no unit length", hint='write it as "1/8"')
    if Fraction(*parsed) < _SMALLEST:
        raise UsageError(f"a unit length of {unit} is too short", hint=f"at least {_SMALLEST}")
    return _UnitChanger(written_out(tune), Fraction(*parsed)).tune()


class _UnitChanger:
    def __init__(self, tune: Tune, unit: Fraction) -> None:
        self.source = tune
        self.unit = unit
        self.start = Fraction(*timeline(tune).unit)
        self.now: dict[str, Fraction] = {}
        self.voice = ""
        self.edits: list[Edit] = []

    def tune(self) -> Tune:
        self.header()
        for element in self.source.elements:
            self.element(element)
        return edited(self.source, self.edits)

    def header(self) -> None:
        """Set the header's L:, adding one before K: where there is none."""
        value = f"{self.unit.numerator}/{self.unit.denominator}"
        found = [e for e in self.source.header if isinstance(e, Field)]
        units = [e for e in found if e.letter == "L"]
        for field in units:
            self.edits.append((int(field.start), int(field.end), f"L:{value}"))
        if units:
            return
        keys = [int(e.start) for e in found if e.letter == "K"]
        at = keys[0] if keys else len(self.source.text.rstrip())
        self.edits.append((at, at, f"L:{value}" + line_ending(self.source.text)))

    def element(self, element: Element) -> None:
        if isinstance(element, Field):
            self.field(element)
        elif isinstance(element, Note):
            self.length(element, int(element.head_end))
        elif isinstance(element, Chord):
            self.chord(element)
        elif isinstance(element, Rest) and element.letter in "zx":
            self.length(element, int(element.start) + 1)

    def field(self, field: Field) -> None:
        if field.letter == "V" and field.value.split():
            self.voice = field.value.split()[0]
        elif field.letter == "L":
            parsed = parse_unit(field.value)
            if parsed is None:
                return
            self.now[self.voice] = Fraction(*parsed)
            span = (int(field.start), int(field.end))
            if not field.inline:
                span = whole_lines(self.source.text, *span)
            self.edits.append((*span, ""))

    def factor(self) -> Fraction:
        return self.now.get(self.voice, self.now.get("", self.start)) / self.unit

    def length(self, element: Note | Rest, begin: int) -> None:
        new = length_text(Fraction(int(element.num), int(element.den)) * self.factor())
        tie = 0
        if isinstance(element, Note):
            tie = int(element.tie)
        self.edits.append((begin, int(element.end) - tie, new))

    def chord(self, chord: Chord) -> None:
        """Scale the notes inside; a length after the bracket multiplies and stays."""
        if chord.num != 1 or chord.den != 1:
            new = length_text(Fraction(int(chord.num), int(chord.den)) * self.factor())
            end = int(chord.end) - int(chord.tie)
            self.edits.append((int(chord.close), end, new))
            return
        closed = self.source.text[chord.close - 1 : chord.close] == "]"
        plain = closed and all(note.num == 1 and note.den == 1 for note in chord.notes)
        if plain:
            end = int(chord.end) - int(chord.tie)
            self.edits.append((int(chord.close), end, length_text(self.factor())))
            return
        for note in chord.notes:
            self.length(note, int(note.head_end))
