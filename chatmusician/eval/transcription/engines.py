"""What stands between a player and the score: how the notes of a performance are heard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chatmusician.eval.transcription.performer import Played
from chatmusician.transcription.notes import Performance

Hear = Callable[[Played], Performance]


@dataclass(frozen=True)
class Engine:
    """``hear`` makes of a played tune what is transcribed: for MIDI the performance itself;
    audio engines render it in some timbre and find the notes again."""

    name: str
    hear: Hear


MIDI = Engine("performed MIDI", lambda played: played.performance)
# A new way of hearing is a row here.
ENGINES: dict[str, Engine] = {"midi": MIDI}
