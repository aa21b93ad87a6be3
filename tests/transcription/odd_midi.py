"""Odd, broken and hostile MIDI files, generated from a seed."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from random import Random


def chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack(">I", len(body)) + body


def midi(form: int, division: int, *tracks: bytes, count: int | None = None) -> bytes:
    number = len(tracks) if count is None else count
    head = chunk(b"MThd", struct.pack(">HHH", form, number, division))
    return head + b"".join(chunk(b"MTrk", track) for track in tracks)


def delta(ticks: int) -> bytes:
    out = [ticks & 0x7F]
    while ticks := ticks >> 7:
        out.append(0x80 | (ticks & 0x7F))
    return bytes(reversed(out))


END = b"\x00\xff\x2f\x00"


def melody(pitches: list[int], *, step: int = 48, channel: int = 0, running: bool = False) -> bytes:
    out = []
    for at, pitch in enumerate(pitches):
        status = b"" if running and at else bytes([0x90 | channel])
        off = b"" if running else bytes([0x80 | channel])
        out.append(b"\x00" + status + bytes([pitch, 80]))
        out.append(delta(step) + off + bytes([pitch, 0]))
    return b"".join(out) + END


SCALE = [60, 62, 64, 65, 67, 69, 71, 72, 71, 69, 67, 65, 64, 62, 60, 60]


def named() -> Iterator[tuple[str, bytes]]:
    """Files whose oddity has a name."""
    plain = melody(SCALE)
    yield "plain", midi(0, 96, plain)
    yield "running status", midi(0, 96, melody(SCALE, running=True))
    yield "no ticks", midi(0, 0, plain)
    yield "one tick", midi(0, 1, plain)
    yield "most ticks", midi(0, 0x7FFF, plain)
    for frames in (24, 25, 29, 30):
        yield f"{frames} frames", midi(0, ((256 - frames) << 8) | 40, plain)
    yield "frames without ticks", midi(0, 0xE700, plain)
    yield "format 2", midi(2, 96, plain, melody(SCALE[::-1]))
    yield "format 3", midi(3, 96, plain)
    yield "format 0 with two tracks", midi(0, 96, plain, plain)
    yield (
        "128 tracks",
        midi(1, 96, *(melody([40 + n % 60, 60], channel=n % 16) for n in range(128))),
    )
    yield "2000 tracks", midi(1, 96, *[melody([60])] * 2000)
    yield "no tracks", midi(1, 96)
    yield "more tracks announced", midi(1, 96, plain, count=40)
    yield "empty track", midi(1, 96, b"", plain)
    yield "only an empty track", midi(1, 96, b"")
    yield "no end of track", midi(0, 96, plain[: -len(END)])
    yield (
        "no note is let go",
        midi(0, 96, b"".join(b"\x30\x90" + bytes([p, 80]) for p in SCALE) + END),
    )
    yield (
        "only notes let go",
        midi(0, 96, b"".join(b"\x30\x80" + bytes([p, 0]) for p in SCALE) + END),
    )
    yield "only drums", midi(0, 96, melody(SCALE, channel=9))
    yield "all at once", midi(0, 96, melody(SCALE, step=0))
    yield "one note", midi(0, 96, melody([60]))
    yield "one pitch", midi(0, 96, melody([60] * 40))
    yield "all pitches", midi(0, 96, melody(list(range(128))))
    yield "very slow", midi(0, 96, melody(SCALE, step=40_000))
    yield "days of silence", midi(0, 96, delta(0x0FFFFFFF) + plain[1:])
    yield "days between notes", midi(0, 96, melody(SCALE, step=0x0FFFFFFF))
    yield "very fast", midi(0, 96, melody(SCALE * 20, step=1))
    pedal = b"\x00\xb0\x40\x7f" + plain[: -len(END)] + b"\x00\xb0\x40\x00" + END
    yield "pedal", midi(0, 96, pedal)
    yield "pedal for ever", midi(0, 96, b"\x00\xb0\x40\x7f" + plain)
    yield "tempo 0", midi(0, 96, b"\x00\xff\x51\x03\x00\x00\x00" + plain)
    yield "slowest tempo", midi(0, 96, b"\x00\xff\x51\x03\xff\xff\xff" + plain)
    yield "meter 0/1", midi(0, 96, b"\x00\xff\x58\x04\x00\x00\x18\x08" + plain)
    yield "meter 255/2^255", midi(0, 96, b"\x00\xff\x58\x04\xff\xff\x18\x08" + plain)
    yield "key of 99 sharps", midi(0, 96, b"\x00\xff\x59\x02\x63\x05" + plain)
    yield "text of no length", midi(0, 96, b"\x00\xff\x03\x00" + plain)
    yield "name in no charset", midi(0, 96, b"\x00\xff\x03\x04\xff\xfe\xc3\x28" + plain)
    yield "sysex that never ends", midi(0, 96, b"\x00\xf0\xff\xff\xff\x7f" + plain)
    yield "meta of wild length", midi(0, 96, b"\x00\xff\x01\xff\xff\xff\x7f" + plain)
    yield "unknown chunk", midi(0, 96, plain)[:14] + chunk(b"XFIH", b"abc") + chunk(b"MTrk", plain)
    yield "track of wild length", midi(0, 96, plain)[:14] + b"MTrk\x7f\xff\xff\xff" + plain
    yield (
        "long header",
        b"MThd\x00\x00\x00\x08\x00\x00\x00\x01\x00\x60\x00\x00" + chunk(b"MTrk", plain),
    )
    yield "header only", b"MThd"
    yield "nothing", b""
    yield "RIFF", b"RIFF\x00\x00\x00\x00RMIDdata" + midi(0, 96, plain)
    yield "text", b"X:1\nK:C\nCDEF|\n"
    yield "zeros", bytes(4000)
    yield "header and zeros", midi(0, 96) + bytes(4000)
    yield "garbage after", midi(0, 96, plain) + b"\xff" * 1000
    yield "running status from nothing", midi(0, 96, b"\x00\x3c\x50" + plain)


def damaged(count: int, seed: int = 0) -> Iterator[tuple[str, bytes]]:
    """A good file with bytes changed, cut, doubled or left out."""
    random = Random(seed)
    good = [
        midi(1, 96, melody(SCALE * 3), melody(SCALE, channel=1, running=True)),
        midi(0, 480, melody(SCALE * 5, step=200, running=True)),
    ]
    for number in range(count):
        data = bytearray(random.choice(good))
        how = random.choice(("change", "cut", "double", "drop"))
        for _ in range(random.randint(1, 12)):
            at = random.randrange(4, max(5, len(data)))
            if how == "change":
                data[at % len(data)] = random.randrange(256)
            elif how == "cut":
                del data[random.randrange(14, max(15, len(data))) :]
            elif how == "double":
                data[at:at] = data[at : at + random.randint(1, 30)]
            else:
                del data[at : at + random.randint(1, 8)]
        yield f"{how} {number}", bytes(data)
