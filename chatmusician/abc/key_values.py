"""K: values: of a signature and a mode, of accidentals, and of the notes alone."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Final

from chatmusician.abc.fields import parse_key
from chatmusician.abc.tables import MODES
from chatmusician.music.key_finding import rank_keys
from chatmusician.music.keys import SHARP_ORDER, fifths_of_pitch_class, signature, tonic_name
from chatmusician.music.pitch import STEP_LETTERS

_SUFFIX: Final = {
    "": "",
    "major": "",
    "minor": "m",
    "ionian": "",
    "aeolian": "m",
    "dorian": "dor",
    "phrygian": "phr",
    "lydian": "lyd",
    "mixolydian": "mix",
    "locrian": "loc",
}
_MARKS: Final = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}


def key_name(fifths: int, mode: str) -> str:
    """The K: value of a signature with ``fifths`` sharps (below 0: flats)."""
    if mode == "none" and not fifths:
        return "none"
    suffix = _SUFFIX.get(mode, "")
    tonic = tonic_name(fifths - MODES[suffix][1])
    if len(tonic) > 2:
        alters = signature(fifths)
        order = SHARP_ORDER if fifths > 0 else SHARP_ORDER[::-1]
        return explicit_key([(STEP_LETTERS[step], alters[step]) for step in order])
    return tonic + suffix


def explicit_key(accidentals: list[tuple[str, int]]) -> str:
    """A K: value of named accidentals, for signatures that no key has."""
    marks = [
        _MARKS[alter] + step.lower()
        for step, alter in accidentals
        if alter in _MARKS and alter and len(step) == 1 and step in STEP_LETTERS
    ]
    return " ".join(["exp", *marks]) if marks else "none"


def our_key(tonic: str, mode: str, accidentals: list[tuple[str, int]]) -> str:
    """A K: value of a tonic, a mode and a signature, with what the signature has otherwise."""
    name = " ".join([tonic.replace("sharp", "#"), mode]).strip()
    plain = parse_key(name)
    alters = dict(accidentals)
    marks = [
        _MARKS[alters.get(step, 0)] + step.lower()
        for at, step in enumerate(STEP_LETTERS)
        if alters.get(step, 0) != plain.accidentals[at] and alters.get(step, 0) in _MARKS
    ]
    if not marks and mode in _SUFFIX and not any(abs(a) > 1 for a in plain.accidentals):
        # It was given accidentals of its own that it has anyway: name one again.
        marks.append(_MARKS[plain.accidentals[0]] + "c")
    return " ".join([name, *marks])


def guess_key(notes: Iterable[tuple[int, Fraction]]) -> str:
    """The K: value of the major or minor key that fits pitches and their lengths best.

    ``C`` where nothing sounds, or all pitch classes equally long.
    """
    weights = [0.0] * 12
    for pitch, length in notes:
        weights[pitch % 12] += float(length)
    best, tonic, mode = rank_keys(weights)[0]
    return key_name(fifths_of_pitch_class(tonic, mode), mode) if best else "C"
