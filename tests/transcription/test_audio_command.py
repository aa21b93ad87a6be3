"""`transcribe` from the command line: what it writes, and what hostile input comes to."""

from __future__ import annotations

import importlib.util
import io
import json
import struct
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any, Protocol

import pytest

from chatmusician import abc
from chatmusician.abc.midi import Part, Performance, midi_bytes

np: Any = pytest.importorskip("numpy")
soundfile: Any = pytest.importorskip("soundfile")
for package in ("soxr", "onnxruntime", "swift_f0"):
    pytest.importorskip(package)
if importlib.util.find_spec("basic_pitch") is None:
    pytest.skip("needs basic-pitch's weights", allow_module_level=True)

RATE = 22_050


class Run(Protocol):
    def __call__(
        self, *arguments: str, stdin: str | bytes = b"", code: int | None = None
    ) -> CompletedProcess[str]: ...


def tune(beat: float = 0.55) -> list[tuple[float, float, int]]:
    """Two times four bars of 3/4 in G major, played evenly."""
    bars = [
        "67 71 74",
        "72 - 69",
        "66 69 72",
        "71 - -",
        "67 71 74",
        "76 - 72",
        "69 72 66",
        "67 - -",
    ]
    notes: list[tuple[float, float, int]] = []
    for at, name in enumerate(" ".join(bars).split()):
        if name == "-":
            notes[-1] = (notes[-1][0], (at + 0.9) * beat, notes[-1][2])
        else:
            notes.append((at * beat, (at + 0.9) * beat, int(name)))
    return notes


def plucked(notes: list[tuple[float, float, int]]) -> Any:
    length = int((notes[-1][1] + 0.5) * RATE)
    sound = np.zeros(length + RATE, "f4")
    for onset, end, pitch in notes:
        along = np.arange(int((end - onset) * RATE)) / RATE
        hertz = 440 * 2 ** ((pitch - 69) / 12)
        tone = sum(np.sin(2 * np.pi * k * hertz * along) / k**1.5 for k in range(1, 7))
        at = int(onset * RATE)
        sound[at : at + len(along)] += 0.3 * tone * np.exp(-2 * along) * np.minimum(1, along * 200)
    return sound[:length]


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    soundfile.write(tmp_path / "a waltz.wav", plucked(tune()), RATE)
    return tmp_path / "a waltz.wav"


def errors(text: str) -> list[str]:
    return [found.message for found in abc.check(abc.read(text)) if found.severity == "error"]


def pitches(text: str) -> list[int]:
    (only,) = abc.to_events(abc.read(text))["tunes"]
    return [note[2][0] for note in only["expanded"]]


def test_a_tune_and_all_its_files(chatmusician: Run, tmp_path: Path, wav: Path) -> None:
    done = chatmusician(
        "transcribe", wav.name, "-o", "out.abc", "--midi", "--musicxml", "--report", code=0
    )
    names = ["out.abc", "out.mid", "out.musicxml", "out.html"]
    assert done.stdout.split() == names
    assert done.stderr == ""
    text = (tmp_path / "out.abc").read_text()
    assert "T:a waltz" in text
    assert not errors(text)
    assert pitches(text) == [pitch for _, _, pitch in tune()]
    assert (tmp_path / "out.mid").read_bytes().startswith(b"MThd")
    assert b"<score-partwise" in (tmp_path / "out.musicxml").read_bytes()
    page = (tmp_path / "out.html").read_text()
    assert "data:image/png;base64," in page
    assert "<svg" in page
    assert "http" not in page.replace("http://www.w3.org", "").replace("https://www.w3.org", "")


def test_the_midi_keeps_the_times_that_were_heard(
    chatmusician: Run, tmp_path: Path, wav: Path
) -> None:
    pretty_midi: Any = pytest.importorskip("pretty_midi")
    chatmusician("transcribe", wav.name, "-o", "out.abc", "--midi", code=0)
    made = pretty_midi.PrettyMIDI(str(tmp_path / "out.mid"))
    heard = [note.start for note in made.instruments[0].notes]
    assert heard == pytest.approx([onset for onset, _, _ in tune()], abs=0.03)


def test_what_is_known_is_kept(chatmusician: Run, wav: Path) -> None:
    known = ("--meter", "6/8", "--key", "Em", "--tempo", "50")
    text = chatmusician("transcribe", wav.name, *known, code=0).stdout
    assert "M:6/8" in text
    assert "K:Em" in text
    assert not errors(text)


def test_one_voice(chatmusician: Run, wav: Path) -> None:
    found = json.loads(chatmusician("transcribe", wav.name, "--voice", "--json", code=0).stdout)
    assert found[0]["method"] == "swift-f0"
    assert pitches(found[0]["abc"]) == [pitch for _, _, pitch in tune()]
    assert found[0]["bars"][0].keys() == {"bar", "start", "end", "confidence"}


def test_midi_and_standard_input(chatmusician: Run, wav: Path, tmp_path: Path) -> None:
    notes = [(round(a * 960), round(b * 960), p, 80) for a, b, p in tune()]
    made = Performance(480, notes[-1][1], "", [Part("", 0, notes)], [(0, 500_000)], [], [])
    (tmp_path / "played.mid").write_bytes(midi_bytes(made))
    for data in (midi_bytes(made), wav.read_bytes()):
        text = chatmusician("transcribe", "-", stdin=data, code=0).stdout
        assert pitches(text) == [pitch for _, _, pitch in tune()]
    book = chatmusician("transcribe", wav.name, "played.mid", code=0).stdout
    assert [tune.x for tune in abc.read(book).tunes] == ["1", "2"]


def test_a_bad_file_costs_itself(chatmusician: Run, tmp_path: Path, wav: Path) -> None:
    (tmp_path / "bad.wav").write_bytes(b"RIFF1234WAVE")
    done = chatmusician("transcribe", "bad.wav", wav.name, "none.wav", "-o", "out.abc", code=1)
    assert "failed: 2 files of 3" in done.stderr
    assert len(abc.read((tmp_path / "out.abc").read_bytes()).tunes) == 1


def test_wrong_usage(chatmusician: Run, wav: Path, tmp_path: Path) -> None:
    for arguments in (
        [wav.name, "--report"],
        [wav.name, "--engine", "ears"],
        [wav.name, "--engine", "basic-pitch", "--voice"],
        [wav.name, "--meter", "waltz"],
        [wav.name, "--tempo", "0"],
        [wav.name, "-o", "."],
        ["-", "-"],
    ):
        done = chatmusician("transcribe", *arguments, code=2)
        assert done.stderr.startswith("chatmusician: error: ")


def wave(frames: bytes, *, rate: int = 44_100, channels: int = 1, bits: int = 16, tag: int = 1,
         size: int | None = None) -> bytes:  # fmt: skip
    """A WAV file whose header may say anything."""
    length = len(frames) if size is None else size
    block = max(1, channels * bits // 8) & 0xFFFF
    head = struct.pack("<HHIIHH", tag, channels, rate, rate * block & 0xFFFFFFFF, block, bits)
    return (
        b"RIFF" + struct.pack("<I", 36 + length & 0xFFFFFFFF) + b"WAVEfmt " + struct.pack("<I", 16)
        + head + b"data" + struct.pack("<I", length & 0xFFFFFFFF) + frames
    )  # fmt: skip


def hostile() -> dict[str, bytes]:
    chance = np.random.default_rng(5)
    second = (chance.normal(0, 3000, 44_100)).astype("<i2").tobytes()
    flac = io.BytesIO()
    soundfile.write(flac, plucked(tune()), RATE, format="FLAC")
    damaged = bytearray(flac.getvalue())
    for at in chance.integers(100, len(damaged), 200):
        damaged[at] ^= 0xFF
    return {
        "silence": wave(bytes(88_200)),
        "noise": wave(second * 3),
        "one click": wave(bytes(40_000) + b"\xff\x7f" * 4 + bytes(40_000)),
        "one sample": wave(b"\0\x40"),
        "no samples": wave(b""),
        "half a sample": wave(b"\0"),
        "longer than it is": wave(second, size=0x7FFFFFFF),
        "endless": wave(second, size=0xFFFFFFFF),
        "rate 0": wave(second, rate=0),
        "rate 1": wave(second[:2000], rate=1),
        "rate 2 GHz": wave(second, rate=2_000_000_000),
        "no channels": wave(second, channels=0),
        "60000 channels": wave(second, channels=60_000),
        "1000 channels": wave(second, channels=1000),
        "3 bits": wave(second, bits=3),
        "unknown codec": wave(second, tag=0x1234),
        "infinite": wave(struct.pack("<f", float("inf")) * 5000, bits=32, tag=3),
        "no numbers": wave(struct.pack("<f", float("nan")) * 5000, bits=32, tag=3),
        "huge numbers": wave(struct.pack("<f", 3e38) * 50_000, bits=32, tag=3),
        "constant": wave(b"\0\x40" * 50_000),
        "damaged flac": bytes(damaged),
        "an ogg page": b"OggS" + bytes(200),
        "mp3 frames of nothing": b"\xff\xfb\x90\x00" + bytes(413) * 3,
        "id3 alone": b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f",
        "mp4 of nothing": b"\0\0\0\x18ftypM4A \0\0\0\0" + bytes(50),
        "matroska of nothing": b"\x1aE\xdf\xa3" + bytes(50),
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "text": b"X:1\nK:C\nabc\n",
        "zeros": bytes(10_000),
    }


def test_hostile_files_end_in_a_result_or_one_error(chatmusician: Run, tmp_path: Path) -> None:
    files = hostile()
    for number, data in enumerate(files.values()):
        (tmp_path / f"{number}.wav").write_bytes(data)
    names = [f"{number}.wav" for number in range(len(files))]
    for voice in ([], ["--voice"]):
        done = chatmusician("transcribe", *names, "-o", "out.abc", *voice)
        assert done.returncode in (0, 1), done.stderr
        assert "Traceback" not in done.stderr
        assert "unexpected" not in done.stderr, done.stderr
        for name in ("0.wav", "4.wav"):
            assert f"{name}: " in done.stderr
        assert "0.wav: no notes found; it is silent" in done.stderr
        assert "4.wav: holds no sound" in done.stderr


def test_no_notes_is_an_honest_answer(chatmusician: Run, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(hostile()["silence"])
    done = chatmusician("transcribe", "a.wav", "-o", "out.abc", code=1)
    assert "no notes found" in done.stderr
    assert "--voice" in done.stderr
    assert not (tmp_path / "out.abc").exists()
