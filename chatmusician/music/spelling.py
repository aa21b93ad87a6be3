"""Which letter and accidental a sounding pitch is written with.

Definition
----------
In a key, a pitch that the signature has keeps its letter. Other pitches take the name nearest on
the circle of fifths to the key's chromatic scale, which reaches from three fifths below the major
tonic to eight above it: raised fourth, first and fifth degrees, lowered seventh and third. In C
major that is F#, C#, G#, Bb and Eb.

Departures
----------
music21's ``simplifyEnharmonics`` looks at neighbouring notes; this rule sees one pitch and the
key, so that the same pitch is written the same way throughout a tune.
"""

from __future__ import annotations

from chatmusician.music.pitch import MIDDLE_C, STEP_FIFTHS, STEP_SEMITONES


def spell(pitch: int, signature: tuple[int, ...], fifths: int) -> tuple[int, int, int]:
    """The spelling of a pitch in a key.

    Parameters
    ----------
    pitch
        A MIDI number.
    signature
        The accidentals of the letters C to B that hold (``music.keys.signature``).
    fifths
        The sharps of the key (below 0 flats), which decide about other pitches; beyond seven
        they count as seven.

    Returns
    -------
    (step, alter, octave)
        The letter from 0 to 6, its sharps, and the octave, 0 beginning with middle C.
    """
    for step in range(7):
        alter = signature[step]
        if (STEP_SEMITONES[step] + alter - pitch) % 12 == 0:
            return step, alter, _octave(pitch, step, alter)
    centre = max(-7, min(7, fifths)) + 2.5
    options = [
        (abs(STEP_FIFTHS[step] + 7 * alter - centre), step, alter)
        for step in range(7)
        for alter in (-1, 0, 1)
        if (STEP_SEMITONES[step] + alter - pitch) % 12 == 0
    ]
    _, step, alter = min(options)
    return step, alter, _octave(pitch, step, alter)


def respelled(step: int, alter: int, octave: int) -> tuple[int, int, int]:
    """The same pitch with at most a double accidental, on the nearest letter.

    >>> respelled(0, 3, 0)
    (1, 1, 0)
    """
    while abs(alter) > 2:
        direction = 1 if alter > 0 else -1
        following = (step + direction) % 7
        octave += (following < step) - (following > step) if abs(following - step) > 1 else 0
        alter -= direction * ((STEP_SEMITONES[following] - STEP_SEMITONES[step]) * direction % 12)
        step = following
    return step, alter, octave


def _octave(pitch: int, step: int, alter: int) -> int:
    return (pitch - alter - STEP_SEMITONES[step] - MIDDLE_C) // 12
