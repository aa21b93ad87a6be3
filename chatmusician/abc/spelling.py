"""Notes as ABC writes them: accidental signs, letters, octave marks."""

from __future__ import annotations

from typing import Final

from chatmusician.music.pitch import STEP_LETTERS

ACCIDENTALS: Final = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}


def head(step: int, octave: int) -> str:
    """A note letter with its octave marks."""
    letter = STEP_LETTERS[step]
    if octave >= 1:
        return letter.lower() + "'" * (octave - 1)
    return letter + "," * -octave
