"""From notes in seconds to a score: beats, bars, key and ABC text."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

from chatmusician.abc.fields import parse_key, parse_meter
from chatmusician.errors import InputError, LimitError, MissingDependency
from chatmusician.transcription.notes import Performance
from chatmusician.transcription.placed import Placed
from chatmusician.transcription.written import (
    METERS,
    Beat,
    ScoreOptions,
    Written,
    WrittenBar,
    WrittenNote,
)

__all__ = ["METERS", "Beat", "ScoreOptions", "Written", "WrittenBar", "WrittenNote", "write_score"]

MOST_NOTES: Final = 200_000


def write_score(performance: Performance, options: ScoreOptions | None = None) -> Written:
    """The score of what was played. Its ABC passes ``check`` without an error, and all its bars
    add up (the first and the last may make one between them).

    What ``options`` fix is kept. InputError where there are no notes, LimitError where there
    are more than 200,000.
    """
    try:
        import numpy as np  # noqa: F401
    except ImportError as error:
        raise MissingDependency("numpy", how='pip install ".[audio]"') from error
    if not performance.notes:
        raise InputError("no notes found")
    if len(performance.notes) > MOST_NOTES:
        raise LimitError(f"{len(performance.notes)} notes; at most {MOST_NOTES}")
    return _Writer(performance, options or ScoreOptions()).written()


class _Writer:
    def __init__(self, performance: Performance, options: ScoreOptions) -> None:
        from chatmusician.transcription.onsets import onsets, together
        from chatmusician.transcription.rhythm.network import model

        self.performance, self.options = performance, options
        self.notes = performance.notes
        self.groups = together(self.notes)
        self.onsets = onsets(self.notes, self.groups)
        self.model = model()
        self.pace = 0.5

    def written(self) -> Written:
        from chatmusician.transcription.beats import TimeMap, beat_of, beats, tempo_changes, tempo_of
        from chatmusician.transcription.notation import Sheet, plain_bars, start_of, write
        from chatmusician.transcription.rhythm.choice import choose

        options = self.options
        quarter = 0.0
        if options.tempo:
            beat = beat_of(options.meter or "4/4")
            quarter = 60 / options.tempo / float(beat)
        chosen = choose(self.onsets, self.model, meter=options.meter or "", quarter=quarter)
        self.pace = chosen.reading.quarter
        meter = self.options.meter or chosen.meter
        bar = parse_meter(meter).length * 4
        quarters = [Fraction(int(u) + chosen.phase, 24) for u in chosen.reading.units]
        shift = quarters[0] // bar * bar
        quarters = [q - shift for q in quarters]
        pace = chosen.reading.quarter
        times = TimeMap.of([float(q) for q in quarters], self.onsets.times)
        placed = self.placed(quarters, bar)
        end = max(note.end for note in placed)
        found = beats(times, meter, Fraction(0), end, pace)
        tempo = tempo_of(found)
        key, sure = self.key(placed, meter)
        sheet = Sheet(
            notes=placed,
            meter=meter,
            key=key,
            bar=bar,
            start=start_of(quarters[0], bar),
            end=end,
            tempo=tempo,
            title=self.options.title,
        )
        sheet.bars = plain_bars(sheet)
        return Written(
            abc=write(sheet),
            meter=meter,
            key=key,
            tempo=round(tempo, 2),
            pickup=bar - quarters[0] if quarters[0] else Fraction(0),
            beats=tuple(found),
            bars=self.bars(sheet, times, pace, chosen.confidence),
            notes=tuple(_written(note, bar) for note in placed),
            tempos=tuple(tempo_changes(found, max((b.number for b in found), default=1))),
            confidence={"meter": round(chosen.confidence, 3), "key": round(sure, 3)},
            remarks=self.performance.remarks,
        )

    def placed(self, quarters: Sequence[Fraction], bar: Fraction) -> list[Placed]:
        """Every note with its voice and written duration."""
        from chatmusician.transcription.durations import Gap, durations
        from chatmusician.transcription.voices import voices

        voice_of = voices(self.performance, self.groups)
        where = {i: at for at, group in enumerate(self.groups) for i in group}
        found: list[Placed] = []
        for voice in sorted(set(voice_of)):
            own: dict[int, list[int]] = {}
            for index in range(len(self.notes)):
                if voice_of[index] == voice:
                    own.setdefault(where[index], []).append(index)
            order = sorted(own)
            gaps = []
            for at, group in enumerate(order):
                begin = quarters[group]
                heard = max(self.notes[i].end for i in own[group]) - self.onsets.times[group]
                if at + 1 < len(order):
                    units = int((quarters[order[at + 1]] - begin) * 24)
                    room = self.onsets.times[order[at + 1]] - self.onsets.times[group]
                    gaps.append(Gap(units, float(heard / max(room, 1e-3))))
            lengths = durations(
                gaps, self.model.tables["durations"], audio=self.performance.is_audio
            )
            if order:
                lengths.append(self.last_length(own[order[-1]], quarters[order[-1]], bar))
            for group, length in zip(order, lengths, strict=True):
                for index in own[group]:
                    pitch = self.notes[index].pitch
                    duration = Fraction(max(1, length), 24)
                    found.append(Placed(index, quarters[group], duration, pitch, voice))
        return found

    def last_length(self, indices: Sequence[int], onset: Fraction, bar: Fraction) -> int:
        """The last note of a voice: what was heard, as a plain value, within its bar."""
        from chatmusician.transcription.durations import plain_length

        room = int((bar - onset % bar) * 24)
        first = min(self.notes[i].onset for i in indices)
        heard = max(self.notes[i].end for i in indices) - first
        return plain_length(heard / self.pace * 24, room)

    def key(self, placed: Sequence[Placed], meter: str) -> tuple[str, float]:
        from chatmusician.transcription.beats import beat_of
        from chatmusician.transcription.tonality import evidence, find_key

        if self.options.key is not None:
            return self.options.key, 1.0
        beat = beat_of(meter)
        rows = evidence(
            [(n.onset, n.duration, n.pitch) for n in placed],
            [n.onset % beat == 0 for n in placed],
        )
        found = find_key(rows, self.model.tables["key"])
        assert parse_key(found.name).valid
        return found.name, found.confidence

    def bars(self, sheet: Any, times: Any, pace: float, sure: float) -> tuple[WrittenBar, ...]:
        found: list[WrittenBar] = []
        now = Fraction(0)
        for number, length in enumerate(sheet.bars):
            begin = sheet.start if number == 0 else now
            until = begin + length
            start, end = times.at(float(begin), pace), times.at(float(until), pace)
            found.append(WrittenBar(number, round(start, 4), round(end, 4), number, sure))
            now = until
        return tuple(found)


def _written(note: Placed, bar: Fraction) -> WrittenNote:
    number, place = divmod(note.onset, bar)
    return WrittenNote(note.source, int(number), place, note.duration, note.pitch)
