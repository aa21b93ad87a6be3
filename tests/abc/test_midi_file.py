"""The bytes of a MIDI file: read by mido and symusic, and told apart from broken ones."""

from __future__ import annotations

import io
from typing import Any

import pytest

from chatmusician import abc
from chatmusician.abc.midi import broken_midi, midi_bytes, performance, to_midi
from chatmusician.abc.midi.model import Part, Performance

TUNE = """X:1
T:Größe "quoted" $(touch pwned) 題
M:6/8
L:1/8
Q:3/8=100
K:Gm
V:1 name="Fiddle"
|:"Gm"G3 [Bd]3|[M:2/4]!f!A4:|
w:la-la lä
V:2
%%MIDI program 73
D6|[K:D]F4|
"""


def tune(text: str = TUNE) -> abc.Tune:
    return abc.read(text).tunes[0]


def described(found: Performance) -> list[tuple[int, list[tuple[int, int, int, int]]]]:
    """Channel and notes (start, end, pitch, velocity) of each part."""
    return [(part.channel, sorted(part.notes)) for part in found.parts]


def test_mido_reads_what_was_performed() -> None:
    mido: Any = pytest.importorskip("mido")
    wanted = performance(tune())
    file = mido.MidiFile(file=io.BytesIO(midi_bytes(wanted)), charset="utf-8")
    assert (file.type, file.ticks_per_beat) == (1, wanted.division)
    assert file.length == pytest.approx(wanted.seconds, abs=1e-3)
    head, *tracks = file.tracks
    assert head[0].name == 'Größe "quoted" $(touch pwned) 題'
    assert [m.tempo for m in head if m.type == "set_tempo"] == [speed for _, speed in wanted.tempos]
    meters = [(m.numerator, m.denominator) for m in head if m.type == "time_signature"]
    assert meters == [(6, 8), (2, 4), (6, 8), (2, 4)]
    assert [m.key for m in head if m.type == "key_signature"] == ["Gm"]
    assert [track.name for track in tracks] == ["Fiddle", "voice 2", "bass", "chords"]
    for track, part in zip(tracks, wanted.parts, strict=True):
        channel, notes, programs, lyrics = read_track(track)
        assert (channel, notes) == (part.channel, sorted(part.notes))
        assert (programs, lyrics) == (part.programs, part.lyrics)


def read_track(track: Any) -> tuple[int, list[Any], list[Any], list[Any]]:
    now = channel = 0
    sounding: dict[int, tuple[int, int]] = {}
    notes, programs, lyrics = [], [], []
    for message in track:
        now += message.time
        if message.type == "note_on":
            assert message.note not in sounding
            sounding[message.note] = (now, message.velocity)
            channel = message.channel
        elif message.type == "note_off":
            start, velocity = sounding.pop(message.note)
            notes.append((start, now, message.note, velocity))
        elif message.type == "program_change":
            programs.append((now, message.program))
        elif message.type == "lyrics":
            lyrics.append((now, message.text))
    assert not sounding
    return channel, sorted(notes), programs, lyrics


def test_symusic_reads_what_was_performed() -> None:
    symusic = pytest.importorskip("symusic")
    wanted = performance(tune())
    score = symusic.Score.from_midi(midi_bytes(wanted))
    heard = [
        sorted((n.time, n.time + n.duration, n.pitch, n.velocity) for n in track.notes)
        for track in score.tracks
        if len(track.notes)
    ]
    assert sorted(heard) == sorted(notes for _, notes in described(wanted))


def test_large_numbers_and_many_lyrics() -> None:
    mido: Any = pytest.importorskip("mido")
    note = (3_000_000, 5_000_000, 60, 64)
    part = Part("p" * 300, 15, [note], [], [(0, "x" * 20_000), (7, "y")])
    found = Performance(480, 300_000_000 // 2, "", [part], [(0, 500_000)], [], [])
    file = mido.MidiFile(file=io.BytesIO(midi_bytes(found)))
    assert read_track(file.tracks[1])[:2] == (15, [note])
    assert sum(message.time for message in file.tracks[1]) == found.length


@pytest.mark.parametrize("title", ["", '"', "$(x)", "é題🎻", "t" * 300, "\\ud800"])
def test_titles(title: str) -> None:
    data = to_midi(tune(f"X:1\nT:{title}\nM:4/4\nK:C\nC4|\n"))
    assert broken_midi(data) is None


def test_whole_files_are_whole_and_every_cut_one_is_broken() -> None:
    data = to_midi(tune())
    assert broken_midi(data) is None
    assert broken_midi(b"") == "no MIDI header"
    assert all(broken_midi(data[:size]) for size in range(len(data)))
    assert broken_midi(data[:10] + b"\0\0" + data[12:]) == "no tracks"
