"""What a synthesizer needs of a MIDI file: channel events by the second.

Read here because the end of the file matters (a piece may end in a rest), which
tinysoundfont's and symusic's readers do not tell. mido does, but needs some 15 ms for a tune
that takes one here. The tests compare the two.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from chatmusician.errors import InputError

_DEFAULT_TEMPO: Final = 500_000
# Bytes after each channel status, by its high four bits.
_SIZES: Final = {8: 2, 9: 2, 10: 2, 11: 2, 12: 1, 13: 1, 14: 2}
# Tick, status, first and second byte.
ChannelEvent = tuple[int, int, int, int]


@dataclass
class MidiFile:
    """``events`` sorted by tick; ``tempos`` microseconds a quarter note by tick."""

    division: int
    length: int
    events: list[ChannelEvent]
    tempos: list[tuple[int, int]]

    @property
    def first_tempo(self) -> float:
        """Quarter notes a minute at the beginning."""
        tempo = self.tempos[0][1] if self.tempos and not self.tempos[0][0] else _DEFAULT_TEMPO
        return 60e6 / tempo

    def clock(self) -> Clock:
        return Clock(self.division, self.tempos)


class Clock:
    """Ticks to seconds."""

    def __init__(self, division: int, tempos: list[tuple[int, int]]) -> None:
        self.ticks, self.seconds, self.rates = [0], [0.0], [_DEFAULT_TEMPO / 1e6 / division]
        for tick, tempo in sorted(tempos):
            elapsed = (tick - self.ticks[-1]) * self.rates[-1]
            self.seconds.append(self.seconds[-1] + elapsed)
            self.ticks.append(tick)
            self.rates.append(tempo / 1e6 / division)

    def at(self, tick: int) -> float:
        index = bisect_right(self.ticks, tick) - 1
        return self.seconds[index] + (tick - self.ticks[index]) * self.rates[index]


def read_midi_file(data: bytes) -> MidiFile:
    """The events of all tracks together; InputError where the bytes are no whole file."""
    try:
        return _read(data)
    except IndexError:
        raise InputError("the MIDI data ends in the middle") from None


def _read(data: bytes) -> MidiFile:
    if data[:4] != b"MThd":
        raise InputError("this is no MIDI data: it does not begin with MThd")
    division = int.from_bytes(data[12:14], "big")
    if not division or division & 0x8000:
        raise InputError("MIDI data that counts in film frames cannot be played")
    at = 8 + int.from_bytes(data[4:8], "big")
    file = MidiFile(division, 0, [], [])
    while at + 8 <= len(data):
        end = at + 8 + int.from_bytes(data[at + 4 : at + 8], "big")
        if data[at : at + 4] == b"MTrk":
            if end > len(data):
                raise IndexError
            file.length = max(file.length, _track(data[at + 8 : end], file))
        at = end
    # Notes that end at a tick go before those that begin there.
    file.events.sort(key=lambda event: (event[0], event[1] >> 4 == 9 and event[3] > 0))
    file.tempos.sort()
    return file


def _track(data: bytes, file: MidiFile) -> int:
    """Read one track into ``file``; how long it is."""
    now = 0
    for step, status, first, second in _events(data):
        now += step
        if status < 0xF0:
            file.events.append((now, status, first, second))
        elif first == 0x51:
            file.tempos.append((now, max(1, second)))
        elif first == 0x2F:
            break
    return now


def _events(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Step, status and two bytes; of a meta event its kind and its value as a number."""
    at, status = 0, 0
    while at < len(data):
        step, at = _number(data, at)
        if data[at] & 0x80:
            status, at = data[at], at + 1
        if status == 0xFF:
            size, begin = _number(data, at + 1)
            yield step, 0xFF, data[at], int.from_bytes(data[begin : begin + min(size, 4)], "big")
            at = begin + size
        elif status >= 0xF0:
            size, begin = _number(data, at)
            yield step, 0xF0, 0, 0
            at = begin + size
        elif status >= 0x80:
            size = _SIZES[status >> 4]
            second = data[at + 1] if size == 2 else 0
            yield step, status, data[at] & 0x7F, second & 0x7F
            at += size
        else:
            raise InputError("the MIDI data has an event without a status")


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    value = 0
    while data[at] & 0x80:
        value = value << 7 | data[at] & 0x7F
        at += 1
    return value << 7 | data[at], at + 1
