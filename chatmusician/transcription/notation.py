"""Placed notes as ABC text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from chatmusician.abc.imports.assemble import easiest_unit
from chatmusician.abc.layers import Timed
from chatmusician.abc.notate import Part, Score, notate
from chatmusician.music.meter import beat_in_quarters
from chatmusician.transcription.placed import Placed

_CELL: Final = Fraction(1, 4)
_BASS_BELOW: Final = 57


@dataclass
class Sheet:
    """What is to be written. ``start`` is where the first bar begins to be written, in quarters
    after its bar line; ``signs`` are repeat signs by onset."""

    notes: list[Placed]
    meter: str
    key: str
    bar: Fraction
    start: Fraction
    end: Fraction
    tempo: float
    title: str = ""
    chords: list[tuple[Fraction, str]] = field(default_factory=list)
    signs: list[tuple[Fraction, str]] = field(default_factory=list)
    bars: list[Fraction] = field(default_factory=list)
    remarks: Sequence[str] = ()


def write(sheet: Sheet) -> str:
    """The ABC of a sheet; every bar is as long as its meter, but for the ends."""
    bars = sheet.bars or plain_bars(sheet)
    voices = sorted({note.voice for note in sheet.notes})
    length = sum(bars, Fraction(0))
    parts = []
    for number, voice in enumerate(voices, 1):
        own = [note for note in sheet.notes if note.voice == voice]
        parts.append(
            Part(
                id=str(number),
                notes=_chords(own, sheet.start),
                bars=bars,
                chord_symbols=_from(sheet.chords, sheet.start) if number == 1 else [],
                signs=[*sheet.signs, (length, "|]")] if not _closed(sheet, length) else sheet.signs,
                properties=_clef(own),
            )
        )
    return notate(
        Score(
            x="1",
            title=" ".join(sheet.title.split()).replace("%", "\\%"),
            key=sheet.key,
            meter=sheet.meter,
            unit=easiest_unit(Counter(note.duration for note in sheet.notes)),
            parts=parts,
            tempo=_tempo(sheet),
            fields=[("N", remark) for remark in sheet.remarks],
        )
    )


def _closed(sheet: Sheet, length: Fraction) -> bool:
    return any(onset == length and ":" in sign for onset, sign in sheet.signs)


def _tempo(sheet: Sheet) -> str:
    if sheet.tempo <= 0:
        return ""
    return f"{beat_in_quarters(sheet.meter) / 4}={max(1, round(sheet.tempo))}"


def start_of(first: Fraction, bar: Fraction) -> Fraction:
    """Where a score begins whose first note lies there in its bar: full sixteenths before it."""
    inside = first % bar
    return inside // _CELL * _CELL


def plain_bars(sheet: Sheet) -> list[Fraction]:
    """Bar lengths from the pickup on. The last bar makes one with the pickup where the music
    has ended by then."""
    bars = [sheet.bar - sheet.start]
    now = sheet.bar
    while now < sheet.end:
        bars.append(sheet.bar)
        now += sheet.bar
    if sheet.start and len(bars) > 1 and now - (sheet.bar - sheet.start) >= sheet.end:
        bars[-1] = sheet.start
    return bars


def _from(chords: Sequence[tuple[Fraction, str]], start: Fraction) -> list[tuple[Fraction, str]]:
    """Chord symbols from the first written moment on; one that began before stands there."""
    held = [name for onset, name in chords if onset <= start][-1:]
    later = [(onset - start, name) for onset, name in chords if onset > start]
    return [*((Fraction(0), name) for name in held), *later]


def _chords(notes: Sequence[Placed], start: Fraction) -> list[Timed]:
    """Notes that begin and end together as one; times from the first written moment on."""
    found: dict[tuple[Fraction, Fraction], set[int]] = {}
    for note in notes:
        found.setdefault((note.onset - start, note.duration), set()).add(note.pitch)
    return [(*key, tuple(sorted(pitches))) for key, pitches in sorted(found.items())]


def _clef(notes: Sequence[Placed]) -> str:
    low = sum(note.pitch for note in notes) < _BASS_BELOW * len(notes)
    return "clef=bass" if low else ""
