"""From notes in seconds to a score: beats, bars, key and ABC text."""

from __future__ import annotations

from chatmusician.errors import InputError
from chatmusician.transcription.notes import Performance
from chatmusician.transcription.written import (
    Beat,
    ScoreOptions,
    Written,
    WrittenBar,
    WrittenNote,
)

__all__ = ["Beat", "ScoreOptions", "Written", "WrittenBar", "WrittenNote", "write_score"]


def write_score(performance: Performance, options: ScoreOptions | None = None) -> Written:
    """The score of what was played. Its ABC passes ``check`` without an error, and all its bars
    add up (the first may be a pickup). InputError where there are no notes."""
    if not performance.notes:
        raise InputError("no notes found")
    raise InputError("no score yet")
