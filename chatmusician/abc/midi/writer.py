"""A performance as a standard MIDI file of format 1.

Written here, byte by byte, rather than with mido or symusic: mido takes longer to write a
tune than we take to read and perform it, symusic cannot put a track on a channel of our
choice, and the whole of what is needed (five kinds of event) is this page. What it writes is
read back with symusic, mido and abc2midi's own companion in the tests.
"""

from __future__ import annotations

import struct

from chatmusician.abc.midi.model import Part, Performance

# The order of events at one tick: notes end, then everything else, then notes begin.
_END, _SET, _BEGIN = 0, 1, 2
_Event = tuple[int, int, bytes]


def midi_bytes(performance: Performance) -> bytes:
    length = performance.length
    tracks = [_track(_conductor(performance), length)]
    tracks += [_track(_part(part), length) for part in performance.parts]
    head = struct.pack(">4sIHHH", b"MThd", 6, 1, len(tracks), performance.division)
    return b"".join([head, *tracks])


def _conductor(performance: Performance) -> list[_Event]:
    events = [(0, _SET, _meta(3, performance.title.encode()))] if performance.title else []
    for tick, speed in performance.tempos:
        events.append((tick, _SET, _meta(0x51, speed.to_bytes(3, "big"))))
    for tick, num, den in performance.meters:
        clocks = max(1, min(255, 96 // den * (3 if num % 3 == 0 and den >= 8 else 1)))
        data = bytes((min(num, 255), den.bit_length() - 1, clocks, 8))
        events.append((tick, _SET, _meta(0x58, data)))
    for tick, sharps, minor in performance.keys:
        events.append((tick, _SET, _meta(0x59, struct.pack("bb", sharps, minor))))
    return events


def _part(part: Part) -> list[_Event]:
    events = [(0, _SET, _meta(3, part.name.encode()))]
    for tick, program in part.programs:
        events.append((tick, _SET, bytes((0xC0 | part.channel, program))))
    for tick, text in part.lyrics:
        events.append((tick, _SET, _meta(5, text.encode())))
    on, off = 0x90 | part.channel, 0x80 | part.channel
    for start, end, pitch, velocity in part.notes:
        events.append((start, _BEGIN, bytes((on, pitch, velocity))))
        events.append((end, _END, bytes((off, pitch, 64))))
    return events


def _track(events: list[_Event], length: int) -> bytes:
    events.sort(key=_by_time)
    out: list[bytes] = []
    now = 0
    for tick, _, data in events:
        step = tick - now
        out.append(_SHORT[step] if step < 128 else _number(step))
        out.append(data)
        now = tick
    out.append(_number(max(0, length - now)) + b"\xff\x2f\x00")
    body = b"".join(out)
    return struct.pack(">4sI", b"MTrk", len(body)) + body


def _by_time(event: _Event) -> tuple[int, int]:
    return event[0], event[1]


def _meta(kind: int, data: bytes) -> bytes:
    return bytes((0xFF, kind)) + _number(len(data)) + data


def _number(value: int) -> bytes:
    """Seven bits a byte, the high bit set on all but the last."""
    out = [value & 0x7F]
    while value > 0x7F:
        value >>= 7
        out.append(value & 0x7F | 0x80)
    return bytes(reversed(out))


_SHORT = [bytes((step,)) for step in range(128)]


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
