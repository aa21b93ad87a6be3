"""Key from the notes alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from chatmusician.abc.analysis.melody import Bar

# Krumhansl and Kessler 1982: how well each tone fits after a major or minor key is heard.
_PROFILES: Final = {
    "major": (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88),
    "minor": (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17),
}
_MAJOR: Final = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
_MINOR: Final = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")


@dataclass(frozen=True)
class KeyGuess:
    """``score`` is the correlation with the profile, ``margin`` what the next key lacks."""

    tonic: str
    mode: str
    score: float
    margin: float

    @property
    def name(self) -> str:
        return f"{self.tonic} {self.mode}"


def estimate_key(bars: Sequence[Bar]) -> KeyGuess | None:
    """The major or minor key whose Krumhansl-Kessler profile fits the melody best.

    What is correlated with the 24 profiles is the total time of each of the twelve tones.
    Modes other than these two come out as the nearer of them. None without notes.
    """
    heard = [0.0] * 12
    for bar in bars:
        for note in bar.notes:
            heard[note.pitch % 12] += float(note.duration)
    if not any(heard):
        return None
    ranked = sorted(
        (
            (_correlation(heard[tonic:] + heard[:tonic], profile), tonic, mode)
            for mode, profile in _PROFILES.items()
            for tonic in range(12)
        ),
        key=lambda row: (-row[0], row[1], row[2]),
    )
    score, tonic, mode = ranked[0]
    names = _MAJOR if mode == "major" else _MINOR
    return KeyGuess(names[tonic], mode, score, score - ranked[1][0])


def _correlation(first: Sequence[float], second: Sequence[float]) -> float:
    means = sum(first) / len(first), sum(second) / len(second)
    a, b = [x - means[0] for x in first], [y - means[1] for y in second]
    size = sqrt(sum(x * x for x in a) * sum(y * y for y in b))
    return sum(x * y for x, y in zip(a, b, strict=True)) / size if size else 0.0
