"""ABC to MIDI: our own performance of a tune, abc2midi's, and a check of either."""

from __future__ import annotations

from chatmusician.abc.midi.builtin import to_midi
from chatmusician.abc.midi.compare import Difference, compare_midi
from chatmusician.abc.midi.model import PLAIN, Options, Part, Performance, PlayedNote
from chatmusician.abc.midi.perform import performance
from chatmusician.abc.midi.render import Engine, MidiResult, render_midi
from chatmusician.abc.midi.writer import midi_bytes
from chatmusician.music.midi_bytes import broken_midi

__all__ = [
    "PLAIN",
    "Difference",
    "Engine",
    "MidiResult",
    "Options",
    "Part",
    "Performance",
    "PlayedNote",
    "broken_midi",
    "compare_midi",
    "midi_bytes",
    "performance",
    "render_midi",
    "to_midi",
]
