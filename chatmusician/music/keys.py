"""Keys: signatures, tonics, modes and scales, by the circle of fifths.

Definitions
-----------
fifths
    A place on the circle of fifths. For a tonic, fifths above C; for a signature, its sharps
    (flats below 0). A key's signature is its tonic's fifths plus its mode's: D dorian has
    2 - 2 = 0.
signature
    The accidentals of the seven letters C to B as numbers, sharps above 0: G major is
    ``(0, 0, 0, 1, 0, 0, 0)``.

Departures
----------
Signatures beyond seven signs double them in the same order (G# major has F## first), as
music21's ``KeySignature(8)`` does. Keys that differ only in spelling are different keys here;
``within_circle`` chooses one of them.
"""

from __future__ import annotations

from typing import Final

from chatmusician.music.intervals import names_of
from chatmusician.music.pitch import STEP_FIFTHS, STEP_LETTERS, note_name

# Steps (C=0 … B=6) in the order in which sharps enter a key signature.
SHARP_ORDER: Final[tuple[int, ...]] = (3, 0, 4, 1, 5, 2, 6)

MODE_FIFTHS: Final[dict[str, int]] = {
    "major": 0,
    "minor": -3,
    "dorian": -2,
    "phrygian": -4,
    "lydian": 1,
    "mixolydian": -1,
    "locrian": -5,
}
"""How many fifths a mode's signature lies from the major key on the same tonic."""

MAJOR_TONICS: Final = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""For each pitch class the major key with the fewest accidentals; F# of the two with six."""
MINOR_TONICS: Final = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")
"""For each pitch class the minor key with the fewest accidentals; Eb of the two with six."""

SCALES: Final[dict[str, tuple[str, ...]]] = {
    "major": names_of("M2 M3 P4 P5 M6 M7"),
    "natural minor": names_of("M2 m3 P4 P5 m6 m7"),
    "harmonic minor": names_of("M2 m3 P4 P5 m6 M7"),
    "ascending melodic minor": names_of("M2 m3 P4 P5 M6 M7"),
    "dorian": names_of("M2 m3 P4 P5 M6 m7"),
    "phrygian": names_of("m2 m3 P4 P5 m6 m7"),
    "lydian": names_of("M2 M3 A4 P5 M6 M7"),
    "mixolydian": names_of("M2 M3 P4 P5 M6 m7"),
    "locrian": names_of("m2 m3 P4 d5 m6 m7"),
    "major pentatonic": names_of("M2 M3 P5 M6"),
    "minor pentatonic": names_of("m3 P4 P5 m7"),
}
"""The intervals of each scale's degrees above its tonic."""


def signature(fifths: int) -> tuple[int, ...]:
    """The seven accidentals (C to B) of a signature with ``fifths`` sharps, below 0 flats.

    >>> signature(2)
    (1, 0, 0, 1, 0, 0, 0)
    """
    steps = [0] * 7
    order = SHARP_ORDER if fifths > 0 else SHARP_ORDER[::-1]
    for i in range(abs(fifths)):
        steps[order[i % 7]] += 1 if fifths > 0 else -1
    return tuple(steps)


def tonic_fifths(tonic: str) -> int:
    """How many fifths a tonic such as ``F#`` lies above C (6)."""
    alteration = tonic.count("#") - tonic[1:].count("b")
    return STEP_FIFTHS[STEP_LETTERS.index(tonic[0])] + 7 * alteration


def tonic_name(fifths: int) -> str:
    """The note ``fifths`` fifths above C: ``F#`` for 6, ``Bb`` for -2.

    The inverse of ``tonic_fifths``.
    """
    step = STEP_FIFTHS.index((fifths + 1) % 7 - 1)
    return note_name(step, (fifths - STEP_FIFTHS[step]) // 7)


def key_fifths(tonic: str, mode: str) -> int:
    """The sharps (below 0 flats) of a key's signature.

    Parameters
    ----------
    tonic
        Such as ``F#``; empty where a key has none, which gives 0.
    mode
        A mode of ``MODE_FIFTHS``; any other name counts as major.
    """
    if not tonic:
        return 0
    return tonic_fifths(tonic) + MODE_FIFTHS.get(mode, 0)


def within_circle(fifths: int, flats: int = 5) -> int:
    """The enharmonic key with at most ``flats`` flats and ``11 - flats`` sharps.

    >>> within_circle(8), within_circle(6), within_circle(6, flats=6)
    (-4, 6, -6)
    """
    return (fifths + flats) % 12 - flats


def fifths_of_pitch_class(tonic: int, mode: str = "major", flats: int = 5) -> int:
    """The signature of the key on a pitch class, spelled within ``flats`` flats.

    Parameters
    ----------
    tonic
        The pitch class of the tonic, C being 0.
    mode
        A mode of ``MODE_FIFTHS``; KeyError for another name.
    flats
        The most flats; the most sharps are ``11 - flats``.
    """
    return within_circle(tonic * 7 + MODE_FIFTHS[mode], flats)
