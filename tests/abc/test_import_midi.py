"""MIDI on a grid to ABC. The files are written here, byte by byte or with symusic."""

from __future__ import annotations

import struct
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from chatmusician import abc
from chatmusician.abc.imports import from_midi
from chatmusician.abc.key_values import guess_key
from chatmusician.abc.midi import to_midi
from chatmusician.errors import InputError, LimitError

pytest.importorskip("symusic", reason="MIDI is read with symusic")

Event = tuple[int, bytes]


def variable(value: int) -> bytes:
    out = bytes([value & 127])
    while value := value >> 7:
        out = bytes([value & 127 | 128]) + out
    return out


def track(events: list[Event]) -> bytes:
    """A track of events at absolute ticks."""
    body, now = b"", 0
    for time, data in sorted(events, key=lambda e: e[0]):
        body += variable(time - now) + data
        now = time
    body += b"\0\xff\x2f\0"
    return b"MTrk" + struct.pack(">I", len(body)) + body


def midi(*tracks: list[Event], division: int = 480) -> bytes:
    head = b"MThd" + struct.pack(">IHHH", 6, 1, len(tracks), division)
    return head + b"".join(track(events) for events in tracks)


def note(start: int, length: int, pitch: int, channel: int = 0) -> list[Event]:
    return [
        (start + length, bytes([0x80 | channel, pitch, 0])),
        (start, bytes([0x90 | channel, pitch, 90])),
    ]


def notes(*found: tuple[int, int, int], channel: int = 0) -> list[Event]:
    return [event for each in found for event in note(*each, channel=channel)]


def meter(time: int, num: int, power: int) -> Event:
    return time, bytes([0xFF, 0x58, 4, num, power, 24, 8])


def key(time: int, sharps: int, minor: int = 0) -> Event:
    return time, bytes([0xFF, 0x59, 2, sharps & 255, minor])


def tempo(time: int, microseconds: int) -> Event:
    return time, b"\xff\x51\x03" + struct.pack(">I", microseconds)[1:]


def name(text: str) -> Event:
    return 0, b"\xff\x03" + variable(len(text)) + text.encode()


def body(data: bytes) -> str:
    text = from_midi(data)
    return text[text.index("\nK:") + 1 :].split("\n", 1)[1].strip()


def voices(data: bytes) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = abc.to_events(abc.read(from_midi(data)))["tunes"][0]["voices"]
    return found


def test_the_text_of_a_small_file() -> None:
    data = midi(
        [tempo(0, 400_000), meter(0, 6, 3), key(0, -3, 1)],
        [name("Lead"), *notes((0, 720, 67), (720, 240, 68), (960, 480, 71), (1440, 1440, 72))],
    )
    assert from_midi(data) == (
        "X:1\nM:6/8\nL:1/8\nQ:1/4=150\nK:Cm\nG3 A=B2 | c6 |]\n"
    )  # fmt: skip


def test_chords_and_overlays() -> None:
    data = midi(
        [key(0, 0), *notes((0, 960, 60), (0, 960, 64), (0, 480, 72), (480, 480, 71))]
    )  # fmt: skip
    (voice,) = voices(data)
    assert sorted(voice["notes"]) == [["0", "1", [72]], ["0", "2", [60, 64]], ["1", "1", [71]]]


def test_tracks_are_voices() -> None:
    data = midi(
        [key(0, 0), name("High"), *notes((0, 1920, 72))],
        [name('Low "1"'), *notes((0, 1920, 40), channel=1)],
        notes((0, 960, 38), channel=9),
    )
    text = from_midi(data)
    assert 'V:1 name="High"\n' in text
    assert "V:2 clef=bass name=\"Low '1'\"\n" in text
    assert "V:3 clef=perc\n" in text


def test_triplets_that_were_rounded() -> None:
    """1024 ticks to a quarter: a third is 341 and a third."""
    data = midi([key(0, 0), *notes((0, 341, 60), (341, 342, 62), (683, 341, 64))], division=1024)
    assert [n[:2] for n in voices(data)[0]["notes"]] == [
        ["0", "1/3"], ["1/3", "1/3"], ["2/3", "1/3"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ticks", "length"),
    [(456, "1"), (479, "1"), (228, "1/2"), (912, "2"), (152, "1/3"), (114, "1/4"), (460, "1")],
)
def test_gaps_between_notes_are_closed(ticks: int, length: str) -> None:
    assert voices(midi([key(0, 0), *notes((0, ticks, 60))]))[0]["notes"] == [["0", length, [60]]]


def test_meters_and_keys_that_change() -> None:
    data = midi(
        [meter(0, 4, 2), meter(1920, 3, 2), key(0, 1), key(1920, -1)],
        notes((0, 1920, 66), (1920, 1440, 70)),
    )
    assert body(data) == "F8 | [M:3/4][K:F]B6 |]".replace("F8", "F4").replace("B6", "B3")


def test_a_tie_over_the_bar() -> None:
    assert voices(midi([key(0, 0), *notes((960, 1920, 60))]))[0]["notes"] == [["2", "4", [60]]]


def test_a_key_that_is_guessed_is_called_so() -> None:
    scale = [0, 2, 4, 6, 7, 9, 11, 12, 7, 4, 0, 7, 0]
    found = notes(*((i * 480, 480, 55 + 5 + step) for i, step in enumerate(scale)))
    text = from_midi(midi(found))
    assert "N:the key is guessed" in text
    stated = from_midi(midi([key(0, 2), *found]))
    assert "guessed" not in stated


@pytest.mark.parametrize(
    ("steps", "name"),
    [
        ([0, 4, 7, 0, 5, 9, 7, 11, 2, 0], "C"),
        ([9, 0, 4, 9, 2, 5, 4, 8, 11, 9], "Am"),
        ([7, 11, 2, 7, 0, 4, 2, 6, 9, 7], "G"),
        ([3, 7, 10, 3, 8, 0, 10, 2, 5, 3], "Eb"),
        ([], "C"),
    ],
)
def test_guessing_keys(steps: list[int], name: str) -> None:
    """Tonic, subdominant and dominant triads, and the tonic again."""
    assert guess_key([(60 + step, Fraction(1)) for step in steps]) == name


def test_played_music_is_refused() -> None:
    played = notes(*((i * 301 + i * i * 7 % 97, 250, 60 + i % 12) for i in range(40)))
    with pytest.raises(InputError, match=r"not on a grid.*quarter notes") as caught:
        from_midi(midi(played))
    assert "transcribe" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no MIDI file"),
        (b"RIFF....", "no MIDI file"),
        (b"MThd", "damaged"),
        (midi([]), "no notes"),
        (midi(notes((0, 480, 60)))[:30], "damaged"),
        (midi(notes((0, 480, 60)), division=0xE728), "film frames"),
        (midi(notes((0, 480, 60)), division=0), "MIDI file"),
    ],
)
def test_what_cannot_be_read(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        from_midi(data)


def test_absurd_times_are_refused() -> None:
    with pytest.raises(LimitError, match="quarter notes"):
        from_midi(midi(notes((0, 480, 60), (0x0FFFFF00, 480, 60))))
    with pytest.raises(LimitError, match="longer than"):
        from_midi(midi(notes((0, 480 * 1000, 60))))


def test_what_abc2midi_writes(tmp_path: Path) -> None:
    """ABC, by another program to MIDI, and back: the same notes."""
    import shutil

    program = shutil.which("abc2midi")
    if program is None:
        pytest.skip("abc2midi is not on the path")
    text = "X:1\nT:t\nM:6/8\nL:1/8\nK:Em\nBAB (3EFED2|G>AB c/d/ef|g3 [Gc]3|]\n"
    (tmp_path / "a.abc").write_text(text)
    subprocess.run(
        [program, "a.abc", "-o", "a.mid"], cwd=tmp_path, check=True, capture_output=True, timeout=30
    )
    made = from_midi((tmp_path / "a.mid").read_bytes())
    wanted = abc.to_events(abc.read(text))["tunes"][0]
    tune = abc.to_events(abc.read(made))["tunes"][0]
    assert (tune["key"], tune["meter"]) == ("E minor", "6/8")
    assert tune["voices"][0]["notes"] == wanted["voices"][0]["notes"]


def test_a_rest_before_a_pickup_can_be_left_out() -> None:
    data = to_midi(abc.read("X:1\nM:3/4\nL:1/4\nK:D\nz2 A|d2 f|a3|]\n").tunes[0])
    assert from_midi(data).endswith("K:D\nz2 A | d2 f | a3 |]\n")
    assert from_midi(data, lead_in=False).endswith("K:D\nA | d2 f | a3 |]\n")
    # Music that begins with a short rest begins there.
    data = to_midi(abc.read("X:1\nM:3/4\nL:1/8\nK:D\nzA d2 f2|a6|]\n").tunes[0])
    assert from_midi(data, lead_in=False) == from_midi(data)
