"""Reading MIDI for the synthesizer: times in seconds, whatever wrote the file."""

from __future__ import annotations

import io
import struct
from random import Random
from typing import Any

import pytest

from chatmusician import abc
from chatmusician.abc.midi import performance, to_midi
from chatmusician.abc.sound.midi_file import read_midi_file
from chatmusician.errors import ChatMusicianError, InputError

TUNE = 'X:1\nM:4/4\nL:1/8\nQ:1/4=90\nK:D\n|:"D"DEFG [Q:1/4=200]{c}ABcd|.e8:|z8|\n'


def header(tracks: int, division: int = 96) -> bytes:
    return struct.pack(">4sIHHH", b"MThd", 6, 1, tracks, division)


def track(body: bytes) -> bytes:
    return struct.pack(">4sI", b"MTrk", len(body)) + body


def test_times_follow_the_tempo_map() -> None:
    tune = abc.read(TUNE).tunes[0]
    file = read_midi_file(to_midi(tune))
    # 2 quarters at 90 and 6 at 200, twice, then the bar of rest at 200.
    seconds = 2 * (2 * 60 / 90 + 6 * 60 / 200) + 4 * 60 / 200
    assert file.tempo_map().seconds(file.length) == pytest.approx(seconds, abs=1e-5)
    assert performance(tune).seconds == pytest.approx(seconds, abs=1e-5)
    assert file.first_tempo == pytest.approx(90, abs=1e-3)


def test_it_reads_what_mido_reads() -> None:
    mido: Any = pytest.importorskip("mido")
    data = to_midi(abc.read(TUNE).tunes[0])
    file, times = read_midi_file(data), read_midi_file(data).tempo_map()
    ours = [
        (round(times.seconds(tick), 4), s & 15, n, v) for tick, s, n, v in file.events if s < 0xA0
    ]
    now, theirs = 0.0, []
    for message in mido.MidiFile(file=io.BytesIO(data)):
        now += message.time
        if message.type in ("note_on", "note_off"):
            theirs.append((round(now, 4), message.channel, message.note, message.velocity))
    assert sorted(ours) == sorted(theirs)


def test_running_status_and_system_messages() -> None:
    body = b"\x00\x90\x3c\x40\x60\x3c\x00\x00\xf0\x02\x01\xf7\x00\x90\x40\x40"
    body += b"\x83\x60\x40\x00\x00\xff\x2f\x00"
    file = read_midi_file(header(1) + b"JUNK\0\0\0\2??" + track(body))
    expected = [(0, 0x90, 60, 64), (96, 0x90, 60, 0), (96, 0x90, 64, 64), (576, 0x90, 64, 0)]
    assert file.events == expected
    assert file.length == 576


def test_ends_come_before_beginnings() -> None:
    first = track(b"\x00\x90\x3c\x40\x60\x90\x3c\x40\x00\xff\x2f\x00")
    second = track(b"\x60\x80\x3c\x40\x00\xff\x2f\x00")
    events = read_midi_file(header(2) + first + second).events
    assert [status for _, status, _, _ in events] == [0x90, 0x80, 0x90]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no MIDI data"),
        (b"RIFF" + bytes(40), "no MIDI data"),
        (header(1, 0xE728) + track(b""), "film frames"),
        (header(1, 0) + track(b""), "film frames"),
        (header(1) + track(b"\x00\x3c\x40"), "without a status"),
        (header(1) + track(b"\x00\x90\x3c"), "ends in the middle"),
        (header(1) + b"MTrk\0\0\0\x09\x00", "ends in the middle"),
    ],
)
def test_broken_files(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_midi_file(data)


def test_damaged_files_are_read_or_refused() -> None:
    random = Random(3)
    data = to_midi(abc.read(TUNE).tunes[0])
    for _ in range(300):
        damaged = bytearray(data)
        for _ in range(random.randint(1, 8)):
            damaged[random.randrange(len(data))] = random.randrange(256)
        try:
            file = read_midi_file(bytes(damaged[: random.randint(14, len(data))]))
        except ChatMusicianError:
            continue
        assert all(0 <= a < 128 and 0 <= b < 128 for _, _, a, b in file.events)
