"""Names for pitches: which letter and accidental a sounding pitch is written with."""

from __future__ import annotations

from typing import Final

from chatmusician.abc.fields import tonic_fifths
from chatmusician.abc.tables import MODES, SHARP_ORDER, STEP_FIFTHS, STEP_LETTERS, STEP_SEMITONES

ACCIDENTALS: Final = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}


def key_fifths(tonic: str, mode: str) -> int:
    """Sharps (or, below 0, flats) of a key's signature; 0 where it has none."""
    if not tonic:
        return 0
    shift = next((s for name, s in MODES.values() if name == mode), 0)
    return tonic_fifths(tonic) + shift


def spell(pitch: int, signature: tuple[int, ...], fifths: int) -> tuple[int, int, int]:
    """(step, alteration, octave) of a pitch; octave 0 holds middle C.

    A note of the signature keeps its letter. Others lie between three fifths below and
    eight above the key's major tonic: raised 4, 1 and 5, lowered 7 and 3.
    """
    for step in range(7):
        alter = signature[step]
        if (STEP_SEMITONES[step] + alter - pitch) % 12 == 0:
            return step, alter, (pitch - alter - STEP_SEMITONES[step] - 60) // 12
    centre = max(-7, min(7, fifths)) + 2.5
    options = [
        (abs(STEP_FIFTHS[step] + 7 * alter - centre), step, alter)
        for step in range(7)
        for alter in (-1, 0, 1)
        if (STEP_SEMITONES[step] + alter - pitch) % 12 == 0
    ]
    _, step, alter = min(options)
    return step, alter, (pitch - alter - STEP_SEMITONES[step] - 60) // 12


def head(step: int, octave: int) -> str:
    """A note letter with its octave marks."""
    letter = STEP_LETTERS[step]
    if octave >= 1:
        return letter.lower() + "'" * (octave - 1)
    return letter + "," * -octave


def signature_order(fifths: int) -> tuple[int, ...]:
    """The steps a signature alters, in the order they are written."""
    order = SHARP_ORDER if fifths > 0 else SHARP_ORDER[::-1]
    return order[: min(7, abs(fifths))]


def respelled(step: int, alter: int, octave: int) -> tuple[int, int, int]:
    """The same pitch with no more than a double accidental."""
    while abs(alter) > 2:
        direction = 1 if alter > 0 else -1
        following = (step + direction) % 7
        octave += (following < step) - (following > step) if abs(following - step) > 1 else 0
        alter -= direction * ((STEP_SEMITONES[following] - STEP_SEMITONES[step]) * direction % 12)
        step = following
    return step, alter, octave
