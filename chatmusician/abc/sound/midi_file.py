"""What a synthesizer needs of a MIDI file: channel events by the second.

Read here because the end of the file matters (a piece may end in a rest), which
tinysoundfont's and symusic's readers do not tell. mido does, but needs some 15 ms for a tune
that takes one here. The tests compare the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from chatmusician.errors import InputError
from chatmusician.music.midi_bytes import END_OF_TRACK, TEMPO, chunks, header, read_variable_length
from chatmusician.music.tempo import DEFAULT_TEMPO, TempoMap

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
        tempo = self.tempos[0][1] if self.tempos and not self.tempos[0][0] else DEFAULT_TEMPO
        return 60e6 / tempo

    def tempo_map(self) -> TempoMap:
        """Ticks to seconds."""
        return TempoMap(self.division, self.tempos)


def read_midi_file(data: bytes) -> MidiFile:
    """The events of all tracks together; InputError where the bytes are no whole file."""
    try:
        return _read(data)
    except IndexError:
        raise InputError("the MIDI data ends in the middle") from None


def _read(data: bytes) -> MidiFile:
    head = header(data)
    if head is None and data[:4] == b"MThd":
        raise IndexError
    if head is None:
        raise InputError("this is no MIDI data: it does not begin with MThd")
    _, _, division, at = head
    if not division or division & 0x8000:
        raise InputError("MIDI data that counts in film frames cannot be played")
    file = MidiFile(division, 0, [], [])
    for kind, body, whole in chunks(data, at):
        if kind == b"MTrk":
            if not whole:
                raise IndexError
            file.length = max(file.length, _track(body, file))
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
        elif first == TEMPO:
            file.tempos.append((now, max(1, second)))
        elif first == END_OF_TRACK[1]:
            break
    return now


def _events(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Step, status and two bytes; of a meta event its kind and its value as a number."""
    at, status = 0, 0
    while at < len(data):
        step, at = read_variable_length(data, at)
        if data[at] & 0x80:
            status, at = data[at], at + 1
        if status == 0xFF:
            size, begin = read_variable_length(data, at + 1)
            yield step, 0xFF, data[at], int.from_bytes(data[begin : begin + min(size, 4)], "big")
            at = begin + size
        elif status >= 0xF0:
            size, begin = read_variable_length(data, at)
            yield step, 0xF0, 0, 0
            at = begin + size
        elif status >= 0x80:
            size = _SIZES[status >> 4]
            second = data[at + 1] if size == 2 else 0
            yield step, status, data[at] & 0x7F, second & 0x7F
            at += size
        else:
            raise InputError("the MIDI data has an event without a status")
