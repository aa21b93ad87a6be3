"""Notes as they are written: letters, accidentals, ties, tuplets, marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from typing import Final

from chatmusician.abc.spelling import ACCIDENTALS, head

_TUPLET_TIMES: Final = {3: 2, 5: 4, 7: 4, 9: 8, 11: 8, 13: 8, 15: 8}
_LARGEST_TUPLET: Final = 99


@dataclass(slots=True)
class Head:
    """One note of a chord. ``octave`` 0 holds middle C; ``length`` only where it is not the
    chord's own."""

    step: int
    alter: int
    octave: int
    tied: bool = False
    length: Fraction | None = None
    marks: str = ""


@dataclass(slots=True)
class GraceNotes:
    """Grace notes before a note: chords of heads with their lengths in grace units."""

    chords: list[tuple[list[Head], Fraction]]
    slash: bool = False


@dataclass(slots=True)
class Piece:
    """A note, chord or rest inside one bar. No heads: a rest, shown or (``x``) not.

    ``ratio`` is the tuplet the source states, ``first`` whether one begins here. ``joined``
    tells whether a beam joins it to the note before, ``None`` where the meter decides.
    ``graces`` stand before it, ``tails`` after it, where no note follows.
    ``syllables`` are ready for a ``w:`` line, by verse.
    """

    onset: Fraction
    length: Fraction
    heads: list[Head]
    hidden: bool = False
    whole_bar: bool = False
    continues: bool = False
    ratio: tuple[int, int] | None = None
    first: bool = False
    joined: bool | None = None
    graces: list[GraceNotes] = field(default_factory=list)
    tails: list[GraceNotes] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    opens: int = 0
    closes: int = 0
    syllables: dict[int, str] = field(default_factory=dict)

    @property
    def end(self) -> Fraction:
        return self.onset + self.length


def cut(piece: Piece, points: Sequence[Fraction]) -> list[Piece]:
    """The piece cut at points inside it, its parts tied."""
    if not points:
        return [piece]
    found: list[Piece] = []
    rest = piece
    for point in points:
        if not rest.onset < point < rest.end:
            continue
        found.append(
            replace(
                rest,
                length=point - rest.onset,
                heads=[replace(h, tied=True, length=None) for h in rest.heads],
                closes=0,
                tails=[],
                whole_bar=False,
            )
        )
        rest = replace(
            rest,
            onset=point,
            length=rest.end - point,
            heads=[replace(h, length=None, marks="") for h in rest.heads],
            continues=True,
            first=False,
            graces=[],
            marks=[],
            opens=0,
            syllables={},
            whole_bar=False,
        )
    return [*found, rest]


class Accidentals:
    """What a reader may take a letter's alteration to be, under either rule of scope."""

    def __init__(self, signature: tuple[int, ...]) -> None:
        self.signature = signature
        self.written: dict[tuple[int, int], int] = {}
        self.doubtful: dict[int, set[int]] = {}

    def text(self, note: Head, grace: bool = False) -> str:
        """The note's letter, with an accidental wherever some reading needs it.

        Programs differ on whether a grace note's accidental holds for the notes after it.
        """
        step, alter, octave = note.step, note.alter, note.octave
        seen = [a for (s, _), a in self.written.items() if s == step] or [self.signature[step]]
        needed = (
            any(a != alter for a in seen)
            or any(a != alter for a in self.doubtful.get(step, ()))
            or self.written.get((step, octave), self.signature[step]) != alter
        )
        if needed and grace:
            self.doubtful.setdefault(step, set()).add(alter)
        elif needed:
            self.written[step, octave] = alter
        return note.marks + (ACCIDENTALS[alter] if needed else "") + head(step, octave)


@lru_cache(maxsize=4096)
def length_text(units: Fraction) -> str:
    """A length in units in its shortest spelling."""
    if units.denominator == 1:
        return "" if units == 1 else str(units.numerator)
    top = "" if units.numerator == 1 else str(units.numerator)
    return f"{top}/" if units.denominator == 2 else f"{top}/{units.denominator}"


def piece_text(piece: Piece, length: Fraction, scale: Fraction, accidentals: Accidentals) -> str:
    """A note, chord or rest without what stands before it; ``length`` is in units, and
    ``scale`` turns quarters into units."""
    size = length_text(length)
    if not piece.heads:
        return ("x" if piece.hidden else "z") + size
    if len(piece.heads) == 1:
        only = piece.heads[0]
        return accidentals.text(only) + size + ("-" if only.tied else "")
    tied = all(h.tied for h in piece.heads)
    even = all(h.length is None for h in piece.heads)
    inner = []
    for each in piece.heads:
        own = "" if even else length_text((each.length or piece.length) * scale)
        inner.append(accidentals.text(each) + own + ("-" if each.tied and not tied else ""))
    return "[" + "".join(inner) + "]" + (size if even else "") + ("-" if tied else "")


def graces_text(graces: GraceNotes, accidentals: Accidentals) -> str:
    out = []
    for heads, length in graces.chords:
        text = "".join(accidentals.text(h, grace=True) for h in heads)
        out.append((f"[{text}]" if len(heads) > 1 else text) + length_text(length))
    return "{" + ("/" if graces.slash else "") + "".join(out) + "}"


def _odd(value: int) -> int:
    return value // (value & -value)


def tuplet(pieces: Sequence[Piece], at: int) -> tuple[int, int, int]:
    """How many pieces from ``at`` make a tuplet, and its ratio; 0 where none begins."""
    ratio = pieces[at].ratio
    if not ratio and pieces[at].length.denominator in (1, 2, 4, 8):
        return 0, 1, 1
    if ratio:
        count = _stated(pieces, at, ratio)
        if count:
            return count, *ratio
    return _guessed(pieces, at)


def _stated(pieces: Sequence[Piece], at: int, ratio: tuple[int, int]) -> int:
    """How many pieces the tuplet that the source states here holds."""
    p, q = ratio
    if not 2 <= p <= _LARGEST_TUPLET or not 1 <= q <= _LARGEST_TUPLET:
        return 0
    total, smallest = Fraction(0), Fraction(0)
    count = 0
    for piece in pieces[at : at + _LARGEST_TUPLET]:
        plain = piece.length * p / q
        if piece.ratio != ratio or _odd(plain.denominator) != 1 or (count and piece.first):
            break
        count += 1
        total += plain
        smallest = min(smallest, plain) if smallest else plain
        if total % (p * smallest) == 0:
            break
    return count


def _guessed(pieces: Sequence[Piece], at: int) -> tuple[int, int, int]:
    p = _odd(pieces[at].length.denominator)
    q = _TUPLET_TIMES.get(p, 0)
    if p == 1 or not q:
        return 0, 1, 1
    total = Fraction(0)
    for count, piece in enumerate(pieces[at : at + _LARGEST_TUPLET], start=1):
        total += piece.length
        if _odd((piece.length * p / q).denominator) != 1:
            return 0, 1, 1
        if _odd(total.denominator) == 1:
            return count, p, q
    return 0, 1, 1


def tuplet_text(count: int, p: int, q: int) -> str:
    return "(3" if (p, q, count) == (3, 2, 3) else f"({p}:{q}:{count}"
