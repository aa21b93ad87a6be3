"""Sound files of any kind: what is read, and what is said about files that are odd or broken."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from chatmusician.errors import InputError, LimitError, MissingDependency
from chatmusician.transcription import audio
from chatmusician.transcription.audio import open_recording

np: Any = pytest.importorskip("numpy")
soundfile: Any = pytest.importorskip("soundfile")
pytest.importorskip("soxr")


def tone(rate: int, seconds: float = 2.0, hertz: float = 440.0) -> Any:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)).astype("f4")


def read(path: Path, rate: int = 22_050) -> tuple[Any, list[str]]:
    with open_recording(str(path)) as recording:
        blocks = list(recording.blocks(rate))
    return np.concatenate(blocks), recording.remarks


def loudest_hertz(sound: Any, rate: int) -> float:
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    return float(power.argmax() * rate / len(sound))


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "mp3", "aiff"])
@pytest.mark.parametrize(("rate", "channels"), [(44_100, 2), (8_000, 1), (48_000, 8)])
def test_formats_rates_and_channels(tmp_path: Path, ending: str, rate: int, channels: int) -> None:
    if ending == "mp3" and channels > 2:
        pytest.skip("MP3 has at most two channels")
    path = tmp_path / f"a.{ending}"
    soundfile.write(path, np.repeat(tone(rate)[:, None], channels, 1), rate)
    sound, _ = read(path)
    assert len(sound) / 22_050 == pytest.approx(2.0, abs=0.06)
    assert loudest_hertz(sound, 22_050) == pytest.approx(440, abs=1)


def test_resampled_in_blocks_is_resampled_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 50_000).astype("f4")
    soundfile.write(tmp_path / "a.wav", noise, 44_100, subtype="FLOAT")
    whole, _ = read(tmp_path / "a.wav")
    monkeypatch.setattr(audio, "_BLOCK", 777)
    parts, _ = read(tmp_path / "a.wav")
    np.testing.assert_allclose(parts, whole, atol=1e-5)


def test_the_name_does_not_decide(tmp_path: Path) -> None:
    for name in ("a.mp3", "a.raw", "a", "a.txt"):
        with open(tmp_path / name, "wb") as file:
            soundfile.write(file, tone(22_050), 22_050, format="WAV")
        sound, remarks = read(tmp_path / name)
        assert len(sound) == 44_100, name
        assert not remarks


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg")
@pytest.mark.parametrize("ending", ["m4a", "mka", "aac"])
def test_by_ffmpeg(tmp_path: Path, ending: str) -> None:
    soundfile.write(tmp_path / "a.wav", tone(44_100), 44_100)
    made = tmp_path / f"a.{ending}"
    source = str(tmp_path / "a.wav")
    command = ["ffmpeg", "-loglevel", "error", "-i", source, "-c:a", "aac", str(made)]
    subprocess.run(command, check=True, timeout=60)
    sound, _ = read(made)
    assert len(sound) / 22_050 == pytest.approx(2.0, abs=0.1)
    assert loudest_hertz(sound, 22_050) == pytest.approx(440, abs=1)
    (tmp_path / "b.m4a").write_bytes(made.read_bytes()[:300])
    if ending == "m4a":
        with pytest.raises(InputError, match=r"MPEG-4.* that ffmpeg cannot read"):
            read(tmp_path / "b.m4a")


def test_without_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "a.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(100))
    with pytest.raises(MissingDependency, match=r"ffmpeg, which reads MPEG-4") as caught:
        read(tmp_path / "a.m4a")
    assert caught.value.hint


def test_a_playlist_is_no_sound(tmp_path: Path) -> None:
    """ffmpeg would fetch what it names."""
    (tmp_path / "a.m4a").write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")
    with pytest.raises(InputError, match="is no sound file"):
        read(tmp_path / "a.m4a")


@pytest.mark.parametrize("data", [b"", b"RIFF", b"\0" * 5000, b"X:1\nK:C\nabc|\n", b"ID3" * 99])
def test_no_sound_file(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.wav").write_bytes(data)
    with pytest.raises(InputError, match=r"a\.wav: ") as caught:
        read(tmp_path / "a.wav")
    assert "\n" not in str(caught.value)


def test_places_that_cannot_be_read(tmp_path: Path) -> None:
    for path, said in ((tmp_path, "is a folder"), (tmp_path / "none.wav", "no such file")):
        with pytest.raises(InputError, match=said):
            read(path)


def test_zero_length(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(0, "f4"), 44_100)
    with pytest.raises(InputError, match="its length is zero"):
        read(tmp_path / "a.wav")


def test_cut_files_give_what_they_hold(tmp_path: Path) -> None:
    for ending, said in (("wav", ""), ("flac", "damaged|cut"), ("ogg", ""), ("mp3", "")):
        path = tmp_path / f"a.{ending}"
        soundfile.write(path, tone(22_050, 20), 22_050)
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2])
        sound, remarks = read(path)
        assert 5 < len(sound) / 22_050 < 14, ending
        assert bool(remarks) >= bool(said), ending


def test_clipped_low_and_impossible_samples_are_remarked(tmp_path: Path) -> None:
    loud = np.clip(tone(44_100) * 4, -1, 1)
    soundfile.write(tmp_path / "loud.wav", loud, 44_100)
    assert "clipped" in read(tmp_path / "loud.wav")[1][0]
    soundfile.write(tmp_path / "low.wav", tone(8_000), 8_000)
    assert "4000 Hz" in read(tmp_path / "low.wav")[1][0]
    broken = tone(44_100)
    broken[100:200] = np.nan
    broken[300] = np.inf
    soundfile.write(tmp_path / "nan.wav", broken, 44_100, subtype="FLOAT")
    sound, remarks = read(tmp_path / "nan.wav")
    assert np.isfinite(sound).all()
    assert "no numbers" in remarks[0]


def test_silence_is_noticed(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(44_100, "f4"), 44_100)
    with open_recording(str(tmp_path / "a.wav")) as recording:
        list(recording.blocks(22_050))
        assert recording.silent


def test_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audio, "LONGEST", 1.0)
    soundfile.write(tmp_path / "a.wav", tone(22_050), 22_050)
    with pytest.raises(LimitError, match="lasts more than"):
        read(tmp_path / "a.wav")


def test_what_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    from chatmusician.transcription.engines import BY_NAME, hear

    soundfile.write(tmp_path / "a.wav", tone(22_050), 22_050)
    find = importlib.util.find_spec
    for missing, engine in (("basic_pitch", "basic-pitch"), ("swift_f0", "swift-f0")):
        monkeypatch.setattr(
            importlib.util,
            "find_spec",
            lambda name, gone=missing: None if name == gone else find(name),
        )
        with pytest.raises(MissingDependency, match=f"^{engine} is not installed") as caught:
            hear(str(tmp_path / "a.wav"), BY_NAME[engine])
        assert "pip install" in caught.value.how
