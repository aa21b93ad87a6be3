"""Facts about a piece, whatever it comes as: sound, MIDI or notation; each with its method."""

from __future__ import annotations

from chatmusician.transcription.facts.describe import Description, describe
from chatmusician.transcription.facts.source import Piece, PlayedBar, Stated, read_piece

__all__ = ["Description", "Piece", "PlayedBar", "Stated", "describe", "read_piece"]
