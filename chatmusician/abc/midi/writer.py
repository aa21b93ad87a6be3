"""A performance as a standard MIDI file of format 1, from the bytes of ``music.midi_bytes``."""

from __future__ import annotations

from chatmusician.abc.midi.model import Part, Performance, PlayedNote
from chatmusician.music.meter import click_length
from chatmusician.music.midi_bytes import (
    CLOCKS,
    END_OF_TRACK,
    LYRIC,
    TRACK_NAME,
    key_signature_event,
    midi_file,
    tempo_event,
    text_event,
    time_signature_event,
    track_chunk,
    variable_length,
)

# An event is one number, so that sorting and repeating cost little: tick, order, value.
# At one tick notes end, then everything else happens, then notes begin. The value is pitch
# and velocity, or the place of the bytes in a list.
_TICK, _ORDER = 32, 30
_SET, _BEGIN = 1 << _ORDER, 2 << _ORDER
_REST = (1 << _TICK) - 1
_VALUE = (1 << _ORDER) - 1
_Set = tuple[int, bytes]


def midi_bytes(performance: Performance) -> bytes:
    length = performance.length
    tracks = [_track(_conductor(performance), [], 0, length)]
    tracks += [_track(_settings(p), p.notes, p.channel, length) for p in performance.parts]
    return midi_file(performance.division, tracks)


def _conductor(performance: Performance) -> list[_Set]:
    title = performance.title
    events = [(0, text_event(TRACK_NAME, title))] if title else []
    for tick, speed in performance.tempos:
        events.append((tick, tempo_event(speed)))
    for tick, num, den in performance.meters:
        clocks = int(click_length(num, den) * CLOCKS)
        events.append((tick, time_signature_event(num, den, clocks)))
    for tick, sharps, minor in performance.keys:
        events.append((tick, key_signature_event(sharps, minor)))
    return events


def _settings(part: Part) -> list[_Set]:
    events = [(0, text_event(TRACK_NAME, part.name))]
    for tick, program in part.programs:
        events.append((tick, bytes((0xC0 | part.channel, program))))
    for tick, text in part.lyrics:
        events.append((tick, text_event(LYRIC, text)))
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
            data = variable_length(step >> _TICK) + data
            if not order & _SET:
                known[step] = data
        out.append(data)
        before = event & ~_REST
    out.append(variable_length(max(0, length - (before >> _TICK))) + END_OF_TRACK)
    return track_chunk(b"".join(out))
