"""When each written note sounds: repeats played out, swung as the MIDI is, in seconds."""

from __future__ import annotations

from chatmusician.abc import Timeline, Tune, timeline
from chatmusician.abc.midi import Options, Performance, performance
from chatmusician.abc.midi.swing import swing, swing_share
from chatmusician.abc.midi.unroll import Piece, play, played_runs
from chatmusician.abc.pictures.places import onset_times
from chatmusician.abc.playing import playing_order
from chatmusician.abc.tune import Chord, Note
from chatmusician.errors import LimitError

# Index of the element in the tune, from and to in seconds.
Lit = tuple[int, float, float]


def performed(tune: Tune) -> Performance:
    return performance(tune, Options())


def sounding(tune: Tune, played: Performance, most: int) -> list[Lit]:
    """Every time that a note is played, in order. The element's index is its id in the score."""
    line = timeline(tune, trace=True)
    orders, too_many = playing_order(line)
    if too_many or sum(len(order.measures) for order in orders) > most:
        raise LimitError("with its repeats the tune is too long to be played here")
    seconds = _Clock(line, played)
    found: list[Lit] = []
    for voice, order, pieces in zip(line.voices, orders, _pieces(tune, line), strict=True):
        share = swing_share(line, None)
        if share is not None:
            swing(line, voice, share, pieces)
        for start, end, element, _ in play(pieces, played_runs(voice, order)):
            found.append((element, seconds.at(start), seconds.at(end)))
            if len(found) > most:
                raise LimitError(f"more than {most} notes are played")
    return sorted(found, key=lambda lit: lit[1])


def _pieces(tune: Tune, line: Timeline) -> list[list[list[Piece]]]:
    """For each voice and measure its notes, with the element where a pitch would be."""
    times = onset_times(tune)
    quarter = line.resolution // 4
    by_voice: dict[str, list[list[Piece]]] = {
        voice.id: [[] for _ in voice.measures] for voice in line.voices
    }
    seen: set[int] = set()
    for written in line.written:
        element = int(written.element)
        measures = by_voice[written.voice]
        if element in seen or not int(written.measure) < len(measures):
            continue
        if not isinstance(tune.elements[element], Note | Chord):
            continue
        seen.add(element)
        onset, length = times[element]
        start, end = int(onset * quarter), int((onset + length) * quarter)
        measures[int(written.measure)].append((start, end, element, 0))
    return [by_voice[voice.id] for voice in line.voices]


class _Clock:
    """Ticks of a timeline to seconds, by the tempos of a performance."""

    def __init__(self, line: Timeline, played: Performance) -> None:
        self.scale = played.division / (line.resolution // 4)
        self.times = played.tempo_map

    def at(self, tick: int) -> float:
        return round(self.times.seconds(tick * self.scale), 3)
