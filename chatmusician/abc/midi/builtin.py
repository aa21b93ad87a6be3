"""The engine that is always there: our own performance, our own bytes."""

from __future__ import annotations

from chatmusician.abc.midi.model import Options
from chatmusician.abc.midi.perform import performance
from chatmusician.abc.midi.writer import midi_bytes
from chatmusician.abc.tune import Tune


def to_midi(tune: Tune, options: Options | None = None) -> bytes:
    """The tune as a standard MIDI file."""
    return midi_bytes(performance(tune, options))
