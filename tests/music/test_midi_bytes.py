"""The bytes of MIDI files against mido, the examples of the standard, and every cut."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmusician.music.midi_bytes import (
    LYRIC,
    TRACK_NAME,
    broken_midi,
    chunks,
    header,
    key_signature_event,
    meta_event,
    midi_file,
    read_variable_length,
    tempo_event,
    text_event,
    time_signature_event,
    track_chunk,
    track_of,
    variable_length,
)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0x00, "00"),
        (0x40, "40"),
        (0x7F, "7f"),
        (0x80, "8100"),
        (0x2000, "c000"),
        (0x3FFF, "ff7f"),
        (0x4000, "818000"),
        (0x1FFFFF, "ffff7f"),
        (0x200000, "81808000"),
        (0x8000000, "c0808000"),
        (0xFFFFFFF, "ffffff7f"),
    ],
)
def test_numbers_of_the_standard(number: int, written: str) -> None:
    """The table of the MIDI 1.0 specification, Standard MIDI Files, page 2."""
    assert variable_length(number).hex() == written
    assert read_variable_length(bytes.fromhex(written), 0) == (number, len(written) // 2)


@given(st.integers(0, 1 << 40), st.binary(max_size=3), st.binary(max_size=3))
def test_numbers_are_read_back(number: int, before: bytes, after: bytes) -> None:
    data = before + variable_length(number) + after
    end = len(data) - len(after)
    assert read_variable_length(data, len(before)) == (number, end)


def test_a_number_that_is_cut() -> None:
    with pytest.raises(IndexError):
        read_variable_length(b"\x81\x80", 0)


def a_file() -> bytes:
    conductor = [
        (0, text_event(TRACK_NAME, "Ä tune")),
        (0, tempo_event(400_000)),
        (0, time_signature_event(6, 8, 36)),
        (0, key_signature_event(-3, True)),
        (960, tempo_event(0xFFFFFF)),
    ]
    notes = [(0, bytes((0x93, 60, 80))), (240, text_event(LYRIC, "la")), (480, b"\x83\x3c\x00")]
    return midi_file(480, [track_of(conductor), track_of(notes)])


def read(data: bytes) -> Any:
    return pytest.importorskip("mido").MidiFile(file=io.BytesIO(data), charset="utf-8")


def test_mido_reads_every_event() -> None:
    midi = read(a_file())
    assert (midi.type, midi.ticks_per_beat, len(midi.tracks)) == (1, 480, 2)
    name, tempo, meter, key, slow, end = midi.tracks[0]
    assert name.name == "Ä tune"
    assert (tempo.tempo, slow.tempo, slow.time) == (400_000, 0xFFFFFF, 960)
    assert (meter.numerator, meter.denominator, meter.clocks_per_click) == (6, 8, 36)
    assert meter.notated_32nd_notes_per_beat == 8
    assert key.key == "Cm"
    assert end.type == "end_of_track"
    on, lyric, off, _ = midi.tracks[1]
    assert (on.channel, on.note, on.velocity, on.time) == (3, 60, 80, 0)
    assert (lyric.text, lyric.time, off.time, off.type) == ("la", 240, 240, "note_off")


@pytest.mark.parametrize("fifths", range(-7, 8))
@pytest.mark.parametrize("minor", [False, True])
def test_key_signatures_are_midos(fifths: int, minor: bool) -> None:
    mido: Any = pytest.importorskip("mido")
    (message, _) = read(
        midi_file(96, [track_of([(0, key_signature_event(fifths, minor))])])
    ).tracks[0]
    major = ["Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#"]
    minors = [
        "Abm",
        "Ebm",
        "Bbm",
        "Fm",
        "Cm",
        "Gm",
        "Dm",
        "Am",
        "Em",
        "Bm",
        "F#m",
        "C#m",
        "G#m",
        "D#m",
        "A#m",
    ]
    assert message.key == (minors if minor else major)[fifths + 7]
    assert bytes(mido.MetaMessage("key_signature", key=message.key).bytes()) == (
        key_signature_event(fifths, minor)
    )


@pytest.mark.parametrize(
    ("num", "den", "clocks", "written"),
    [(4, 4, 24, "04021808"), (300, 128, 0, "ff070108"), (3, 1, 999, "0300ff08")],
)
def test_time_signatures_stay_within_their_bytes(
    num: int, den: int, clocks: int, written: str
) -> None:
    assert time_signature_event(num, den, clocks).hex() == "ff5804" + written


def test_text_that_utf8_cannot_write() -> None:
    assert text_event(LYRIC, "\ud800") == b"\xff\x05\x01?"


def test_large_meta_events_have_long_sizes() -> None:
    assert meta_event(1, bytes(200))[:4] == b"\xff\x01\x81\x48"


def test_header_and_chunks() -> None:
    data = a_file()
    assert header(data) == (1, 2, 480, 14)
    found = list(chunks(data, 14))
    assert [kind for kind, _, _ in found] == [b"MTrk", b"MTrk"]
    assert all(whole for _, _, whole in found)
    assert b"".join(track_chunk(body) for _, body, _ in found) == data[14:]
    assert midi_file(96, [], form=0)[8:10] == b"\0\0"


def test_no_header() -> None:
    assert header(b"") is None
    assert header(b"RIFF" + bytes(20)) is None
    assert header(a_file()[:13]) is None
    assert header(a_file()[:14]) == (1, 2, 480, 14)


def test_a_longer_header_is_skipped() -> None:
    data = a_file()
    longer = data[:4] + (8).to_bytes(4, "big") + data[8:14] + b"\0\0" + data[14:]
    assert header(longer) == (1, 2, 480, 16)
    assert broken_midi(longer) is None


def test_every_cut_is_noticed() -> None:
    data = a_file()
    assert broken_midi(data) is None
    assert all(broken_midi(data[:size]) for size in range(len(data)))


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"", "no MIDI header"),
        (b"MThd", "no MIDI header"),
        (midi_file(480, []), "no tracks"),
        (midi_file(0, [track_of([])]), "no tracks"),
        (a_file()[:20], "track 1 of 2 is missing"),
        (a_file()[:30], "track 1 of 2 is cut short"),
        (a_file()[:-1], "track 2 of 2 is cut short"),
        (midi_file(480, [track_chunk(b"\0\x90\x3c\x40")]), "track 1 of 1 is cut short"),
        (midi_file(480, [track_of([]).replace(b"MTrk", b"XXXX")]), "track 1 of 1 is missing"),
    ],
)
def test_what_is_wrong(data: bytes, wrong: str) -> None:
    assert broken_midi(data) == wrong


@given(st.binary(max_size=60))
def test_any_bytes_are_looked_at(data: bytes) -> None:
    assert broken_midi(data) is None or isinstance(broken_midi(data), str)
    for kind, body, whole in chunks(data, 0):
        assert len(kind) == 4
        assert whole or len(body) < len(data)


@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 127)), max_size=20))
def test_tracks_are_read_back(rows: list[tuple[int, int]]) -> None:
    rows.sort()
    data = midi_file(96, [track_of((tick, bytes((0xC0, number))) for tick, number in rows)])
    now, found = 0, []
    for message in read(data).tracks[0]:
        now += message.time
        if message.type == "program_change":
            found.append((now, message.program))
    assert found == rows
