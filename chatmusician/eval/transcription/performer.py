"""A seeded player: a tune with human timing, at a tempo and in a key of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from math import exp, log, pi, sin
from random import Random

from chatmusician.eval.transcription.truth import Symbol, Truth
from chatmusician.music.keys import within_circle
from chatmusician.music.meter import beat_in_quarters
from chatmusician.transcription.notes import Note, Performance, Track

# Quarters a minute; never near the 120 that programs take where nothing is said.
SLOWEST, FASTEST, NOT_NEAR = 75.0, 190.0, (114.0, 126.0)
# Seconds between notes that follow each other quickly.
QUICKEST = 0.085
_MELODY_VELOCITY, _CHORD_VELOCITY = 84, 60


@dataclass(frozen=True)
class Player:
    """How a tune is played. ``drift`` and ``jitter`` are standard deviations, of the tempo (a
    share of it, over about two bars) and of onsets in seconds; ``touch`` is the part of its
    value that a note sounds; ``accent`` the loudness of strong beats; ``lilt`` how many times
    longer the first of two eighths is."""

    qpm: float
    semitones: int = 0
    drift: float = 0.025
    jitter: float = 0.012
    touch: float = 0.92
    accent: float = 6.0
    lilt: float = 1.0
    begin: float = 0.5
    slowing: float = 0.1


@dataclass(frozen=True)
class Played:
    """A performance with what is true of it: the truth in its key, and when each bar, beat and
    chord symbol sounds."""

    performance: Performance
    truth: Truth
    player: Player
    downbeats: tuple[float, ...]
    beats: tuple[float, ...]
    symbols: tuple[tuple[float, float, Symbol], ...] = ()

    @property
    def tempo(self) -> float:
        """Beats a minute, the middle of what was played."""
        gaps = sorted(b - a for a, b in pairwise(self.beats))
        middle = gaps[len(gaps) // 2] if gaps else 0.0
        return (
            60 / middle if middle else self.player.qpm / float(beat_in_quarters(self.truth.meter))
        )


def drawn_player(truth: Truth, random: Random) -> Player:
    """A player of this tune: a tempo that says nothing about its meter, but that hands can
    play: no tenth of the notes follow each other faster than 85 ms."""
    onsets = sorted({note.onset for note in truth.notes})
    steps = sorted(float(b - a) for a, b in pairwise(onsets)) or [1.0]
    fastest = min(FASTEST, 60 * steps[len(steps) // 10] / QUICKEST)
    slowest = min(SLOWEST, 0.8 * fastest)
    qpm = NOT_NEAR[0]
    while NOT_NEAR[0] <= qpm <= NOT_NEAR[1]:
        qpm = exp(random.uniform(log(slowest), log(fastest)))
    return Player(
        qpm=qpm,
        semitones=random.randint(-5, 6),
        drift=random.uniform(0.01, 0.035),
        jitter=random.uniform(0.006, 0.018),
        touch=random.uniform(0.75, 1.0),
        accent=random.uniform(0.0, 10.0),
        begin=random.uniform(0.0, 1.5),
        slowing=random.uniform(0.0, 0.15),
    )


def perform(truth: Truth, player: Player, random: Random, *, chords: bool = False) -> Played:
    """The truth as this player plays it; with ``chords`` the accompaniment on a second track."""
    clock = _Clock(truth, player, random)
    moved = moved_truth(truth, player.semitones)
    beat = beat_in_quarters(truth.meter)
    notes = []
    for note in moved.notes:
        notes.append(
            _sounded(
                clock.time(note.onset),
                clock.time(note.onset + note.duration),
                note.pitch,
                _MELODY_VELOCITY + player.accent * _stress(note.place, beat),
                0,
                player,
                random,
            )
        )
    if chords:
        for onset, duration, pitch in moved.chords:
            begin, end = clock.time(onset), clock.time(onset + duration)
            notes.append(_sounded(begin, end, pitch, _CHORD_VELOCITY, 1, player, random))
    notes.sort(key=lambda n: (n.onset, n.pitch))
    tracks = (Track("melody", 0), Track("chords", 0))[: 1 + chords]
    performance = Performance(
        notes=tuple(notes),
        seconds=max(n.end for n in notes) + 0.5,
        method="performer",
        tracks=tracks,
    )
    first = truth.bars[0]
    count = int((truth.end - first) / beat) + 1
    beats = [first + beat * i for i in range(count) if 0 <= first + beat * i < truth.end]
    return Played(
        performance,
        moved,
        player,
        downbeats=tuple(clock.time(b) for b in truth.bars if b >= 0),
        beats=tuple(clock.time(b) for b in beats),
        symbols=tuple((clock.time(s.start), clock.time(s.end), s) for s in moved.symbols),
    )


def moved_truth(truth: Truth, semitones: int) -> Truth:
    """The truth so many semitones higher, in the key that has fewest accidentals there."""
    fifths = within_circle(truth.fifths + 7 * semitones)
    return replace(
        truth,
        notes=tuple(replace(n, pitch=n.pitch + semitones) for n in truth.notes),
        chords=tuple((o, d, p + semitones) for o, d, p in truth.chords),
        symbols=tuple(replace(s, root=(s.root + semitones) % 12) for s in truth.symbols),
        fifths=fifths,
        tonic=(truth.tonic + semitones) % 12 if truth.tonic >= 0 else -1,
    )


def _sounded(
    begin: float,
    end: float,
    pitch: int,
    velocity: float,
    track: int,
    player: Player,
    random: Random,
) -> Note:
    onset = max(0.0, begin + random.gauss(0, player.jitter))
    touch = min(1.05, max(0.3, random.gauss(player.touch, 0.08)))
    length = max(0.04, (end - begin) * touch)
    loud = round(min(120.0, max(20.0, random.gauss(velocity, 6))))
    return Note(onset, onset + length, min(127, max(0, pitch)), loud, track)


def _stress(place: Fraction, beat: Fraction) -> float:
    if place == 0:
        return 1.0
    return 0.5 if place % beat == 0 else 0.0


class _Clock:
    """Quarters to seconds: a tempo that wanders, arches over phrases, and slows at the end."""

    STEP = Fraction(1, 4)

    def __init__(self, truth: Truth, player: Player, random: Random) -> None:
        self.first = min(truth.bars[0], Fraction(0))
        length = float(truth.end - self.first)
        steps = int(length / self.STEP) + 8
        phrase = float(truth.bar_length) * 4
        size = float(self.STEP) * 60 / player.qpm
        wander, memory = 0.0, exp(-float(self.STEP) / max(1.0, float(truth.bar_length)))
        spread = player.drift * (1 - memory**2) ** 0.5
        self.lilt = player.lilt
        self.times = [0.0]
        shift = random.uniform(0, 2 * pi)
        for step in range(steps):
            at = step * float(self.STEP)
            wander = memory * wander + random.gauss(0, spread)
            arch = 0.5 * player.drift * sin(2 * pi * at / phrase + shift)
            left = length - at
            slowing = player.slowing * max(0.0, 1 - left / float(truth.bar_length))
            self.times.append(self.times[-1] + size * exp(wander + arch + slowing))
        start = self._at(-self.first)
        self.offset = player.begin - start

    def _at(self, quarters: Fraction) -> float:
        place = max(0.0, float(quarters / self.STEP))
        low = min(int(place), len(self.times) - 2)
        return self.times[low] + (place - low) * (self.times[low + 1] - self.times[low])

    def time(self, quarters: Fraction) -> float:
        return self._at(_lilted(quarters - self.first, self.lilt)) + self.offset


def _lilted(quarters: Fraction, lilt: float) -> Fraction:
    """Within each quarter the first eighth made ``lilt`` times as long as the second."""
    if lilt == 1.0:
        return quarters
    middle = Fraction(lilt / (1 + lilt)).limit_denominator(1000)
    whole, part = divmod(quarters, 1)
    if part <= Fraction(1, 2):
        return whole + part * 2 * middle
    return whole + middle + (part - Fraction(1, 2)) * 2 * (1 - middle)
