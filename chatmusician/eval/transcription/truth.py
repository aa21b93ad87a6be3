"""What a tune sounds like and how it is notated, note by note: what a transcription should say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from chatmusician import abc
from chatmusician.abc.midi.accompaniment import Accompaniment, Accompanist, leading_voice
from chatmusician.abc.playing import Played, playing_order, tones_by_measure
from chatmusician.abc.timing import Measure, Timeline, VoiceLine
from chatmusician.abc.tune import Tune
from chatmusician.music.chords import parse_chord
from chatmusician.music.pitch import pitch_class

# Free time, and meters whose bars are not counted in beats.
NO_METER = "none"


@dataclass(frozen=True, slots=True)
class ScoreNote:
    """``onset`` and ``duration`` in quarters as played; ``place`` is the onset in its bar, which
    is number ``bar``. A pickup's place is counted back from the bar's end."""

    onset: Fraction
    duration: Fraction
    pitch: int
    bar: int
    place: Fraction


@dataclass(frozen=True, slots=True)
class Symbol:
    """A chord symbol as played, from quarter to quarter; ``intervals`` above its root."""

    start: Fraction
    end: Fraction
    root: int
    intervals: tuple[int, ...]


@dataclass(frozen=True)
class Truth:
    """A tune in the order it is played. ``bars`` begin at these quarters; the first may be
    below 0, where the tune begins with a pickup. ``chords`` are notes of an accompaniment, and
    ``symbols`` what it plays; both are empty where the tune has no chord symbols."""

    notes: tuple[ScoreNote, ...]
    bars: tuple[Fraction, ...]
    meter: str
    fifths: int
    tonic: int
    mode: str
    end: Fraction
    chords: tuple[tuple[Fraction, Fraction, int], ...] = ()
    symbols: tuple[Symbol, ...] = ()

    @property
    def bar_length(self) -> Fraction:
        top, below = self.meter.split("/")
        return Fraction(int(top) * 4, int(below))

    @property
    def pickup(self) -> Fraction:
        return self.bars[0] + self.bar_length if self.bars and self.bars[0] < 0 else Fraction(0)


def truth_of(tune: Tune, *, repeats: bool = True) -> Truth | None:
    """The truth of a tune in one meter, of its first voice; None where it has none (several
    meters or free time, bars that do not add up, no notes)."""
    line = abc.timeline(tune)
    voice = line.voices[0] if line.voices else None
    if voice is None or not voice.tones or len(voice.meters) > 1 or line.meter.free:
        return None
    order = playing_order(line)[0][0] if repeats else as_written(voice)
    key = line.key
    full = line.quarters(int(voice.measures[0].want))
    if not full or any(line.quarters(int(m.want)) != full for m in voice.measures):
        return None
    places = places_of(line, voice.measures, order, full)
    if places is None:
        return None
    notes = _notes(line, voice, order, places)
    if not notes:
        return None
    length = line.quarters(order.starts[-1] + int(voice.measures[order.measures[-1]].length))
    return Truth(
        notes=notes,
        bars=tuple(sorted({start for start, _ in places})),
        meter=line.meter.name,
        fifths=sum(key.accidentals),
        tonic=_tonic(key.tonic),
        mode=key.mode,
        end=length,
        chords=_accompaniment(line, voice, order),
        symbols=_symbols(line, voice, order, length),
    )


def as_written(voice: VoiceLine) -> Played:
    starts, now = [], 0
    for measure in voice.measures:
        starts.append(now)
        now += int(measure.length)
    return Played(tuple(range(len(starts))), tuple(starts))


def places_of(
    line: Timeline, measures: Sequence[Measure], order: Played, full: Fraction
) -> list[tuple[Fraction, Fraction]] | None:
    """For each measure played: where its bar begins, and where in the bar it begins itself.

    A short first measure is a pickup; two short ones that make a bar between them are one.
    Anything else that is no full bar has no place.
    """
    found: list[tuple[Fraction, Fraction]] = []
    open_from: tuple[Fraction, Fraction] | None = None
    for at, (index, begin) in enumerate(zip(order.measures, order.starts, strict=True)):
        start, length = line.quarters(begin), line.quarters(int(measures[index].length))
        if measures[index].count > 1 or length > full:
            return None
        if open_from is not None:
            bar, filled = open_from
            if filled + length > full:
                return None
            found.append((bar, filled))
            filled += length
            open_from = (bar, filled) if filled < full else None
        elif length == full:
            found.append((start, Fraction(0)))
        elif at == 0:
            found.append((start + length - full, full - length))
        else:
            found.append((start, Fraction(0)))
            open_from = (start, length)
    return found


def _notes(
    line: Timeline, voice: VoiceLine, order: Played, places: Sequence[tuple[Fraction, Fraction]]
) -> tuple[ScoreNote, ...]:
    bars = sorted({start for start, _ in places})
    number = {start: at for at, start in enumerate(bars)}
    held = tones_by_measure(voice)
    found: dict[tuple[Fraction, int], ScoreNote] = {}
    for at, (index, begin) in enumerate(zip(order.measures, order.starts, strict=True)):
        measure = voice.measures[index]
        bar, inside = places[at]
        following = order.measures[at + 1] if at + 1 < len(order.measures) else -1
        for tone in held[index]:
            offset = line.quarters(int(tone.onset - measure.start))
            onset = line.quarters(begin) + offset
            duration = line.quarters(int(tone.duration))
            room = line.quarters(int(measure.start + measure.length - tone.onset))
            if following != index + 1:
                duration = min(duration, room)
            if duration > 0:
                note = ScoreNote(onset, duration, int(tone.pitch), number[bar], inside + offset)
                found.setdefault((onset, note.pitch), note)
    return tuple(found[key] for key in sorted(found))


def _tonic(name: str) -> int:
    if not name or name[0].upper() not in "CDEFGAB":
        return -1
    return pitch_class(name)


def _accompaniment(
    line: Timeline, voice: VoiceLine, order: Played
) -> tuple[tuple[Fraction, Fraction, int], ...]:
    """The chord symbols as they are played: bass and chords in the rhythm of the meter."""
    if leading_voice(line) is not voice:
        return ()
    played = Accompanist(line, voice, Accompaniment())
    found: list[tuple[Fraction, Fraction, int]] = []
    for index, begin in zip(order.measures, order.starts, strict=True):
        shift = begin - int(voice.measures[index].start)
        for start, stop, pitch, _ in (*played.chords[index], *played.bass[index]):
            onset, end = line.quarters(start + shift), line.quarters(stop + shift)
            found.append((onset, end - onset, pitch))
    return tuple(sorted(found))


def _symbols(line: Timeline, voice: VoiceLine, order: Played, end: Fraction) -> tuple[Symbol, ...]:
    """Each chord symbol until the next one; what names no chord ends the one before."""
    marks: dict[int, list[tuple[int, str]]] = {}
    for mark in voice.chord_symbols:
        marks.setdefault(int(mark.measure), []).append((int(mark.onset), mark.text))
    found: list[tuple[Fraction, str]] = []
    for index, begin in zip(order.measures, order.starts, strict=True):
        shift = begin - int(voice.measures[index].start)
        found += [
            (line.quarters(onset + shift), text) for onset, text in sorted(marks.get(index, ()))
        ]
    ends = [*(onset for onset, _ in found[1:]), end][: len(found)]
    symbols = []
    for (onset, text), until in zip(found, ends, strict=True):
        kind = parse_chord(text)
        if kind is not None and kind.root is not None and kind.intervals and until > onset:
            symbols.append(Symbol(onset, until, kind.root % 12, tuple(kind.intervals)))
    return tuple(symbols)
