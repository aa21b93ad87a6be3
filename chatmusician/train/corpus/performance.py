"""MIDI that was played, not notated, though most of it happens to lie on a grid."""

from __future__ import annotations

from chatmusician.abc import Timeline

# Sixteenths and triplets of eighths and sixteenths all are twelfths of a quarter note.
_PARTS = 12


def off_grid(line: Timeline) -> float:
    """The share of notes that begin or end at no twelfth of a quarter note."""
    step = line.resolution
    ends = [(int(t.onset), int(t.onset + t.duration)) for v in line.voices for t in v.tones]
    off = sum(any(time * 4 * _PARTS % step for time in pair) for pair in ends)
    return off / len(ends) if ends else 0.0
