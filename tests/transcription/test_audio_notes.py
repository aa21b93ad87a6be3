"""Notes heard in sound whose notes are known, judged by mir_eval."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from chatmusician.abc.midi import Part, Performance, midi_bytes
from chatmusician.abc.sound import SoundOptions
from chatmusician.transcription.notes import Note

np: Any = pytest.importorskip("numpy")
soundfile: Any = pytest.importorskip("soundfile")
mir_eval: Any = pytest.importorskip("mir_eval")
for package in ("soxr", "onnxruntime", "swift_f0", "tinysoundfont"):
    pytest.importorskip(package)
if importlib.util.find_spec("basic_pitch") is None:
    pytest.skip("needs basic-pitch's weights", allow_module_level=True)

from benchmarks.singer import RATE, Voice, melody, sing  # noqa: E402
from chatmusician.transcription.engines import BY_NAME, hear  # noqa: E402

Known = Sequence[tuple[float, float, int]]

# The beginning of a jig, as somebody might play it: uneven, from time 0 on.
TUNE: Known = [
    (0.0, 0.21, 74),
    (0.228, 0.42, 79),
    (0.431, 0.61, 83),
    (0.662, 0.85, 83),
    (0.871, 1.06, 81),
    (1.08, 1.26, 79),
    (1.29, 1.48, 78),
    (1.507, 1.71, 76),
    (1.73, 1.9, 78),
    (1.955, 2.55, 74),
    (2.61, 2.8, 67),
    (2.83, 3.5, 69),
]


def f1(known: Known, heard: Sequence[Note], tolerance: float = 0.05) -> float:
    def hertz(pitches: list[int]) -> Any:
        return 440 * 2 ** ((np.array(pitches) - 69) / 12)

    _, _, score, _ = mir_eval.transcription.precision_recall_f1_overlap(
        np.array([note[:2] for note in known]),
        hertz([note[2] for note in known]),
        np.array([(note.onset, note.end) for note in heard]).reshape(-1, 2),
        hertz([note.pitch for note in heard]),
        onset_tolerance=tolerance,
        offset_ratio=None,
    )
    return float(score)


def played(path: Path, known: Known, program: int) -> Path:
    from chatmusician.abc.sound import render_sound

    notes = [(round(a * 960), round(b * 960), p, 80) for a, b, p in known]
    length = max(end for _, end, _, _ in notes)
    made = Performance(480, length, "", [Part("", 0, notes)], [(0, 500_000)], [], [])
    sound = render_sound(midi_bytes(made), options=SoundOptions(instrument=program))
    path.write_bytes(sound.data)
    return path


@pytest.mark.parametrize("program", [0, 24, 40, 73], ids=["piano", "guitar", "violin", "flute"])
def test_a_tune_in_several_timbres(tmp_path: Path, program: int) -> None:
    path = played(tmp_path / "a.wav", TUNE, program)
    heard = hear(str(path), BY_NAME["basic-pitch"])
    assert f1(TUNE, heard.notes) >= 0.95
    # Bows and breath speak later than strings that are struck.
    assert f1(TUNE, heard.notes, 0.02 if program < 40 else 0.05) >= 0.9
    assert heard.notes[0].pitch == 74
    assert heard.notes[0].onset < 0.03
    assert heard.method == "basic-pitch"
    assert all(0 < note.confidence <= 1 and note.end > note.onset for note in heard.notes)
    assert all(a.onset <= b.onset for a, b in zip(heard.notes, heard.notes[1:], strict=False))


def test_chords(tmp_path: Path) -> None:
    chords = [(0.7 * i, 0.7 * i + 0.6, p + i) for i in range(6) for p in (48, 64, 67, 72)]
    heard = hear(str(played(tmp_path / "a.wav", chords, 0)), BY_NAME["basic-pitch"])
    assert f1(chords, heard.notes) >= 0.9


def test_octaves_that_are_played_are_not_taken_for_overtones(tmp_path: Path) -> None:
    octaves = [(0.6 * i, 0.6 * i + 0.5, p + 2 * i) for i in range(5) for p in (55, 67)]
    heard = hear(str(played(tmp_path / "a.wav", octaves, 0)), BY_NAME["basic-pitch"])
    assert f1(octaves, heard.notes) >= 0.85


def test_the_onset_curve_peaks_at_onsets(tmp_path: Path) -> None:
    heard = hear(str(played(tmp_path / "a.wav", TUNE, 0)), BY_NAME["basic-pitch"])
    assert heard.onsets is not None
    values, rate = np.array(heard.onsets.values), heard.onsets.rate
    assert len(values) / rate == pytest.approx(heard.seconds, abs=0.05)
    for onset, _, _ in TUNE[1:]:
        at = round(onset * rate)
        assert values[at - 3 : at + 4].max() > 4 * np.median(values)


def test_blocks_make_no_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from chatmusician.transcription import audio

    path = str(played(tmp_path / "a.wav", TUNE, 24))
    whole = hear(path, BY_NAME["basic-pitch"])
    monkeypatch.setattr(audio, "_BLOCK", 9_999)
    parts = hear(path, BY_NAME["basic-pitch"])
    assert [(n.pitch, n.onset) for n in parts.notes] == [(n.pitch, n.onset) for n in whole.notes]


VOICES = {
    "plain": Voice(vibrato=0, slide=0.03, scoop=0),
    "vibrato": Voice(vibrato=0.6),
    "wide vibrato": Voice(vibrato=0.9, slide=0.1, scoop=2),
    "between the keys": Voice(vibrato=0.4, off=0.4),
    "breathy": Voice(vibrato=0.4, breath=0.08),
    "whistle": Voice(vibrato=0.2, brightness=4),
}


@pytest.mark.parametrize("voice", VOICES.values(), ids=VOICES.keys())
def test_a_sung_melody(tmp_path: Path, voice: Voice) -> None:
    known = melody(11, 10)
    soundfile.write(tmp_path / "a.wav", sing(known, voice), RATE)
    heard = hear(str(tmp_path / "a.wav"), BY_NAME["swift-f0"])
    assert f1(known, heard.notes, 0.1) >= 0.95
    assert f1(known, heard.notes) >= (0.7 if voice.scoop == 2 else 0.95)


@pytest.mark.parametrize("engine", BY_NAME.values(), ids=lambda engine: engine.name)
def test_no_music_gives_no_notes(tmp_path: Path, engine: Any) -> None:
    for package in engine.needs:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{engine.name} needs {package}")
    chance = np.random.default_rng(3)
    click = np.zeros(44_100, "f4")
    click[20_000:20_010] = 0.9
    for name, sound in {
        "silence": np.zeros(44_100, "f4"),
        "click": click,
        "white noise": chance.normal(0, 0.2, 88_200).astype("f4"),
        "nearly nothing": np.zeros(3, "f4"),
    }.items():
        soundfile.write(tmp_path / "a.wav", sound, 44_100)
        heard = hear(str(tmp_path / "a.wav"), engine)
        assert len(heard.notes) <= 1, name
        assert name != "silence" or "it is silent" in heard.remarks
