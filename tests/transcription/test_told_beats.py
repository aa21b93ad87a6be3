"""Scores over beats that are told: files of beats, what they fix, and what is wrong with them."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("numpy")

import numpy as np

from chatmusician import abc
from chatmusician.errors import ChatMusicianError, InputError, UsageError
from chatmusician.transcription.beat_sources import beats_from, numbered, read_beats
from chatmusician.transcription.notes import Note, Performance
from chatmusician.transcription.score import ScoreOptions, write_score
from chatmusician.transcription.written import METERS, Beat

# Quarters of a bar, with pitches: a line in 5/4 and one in 3/4, both with triplets or dots.
FIVE = [(0, 62), (1.5, 64), (2, 66), (3, 69), (4, 67), (4.5, 66)]
THREE = [(0, 67), (1, 71), (1 + 1 / 3, 72), (1 + 2 / 3, 74), (2, 69)]


def speeding(quarters: float) -> float:
    """Seconds of a line that goes from 60 to 150 quarters a minute within 24 quarters, and on."""
    rate = 1.5 / 24
    return float(np.log1p(rate * quarters) / rate)


def played(bar: list[tuple[float, int]], size: int, bars: int) -> tuple[Performance, list[Beat]]:
    """Bars one after another a step higher each, and the beats they were played to."""
    places = [
        (number * size + place, pitch + number) for number in range(bars) for place, pitch in bar
    ]
    ends = [*(place for place, _ in places[1:]), bars * size]
    notes = tuple(
        Note(1 + speeding(place), 1 + speeding(end) - 0.02, pitch)
        for (place, pitch), end in zip(places, ends, strict=True)
    )
    beats = [Beat(1 + speeding(at), at % size + 1) for at in range(bars * size)]
    return Performance(notes, notes[-1].end + 1, "hand"), beats


def bars_of(text: str) -> list[str]:
    body = text.split("\nK:", 1)[1].split("\n", 1)[1]
    return [
        bar.strip() for bar in body.replace("\n", " ").replace("|]", "|").split("|") if bar.strip()
    ]


def test_a_line_that_speeds_up_is_written_as_it_was_counted() -> None:
    performance, beats = played(THREE, 3, 8)
    written = write_score(performance, ScoreOptions(beats=tuple(beats), key="C"))
    assert written.meter == "3/4"
    places = [note.bar * 3 + float(note.place) for note in written.notes]
    assert places == pytest.approx([bar * 3 + place for bar in range(8) for place, _ in THREE])
    assert written.beats[3].time == pytest.approx(beats[3].time, abs=1e-3)
    assert [beat.number for beat in written.beats[:7]] == [1, 2, 3, 1, 2, 3, 1]


def test_numbers_of_beats_give_a_meter_that_is_not_looked_for() -> None:
    performance, beats = played(FIVE, 5, 6)
    written = write_score(performance, ScoreOptions(beats=tuple(beats), key="C"))
    assert written.meter == "5/4"
    assert [note.bar for note in written.notes if not note.place] == list(range(6))
    assert len(bars_of(written.abc)) == 6
    tune = abc.read(written.abc).tunes[0]
    found = abc.check_tune(tune, abc.timeline(tune))
    assert [problem.code for problem in found] == ["missing-title"]


def test_beats_may_begin_after_the_music_and_end_before_it() -> None:
    """The last beats are as far apart as those before them; so are the first ones."""
    performance, beats = played(THREE, 3, 8)
    written = write_score(performance, ScoreOptions(beats=tuple(beats[1:-2]), key="C"))
    firsts = {performance.notes[note.source].pitch for note in written.notes if not note.place}
    assert firsts == {67 + number for number in range(8)}


def test_the_first_beat_that_is_numbered_may_be_any(tmp_path: Path) -> None:
    performance, beats = played(THREE, 3, 8)
    unnumbered = [Beat(beat.time, 0) for beat in beats[:2]] + beats[2:]
    written = write_score(performance, ScoreOptions(beats=tuple(unnumbered), key="C"))
    assert [note.bar for note in written.notes if not note.place] == list(range(8))


def test_a_told_meter_stands_above_the_count() -> None:
    performance, beats = played(THREE, 3, 8)
    options = ScoreOptions(beats=tuple(Beat(beat.time, 0) for beat in beats), meter="3/4", key="C")
    assert write_score(performance, options).meter == "3/4"


def steady(numbers: list[int], apart: float = 0.5) -> tuple[Performance, tuple[Beat, ...]]:
    """A note on every beat, and the beats with these numbers."""
    times = [1 + apart * at for at in range(len(numbers))]
    pitches = [60 + at * 5 % 12 for at in range(len(numbers))]
    notes = tuple(Note(t, t + apart - 0.05, p) for t, p in zip(times, pitches, strict=True))
    beats = tuple(Beat(t, n) for t, n in zip(times, numbers, strict=True))
    return Performance(notes, times[-1] + 2, "hand"), beats


@pytest.mark.parametrize(
    ("counted", "meter"), [(7, "4/4"), (5, "3/8"), (4, "3/4"), (5, "2/4"), (7, "12/8")]
)
def test_a_count_that_is_not_the_meters_is_not_used(counted: int, meter: str) -> None:
    performance, beats = steady([at % counted + 1 for at in range(counted * 8)])
    written = write_score(performance, ScoreOptions(beats=beats, meter=meter))
    assert any("numbers are not used" in remark for remark in written.remarks)
    assert written.tempo == pytest.approx(120, rel=0.01)
    assert all(float(note.place * 2).is_integer() for note in written.notes)


@pytest.mark.parametrize(("counted", "meter"), [(6, "6/8"), (2, "4/4"), (6, "3/4"), (1, "3/4")])
def test_halves_of_beats_and_whole_bars_may_be_counted(counted: int, meter: str) -> None:
    performance, beats = steady([at % counted + 1 for at in range(counted * 8)])
    written = write_score(performance, ScoreOptions(beats=beats, meter=meter))
    assert not written.remarks
    assert [note.bar for note in written.notes] == [at // counted for at in range(counted * 8)]


@pytest.mark.parametrize(
    "numbers", [[1] + [0] * 47, [0, 0, 1] + [0] * 45, [99] * 48, [0, 99] * 24, [2] * 48]
)
def test_numbers_that_tell_no_bars_leave_them_to_be_found(numbers: list[int]) -> None:
    performance, beats = steady(numbers)
    assert write_score(performance, ScoreOptions(beats=beats)).meter in METERS


def test_bars_of_hundreds_of_beats_are_refused() -> None:
    performance, beats = steady([at % 300 + 1 for at in range(900)], apart=0.2)
    with pytest.raises(InputError, match="bars of 300 beats"):
        write_score(performance, ScoreOptions(beats=beats))


@pytest.mark.parametrize("meter", ["8/128", "5/64", "9/64"])
def test_a_meter_shorter_than_a_beat_does_not_fail(meter: str) -> None:
    performance, beats = steady([0] * 24)
    assert write_score(performance, ScoreOptions(beats=beats, meter=meter)).meter == meter


def test_bars_of_five_are_found_where_their_beats_have_no_numbers() -> None:
    starts = [bar * 5 + place for bar in range(6) for place, _ in FIVE]
    pitches = [pitch for _ in range(6) for _, pitch in FIVE]
    ends = [*starts[1:], 30]
    notes = tuple(
        Note(1 + start / 2, 1 + end / 2 - 0.02, pitch)
        for start, end, pitch in zip(starts, ends, pitches, strict=True)
    )
    beats = tuple(Beat(1 + at / 2, 0) for at in range(30))
    written = write_score(Performance(notes, 17, "hand"), ScoreOptions(beats=beats, meter="5/4"))
    assert written.pickup == 0
    assert written.confidence["meter"] == pytest.approx(0.3)


def test_a_waltz_counted_in_one_keeps_its_triplets() -> None:
    places = [bar * 3 + place for bar in range(8) for place, _ in THREE]
    notes = tuple(
        Note(1 + 0.4 * place, 1.1 + 0.4 * place, pitch + at // 5)
        for at, (place, pitch) in enumerate(
            (place, THREE[at % 5][1]) for at, place in enumerate(places)
        )
    )
    beats = tuple(Beat(1 + 1.2 * bar, 1) for bar in range(8))
    written = write_score(Performance(notes, 12, "hand"), ScoreOptions(beats=beats, meter="3/4"))
    found = [note.bar * 3 + float(note.place) for note in written.notes]
    assert found == pytest.approx(places)


def test_one_note_keeps_the_tempo_that_is_told() -> None:
    performance = Performance((Note(1.0, 1.5, 60),), 3, "hand")
    options = ScoreOptions(beats=(Beat(0, 1), Beat(0.5, 2)))
    assert write_score(performance, options).tempo == pytest.approx(120)


def test_programs_files_are_read() -> None:
    assert read_beats(b"0.5\t1.0\n1.02\t2.0\n", "a") == (Beat(0.5, 1), Beat(1.02, 2))
    assert read_beats(b"# tapped\n\n0.5\n1,2\n", "b") == (Beat(0.5, 0), Beat(1.0, 2))
    assert read_beats(b"0.5, 1\n1.25, 2\n", "c") == (Beat(0.5, 1), Beat(1.25, 2))


def test_pop909_marks_downbeats_in_its_last_column() -> None:
    """Song 003 begins so: bars of two in one column, of four in the other."""
    rows = b"0.5 1.0 1.0\n1 0.0 0.0\n1.5 1.0 0.0\n2 0.0 0.0\n2.5 1.0 1.0\n"
    assert [beat.number for beat in read_beats(rows, "beat_midi.txt")] == [1, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("data", "place"),
    [
        (b"0.5 1\nhalf past\n", "x:2"),
        (b"0.5 one\n", "x:1"),
        (b"-1 1\n", "x:1"),
        (b"nan 1\n", "x:1"),
        (b"1 1e999\n", "x:1"),
        (b"0,5 1\n1,0 2\n", "x:1"),
        (b"0.5 -0.9\n", "x:1"),
        (b"0.5 1.9\n", "x:1"),
        (b"1_0 1\n", "x:1"),
        (b"2 1\n1 2\n", "x:2: the beat at 1 s does not follow 2 s"),
        (b"0.5 1\n", "two beats"),
        (b"", "two beats"),
    ],
)
def test_what_is_no_beat_is_named_with_its_line(data: bytes, place: str) -> None:
    with pytest.raises(InputError, match=place):
        read_beats(data, "x")


@pytest.mark.parametrize("times", [(1.0, 1.0), (2.0, 1.0), (1.0, 1.0005), (1.0,)])
def test_beats_that_do_not_follow_each_other_are_refused(times: tuple[float, ...]) -> None:
    with pytest.raises(UsageError):
        ScoreOptions(beats=tuple(Beat(time, 0) for time in times))


def test_beats_far_from_the_music_do_not_hang() -> None:
    performance = Performance(
        (Note(20_000.0, 20_000.5, 60), Note(20_000.6, 20_001, 62)), 2e4, "hand"
    )
    with pytest.raises(ChatMusicianError, match="far"):
        write_score(performance, ScoreOptions(beats=(Beat(0, 1), Beat(0.05, 2))))


def test_beats_count_from_each_downbeat_on() -> None:
    found = numbered([0.5, 1.0, 1.5, 2.0, 2.5], [0.98, 2.01])
    assert [beat.number for beat in found] == [0, 1, 2, 1, 2]


def test_the_command_reads_a_file_of_beats(tmp_path: Path) -> None:
    performance, beats = played(THREE, 3, 8)
    from chatmusician.abc.midi import Part, midi_bytes
    from chatmusician.abc.midi import Performance as Midi

    notes = [
        (round(note.onset * 960), round(note.end * 960), note.pitch, 80)
        for note in performance.notes
    ]
    made = Midi(480, notes[-1][1], "", [Part("", 0, notes)], [(0, 500_000)], [], [])
    (tmp_path / "played.mid").write_bytes(midi_bytes(made))
    text = "".join(f"{beat.time} {beat.number}\n" for beat in beats)
    (tmp_path / "beats.txt").write_text(text)
    command = [sys.executable, "-m", "chatmusician", "transcribe", "played.mid", "--beats"]
    done = subprocess.run([*command, "beats.txt"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "M:3/4" in done.stdout
    wrong = subprocess.run([*command, "beat-this"], cwd=tmp_path, capture_output=True, text=True)
    assert wrong.returncode == 2
    assert "this is MIDI" in wrong.stderr


def test_beat_this_is_asked_or_named(tmp_path: Path) -> None:
    """With weights drawn at random where it is installed; its own cannot be had without a net."""
    soundfile: Any = pytest.importorskip("soundfile")
    path = tmp_path / "noise.wav"
    soundfile.write(path, np.random.default_rng(0).normal(0, 0.1, 22_050 * 5), 22_050)
    weights = tmp_path / "weights.ckpt"
    if importlib.util.find_spec("beat_this") is None:
        with pytest.raises(ChatMusicianError, match="beat-this is not installed") as raised:
            beats_from(f"beat-this:{weights}", str(path), None, is_audio=True)
        assert "pip install beat-this" in str(raised.value.hint)
        return
    torch: Any = pytest.importorskip("torch")
    tracker: Any = pytest.importorskip("beat_this.model.beat_tracker")
    sizes = {"transformer_dim": 64, "n_layers": 1, "head_dim": 32, "ff_mult": 2, "stem_dim": 32}
    torch.manual_seed(0)
    state = {
        f"model.{name}": value for name, value in tracker.BeatThis(**sizes).state_dict().items()
    }
    torch.save({"hyper_parameters": sizes, "state_dict": state}, weights)
    found = beats_from(f"beat-this:{weights}", str(path), None, is_audio=True)
    assert len(found) > 1
    assert all(0 <= beat.time <= 5.1 for beat in found)
