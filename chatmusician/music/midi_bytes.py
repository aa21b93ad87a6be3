"""The bytes of standard MIDI files: numbers, events, tracks, chunks.

Definitions
-----------
variable-length number
    Seven bits a byte, the highest first; the high bit is set on all bytes but the last.
chunk
    Four letters, a length of four bytes, and as many bytes: one ``MThd`` with format, number of
    tracks and division, then an ``MTrk`` for each track.
event
    A step in ticks (a variable-length number) and the bytes of a channel or meta event. A track
    ends with the meta event FF 2F 00.

Written here rather than with mido or symusic: mido takes longer to write a tune than the package
takes to read, perform and write it, and symusic cannot put a track on a channel of our choice.
The tests read what is written with both.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

END_OF_TRACK: Final = b"\xff\x2f\x00"
CLOCKS: Final = 96
"""MIDI clocks in a whole note, the unit of a metronome click."""
TRACK_NAME: Final = 0x03
LYRIC: Final = 0x05
TEMPO: Final = 0x51
TIME_SIGNATURE: Final = 0x58
KEY_SIGNATURE: Final = 0x59


@lru_cache(maxsize=4096)
def variable_length(value: int) -> bytes:
    """A number from 0 as MIDI writes steps and sizes.

    >>> variable_length(127).hex(), variable_length(128).hex(), variable_length(0x1FFFFF).hex()
    ('7f', '8100', 'ffff7f')
    """
    out = [value & 0x7F]
    while value > 0x7F:
        value >>= 7
        out.append(value & 0x7F | 0x80)
    return bytes(reversed(out))


def read_variable_length(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins at an offset, and the offset after it; IndexError at the end."""
    value = 0
    while data[at] & 0x80:
        value = value << 7 | data[at] & 0x7F
        at += 1
    return value << 7 | data[at], at + 1


def meta_event(kind: int, data: bytes) -> bytes:
    """A meta event without its step: FF, the kind, the size and the data."""
    return bytes((0xFF, kind)) + variable_length(len(data)) + data


def text_event(kind: int, text: str) -> bytes:
    """A meta event of text, as UTF-8."""
    return meta_event(kind, text.encode("utf-8", "replace"))


def tempo_event(microseconds: int) -> bytes:
    """A tempo in microseconds a quarter note, at most 0xFFFFFF."""
    return meta_event(TEMPO, microseconds.to_bytes(3, "big"))


def time_signature_event(num: int, den: int, clocks: int) -> bytes:
    """A meter ``num/den``, ``den`` a power of two; a click every ``clocks`` clocks.

    ``num`` over 255 is written as 255, ``clocks`` as 1 to 255: they are one byte each.
    """
    data = bytes((min(num, 255), den.bit_length() - 1, max(1, min(255, clocks)), 8))
    return meta_event(TIME_SIGNATURE, data)


def key_signature_event(fifths: int, minor: bool) -> bytes:
    """A signature of ``fifths`` sharps (flats below 0), of a minor key or another."""
    return meta_event(KEY_SIGNATURE, struct.pack("bb", fifths, minor))


def track_chunk(body: bytes) -> bytes:
    """The chunk of a track whose events, with their steps and its end, are ``body``."""
    return struct.pack(">4sI", b"MTrk", len(body)) + body


def track_of(events: Iterable[tuple[int, bytes]]) -> bytes:
    """The chunk of a track of (tick, event) in order of their ticks."""
    out: list[bytes] = []
    now = 0
    for tick, event in events:
        out.append(variable_length(tick - now) + event)
        now = tick
    return track_chunk(b"".join(out) + b"\x00" + END_OF_TRACK)


def midi_file(division: int, tracks: list[bytes], form: int = 1) -> bytes:
    """A whole file of track chunks.

    Parameters
    ----------
    division
        Ticks in a quarter note, 1 to 0x7FFF.
    tracks
        What ``track_chunk`` or ``track_of`` gave.
    form
        The format of the file: 0 for one track, 1 for tracks that sound together.
    """
    return struct.pack(">4sIHHH", b"MThd", 6, form, len(tracks), division) + b"".join(tracks)


def chunks(data: bytes, at: int) -> Iterator[tuple[bytes, bytes, bool]]:
    """The chunks from an offset on: their four letters, their bytes, and whether all are there."""
    while at + 8 <= len(data):
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
        yield data[at : at + 4], data[at + 8 : end], end <= len(data)
        at = end


def header(data: bytes) -> tuple[int, int, int, int] | None:
    """Format, number of tracks, division, and where the chunks begin; None without a header."""
    if data[:4] != b"MThd" or len(data) < 14:
        return None
    size, form, tracks, division = struct.unpack(">IHHH", data[4:14])
    return form, tracks, division, 8 + size


def broken_midi(data: bytes) -> str | None:
    """What keeps bytes from being a whole MIDI file, in words; None where they are one."""
    head = header(data)
    if head is None:
        return "no MIDI header"
    _, tracks, division, at = head
    if not tracks or not division:
        return "no tracks"
    found = chunks(data, at)
    for index in range(tracks):
        kind, body, whole = next(found, (b"", b"", False))
        if kind != b"MTrk":
            return f"track {index + 1} of {tracks} is missing"
        if not whole or not body.endswith(END_OF_TRACK):
            return f"track {index + 1} of {tracks} is cut short"
    return None
