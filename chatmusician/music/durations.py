"""Note values: the written names of lengths, with dots.

Definitions
-----------
type
    A note value by its MusicXML name, from ``1024th`` to ``maxima`` (eight whole notes).
dots
    Each dot adds half of what the one before it added: a dotted half is 3/4 of a whole note, a
    double-dotted half 7/8.

Lengths are in whole notes, exact. A length that no type with at most three dots has (5/8) has no
value and is written as two notes tied.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

NOTE_TYPES: Final = (
    *("1024th", "512th", "256th", "128th", "64th", "32nd", "16th", "eighth"),
    *("quarter", "half", "whole", "breve", "long", "maxima"),
)
"""The names of note values, the shortest first; each is twice as long as the one before."""
TYPE_LENGTHS: Final = {name: Fraction(1 << at, 1024) for at, name in enumerate(NOTE_TYPES)}
"""The length of each type in whole notes."""
MOST_DOTS: Final = 3

SPOKEN: Final = {
    "32nd": "thirty-second note",
    "16th": "sixteenth note",
    "eighth": "eighth note",
    "quarter": "quarter note",
    "half": "half note",
    "whole": "whole note",
}
"""What the types that beginners learn are called in words."""
_DOTTED: Final = ("", "dotted ", "double-dotted ")


def dotted_length(type: str, dots: int = 0) -> Fraction:
    """The length of a type with dots, in whole notes.

    >>> str(dotted_length("quarter", 1)), str(dotted_length("half", 2))
    ('3/8', '7/8')
    """
    return TYPE_LENGTHS[type] * (2 - Fraction(1, 1 << dots))


def note_value(length: Fraction) -> tuple[str, int] | None:
    """The type and dots that a length in whole notes is written with; None where none has it."""
    return _BY_LENGTH.get(length)


def value_name(length: Fraction) -> str:
    """A length in whole notes as it is spoken: ``dotted quarter note`` for 3/8.

    Whole notes to thirty-second notes with at most two dots; empty for other lengths.
    """
    type, dots = note_value(length) or ("", 0)
    if type not in SPOKEN or dots >= len(_DOTTED):
        return ""
    return _DOTTED[dots] + SPOKEN[type]


NOTE_VALUES: Final = {
    (name, dots): dotted_length(name, dots)
    for at, name in enumerate(NOTE_TYPES)
    for dots in range(MOST_DOTS + 1)
    if at >= dots
}
"""All values (type, dots) with their lengths; a note takes no more dots than there are shorter
types, so that every dot has a name."""
_BY_LENGTH: Final = {length: value for value, length in NOTE_VALUES.items()}
