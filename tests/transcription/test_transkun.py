"""The engine transkun, where it is installed: what it hears, and how long recordings are cut."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("numpy")

import numpy as np

from chatmusician.errors import MissingDependency
from chatmusician.transcription.engines import BY_NAME, hear
from chatmusician.transcription.flux import OnsetMeter
from chatmusician.transcription.notes import Note

HERE = importlib.util.find_spec("transkun") is not None


@pytest.mark.skipif(HERE, reason="it is installed")
def test_where_it_is_missing_the_way_to_get_it_is_said(tmp_path: Path) -> None:
    soundfile: Any = pytest.importorskip("soundfile")
    pytest.importorskip("torch")
    soundfile.write(tmp_path / "a.wav", np.zeros(8_000), 8_000)
    with pytest.raises(MissingDependency) as raised:
        hear(str(tmp_path / "a.wav"), BY_NAME["transkun"])
    assert "transkun==2.0.1" in str(raised.value.hint)


@pytest.mark.parametrize("seconds", [1.0, 103.9, 104.1, 300.0])
def test_every_moment_of_a_long_recording_belongs_to_one_piece(seconds: float) -> None:
    """Pieces overlap, and each note is taken from the piece in whose own part it begins."""
    pytest.importorskip("torch")
    from chatmusician.transcription import by_transkun

    samples = np.arange(round(seconds * by_transkun.RATE), dtype=np.float32)

    class Blocks:
        def blocks(self, rate: int) -> Iterator[Any]:
            assert rate == by_transkun.RATE
            yield from np.array_split(samples, 7)

    meter = OnsetMeter(by_transkun.RATE)
    source: Any = Blocks()
    now = 0.0
    for start, part, (low, high) in by_transkun.pieces(source, meter):
        assert low == now
        first = round(start * by_transkun.RATE)
        assert np.array_equal(part, samples[first : first + len(part)])
        assert start == 0 or start <= low - 7.9
        assert min(high, seconds) <= start + len(part) / by_transkun.RATE + 1e-6
        now = high
    assert now == float("inf")


@pytest.mark.parametrize(("before", "after"), [(95.996, 96.004), (96.004, 95.996)])
def test_a_note_at_a_seam_is_neither_lost_nor_doubled(before: float, after: float) -> None:
    pytest.importorskip("torch")
    from chatmusician.transcription.by_transkun import joined

    first, again = Note(before, 97, 60), Note(after, 97, 60)
    other = Note(96.01, 97, 64)
    assert joined([first], [again, other], 96.0) == [first, other]


@pytest.mark.slow
@pytest.mark.skipif(not HERE, reason="needs transkun")
def test_a_piano_is_heard_note_for_note(tmp_path: Path) -> None:
    """Bach as a soundfont's piano plays it; mir_eval compares."""
    mir_eval: Any = pytest.importorskip("mir_eval.transcription")
    soundfile: Any = pytest.importorskip("soundfile")
    from chatmusician.abc.midi import Part, midi_bytes
    from chatmusician.abc.midi import Performance as Midi
    from chatmusician.abc.sound.synth import RATE, synthesize

    pitches = [60, 64, 67, 72, 76, 67, 72, 76] * 2 + [60, 62, 69, 74, 77, 69, 74, 77] * 2
    notes = [(at * 120, at * 120 + 110, pitch, 70 + at % 3) for at, pitch in enumerate(pitches)]
    midi = midi_bytes(Midi(480, notes[-1][1], "", [Part("", 0, notes)], [(0, 700_000)], [], []))
    soundfile.write(tmp_path / "bach.wav", synthesize(midi).mean(axis=1), RATE)
    heard = hear(str(tmp_path / "bach.wav"), BY_NAME["transkun"])
    assert heard.method == "transkun"
    unit = 0.7 / 480
    known = np.array([(start * unit, end * unit) for start, end, _, _ in notes])
    found = np.array([(note.onset, note.end) for note in heard.notes])
    hertz = [
        440 * 2 ** ((np.array(p) - 69) / 12) for p in (pitches, [n.pitch for n in heard.notes])
    ]
    _, _, f1, _ = mir_eval.precision_recall_f1_overlap(
        known, hertz[0], found, hertz[1], offset_ratio=None
    )
    assert f1 > 0.97
