"""What was heard as a MIDI file: the notes at their own times, under the bars that were found."""

from __future__ import annotations

from bisect import bisect_right

from chatmusician.abc.midi import Part, Performance, midi_bytes
from chatmusician.abc.midi.model import PERCUSSION
from chatmusician.music.meter import beat_in_quarters
from chatmusician.music.tempo import DEFAULT_TEMPO, SLOWEST_TEMPO
from chatmusician.transcription import notes
from chatmusician.transcription.written import Beat, Written

_TICKS = 480


def heard_midi(performance: notes.Performance, written: Written) -> bytes:
    clock = _Clock(written)
    end = max((clock.tick(note.end) for note in performance.notes), default=0)
    return midi_bytes(
        Performance(
            division=_TICKS,
            length=end,
            title="",
            parts=_parts(performance, clock),
            tempos=clock.tempos,
            meters=clock.meters,
            keys=[],
        )
    )


def _parts(performance: notes.Performance, clock: _Clock) -> list[Part]:
    channels = [number for number in range(16) if number != PERCUSSION]
    parts: list[Part] = []
    for number, track in enumerate(performance.tracks):
        own = [note for note in performance.notes if note.track == number]
        played = [(*clock.span(note), note.pitch, note.velocity) for note in own]
        if played:
            channel = channels[len(parts) % len(channels)]
            programs = [] if track.program is None else [(0, track.program)]
            parts.append(Part(track.name, channel, played, programs))
    return parts


class _Clock:
    """Seconds to ticks: every beat found is a whole number of beats from the start."""

    def __init__(self, written: Written) -> None:
        beat = _beat_ticks(written.meter)
        beats = _rising(written.beats)
        lead = _lead(beats)
        self.times = [0.0] if lead else []
        self.ticks = [0] if lead else []
        for number, one in enumerate(beats):
            self.times.append(one.time)
            self.ticks.append((lead + number) * beat)
        if len(self.times) < 2:
            self.times, self.ticks = [0.0, 0.5], [0, _TICKS]
        self.tempos = self._tempos()
        self.meters = _meters(written, beats, lead, beat)

    def tick(self, time: float) -> int:
        at = min(max(bisect_right(self.times, time) - 1, 0), len(self.times) - 2)
        length = self.times[at + 1] - self.times[at]
        share = (time - self.times[at]) / length
        return max(0, round(self.ticks[at] + share * (self.ticks[at + 1] - self.ticks[at])))

    def span(self, note: notes.Note) -> tuple[int, int]:
        start = self.tick(note.onset)
        return start, max(self.tick(note.end), start + 1)

    def _tempos(self) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        for at in range(len(self.times) - 1):
            quarters = (self.ticks[at + 1] - self.ticks[at]) / _TICKS
            speed = round((self.times[at + 1] - self.times[at]) / quarters * 1e6)
            speed = max(1, min(SLOWEST_TEMPO, speed))
            if not found or found[-1][1] != speed:
                found.append((self.ticks[at], speed))
        return found or [(0, DEFAULT_TEMPO)]


def _lead(beats: list[Beat]) -> int:
    """How many beats of silence stand before the first."""
    if len(beats) < 2 or beats[0].time < 0.02:
        return 0
    return max(1, round(beats[0].time / (beats[1].time - beats[0].time)))


def _rising(beats: tuple[Beat, ...]) -> list[Beat]:
    kept: list[Beat] = []
    for beat in beats:
        if beat.time >= 0 and (not kept or beat.time > kept[-1].time + 0.01):
            kept.append(beat)
    return kept


def _beat_ticks(meter: str) -> int:
    return int(beat_in_quarters(meter) * _TICKS)


def _meters(
    written: Written, beats: list[Beat], lead: int, beat: int
) -> list[tuple[int, int, int]]:
    """The meter, from the first downbeat on; what stands before it is a bar of its own."""
    upper, lower = (int(part) for part in written.meter.split("/"))
    before = lead + next((at for at, one in enumerate(beats) if one.number == 1), 0)
    count = before * beat * lower // (4 * _TICKS)
    if not 0 < count < 256:
        return [(0, upper, lower)]
    return [(0, count, lower), (before * beat, upper, lower)]
