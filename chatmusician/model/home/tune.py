"""A single-line tune in its home key, as data: parts, bars and the words of the notes.

A word is one note (``^F3/2``, ``c2-``), rest (``z2``), the lower note of a two-note stop
(``D+`` before its upper note), a tuplet sign (``(3``) or an ornament (``~`` or ``T``) that
belongs to the note after it. Lengths are in eighths. An accidental is written at each note
that the signature does not give, whatever came before it in the bar.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Final

TONICS: Final = {
    "major": "C",
    "mixolydian": "C",
    "lydian": "C",
    "minor": "D",
    "dorian": "D",
    "phrygian": "D",
}
# Word of a tuplet: (notes written, notes' time, number of notes it holds).
TUPLETS: Final = {
    "(2": (2, 3, 2),
    "(3": (3, 2, 3),
    "(3:2:2": (3, 2, 2),
    "(4": (4, 3, 4),
}
ORNAMENTS: Final = {"~": "roll", "T": "trill"}
_LETTERS: Final = "CDEFGAB"
_NOTE: Final = re.compile(r"(__|_|=|\^\^|\^|)([A-Ga-g])(,*|'*)(?:(\+)|(\d+)?(?:(/)(\d+)?)?(-?))")
_REST: Final = re.compile(r"z(\d+)?(?:(/)(\d+)?)?")


@dataclass(frozen=True)
class Sound:
    """What a word means in time and pitch.

    ``step`` counts letters from middle C (-99: a rest), ``accidental`` is the sign written,
    ``length`` the written length in eighths (0 for the lower note of a stop).
    """

    step: int
    accidental: str
    length: Fraction
    tie: bool = False
    lower: bool = False

    @property
    def is_rest(self) -> bool:
        return self.step == -99


@dataclass(frozen=True)
class HomePart:
    """A part. ``pickup`` are the words before its first full bar; ``bars`` those that both
    passes share; ``first`` and ``second`` the bars of its two endings, equally many or none."""

    pickup: tuple[str, ...]
    bars: tuple[tuple[str, ...], ...]
    repeated: bool = False
    first: tuple[tuple[str, ...], ...] = ()
    second: tuple[tuple[str, ...], ...] = ()

    @property
    def path(self) -> tuple[tuple[str, ...], ...]:
        """The bars as they sound the last time."""
        return (*self.bars, *self.second)

    @property
    def shape(self) -> str:
        """``8`` (bars), ``8r`` (repeated), ``8r1`` (repeated, with endings of one bar)."""
        endings = str(len(self.second)) if self.second else ""
        return f"{len(self.path)}{'r' if self.repeated else ''}{endings}"


@dataclass(frozen=True)
class HomeTune:
    """``meter`` as in ``6/8``; ``mode`` one of ``TONICS``; ``source`` a collection's name."""

    rhythm: str
    meter: str
    mode: str
    source: str
    parts: tuple[HomePart, ...]

    @property
    def bar_length(self) -> Fraction:
        """In eighths."""
        beats, unit = self.meter.split("/")
        return Fraction(int(beats) * 8, int(unit))

    def with_words(self, **changes: str) -> HomeTune:
        return replace(self, **changes)  # type: ignore[arg-type]


@lru_cache(maxsize=65536)
def sound(word: str) -> Sound | None:
    """What a word sounds, or None where it is a sign (``(3``, ``~``)."""
    rest = _REST.fullmatch(word)
    if rest:
        return Sound(-99, "", _length(*rest.groups()))
    note = _NOTE.fullmatch(word)
    if note is None:
        return None
    accidental, letter, octave, lower, number, slash, divisor, tie = note.groups()
    step = _LETTERS.index(letter.upper()) + 7 * letter.islower()
    step += 7 * octave.count("'") - 7 * octave.count(",")
    if lower:
        return Sound(step, accidental, Fraction(0), lower=True)
    return Sound(step, accidental, _length(number, slash, divisor), bool(tie))


def _length(number: str | None, slash: str | None, divisor: str | None) -> Fraction:
    below = int(divisor) if divisor else (2 if slash else 1)
    return Fraction(int(number or 1), below)


def length_text(length: Fraction) -> str:
    """``2``, ``/``, ``3/2``, ``/4`` or nothing for one eighth."""
    if length == Fraction(1, 2):
        return "/"
    above = "" if length.numerator == 1 else str(length.numerator)
    return above + (f"/{length.denominator}" if length.denominator > 1 else "")


def pitch_text(step: int) -> str:
    """Letter and octave marks of a step counted from middle C."""
    octave, letter = divmod(step, 7)
    if octave >= 1:
        return _LETTERS[letter].lower() + "'" * (octave - 1)
    return _LETTERS[letter] + "," * -octave


def duration(words: tuple[str, ...]) -> Fraction:
    """How long the words of a bar sound, in eighths."""
    return sum((length for _, length in timed(words)), Fraction(0))


@lru_cache(maxsize=65536)
def timed(words: tuple[str, ...]) -> tuple[tuple[str, Fraction], ...]:
    """Each note and rest with the time it takes in eighths, tuplets applied."""
    result = []
    scale, left = Fraction(1), 0
    for word in words:
        if word in TUPLETS:
            p, q, left = TUPLETS[word]
            scale = Fraction(q, p)
            continue
        meaning = sound(word)
        if meaning is None or meaning.lower:
            continue
        result.append((word, meaning.length * (scale if left else 1)))
        left = max(0, left - 1)
    return tuple(result)
