"""Sound: length, loudness and pitch of what the synthesizer makes."""

from __future__ import annotations

import io
import shutil
import sys
import wave
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from chatmusician import abc
from chatmusician.abc.midi import Options, performance, to_midi
from chatmusician.abc.midi.instruments import INSTRUMENTS, program_number
from chatmusician.abc.sound import (
    LONGEST_TAIL,
    RATE,
    Sound,
    SoundOptions,
    find_soundfont,
    render_sound,
)
from chatmusician.errors import (
    EngineError,
    InputError,
    LimitError,
    MissingDependency,
    UsageError,
)

np: Any = pytest.importorskip("numpy")
pytest.importorskip("tinysoundfont")
try:
    find_soundfont()
except MissingDependency:
    pytest.skip("there is no soundfont", allow_module_level=True)

TUNE = 'X:1\nM:4/4\nL:1/4\nQ:1/4=120\nK:C\n|:"C"CDEF|"G7"GABc:|\n'


def midi(text: str = TUNE, options: Options | None = None) -> bytes:
    return to_midi(abc.read(text).tunes[0], options)


def samples(sound: Sound) -> Any:
    """Left and right as numbers from -1 to 1."""
    with wave.open(io.BytesIO(sound.data)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, RATE)
        raw = file.readframes(file.getnframes())
    return np.frombuffer(raw, dtype="<i2").reshape(-1, 2) / 32768


def sounded(text: str = TUNE, **options: Any) -> Any:
    return samples(render_sound(midi(text), options=SoundOptions(**options)))


def decibels(value: float) -> float:
    return float(20 * np.log10(value))


def frequency(found: Any, start: float, end: float) -> float:
    """The strongest frequency in a stretch of time."""
    part = found[int(start * RATE) : int(end * RATE)].mean(axis=1)
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 18))
    return float(spectrum.argmax() * RATE / (1 << 18))


def test_length_and_loudness() -> None:
    found = sounded()
    tail = len(found) / RATE - performance(abc.read(TUNE).tunes[0]).seconds
    assert 0.05 <= tail <= LONGEST_TAIL
    assert -1.1 < decibels(abs(found).max()) <= -0.9
    assert -24 < decibels(np.sqrt((found**2).mean())) < -10
    # Something sounds at once, and at the end it has died away.
    assert abs(found[: RATE // 4]).max() > 0.05
    assert abs(found[-100:]).max() < 0.01


def test_a_rest_at_the_end_lasts() -> None:
    found = sounded("X:1\nM:4/4\nL:1/4\nQ:1/4=60\nK:C\nC4|z4|\n")
    assert 8.05 <= len(found) / RATE <= 8.2


@pytest.mark.parametrize(("note", "pitch"), [("A", 69), ("c", 72), ("G", 67), ("^f'", 90)])
def test_pitches(note: str, pitch: int) -> None:
    text = f"X:1\nM:4/4\nL:1/4\nQ:1/4=60\n%%MIDI program 73\nK:C\n{note}4|\n"
    wanted = 440 * 2 ** ((pitch - 69) / 12)
    assert frequency(sounded(text), 0.5, 3.5) == pytest.approx(wanted, rel=0.01)


def test_notes_sound_in_their_time() -> None:
    text = "X:1\nM:4/4\nL:1/4\nQ:1/4=60\n%%MIDI program 73\nK:C\n|:A2 z e:|\n"
    found = sounded(text)
    for start, hertz in ((0, 440.0), (3, 659.26), (4, 440.0), (7, 659.26)):
        assert frequency(found, start + 0.2, start + 0.9) == pytest.approx(hertz, rel=0.01)
    assert abs(found[int(2.6 * RATE) : int(2.95 * RATE)]).max() < 0.02


def test_tempo() -> None:
    plain, double, slow = sounded(), sounded(speed=2.0), sounded(bpm=60)
    seconds = [(len(found)) / RATE for found in (plain, double, slow)]
    assert seconds[0] - seconds[1] == pytest.approx(4, abs=0.5)
    assert seconds[2] - seconds[0] == pytest.approx(8, abs=0.5)


def test_instruments() -> None:
    piano, violin = sounded(instrument="piano"), sounded(instrument="violin")
    assert np.array_equal(piano, sounded(instrument=0))
    end = min(len(piano), len(violin))
    assert not np.allclose(piano[:end], violin[:end], atol=0.01)
    # Of one held note a piano's dies away, a violin's does not.
    held = "X:1\nM:4/4\nL:1/4\nQ:1/4=60\nK:C\nA4|\n"
    for instrument, fades in (("piano", True), ("violin", False)):
        found = sounded(held, instrument=instrument)
        early, late = (abs(found[int(t * RATE) : int((t + 0.5) * RATE)]).max() for t in (0.5, 3.4))
        assert (late < early / 2) == fades


def test_instruments_of_the_midi_file_count() -> None:
    by_option = sounded("X:1\nM:4/4\nL:1/4\nK:C\nCDEF|\n", instrument="flute")
    by_file = sounded("X:1\nM:4/4\nL:1/4\n%%MIDI program 73\nK:C\nCDEF|\n")
    assert np.array_equal(by_option, by_file)


def test_percussion_is_no_pitch() -> None:
    drum = "X:1\nM:4/4\nL:1/4\nK:C clef=perc\nD4|\n"
    assert not np.array_equal(sounded(drum)[:1000], sounded(drum.replace(" clef=perc", ""))[:1000])
    assert np.array_equal(sounded(drum), sounded(drum, instrument="violin"))


def test_the_same_again_is_the_same() -> None:
    first = render_sound(midi())
    render_sound(midi("X:1\n%%MIDI program 48\nK:C\n[CEGceg]8|\n"))
    assert render_sound(midi()).data == first.data


def test_sixteen_at_once() -> None:
    files = [midi(TUNE.replace("CDEF", "CDEFGABc"[n % 5 :][:4])) for n in range(16)]
    alone = [render_sound(data).data for data in files]
    with ThreadPoolExecutor(16) as pool:
        together = [sound.data for sound in pool.map(render_sound, files)]
    assert together == alone


def test_silence_stays_silent() -> None:
    found = sounded("X:1\nM:4/4\nL:1/4\nK:C\nz4|\n")
    assert len(found) >= 2 * RATE
    assert not found.any()


def test_a_few_soft_strokes_are_not_lost() -> None:
    sparse = "X:1\nM:4/4\nL:1/4\nQ:1/4=120\nK:C\n!ppp!.C/4 z15/4|z4|z4|z4|z4|z4|\n"
    found = sounded(sparse)
    assert abs(found).max() > 0.7
    assert abs(found).max() < 0.9


@pytest.mark.parametrize("format", ["flac", "ogg", "mp3"])
def test_other_formats(format: str) -> None:
    soundfile: Any = pytest.importorskip("soundfile")
    sound = render_sound(midi(), format=format)
    found, rate = soundfile.read(io.BytesIO(sound.data))
    assert (rate, found.shape[1]) == (RATE, 2)
    # MP3 pads both ends of a file.
    assert len(found) / RATE == pytest.approx(sound.seconds, abs=0.1)
    wav = samples(render_sound(midi()))
    if format == "flac":
        assert np.array_equal(found, wav)
        return
    assert abs(found).max() < 0.95
    end = min(len(found), len(wav))
    wrong = found[:end] - wav[:end]
    assert decibels(np.sqrt((wrong**2).mean() / (wav**2).mean())) < -15


def test_a_long_piece_in_every_format() -> None:
    pytest.importorskip("soundfile")
    long = midi("X:1\nM:4/4\nL:1/4\nQ:1/4=30\nK:C\n" + "CDEF|" * 8 + "\n")
    for format in ("ogg", "mp3"):
        assert len(render_sound(long, format=format).data) > 100_000


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="ffmpeg is not installed")
@pytest.mark.parametrize("format", ["flac", "mp3"])
def test_ffmpeg_where_soundfile_is_missing(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    soundfile: Any = pytest.importorskip("soundfile")
    monkeypatch.setattr("chatmusician.abc.sound.formats._soundfile_writes", lambda format: False)
    sound = render_sound(midi(), format=format)
    found, rate = soundfile.read(io.BytesIO(sound.data))
    assert rate == RATE
    assert len(found) / RATE == pytest.approx(sound.seconds, abs=0.1)


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatmusician.abc.sound.formats._soundfile_writes", lambda format: False)
    monkeypatch.setattr("chatmusician.programs.find_program", lambda program: None)
    with pytest.raises(MissingDependency, match="something that writes mp3 is not installed"):
        render_sound(midi(), format="mp3")
    monkeypatch.setattr("chatmusician.abc.sound.synth._SYSTEM_NAMES", ())
    with pytest.raises(MissingDependency, match="a soundfont is not installed") as caught:
        render_sound(midi())
    assert "pretty_midi" in str(caught.value.hint)


def test_tinysoundfont_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tinysoundfont._tinysoundfont", None)
    monkeypatch.setattr("chatmusician.abc.sound.synth._POOL.free", {})
    with pytest.raises(MissingDependency, match="tinysoundfont is not installed"):
        render_sound(midi())


def test_soundfonts_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such soundfont"):
        sounded(soundfont=str(tmp_path / "none.sf2"))
    (tmp_path / "bad.sf2").write_bytes(b"RIFF" + bytes(100))
    with pytest.raises(InputError, match=r"bad\.sf2: is no soundfont"):
        sounded(soundfont=str(tmp_path / "bad.sf2"))


def test_requests_that_make_no_sense() -> None:
    for name, value in (("speed", 0.0), ("speed", -1.0), ("bpm", 1e9), ("speed", float("nan"))):
        with pytest.raises(UsageError, match="tempo asked for"):
            sounded(TUNE, **{name: value})
    with pytest.raises(UsageError, match="no sound format 'xyz'"):
        render_sound(midi(), format="xyz")
    endless = midi("X:1\nM:4/4\nL:1/1\nQ:1/4=4\nK:C\n" + "C16|" * 20 + "\n")
    with pytest.raises(LimitError, match="more than half an hour"):
        render_sound(endless)
    with pytest.raises(InputError):
        render_sound(b"nothing")


def test_instrument_names() -> None:
    assert len(INSTRUMENTS) == 128
    known = {0: "Piano", 24: "guitar", 40: "violin", 73: "FLUTE", 105: "banjo", 110: "fiddle"}
    assert {program_number(name): name for name in known.values()} == known
    assert program_number("127") == program_number(127) == program_number("gunshot") == 127
    assert program_number("tin whistle") == 78
    with pytest.raises(UsageError, match="no instrument 'violine'") as caught:
        program_number("violine")
    assert caught.value.hint == "perhaps violin, viola"
    for wrong in (128, -1, "", "xxxx"):
        with pytest.raises(UsageError, match="no instrument"):
            program_number(wrong)


def test_soundfile_failing(monkeypatch: pytest.MonkeyPatch) -> None:
    soundfile: Any = pytest.importorskip("soundfile")

    def fail(*arguments: object, **options: object) -> None:
        raise soundfile.LibsndfileError(1)

    monkeypatch.setattr(soundfile, "SoundFile", fail)
    with pytest.raises(EngineError, match="could not write flac"):
        render_sound(midi(), format="flac")
