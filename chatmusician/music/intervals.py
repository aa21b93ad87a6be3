"""Intervals between spelled pitches, by name and by size.

Definitions
-----------
size
    A pair (steps, semitones): how many letters and how many semitones the upper note is above
    the lower. A minor third is (2, 3), an augmented second (1, 3).
name
    A quality and a number in words: ``minor third``, ``perfect octave``, ``augmented fourth``.
    Numbers go to the double octave.

Departures
----------
music21 names any interval (``doubly augmented third``); here an interval that is more than once
diminished or augmented, or larger than a double octave, has no name.
"""

from __future__ import annotations

from typing import Final

from chatmusician.music.pitch import STEP_SEMITONES

_SIMPLE: Final = ("unison", "second", "third", "fourth", "fifth", "sixth", "seventh")
_COMPOUND: Final = ("octave", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth")
_NUMBERS: Final = (*_SIMPLE, *_COMPOUND, "double octave")
# Semitones that a quality adds to the interval of the major scale.
_PERFECT: Final = {"diminished": -1, "perfect": 0, "augmented": 1}
_IMPERFECT: Final = {"diminished": -2, "minor": -1, "major": 0, "augmented": 1}
_SHORT: Final = {
    "m": "minor",
    "M": "major",
    "P": "perfect",
    "A": "augmented",
    "d": "diminished",
}


def interval_name(steps: int, semitones: int) -> str:
    """The name of an interval upwards; empty where it has none.

    >>> interval_name(2, 3), interval_name(3, 6), interval_name(9, 16), interval_name(1, 5)
    ('minor third', 'augmented fourth', 'major tenth', '')
    """
    if not 0 <= steps < len(_NUMBERS):
        return ""
    difference = semitones - _scale_semitones(steps)
    for quality, change in _qualities(steps).items():
        if change == difference:
            return f"{quality} {_NUMBERS[steps]}"
    return ""


def interval_size(name: str) -> tuple[int, int]:
    """Steps and semitones of a named interval; the inverse of ``interval_name``.

    Raises
    ------
    ValueError
        Where no interval has the name (``perfect third``).
    """
    quality, _, number = name.partition(" ")
    if number not in _NUMBERS:
        raise ValueError(f"{name!r} is no interval")
    steps = _NUMBERS.index(number)
    change = _qualities(steps).get(quality)
    if change is None:
        raise ValueError(f"{name!r} is no interval")
    return steps, _scale_semitones(steps) + change


def names_of(short: str) -> tuple[str, ...]:
    """Intervals within an octave written short: ``M3 P5`` is a major third and a perfect fifth.

    Letters are m(inor), M(ajor), P(erfect), A(ugmented), d(iminished), as in music21.
    """
    return tuple(f"{_SHORT[word[0]]} {_NUMBERS[int(word[1:]) - 1]}" for word in short.split())


def _qualities(steps: int) -> dict[str, int]:
    """Unisons, fourths, fifths and their octaves are perfect; the others major and minor."""
    return _PERFECT if steps % 7 in (0, 3, 4) else _IMPERFECT


def _scale_semitones(steps: int) -> int:
    octaves, number = divmod(steps, 7)
    return 12 * octaves + STEP_SEMITONES[number]
