"""Chord symbols bar by bar, and the cadences they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chatmusician.abc.analysis.melody import melody_voice
from chatmusician.abc.analysis.sections import Section
from chatmusician.abc.fields import Key
from chatmusician.abc.timing import Timeline
from chatmusician.music.chords import parse_chord
from chatmusician.music.pitch import pitch_class

_NAMES: Final = {
    (7, 0): "authentic",
    (11, 0): "authentic",
    (5, 0): "plagal",
    (7, 9): "deceptive",
    (7, 8): "deceptive",
}


@dataclass(frozen=True)
class Cadence:
    """``section`` counts from 0; ``chords`` are the last two symbols that differ."""

    section: int
    name: str
    chords: tuple[str, str]


def chords_per_bar(line: Timeline) -> list[tuple[str, ...]]:
    """The chord symbols standing in each written bar of the melody's voice, texts left out.

    Empty bars (a bar line at a line's start) are left out, as in ``melody``.
    """
    voice = melody_voice(line)
    if voice is None:
        return []
    found: dict[int, list[str]] = {}
    for mark in voice.chord_symbols:
        if parse_chord(mark.text) is not None:
            found.setdefault(int(mark.measure), []).append(mark.text)
    return [
        tuple(found.get(index, ()))
        for index, measure in enumerate(voice.measures)
        if measure.length > 0
    ]


def progression(line: Timeline) -> list[str]:
    """All chord symbols in order, one standing again at once left out."""
    flat = [symbol for bar in chords_per_bar(line) for symbol in bar]
    return [symbol for at, symbol in enumerate(flat) if at == 0 or symbol != flat[at - 1]]


def cadences(line: Timeline, sections: Sequence[Section]) -> list[Cadence]:
    """How each section ends, by the last two different chord symbols of it.

    By root against the tonic: V or vii to I is authentic, IV to I plagal, V to vi (or to
    the flat VI of minor) deceptive, anything to V half; sections that end otherwise, or
    have fewer than two chords, are left out. Keys without a tonic give none.
    """
    voice = melody_voice(line)
    if voice is None or not line.key.tonic:
        return []
    made = []
    for at, section in enumerate(sections):
        last = section.bars[-1].index
        marks = [m for m in voice.chord_symbols if section.first <= m.measure <= last]
        chords = [(m.text, c.root) for m in marks if (c := parse_chord(m.text)) and c.intervals]
        apart = [c for i, c in enumerate(chords) if i == 0 or c[1] != chords[i - 1][1]]
        if len(apart) < 2:
            continue
        tonic = tonic_class(line.key)
        before, after = ((int(root or 0) - tonic) % 12 for _, root in apart[-2:])
        name = "half" if after == 7 else _NAMES.get((before, after))
        if name:
            made.append(Cadence(at, name, (apart[-2][0], apart[-1][0])))
    return made


def tonic_class(key: Key) -> int:
    """The pitch class (C is 0) of a key's tonic."""
    return pitch_class(key.tonic)
