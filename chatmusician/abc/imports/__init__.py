"""Other notations to ABC: MusicXML, Humdrum and MIDI that keeps to a grid."""

from __future__ import annotations

from chatmusician.abc.imports.kern import from_kern
from chatmusician.abc.imports.midi import from_midi
from chatmusician.abc.imports.musicxml import from_musicxml, from_mxl

__all__ = ["from_kern", "from_midi", "from_musicxml", "from_mxl"]
