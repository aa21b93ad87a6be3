"""Chord symbols played: bass and chords in the rhythm of the meter.

The patterns are those of abc2midi's ``%%MIDI gchord``: each letter lasts an equal part of the
bar, ``f`` is the bass, ``c`` the chord, ``b`` both, ``z`` a rest, ``G`` to ``J`` single notes
of the chord (``g`` to ``j`` an octave lower); a number after a letter makes it longer.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from chatmusician.abc.encoding import read_text
from chatmusician.abc.midi.expression import lead_in
from chatmusician.abc.midi.unroll import Piece
from chatmusician.abc.timing import Measure, Timeline, VoiceLine
from chatmusician.music.chords import ChordKind, parse_chord
from chatmusician.music.meter import Meter

_PATTERNS: Final = {
    (2, 2): "fzczfzcz",
    (4, 4): "fzczfzcz",
    (2, 4): "fzcz",
    (3, 4): "fzczcz",
    (3, 2): "fzczcz",
    (3, 8): "fcc",
    (6, 8): "fzcfzc",
    (6, 4): "fzcfzc",
    (9, 8): "fzcfzcfzc",
    (12, 8): "fzcfzcfzcfzc",
}
_CHORD_AT: Final = 48
_BASS_AT: Final = 36
_SINGLE: Final = "GHIJghij"
_HIT: Final = re.compile(r"([fcbzGHIJghij])(\d{0,2})")
# No tune has so many; bars of absurd lengths do.
_MOST_BARS: Final = 100_000
NYLON_GUITAR: Final = 24
ACOUSTIC_BASS: Final = 32


@dataclass
class Accompaniment:
    """How chords are played. ``changes`` are (tick as written, setting, value) in order."""

    pattern: str = ""
    on: bool = True
    chord_program: int = NYLON_GUITAR
    bass_program: int = ACOUSTIC_BASS
    chord_volume: int = 75
    bass_volume: int = 80
    transpose: int = 0
    changes: list[tuple[int, str, str]] = field(default_factory=list)


def default_pattern(meter: Meter) -> str:
    """``fzczfzcz`` and the like; for other meters bass on the first beat, chords on the others."""
    known = _PATTERNS.get((meter.num, meter.den))
    return known or "fz" + "cz" * (meter.num - 1)


def leading_voice(line: Timeline) -> VoiceLine | None:
    """The voice whose chord symbols are played: the first with most of them."""
    best = max(line.voices, key=lambda voice: len(voice.chord_symbols), default=None)
    return best if best is not None and best.chord_symbols else None


@lru_cache(maxsize=256)
def hits(pattern: str) -> list[tuple[str, int, int]]:
    """A pattern as (letter, first part, parts). Not to be changed: it is kept."""
    found, at = [], 0
    for match in _HIT.finditer(pattern):
        size = int(match[2] or 1)
        if size:
            found.append((match[1], at, size))
            at += size
    return found


class Accompanist:
    """Plays the chords of one voice; ``chords`` and ``bass`` are pieces by measure."""

    def __init__(self, line: Timeline, voice: VoiceLine, settings: Accompaniment) -> None:
        self.line, self.voice, self.settings = line, voice, settings
        self.times, self.kinds = _chord_changes(voice)
        self.chords: list[list[Piece]] = [[] for _ in voice.measures]
        self.bass: list[list[Piece]] = [[] for _ in voice.measures]
        self.state = {"on": settings.on, "pattern": settings.pattern}
        self.next_change = 0
        self.left = _MOST_BARS
        self.meter = line.meter
        self.next_meter = 0
        for index, measure in enumerate(voice.measures):
            self.measure(index, measure)

    def measure(self, index: int, measure: Measure) -> None:
        begin, end = int(measure.start), int(measure.start + measure.length)
        meters = self.voice.meters
        while self.next_meter < len(meters) and meters[self.next_meter][0] <= begin:
            self.meter = meters[self.next_meter][1]
            self.next_meter += 1
        want = int(measure.want)
        if not want:
            inside = slice(bisect_right(self.times, begin), bisect_left(self.times, end))
            times = [begin, *self.times[inside]]
            for start, stop in zip(times, [*times[1:], end], strict=True):
                self.hit("b", index, start, stop)
            return
        self.follow(begin)
        pattern = hits(str(self.state["pattern"]) or default_pattern(self.meter))
        parts = sum(size for _, _, size in pattern)
        at = begin - lead_in(measure, index)
        while parts and at < end and self.left > 0:
            self.left -= 1
            for letter, first, size in pattern:
                start = at + want * first // parts
                if letter != "z" and begin <= start < end:
                    stop = min(at + want * (first + size) // parts, end)
                    self.hit(letter, index, start, stop)
            at += want

    def follow(self, onset: int) -> None:
        """Take over the changes of settings up to a moment."""
        changes = self.settings.changes
        while self.next_change < len(changes) and changes[self.next_change][0] <= onset:
            _, name, value = changes[self.next_change]
            self.state[name] = value
            self.next_change += 1

    def hit(self, letter: str, index: int, start: int, stop: int) -> None:
        self.follow(start)
        at = bisect_right(self.times, start)
        if not at or not self.state["on"] or stop <= start:
            return
        kind = self.kinds[at - 1]
        stop = min(stop, self.times[at]) if at < len(self.times) else stop
        if kind.bass is not None and letter in "fb":
            self.add(self.bass[index], start, stop, [_BASS_AT + kind.bass], True)
        if kind.root is None or letter == "f":
            return
        notes = [_CHORD_AT + kind.root + interval for interval in kind.intervals]
        if letter in _SINGLE:
            number = _SINGLE.index(letter)
            octave, which = divmod(number % 4, len(notes))
            notes = [notes[which] + 12 * octave - 12 * (number // 4)]
        self.add(self.chords[index], start, stop, notes, False)

    def add(self, out: list[Piece], start: int, stop: int, notes: list[int], bass: bool) -> None:
        settings = self.settings
        volume = settings.bass_volume if bass else settings.chord_volume
        for pitch in notes:
            out.append((start, stop, pitch + settings.transpose, volume))


def _chord_changes(voice: VoiceLine) -> tuple[list[int], list[ChordKind]]:
    """When the chord changes, and to what; texts that are no chords change nothing."""
    times: list[int] = []
    kinds: list[ChordKind] = []
    for mark in sorted(voice.chord_symbols, key=lambda mark: int(mark.onset)):
        kind = parse_chord(read_text(mark.text))
        if kind is None:
            continue
        if kind.root is None and kind.bass is not None:
            last = kinds[-1] if kinds else kind
            kind = ChordKind(last.root, last.intervals, kind.bass)
        times.append(int(mark.onset))
        kinds.append(kind)
    return times, kinds
