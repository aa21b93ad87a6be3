"""Key from the notes alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatmusician.abc.analysis.melody import Bar
from chatmusician.music.key_finding import rank_keys
from chatmusician.music.keys import MAJOR_TONICS, MINOR_TONICS


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
    ranked = rank_keys(heard)
    score, tonic, mode = ranked[0]
    names = MAJOR_TONICS if mode == "major" else MINOR_TONICS
    return KeyGuess(names[tonic], mode, score, score - ranked[1][0])
