"""What the importers fill in: voices of pieces in absolute time, and what stands around them."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from chatmusician.abc.pieces import Piece

Timed = list[tuple[Fraction, str]]


@dataclass
class Clef:
    onset: Fraction
    name: str
    octave: int = 0

    @property
    def text(self) -> str:
        if not self.octave:
            return self.name
        return f"{self.name}{'+' if self.octave > 0 else '-'}{8 if abs(self.octave) == 1 else 15}"


@dataclass
class DraftVoice:
    """One staff, to be one ABC voice; without an ``id`` it is numbered.

    ``streams`` are the source's voices on it: pieces in quarter notes, as written on the staff
    (``transposes`` lead to what sounds, in semitones).
    """

    name: str = ""
    short: str = ""
    id: str = ""
    streams: dict[str, list[Piece]] = field(default_factory=dict)
    clefs: list[Clef] = field(default_factory=list)
    transposes: list[tuple[Fraction, int]] = field(default_factory=list)
    keys: Timed = field(default_factory=list)
    meters: Timed = field(default_factory=list)
    chord_symbols: Timed = field(default_factory=list)
    inline: Timed = field(default_factory=list)


@dataclass
class Draft:
    """A piece of music on its way to ABC.

    ``staves`` is the number of staves of each part, ``groups`` the braces, brackets and
    bar lines over several parts: first part, last part, symbol, whether bar lines go through.
    """

    title: str = ""
    fields: list[tuple[str, str]] = field(default_factory=list)
    tempo: str = ""
    order: str = ""
    bars: list[Fraction] = field(default_factory=list)
    signs: Timed = field(default_factory=list)
    voices: list[DraftVoice] = field(default_factory=list)
    staves: list[int] = field(default_factory=list)
    groups: list[tuple[int, int, str, bool]] = field(default_factory=list)
    directives: list[str] = field(default_factory=list)
