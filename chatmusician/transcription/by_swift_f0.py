"""The engine swift-f0: the pitch of one voice, frame by frame, cut into notes."""

from __future__ import annotations

import importlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from chatmusician.transcription.flux import OnsetMeter
from chatmusician.transcription.notes import Note, Performance
from chatmusician.transcription.segments import FRAME, VOICED, Line, segment, steadiness

if TYPE_CHECKING:
    from chatmusician.transcription.audio import Recording
    from chatmusician.transcription.engines import Watch

RATE: Final = 16_000
# Of synthetic speech at most 0.07 is steady, of synthetic singing at least 0.28.
_UNSTEADY: Final = 0.1
_SPEECH: Final = (
    "the pitch hardly ever holds still, as in speech or where several notes sound at once: "
    "the notes are guesses"
)


def hear(recording: Recording, watch: Watch) -> Performance:
    line, meter, seconds = follow(recording, watch)
    notes = []
    remarks: tuple[str, ...] = ()
    if (line.sure >= VOICED).any() and steadiness(line) < _UNSTEADY:
        remarks = (_SPEECH,)
    for sung in segment(line):
        # A frame stands for the time around its middle.
        onset = max(0.0, (sung.start - 0.5) * FRAME)
        end = min((sung.end - 0.5) * FRAME, seconds)
        velocity = max(1, min(127, round(100 + 1.5 * (sung.level + 20))))
        notes.append(Note(onset, end, sung.pitch, velocity, confidence=round(sung.sure, 3)))
    return Performance(tuple(notes), seconds, "swift-f0", onsets=meter.curve(), remarks=remarks)


def follow(recording: Recording, watch: Watch) -> tuple[Line, OnsetMeter, float]:
    """The line of pitch in a recording, its onset curve and its length."""
    stream = _detector().stream()
    meter = OnsetMeter(RATE)
    parts = []
    passed = 0
    for block in recording.blocks(RATE):
        meter.feed(block)
        passed += len(block)
        if len(block):
            parts.append(stream.push(block, RATE))
        watch(passed / RATE, recording.seconds)
    if passed:
        parts.append(stream.flush())
    hertz = np.concatenate([np.zeros(0), *(part.pitch_hz for part in parts)])
    sure = np.concatenate([np.zeros(0), *(part.confidence for part in parts)])
    level = np.concatenate([np.zeros(0), *(part.loudness_db for part in parts)])
    pitch = 69 + 12 * np.log2(np.maximum(hertz, 1) / 440)
    return Line(pitch, sure, level), meter, passed / RATE


@lru_cache(maxsize=1)
def _detector() -> Any:
    swift_f0: Any = importlib.import_module("swift_f0")
    return swift_f0.SwiftF0(spin=False)
