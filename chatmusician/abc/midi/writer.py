"""A performance as a standard MIDI file of format 1.

Written here, byte by byte, rather than with mido or symusic: mido takes longer to write a
tune than we take to read, perform and write it, symusic cannot put a track on a channel of
our choice, and the whole of what is needed is this page. The tests read it with both.
"""

from __future__ import annotations

import struct
from functools import lru_cache

from chatmusician.abc.midi.model import Part, Performance, PlayedNote
from chatmusician.music.meter import click_length

# An event is one number, so that sorting and repeating cost little: tick, order, value.
# At one tick notes end, then everything else happens, then notes begin. The value is pitch
# and velocity, or the place of the bytes in a list.
_CLOCKS = 96  # MIDI clocks in a whole note
_TICK, _ORDER = 32, 30
_SET, _BEGIN = 1 << _ORDER, 2 << _ORDER
_REST = (1 << _TICK) - 1
_VALUE = (1 << _ORDER) - 1
_Set = tuple[int, bytes]


def midi_bytes(performance: Performance) -> bytes:
    length = performance.length
    tracks = [_track(_conductor(performance), [], 0, length)]
    tracks += [_track(_settings(p), p.notes, p.channel, length) for p in performance.parts]
    head = struct.pack(">4sIHHH", b"MThd", 6, 1, len(tracks), performance.division)
    return b"".join([head, *tracks])


def _conductor(performance: Performance) -> list[_Set]:
    title = performance.title
    events = [(0, _meta(3, title.encode("utf-8", "replace")))] if title else []
    for tick, speed in performance.tempos:
        events.append((tick, _meta(0x51, speed.to_bytes(3, "big"))))
    for tick, num, den in performance.meters:
        clocks = max(1, min(255, int(click_length(num, den) * _CLOCKS)))
        data = bytes((min(num, 255), den.bit_length() - 1, clocks, 8))
        events.append((tick, _meta(0x58, data)))
    for tick, sharps, minor in performance.keys:
        events.append((tick, _meta(0x59, struct.pack("bb", sharps, minor))))
    return events


def _settings(part: Part) -> list[_Set]:
    events = [(0, _meta(3, part.name.encode("utf-8", "replace")))]
    for tick, program in part.programs:
        events.append((tick, bytes((0xC0 | part.channel, program))))
    for tick, text in part.lyrics:
        events.append((tick, _meta(5, text.encode("utf-8", "replace"))))
    return events


def _track(settings: list[_Set], notes: list[PlayedNote], channel: int, length: int) -> bytes:
    events = [end << _TICK | pitch << 7 for _, end, pitch, _ in notes]
    events += [start << _TICK | _BEGIN | pitch << 7 | loud for start, _, pitch, loud in notes]
    events += [tick << _TICK | _SET | index for index, (tick, _) in enumerate(settings)]
    events.sort()
    out: list[bytes] = []
    # Steps and events come again and again.
    known: dict[int, bytes] = {}
    before = 0
    for event in events:
        step = event - before
        data = known.get(step)
        if data is None:
            order = event & _REST
            if order & _SET:
                data = settings[order & _VALUE][1]
            else:
                on = 0x90 if order & _BEGIN else 0x80
                data = bytes((on | channel, order >> 7 & 127, order & 127))
            data = _number(step >> _TICK) + data
            if not order & _SET:
                known[step] = data
        out.append(data)
        before = event & ~_REST
    out.append(_number(max(0, length - (before >> _TICK))) + b"\xff\x2f\x00")
    body = b"".join(out)
    return struct.pack(">4sI", b"MTrk", len(body)) + body


def _meta(kind: int, data: bytes) -> bytes:
    return bytes((0xFF, kind)) + _number(len(data)) + data


@lru_cache(maxsize=4096)
def _number(value: int) -> bytes:
    """Seven bits a byte, the high bit set on all but the last."""
    out = [value & 0x7F]
    while value > 0x7F:
        value >>= 7
        out.append(value & 0x7F | 0x80)
    return bytes(reversed(out))


def broken_midi(data: bytes) -> str | None:
    """What keeps the bytes from being a whole MIDI file, or None."""
    if data[:4] != b"MThd" or len(data) < 14:
        return "no MIDI header"
    size, _, tracks, division = struct.unpack(">IHHH", data[4:14])
    if not tracks or not division:
        return "no tracks"
    at = 8 + size
    for index in range(tracks):
        if data[at : at + 4] != b"MTrk" or len(data) < at + 8:
            return f"track {index + 1} of {tracks} is missing"
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
        if end > len(data) or data[end - 3 : end] != b"\xff\x2f\x00":
            return f"track {index + 1} of {tracks} is cut short"
        at = end
    return None
