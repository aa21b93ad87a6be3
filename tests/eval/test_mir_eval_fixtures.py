"""What we report equals what mir_eval publishes for the fixtures of its own tests."""

from __future__ import annotations

import pytest

pytest.importorskip("numpy")
pytest.importorskip("mir_eval")

from chatmusician.eval.audio.run import scores
from chatmusician.eval.audio.sets import key_name
from chatmusician.eval.transcription.measure import notes_heard
from chatmusician.transcription.notes import Note, Performance

# tests/test_transcription.py of mir_eval: times, and pitches in Hz as the nearest MIDI numbers (its
# 225 Hz lies within the 50 cents that count as the same pitch, its 500 Hz far from all).
REFERENCE = ((0.100, 0.300, 57), (0.300, 0.400, 59), (0.500, 0.600, 61), (0.550, 0.650, 62))
ESTIMATE = (
    (0.120, 0.290, 57),
    (0.300, 0.340, 59),
    (0.500, 0.600, 71),
    (0.550, 0.600, 62),
    (0.560, 0.650, 62),
)


def performance(rows: tuple[tuple[float, float, int], ...]) -> Performance:
    notes = tuple(Note(onset, end, pitch, 80, 0) for onset, end, pitch in rows)
    return Performance(notes, 1.0, "a fixture")


def test_notes() -> None:
    found = notes_heard(performance(REFERENCE), performance(ESTIMATE))
    assert found["note_f1"] == pytest.approx(0.6666666666666665)
    assert found["note_offset_f1"] == pytest.approx(0.4444444444444445)


@pytest.mark.parametrize(
    ("reference", "estimate", "published"),
    [("Db\tminor", "Ab\tminor\n", 0.5), ("F#\tminor\n", "A\tmajor\n", 0.3)],
    ids=["key 02", "key 05"],
)
def test_keys(reference: str, estimate: str, published: float) -> None:
    answer, said = ({"key": key_name(text)} for text in (reference, estimate))
    assert scores(answer, said)["key"] == published
