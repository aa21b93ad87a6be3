"""How one voice sounds: loudness, short notes, grace notes and ornaments.

Dynamics begin at mezzo forte; the first note of a bar is louder and the notes between the
beats are softer, as abc2midi plays them. A wedge goes to the dynamic mark at its end, else
one step up or down.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from chatmusician.abc.fields import Key
from chatmusician.abc.midi.gather import Attached, Gathered
from chatmusician.abc.midi.model import Options
from chatmusician.abc.midi.unroll import Piece
from chatmusician.abc.timing import Mark, Measure, Timeline, Tone, VoiceLine
from chatmusician.abc.tune import Note
from chatmusician.music.pitch import STEP_SEMITONES

_LEVELS: Final = {"pppp": 20, "ppp": 30, "pp": 45, "p": 60, "mp": 75, "mf": 90}
_LEVELS_LOUD: Final = {"f": 105, "ff": 115, "fff": 122, "ffff": 127}
LEVELS: Final = _LEVELS | _LEVELS_LOUD
_LEVEL: Final = LEVELS["mf"]
_STEP: Final = 15
_OPENING: Final = {"crescendo(": 1, "cresc(": 1, "diminuendo(": -1, "dim(": -1}
_CLOSING: Final = frozenset({"crescendo)", "cresc)", "diminuendo)", "dim)"})
_ACCENTS: Final = {"accent": 15, "marcato": 20, "umarcato": 20, "sfz": 25, "sf": 25, "fz": 25}
# How much of its length a note sounds.
_SHARES: Final = {"staccato": (1, 2), "dot": (1, 2), "wedge": (1, 3), "breath": (3, 4)}
# Additions to the level: first note of the bar, on a strong beat, elsewhere.
Accents = tuple[int, int, int]
ACCENTS: Final[Accents] = (15, 5, -10)
NO_ACCENTS: Final[Accents] = (0, 0, 0)
# Parts of a note in the order in which they sound: share of the length, step away from it.
_TURNS: Final = {
    "roll": ((2, 0), (1, 1), (1, 0), (1, -1), (1, 0)),
    "turn": ((1, 1), (1, 0), (1, -1), (1, 0)),
    "invertedturn": ((1, -1), (1, 0), (1, 1), (1, 0)),
}
_LONGEST_TRILL: Final = 127
# Notes of ornaments in a voice; none has so many but to harm.
_MOST_ORNAMENTAL: Final = 200_000
_MORDENTS: Final = {"uppermordent": 1, "lowermordent": -1}


@dataclass
class _Wedge:
    begin: int
    end: int
    level: int
    target: int


class Dynamics:
    """The loudness of a voice by its marks."""

    def __init__(self, voice: VoiceLine, bar: int) -> None:
        self.elements: list[int] = []
        self.levels: list[int] = [_LEVEL]
        self.wedges: list[_Wedge] = []
        self.wedge_begins: list[int] = []
        self.bar = bar
        opened: tuple[int, int] | None = None
        for index, mark in enumerate(voice.marks):
            if mark.text in LEVELS:
                self._set(mark, LEVELS[mark.text])
            elif mark.text in _OPENING:
                opened = (int(mark.onset), _OPENING[mark.text])
            elif mark.text in _CLOSING and opened is not None:
                self._wedge(opened, mark, islice(voice.marks, index, None))
                opened = None

    def _set(self, mark: Mark, level: int) -> None:
        self.elements.append(int(mark.element))
        self.levels.append(level)

    def _wedge(self, opened: tuple[int, int], close: Mark, later: Iterable[Mark]) -> None:
        begin, direction = opened
        level = self.levels[-1]
        target = max(20, min(127, level + direction * _STEP))
        for mark in later:
            stated = LEVELS.get(mark.text, level)
            if mark.onset > close.onset + self.bar:
                break
            if (stated - level) * direction > 0:
                target = stated
                break
        self.wedge_begins.append(begin)
        self.wedges.append(_Wedge(begin, int(close.onset), level, target))
        self._set(close, target)

    def level(self, tone: Tone) -> int:
        onset = int(tone.onset)
        at = bisect_right(self.wedge_begins, onset) - 1
        if at >= 0 and onset < self.wedges[at].end:
            wedge = self.wedges[at]
            done = (onset - wedge.begin) * (wedge.target - wedge.level)
            return wedge.level + done // (wedge.end - wedge.begin)
        return self.levels[bisect_right(self.elements, int(tone.element))]


def beat_groups(line: Timeline, voice: VoiceLine) -> list[int]:
    """For each measure of a voice the distance of its strong beats."""
    groups = []
    changes = [*voice.meters, (1 << 62, line.meter)]
    current, at = int(line.meter.accent * line.resolution), 0
    for measure in voice.measures:
        while changes[at][0] <= measure.start:
            current, at = int(changes[at][1].accent * line.resolution), at + 1
        groups.append(current)
    return groups


def lead_in(measure: Measure, index: int) -> int:
    """How much of its bar a pickup leaves out at the beginning."""
    short = measure.want - measure.length
    return int(short) if short > 0 and (index == 0 or measure.section) else 0


class VoiceSound:
    """Turns the tones of a voice into what is heard of each, measure by measure."""

    def __init__(
        self,
        line: Timeline,
        voice: VoiceLine,
        gathered: Gathered,
        options: Options,
        accents: Accents,
        shift: Callable[[int], int] | None,
    ) -> None:
        self.line, self.voice, self.options = line, voice, options
        self.attached = gathered.attached
        self.accents = accents
        self.shift = shift
        self.whole = line.resolution
        self.delays: dict[int, int] = {}
        self.left = _MOST_ORNAMENTAL
        self.key_times = [time for time, _ in voice.keys]

    def by_measure(self) -> list[list[Piece]]:
        voice = self.voice
        found: list[list[Piece]] = [[] for _ in voice.measures]
        count = len(found)
        dynamics = Dynamics(voice, int(self.line.resolution)) if voice.marks else None
        velocities = self.velocity_table()
        attached, shift, loud = self.attached, self.shift, self.options.dynamics
        for tone in voice.tones:
            index = tone.measure
            if index >= count:
                continue
            start, element = tone.onset, tone.element
            velocity = velocities(tone) if loud else _LEVEL
            if dynamics is not None and loud:
                velocity += dynamics.level(tone) - _LEVEL
            pitch = tone.pitch if shift is None else tone.pitch + shift(element)
            here = attached.get(element)
            if here is None:
                velocity = max(1, min(127, velocity))
                found[index].append((start, start + tone.duration, pitch, velocity))
            else:
                found[index] += self.adorned(tone, here, pitch, velocity)
        return found

    def velocity_table(self) -> Callable[[Tone], int]:
        """What the place in the bar gives a note, as a function of the note."""
        first, strong, weak = (_LEVEL + accent for accent in self.accents)
        measures = self.voice.measures
        groups = beat_groups(self.line, self.voice)
        origins = [m.start - lead_in(m, i) for i, m in enumerate(measures)]

        def velocity(tone: Tone) -> int:
            index = tone.measure
            group = groups[index]
            if not group:
                return _LEVEL
            place = tone.onset - origins[index]
            if not place:
                return first
            return weak if place % group else strong

        return velocity

    def adorned(self, tone: Tone, here: Attached, pitch: int, velocity: int) -> list[Piece]:
        """A note with what stands at it."""
        start, end = int(tone.onset), int(tone.onset + tone.duration)
        if self.options.dynamics:
            velocity += max((_ACCENTS.get(name, 0) for name in here.names), default=0)
        velocity = max(1, min(127, velocity))
        out: list[Piece] = []
        element = int(tone.element)
        is_first = element not in self.delays
        if self.options.graces and here.graces:
            out, start = self.graces(here, start, end, velocity, element)
        self.delays.setdefault(element, start - int(tone.onset))
        if self.options.ornaments and is_first and self.left > 0:
            parts = self.ornament(tone, here.names, start, end, pitch, velocity)
            if parts:
                self.left -= len(parts)
                return out + parts
        if self.options.articulation:
            for name in here.names:
                num, den = _SHARES.get(name, (1, 1))
                end = min(end, start + (int(tone.onset + tone.duration) - start) * num // den)
        out.append((start, max(end, start + 1), pitch, velocity))
        return out

    def graces(
        self, here: Attached, start: int, end: int, velocity: int, element: int
    ) -> tuple[list[Piece], int]:
        """Grace notes: a thirty-second each, together at most half the note they stand at."""
        if element in self.delays:
            return [], start + min(self.delays[element], (end - start) // 2)
        size = min(self.whole // 32, (end - start) // 2 // len(here.graces))
        key = self.key_at(start)
        move = int(self.voice.shift) + (self.shift(element) if self.shift else 0)
        out: list[Piece] = []
        for step, octave, given in here.graces:
            alter = key.accidentals[step] if given is None else given
            pitch = 60 + 12 * octave + STEP_SEMITONES[step] + alter + move
            out.append((start, start + size, pitch, max(1, velocity - 10)))
            start += size
        return out, start

    def key_at(self, onset: int) -> Key:
        at = bisect_right(self.key_times, onset)
        return self.voice.keys[at - 1][1] if at else self.line.key

    def ornament(
        self, tone: Tone, names: list[str], start: int, end: int, pitch: int, velocity: int
    ) -> list[Piece]:
        note = self.line.tune.elements[tone.element]
        if not isinstance(note, Note):
            return []
        for name in names:
            parts = self.shape(name, end - start)
            if parts:
                total = sum(share for share, _ in parts)
                out: list[Piece] = []
                done = 0
                for share, away in parts:
                    begin = start + (end - start) * done // total
                    done += share
                    stop = start + (end - start) * done // total
                    out.append((begin, stop, pitch + self.step(note, start, away), velocity))
                return out
        return []

    def shape(self, name: str, length: int) -> tuple[tuple[int, int], ...]:
        short = self.whole // 32
        if length < 2 * short:
            return ()
        if name == "trill":
            count = min(length // short, _LONGEST_TRILL)
            return tuple((1, n % 2) for n in range(count - 1 + count % 2))
        if name in _MORDENTS:
            count = max(3, length // short)
            return ((1, 0), (1, _MORDENTS[name]), (count - 2, 0))
        return _TURNS.get(name, ())

    def step(self, note: Note, onset: int, away: int) -> int:
        """Semitones to the neighbour of a note in the scale of the key."""
        if not away:
            return 0
        key = self.key_at(onset).accidentals
        step = int(note.step) + away
        here = STEP_SEMITONES[note.step] + key[note.step]
        there = STEP_SEMITONES[step % 7] + key[step % 7] + 12 * (step // 7)
        return max(1, min(2, there - here)) if away > 0 else max(-2, min(-1, there - here))
