"""A given tune as what of it is left to the decoder: blank bars, chord symbols, its end."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from chatmusician.abc import Tune, timeline
from chatmusician.abc.edit import apply_edits
from chatmusician.abc.fields import parse_unit
from chatmusician.abc.tune import (
    Annotation,
    Bar,
    BrokenRhythm,
    Chord,
    ChordSymbol,
    Decoration,
    Element,
    Field,
    Grace,
    Note,
    Overlay,
    Rest,
    Slur,
    Tie,
    Tuplet,
)
from chatmusician.model.decoding.lengths import WHOLE, grain
from chatmusician.model.decoding.plan import Given, Hole
from chatmusician.music.meter import parse_meter

# What stands before a note and belongs to it: chord symbols come before all of that.
_ATTACHED: Final = (Annotation, Decoration, Grace, Tuplet)
# At least every second bar of a harmonised tune has a chord symbol.
_PATIENCE: Final = 2
_USUAL: Final = "4/4", Fraction(1, 8)


class _Reading:
    """Meter, unit and repeats of a tune as its elements go by."""

    def __init__(self, tune: Tune) -> None:
        self.meter, self.unit = _USUAL
        self.opened = False
        for letter in "ML":
            for field in tune.fields(letter):
                self.field(field)

    def field(self, field: Field) -> None:
        if field.letter == "M" and parse_meter(field.value).valid:
            self.meter = parse_meter(field.value).name
        elif field.letter == "L" and parse_unit(field.value):
            self.unit = Fraction(*(parse_unit(field.value) or (1, 8)))

    def take(self, element: Element) -> None:
        if isinstance(element, Field):
            self.field(element)
        elif isinstance(element, Bar):
            if element.opens:
                self.opened = True
            elif element.closes or element.end - element.start > 1:
                self.opened = False

    @property
    def ticks(self) -> int:
        """Of a unit; 0 where the decoder has none so short."""
        ticks = WHOLE * self.unit
        return int(ticks) if ticks.denominator == 1 else 0


def with_holes(tune: Tune) -> Given | None:
    """The tune with a hole for each rest ``x``; None without one, or where one cannot be filled."""
    reading, text = _Reading(tune), tune.text
    pieces: list[str] = []
    holes: list[Hole] = []
    tie, done = "", 0
    for element in tune.elements:
        reading.take(element)
        if isinstance(element, Note):
            tie = text[element.start : element.head_end].lstrip("^_=") if element.tie else ""
        if not (isinstance(element, Rest) and element.letter == "x"):
            continue
        ticks = reading.ticks * Fraction(int(element.num), int(element.den))
        if not ticks or ticks.denominator > 1 or ticks % grain(reading.ticks):
            return None
        pieces.append(text[done : element.start].rstrip(" "))
        done = int(element.end) + len(text[element.end :]) - len(text[element.end :].lstrip(" "))
        at = sum(len(piece.encode()) for piece in pieces)
        holes.append(Hole(at, int(ticks), reading.meter, reading.ticks, tie))
        tie = ""
    if not holes:
        return None
    # A hole is known to be filled by what comes behind it.
    pieces.append(text[done:].rstrip() or "|]")
    return Given(_bytes("".join(pieces)), tuple(holes))


def with_room_for_chords(tune: Tune) -> Given:
    """The tune without its chord symbols, and before which bytes there may be some, or must."""
    symbols = [e for e in tune.elements if isinstance(e, ChordSymbol)]
    spots: set[int] = set()
    due: set[int] = set()
    begun = -1
    free = True
    bare = _PATIENCE
    for element in tune.elements:
        if isinstance(element, (Overlay, Field)):
            # Symbols stand over the first voice alone.
            free = free and not isinstance(element, Overlay) and _letter(element) != "V"
        if isinstance(element, (ChordSymbol, Tie, BrokenRhythm)) or _closes(element):
            continue
        if isinstance(element, _ATTACHED) or (isinstance(element, Slur) and element.opens):
            begun = begun if begun >= 0 else int(element.start)
            continue
        if isinstance(element, (Note, Chord, Rest)) and free and _sounds(element):
            spot = begun if begun >= 0 else int(element.start)
            spots.add(spot)
            if bare >= _PATIENCE and not isinstance(element, Rest):
                due.add(spot)
                bare = 0
        if isinstance(element, Bar):
            free = True
            bare += 1
        begun = -1
    text = apply_edits(tune.text, [(int(e.start), int(e.end), "") for e in symbols])
    gone = [(int(e.start), int(e.end)) for e in symbols]

    def moved(places: set[int]) -> frozenset[int]:
        shifted = (at - sum(end - start for start, end in gone if start < at) for at in places)
        return frozenset(len(text[:at].encode()) for at in shifted)

    return Given(_bytes(text), spots=moved(spots), due=moved(due))


def gone_on_with(text: str, tune: Tune) -> Given | None:
    """The text with more behind it; None where it does not end with a bar."""
    reading = _Reading(tune)
    for element in tune.elements:
        reading.take(element)
    if not text.rstrip().endswith(("|", ":", "]")) or not reading.ticks:
        return None
    back = _back(tune) if reading.opened else -1
    return Given(_bytes(text), after=(reading.meter, reading.ticks, back))


def _back(tune: Tune) -> int:
    """How far into a bar the repeat that is open begins: its first bar may be a pickup."""
    line = timeline(tune)
    measures = line.voices[0].measures if line.voices else []
    begun = next((m for m in reversed(measures) if m.opens), None)
    if begun is None or not 0 < begun.length < begun.want:
        return 0
    short = line.quarters(int(begun.want - begun.length)) * WHOLE / 4
    return int(short) if short.denominator == 1 else 0


def _bytes(text: str) -> str:
    return text.encode().decode("latin-1")


def _letter(element: Element) -> str:
    return element.letter if isinstance(element, Field) else ""


def _sounds(element: Element) -> bool:
    return not isinstance(element, Rest) or element.letter == "z"


def _closes(element: Element) -> bool:
    return isinstance(element, Slur) and not element.opens
