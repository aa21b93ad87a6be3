"""Chords and when they sound: those that the score names, else those that its notes make."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from chatmusician.abc.timing import VoiceLine
from chatmusician.music.chords import ChordKind, parse_chord, third_of
from chatmusician.transcription.chord_finding import (
    FLATS,
    SHARPS,
    accompanying,
    find_chords,
)
from chatmusician.transcription.facts.source import Piece, PlayedBar, Stated
from chatmusician.transcription.facts.times import beats, notes

NO_CHORD: Final = "N"
_WRITTEN: Final = Stated("chord symbols of the notation", 1.0)
_MADE: Final = "chord symbols of our score, found from its notes"
_FOUND: Final = "templates over the notes of each beat"
# How often they agree with the chord symbols of tunes whose MIDI was read.
_AGREES: Final = 0.9


@dataclass(frozen=True, slots=True)
class Sounding:
    """A chord in seconds. ``symbol`` is as written; ``triad`` its kind in two, as chord
    recognisers write it (``F#:min``); ``bar`` the number of its bar in the score."""

    start: float
    end: float
    symbol: str
    triad: str
    bar: int
    how: Stated


def chords_in_time(piece: Piece) -> list[Sounding]:
    """The chords in the order they sound; empty where the music has none."""
    marked = [voice for voice in piece.line.voices if voice.chord_symbols]
    named = list(_named(piece, marked[0])) if marked else list(_heard(piece))
    return list(_without_gaps(named))


def _named(piece: Piece, voice: VoiceLine) -> Iterator[Sounding]:
    """The chord symbols of a score; each holds until the next."""
    how = _WRITTEN
    if piece.transcription is not None:
        how = Stated(_MADE, piece.known["notes"].confidence)
    marks: dict[int, list[tuple[Fraction, str]]] = {}
    for mark in voice.chord_symbols:
        if parse_chord(mark.text) is not None:
            measure = voice.measures[mark.measure]
            place = Fraction(int(mark.onset - measure.start), max(1, int(measure.length)))
            marks.setdefault(int(mark.measure), []).append((place, mark.text))
    holding = ""
    for bar in piece.bars:
        own = sorted(marks.get(bar.measure, []))
        if holding and (not own or own[0][0] > 0):
            own.insert(0, (Fraction(0), holding))
        for at, (place, symbol) in enumerate(own):
            until = own[at + 1][0] if at + 1 < len(own) else Fraction(1)
            yield _sounding(piece, bar, place, until, symbol, how)
            holding = symbol


def _heard(piece: Piece) -> Iterator[Sounding]:
    """The chords that the notes make, beat by beat."""
    rows = beats(piece)
    if len(rows) < 2:
        return
    sounding = accompanying(list(notes(piece).values()))
    ends = [time for time, _ in rows[1:]] + [max(piece.seconds, rows[-1][0])]
    spans = [(t, end, n == 1) for (t, n), end in zip(rows, ends, strict=True)]
    how = Stated(_FOUND, round(_AGREES * piece.known["notes"].confidence, 3))
    flats = sum(piece.line.key.accidentals) < 0
    bars = iter(piece.bars)
    bar = next(bars)
    symbols = find_chords(sounding, spans, flats=flats)
    for (start, end, _), symbol in zip(spans, symbols, strict=True):
        while start >= bar.end - 1e-3 and (following := next(bars, None)) is not None:
            bar = following
        if symbol is not None:
            number = bar.measure + piece.first_number
            yield Sounding(start, end, symbol, triad_of(symbol), number, how)


def _sounding(
    piece: Piece, bar: PlayedBar, place: Fraction, until: Fraction, symbol: str, how: Stated
) -> Sounding:
    length = bar.end - bar.start
    start, end = bar.start + float(place) * length, bar.start + float(until) * length
    number = bar.measure + piece.first_number
    return Sounding(start, end, symbol, triad_of(symbol), number, how)


def _without_gaps(chords: list[Sounding]) -> Iterator[Sounding]:
    """Neighbours that are one chord in one bar, joined."""
    held: Sounding | None = None
    for chord in chords:
        if held and held.symbol == chord.symbol and held.bar == chord.bar:
            held = Sounding(held.start, chord.end, held.symbol, held.triad, held.bar, held.how)
            continue
        if held:
            yield held
        held = chord
    if held:
        yield held


def triad_of(symbol: str) -> str:
    """``C:maj``, ``F#:min`` or ``N``: a chord by its third, as LLark's records have it."""
    chord: ChordKind | None = parse_chord(symbol)
    if chord is None or chord.root is None or not chord.intervals:
        return NO_CHORD
    names = FLATS if "b" in symbol[1:2] else SHARPS
    return f"{names[chord.root]}:{third_of(chord.intervals)}"
