"""The engine basic-pitch: its network's weights, our decoding of what it sees."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from chatmusician.transcription.activations import RATE, listen
from chatmusician.transcription.decoding import decode
from chatmusician.transcription.flux import OnsetMeter
from chatmusician.transcription.notes import Note, Performance

if TYPE_CHECKING:
    from chatmusician.transcription.audio import Recording, Samples
    from chatmusician.transcription.engines import Watch


def hear(recording: Recording, watch: Watch) -> Performance:
    meter = OnsetMeter(RATE)
    passed = 0

    def blocks() -> Iterator[Samples]:
        nonlocal passed
        for block in recording.blocks(RATE):
            meter.feed(block)
            passed += len(block)
            yield block
            watch(passed / RATE, recording.seconds)

    seen = listen(blocks())
    seconds = passed / RATE
    notes = []
    for heard in decode(seen):
        onset = max(0.0, seen.seconds(heard.start))
        end = min(seen.seconds(heard.end), seconds)
        if end > onset:
            velocity = max(1, min(127, round(127 * heard.sounds)))
            sure = min(1.0, (heard.begins + heard.sounds) / 2)
            notes.append(Note(onset, end, heard.pitch, velocity, confidence=round(sure, 3)))
    notes.sort(key=lambda note: (note.onset, note.pitch))
    return Performance(tuple(notes), seconds, "basic-pitch", onsets=meter.curve())
