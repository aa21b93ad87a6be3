"""Keys by name: from a signature and a mode; from the notes alone."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Final

from chatmusician.abc.fields import parse_key
from chatmusician.abc.tables import MODES, STEP_FIFTHS, STEP_LETTERS

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

# How well each degree fits a key (C. L. Krumhansl, Cognitive Foundations of Musical
# Pitch, 1990, p. 30; measured with E. J. Kessler).
_MAJOR: Final = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR: Final = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)


def tonic_name(fifths: int) -> str:
    """The note so many fifths above C: ``F#``."""
    step = STEP_FIFTHS.index((fifths + 1) % 7 - 1)
    alter = (fifths - STEP_FIFTHS[step]) // 7
    return STEP_LETTERS[step] + ("#" * alter if alter > 0 else "b" * -alter)


def key_name(fifths: int, mode: str) -> str:
    """A K: value for a signature of so many sharps (below 0: flats)."""
    if mode == "none" and not fifths:
        return "none"
    suffix = _SUFFIX.get(mode, "")
    tonic = tonic_name(fifths - MODES[suffix][1])
    if len(tonic) > 2:
        order = [STEP_LETTERS[STEP_FIFTHS.index(i % 7 - 1)] for i in range(7)]
        order = order if fifths > 0 else order[::-1]
        sign = 1 if fifths > 0 else -1
        alters = dict.fromkeys(order, 0)
        for i in range(abs(fifths)):
            alters[order[i % 7]] += sign
        return explicit_key(list(alters.items()))
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
    """The key whose profile fits best how long each pitch class sounds (Krumhansl and
    Schmuckler's algorithm)."""
    weights = [0.0] * 12
    for pitch, length in notes:
        weights[pitch % 12] += float(length)
    scores = [
        (_correlation(weights[tonic:] + weights[:tonic], profile), tonic, minor)
        for minor, profile in ((False, _MAJOR), (True, _MINOR))
        for tonic in range(12)
    ]
    best, tonic, minor = max(scores)
    if not best:
        return "C"
    shift = -3 if minor else 0
    fifths = (tonic * 7 + shift + 5) % 12 - 5
    return key_name(fifths, "minor" if minor else "major")


def _correlation(one: list[float], other: tuple[float, ...]) -> float:
    mean, second = sum(one) / 12, sum(other) / 12
    top = sum((a - mean) * (b - second) for a, b in zip(one, other, strict=True))
    below = sum((a - mean) ** 2 for a in one) * sum((b - second) ** 2 for b in other)
    return float(top / below**0.5) if below else 0.0
