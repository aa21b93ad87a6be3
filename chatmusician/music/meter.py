"""Meters: the length of a bar, the beat, and the groups that beams and accents show.

A meter is a fraction of a whole note, ``num/den``. Lengths here are in whole notes, exact.

Definitions
-----------
compound
    The numerator is a multiple of 3 greater than 3 (6, 9, 12, 15, 18 …): three units of the
    denominator make a beat. The denominator does not matter: 6/4 is compound as 6/8 is.
beat
    What a conductor counts and a tempo refers to: three units of a compound meter, one unit of
    any other. A beat of 6/8 is a dotted quarter, of 2/2 a half, of 7/8 an eighth.
groups
    What an additive meter such as ``2+3+2/8`` adds up, in units. Its beats are its groups, of
    different lengths; as the beat that a tempo counts it has the group where all are equal
    (``2+2+2/8`` has three quarters), else one unit.

Departures
----------
music21 counts one dotted beat in 3/8, 3/16 and 3/32. Here they are simple triple meters with
three beats, which is how they are taught and how the tempos of minuets in 3/8 are given.
music21 gives no beat to additive meters with unequal groups, and pretty_midi's
``qpm_to_bpm`` agrees with the definition of the beat above for every meter except those with
a numerator of 3, where both count single units.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final

_LARGEST_NUMERATOR: Final = 256
_DENOMINATORS: Final = (1, 2, 4, 8, 16, 32, 64, 128)
_METER: Final = re.compile(r"\(?(\d{1,4}(?:\+\d{1,4}){0,20})\)?(?:/(\d{1,4}))?")


@dataclass(frozen=True)
class Meter:
    """A meter as it was written, and what follows from it.

    ``text`` is as written, ``num`` and ``den`` its fraction (``num`` is 0 for free meter),
    ``valid`` is False where the text is no meter, and ``groups`` holds the terms of an
    additive numerator, empty for a single number.
    """

    text: str
    num: int
    den: int
    valid: bool = True
    groups: tuple[int, ...] = ()

    @property
    def free(self) -> bool:
        """Whether there are no bars of a fixed length (``none``, or an invalid text)."""
        return self.num == 0

    @property
    def length(self) -> Fraction:
        """The length of a bar in whole notes; 0 for free meter."""
        return Fraction(self.num, self.den)

    @property
    def compound(self) -> bool:
        """Whether three units make a beat.

        In compound time the tuplets ``(5``, ``(7`` and ``(9`` last as long as three notes of
        their value, in other time as long as two (ABC 2.1, section 4.13).

        >>> [parse_meter(text).compound for text in ("6/8", "15/8", "3/4", "3+3/8", "2+2+2/8")]
        [True, True, False, True, False]
        """
        if self.groups:
            return all(group == 3 for group in self.groups)
        return is_compound(self.num)

    @property
    def beat(self) -> Fraction:
        """The beat in whole notes: 3/8 in 6/8 and 15/8, 1/2 in 2/2, 1/4 in free meter.

        >>> [str(parse_meter(text).beat) for text in ("4/4", "6/8", "18/8", "2/2", "none")]
        ['1/4', '3/8', '3/8', '1/2', '1/4']
        """
        if self.free:
            return Fraction(1, 4)
        if self.groups and len(set(self.groups)) == 1:
            return Fraction(self.groups[0], self.den)
        if self.groups:
            return Fraction(1, self.den)
        return beat_length(self.num, self.den)

    @property
    def beats(self) -> tuple[Fraction, ...]:
        """The beats of one bar in whole notes, in order; they add up to ``length``.

        >>> [str(beat) for beat in parse_meter("2+3+2/8").beats]
        ['1/4', '3/8', '1/4']
        """
        if self.groups:
            return tuple(Fraction(group, self.den) for group in self.groups)
        return (self.beat,) * int(self.length / self.beat)

    @property
    def beam(self) -> Fraction:
        """What a beam groups, in whole notes: 3/8 in compound eighths, else a quarter.

        This is an engraver's unit, not the beat: eighths of 2/2 and 3/8 are not beamed by the
        beat, since a beam over a half would hide the middle of it and a beam over one eighth
        would be none.
        """
        return Fraction(3, 8) if self.compound and self.den == 8 else Fraction(1, 4)

    @property
    def accent(self) -> Fraction:
        """The distance of accented places in whole notes, 0 for free meter.

        Three units where the numerator is a multiple of 3 (the bar of 3/4, half a bar of 6/8),
        else two units where it is even (half a bar of 4/4), else the bar (5/8, 7/8).
        """
        if self.free:
            return Fraction(0)
        units = 3 if self.num % 3 == 0 else 2 if self.num % 2 == 0 else self.num
        return Fraction(units, self.den)

    @property
    def name(self) -> str:
        """``num/den`` without the groups, or ``none``: ``4/4`` for ``C``."""
        return "none" if self.free else f"{self.num}/{self.den}"


def is_compound(num: int) -> bool:
    """Whether a meter with this numerator is compound: 6, 9, 12, 15 and so on."""
    return num > 3 and num % 3 == 0


def beat_length(num: int, den: int) -> Fraction:
    """The beat of ``num/den`` in whole notes.

    >>> str(beat_length(15, 8)), str(beat_length(6, 4)), str(beat_length(7, 8))
    ('3/8', '3/4', '1/8')
    """
    return Fraction(3 if is_compound(num) else 1, den)


def beat_in_quarters(meter: str) -> Fraction:
    """The beat of a meter given as text, in quarter notes: 3/2 for ``6/8``, 2 for ``2/2``."""
    return parse_meter(meter).beat * 4


def click_length(num: int, den: int) -> Fraction:
    """What a metronome clicks, in whole notes: the beat, and a whole bar of 3/8, 3/16 and 3/32.

    A MIDI file states this with its time signatures. It is the one place where the short
    triple meters count one to a bar, since single units would click too fast to follow.
    """
    return Fraction(3, den) if num == 3 and den >= 8 else beat_length(num, den)


@lru_cache(maxsize=512)
def parse_meter(value: str) -> Meter:
    """Read a meter: ``6/8``, ``C``, ``C|``, ``(2+3)/8``, ``2+3/8``, ``4`` (4/4), ``none``.

    Parameters
    ----------
    value
        The text, as an ``M:`` field or a ``--meter`` option gives it; spaces do not matter.

    Returns
    -------
    Meter
        ``valid`` is False, and the meter free, where the text is no meter: a numerator of 0
        or over 256, or a denominator that is no power of two up to 128.
    """
    text = value.strip()
    squeezed = re.sub(r"\s+", "", text)
    if squeezed.lower() in ("none", "free", ""):
        return Meter(text, 0, 1)
    if squeezed in ("C", "c"):
        return Meter(text, 4, 4)
    if squeezed in ("C|", "c|"):
        return Meter(text, 2, 2)
    match = _METER.fullmatch(squeezed)
    if not match:
        return Meter(text, 0, 1, valid=False)
    terms = [int(term) for term in match[1].split("+")]
    num = sum(terms)
    den = int(match[2] or 0) or (0 if match[2] else 4)
    if den not in _DENOMINATORS or not num or num > _LARGEST_NUMERATOR:
        return Meter(text, 0, 1, valid=False)
    # A term of 0 adds nothing and is no beat.
    groups = tuple(term for term in terms if term)
    return Meter(text, num, den, True, groups if len(groups) > 1 else ())
