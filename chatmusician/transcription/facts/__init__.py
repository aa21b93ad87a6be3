"""Facts about a piece, whatever it comes as: sound, MIDI or notation; each with its method."""

from __future__ import annotations

from chatmusician.transcription.facts.record import Description, describe, describe_piece
from chatmusician.transcription.facts.source import Piece, PlayedBar, Stated, read_piece

__all__ = [
    "Description",
    "Piece",
    "PlayedBar",
    "Stated",
    "describe",
    "describe_piece",
    "read_piece",
]
