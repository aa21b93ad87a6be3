"""From notes in seconds to a score: beats, bars, key and ABC text."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate
from statistics import median
from typing import TYPE_CHECKING, Final

from chatmusician.abc.fields import parse_key
from chatmusician.errors import InputError, LimitError, MissingDependency
from chatmusician.music.meter import beat_in_quarters, parse_meter
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

if TYPE_CHECKING:
    from chatmusician.transcription.beats import TimeMap
    from chatmusician.transcription.folding import Folded
    from chatmusician.transcription.notation import Sheet
    from chatmusician.transcription.rhythm.choice import Chosen
    from chatmusician.transcription.rhythm.told_beats import Told

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
        self.touch = 1.0

    def written(self) -> Written:
        from chatmusician.transcription.beats import (
            TimeMap,
            beats,
            tempo_changes,
            tempo_of,
        )
        from chatmusician.transcription.harmony import chord_symbols
        from chatmusician.transcription.notation import Sheet, plain_bars, start_of
        from chatmusician.transcription.swing import unswung

        options = self.options
        chosen, told = self.chosen()
        self.pace = chosen.reading.quarter
        meter = self.options.meter or chosen.meter
        bar = parse_meter(meter).length * 4
        units, swing = chosen.reading.units + chosen.phase, 1.0
        if beat_in_quarters(meter) == 1:
            units, swing = unswung(units, self.onsets.times)
        quarters = [Fraction(int(unit), 24) for unit in units]
        shift = quarters[0] // bar * bar
        quarters = [q - shift for q in quarters]
        pace = chosen.reading.quarter
        if told is None:
            times = TimeMap.of([float(q) for q in quarters], self.onsets.times)
        else:
            beat_places = (told.units + chosen.phase) / 24 - float(shift)
            places = [float(q) for q in quarters]
            times = TimeMap.through(beat_places, told.seconds, places, self.onsets.times)
        placed = self.placed(quarters, bar)
        end = max(note.end for note in placed)
        found = beats(times, meter, Fraction(0), end, pace)
        tempo = tempo_of(found) or 60 / (pace * float(beat_in_quarters(meter)))
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
        if options.chords:
            sheet.chords = chord_symbols(placed, beat_in_quarters(meter), bar, signature(key))
        sheet.bars = plain_bars(sheet)
        text, folded = self.text(sheet)
        return Written(
            abc=text,
            meter=meter,
            key=key,
            tempo=round(tempo, 2),
            pickup=bar - quarters[0] if quarters[0] else Fraction(0),
            beats=tuple(found),
            bars=_bars(sheet, folded, times, pace, chosen.confidence),
            notes=tuple(_written(note, bar) for note in placed),
            swing=round(swing, 2),
            chords=tuple((round(times.at(float(q), pace), 4), name) for q, name in sheet.chords),
            tempos=tuple(tempo_changes(found, max((b.number for b in found), default=1))),
            confidence={"meter": round(chosen.confidence, 3), "key": round(sure, 3)},
            remarks=(*self.performance.remarks, *(told.remarks if told else ())),
        )

    def chosen(self) -> tuple[Chosen, Told | None]:
        """How the onsets are read; and the beats, where they are told."""
        from chatmusician.transcription.rhythm.choice import choose
        from chatmusician.transcription.rhythm.told_beats import choose_by_beats

        options, meter = self.options, self.options.meter or ""
        if options.beats:
            told = choose_by_beats(self.onsets, self.model, options.beats, meter=meter)
            return told.chosen, told
        beat = 60 / options.tempo if options.tempo else 0.0
        return choose(self.onsets, self.model, meter=meter, beat=beat), None

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
            if gaps:
                self.touch = median(gap.sounded for gap in gaps)
            if order:
                last = own[order[-1]], quarters[order[-1]]
                lengths.append(self.last_length(*last, bar, quarters[0]))
            for group, length in zip(order, lengths, strict=True):
                for index in own[group]:
                    pitch = self.notes[index].pitch
                    duration = Fraction(max(1, length), 24)
                    found.append(Placed(index, quarters[group], duration, pitch, voice))
        return found

    def last_length(
        self, indices: Sequence[int], onset: Fraction, bar: Fraction, start: Fraction
    ) -> int:
        """The last note of a voice: what was heard, as a plain value, within its bar; where
        the music begins with a pickup, rather up to it."""
        from chatmusician.transcription.durations import last_length

        room = bar - onset % bar
        pickup = bar - start % bar if start % bar else Fraction(0)
        likely = room - pickup if room > pickup else room
        first = min(self.notes[i].onset for i in indices)
        heard = max(self.notes[i].end for i in indices) - first
        touch = min(1.0, max(0.5, self.touch))
        return last_length(heard / touch / self.pace * 24, int(room * 24), int(likely * 24))

    def key(self, placed: Sequence[Placed], meter: str) -> tuple[str, float]:
        from chatmusician.transcription.tonality import Sounding, evidence, find_key

        if self.options.key is not None:
            return self.options.key, 1.0
        bar = parse_meter(meter).length * 4
        order = sorted(placed, key=lambda n: (n.onset, n.pitch))
        notes = [
            Sounding(n.onset, n.duration, n.pitch, int(n.onset // bar), n.onset % bar)
            for n in order
        ]
        found = find_key(evidence(notes, beat_in_quarters(meter)), self.model.tables)
        assert parse_key(found.name).valid
        return found.name, found.confidence

    def text(self, sheet: Sheet) -> tuple[str, Folded | None]:
        """The ABC, with repeats folded where that leaves it without an error."""
        from chatmusician.transcription.folding import fold
        from chatmusician.transcription.notation import plain_bars, write

        if self.options.fold_repeats:
            folded = fold(sheet.notes, sheet.start, sheet.bar, sheet.end)
            if folded is not None:
                text = write(
                    replace(
                        sheet,
                        notes=folded.notes,
                        end=folded.end,
                        bars=folded.bars,
                        signs=folded.signs,
                        chords=folded.chords(sheet.chords),
                    )
                )
                if _is_right(text):
                    return text, folded
        text = write(sheet)
        if sheet.start and not _is_right(text):
            sheet.start = Fraction(0)
            sheet.bars = plain_bars(sheet)
            text = write(sheet)
        return text, None


def signature(key: str) -> int:
    """Sharps of a K: value, below 0 flats."""
    return sum(parse_key(key).accidentals)


def _is_right(text: str) -> bool:
    from chatmusician import abc

    tune = abc.read(text).tunes[0]
    return not any(p.severity == "error" for p in abc.check_tune(tune, abc.timeline(tune)))


def _bars(
    sheet: Sheet, folded: Folded | None, times: TimeMap, pace: float, sure: float
) -> tuple[WrittenBar, ...]:
    """The bars as they are played; where parts are folded, with the measure they are written in."""
    lengths = folded.bars if folded else sheet.bars
    starts = list(accumulate(lengths, initial=sheet.start))
    found: list[WrittenBar] = []
    now = sheet.start
    for number in range(len(sheet.bars)):
        until = sheet.bar * (number + 1)
        written = folded.written_at(now) if folded else now
        measure = min(bisect_right(starts, written), len(lengths)) - 1
        start, end = times.at(float(now), pace), times.at(float(until), pace)
        own = sure * times.steadiness(float(now), float(until))
        found.append(WrittenBar(number, round(start, 4), round(end, 4), measure, round(own, 3)))
        now = until
    return tuple(found)


def _written(note: Placed, bar: Fraction) -> WrittenNote:
    number, place = divmod(note.onset, bar)
    return WrittenNote(note.source, int(number), place, note.duration, note.pitch)
