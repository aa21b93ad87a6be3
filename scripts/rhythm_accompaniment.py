"""Plain harmony and an accompaniment in many patterns, for tunes that rhythm is learned from.

A bass and chords tell of bars what a melody alone does not, and few tunes of the collections
have chord symbols. So each bar, or half of it, gets the triad of the key that holds most of its
melody, and a pattern such as players' left hands know plays it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from random import Random
from typing import Final

from chatmusician.eval.transcription.truth import ScoreNote, Truth

Begun = dict[Fraction, set[int]]
_SCALE: Final = (0, 2, 4, 5, 7, 9, 11)
# How dear each degree of the major scale's triads is, in quarters of melody.
_COSTS: Final = (0.0, 0.5, 0.8, 0.15, 0.1, 0.4, 2.0)
_COMPOUND: Final = ("6/8", "9/8", "12/8")


def accompanied(truth: Truth, random: Random) -> Begun:
    """What begins when, the melody above an accompaniment."""
    begun: Begun = {}
    for note in truth.notes:
        begun.setdefault(note.onset, set()).add(note.pitch)
    bar = truth.bar_length
    part = bar / 2 if bar in (2, 4, 6) and random.random() < 0.35 else bar
    pattern = random.choice(PATTERNS)
    lowest = random.randint(31, 45)
    silent = random.random() < 0.15
    for start in truth.bars:
        if silent and random.random() < 0.2:
            continue
        at = start
        while at < start + bar:
            if 0 <= at < truth.end:
                tones = _triad(truth, at, at + part)
                for offset, pitches in pattern(_voiced(tones, lowest), part, truth.meter, random):
                    if at + offset < truth.end and offset < part:
                        begun.setdefault(at + offset, set()).update(pitches)
            at += part
    return begun


def _triad(truth: Truth, start: Fraction, end: Fraction) -> tuple[int, int, int]:
    """The tones of the triad, its root first."""
    weights = [0.0] * 12
    for note in truth.notes:
        weights[note.pitch % 12] += float(_shared(note, start, end))
    tonic = truth.fifths * 7 % 12
    best, found = -1e9, (0, 4, 7)
    for degree, cost in enumerate(_COSTS):
        tones = tuple((tonic + _SCALE[(degree + third) % 7]) % 12 for third in (0, 2, 4))
        score = sum(weights[tone] for tone in tones) - cost * float(end - start) / 4
        if score > best:
            best, found = score, (tones[0], tones[1], tones[2])
    return found


def _shared(note: ScoreNote, start: Fraction, end: Fraction) -> Fraction:
    return max(Fraction(0), min(end, note.onset + note.duration) - max(start, note.onset))


def _voiced(tones: Sequence[int], lowest: int) -> tuple[int, list[int]]:
    """A bass note and a close chord above it."""
    bass = lowest + (tones[0] - lowest) % 12
    chord = sorted(lowest + 12 + (tone - lowest) % 12 for tone in tones)
    return bass, chord


Voiced = tuple[int, list[int]]
Events = list[tuple[Fraction, list[int]]]
Pattern = Callable[[Voiced, Fraction, str, Random], Events]


def _beat(meter: str) -> Fraction:
    return Fraction(3, 2) if meter in _COMPOUND else Fraction(1)


def _steps(part: Fraction, size: Fraction) -> list[Fraction]:
    return [size * n for n in range(int(part / size))]


def _held(voiced: Voiced, part: Fraction, meter: str, random: Random) -> Events:
    return [(Fraction(0), [voiced[0], *voiced[1]])]


def _struck(voiced: Voiced, part: Fraction, meter: str, random: Random) -> Events:
    """A chord on every beat, the bass on the first."""
    return [(t, [*([voiced[0]] if not t else []), *voiced[1]]) for t in _steps(part, _beat(meter))]


def _bass_and_chords(voiced: Voiced, part: Fraction, meter: str, random: Random) -> Events:
    """The bass, then chords: one of two beats, two of three."""
    bass, chord = voiced
    beats = _steps(part, _beat(meter))
    if meter in _COMPOUND:
        events = []
        for t in beats:
            events += [(t, [bass]), (t + 1, chord)]
        return events
    every = 3 if meter == "3/4" else 2
    return [(t, [bass] if n % every == 0 else chord) for n, t in enumerate(beats)]


def _off_beats(voiced: Voiced, part: Fraction, meter: str, random: Random) -> Events:
    half = _beat(meter) / (3 if meter in _COMPOUND else 2)
    bass, chord = voiced
    return [(Fraction(0), [bass])] + [(t + half, chord) for t in _steps(part, _beat(meter))]


def _broken(voiced: Voiced, part: Fraction, meter: str, random: Random) -> Events:
    """Chords broken into eighths or sixteenths, low, high, middle, high."""
    low, middle, high = voiced[1]
    order = [low, high, middle, high] if meter not in _COMPOUND else [low, middle, high]
    if meter == "3/4":
        order = [low, high, middle, high, middle, high]
    size = Fraction(1, 2)
    return [(t, [order[n % len(order)]]) for n, t in enumerate(_steps(part, size))]


def _rising(voiced: Voiced, part: Fraction, meter: str, random: Random) -> Events:
    bass, chord = voiced
    order = [bass, *chord, chord[0] + 12, *chord[:0:-1]]
    steps = _steps(part, Fraction(1, 2))
    return [(t, [order[n % len(order)]]) for n, t in enumerate(steps)]


def _quick(voiced: Voiced, part: Fraction, meter: str, random: Random) -> Events:
    bass, chord = voiced
    order = [bass, chord[0], chord[1], chord[2]]
    if meter in _COMPOUND:
        order = [bass, chord[0], chord[1], chord[2], chord[1], chord[0]]
    return [(t, [order[n % len(order)]]) for n, t in enumerate(_steps(part, Fraction(1, 4)))]


def _pushed(voiced: Voiced, part: Fraction, meter: str, random: Random) -> Events:
    """A bass that anticipates, as in popular music, under chords on the beats or held."""
    bass, chord = voiced
    if meter in _COMPOUND or part < 3:
        return _bass_and_chords(voiced, part, meter, random)
    events = [(Fraction(0), [bass, *chord]), (Fraction(3, 2), [bass])]
    if part >= 4:
        events += [(Fraction(2), chord), (Fraction(7, 2), [bass])]
    return events


def _octaves(voiced: Voiced, part: Fraction, meter: str, random: Random) -> Events:
    if meter in _COMPOUND:
        return _struck(voiced, part, meter, random)
    steps = _steps(part, _beat(meter) / 2)
    return [(t, [voiced[0] + 12 * (n % 2)]) for n, t in enumerate(steps)]


PATTERNS: Final[tuple[Pattern, ...]] = (
    _held,
    _struck,
    _bass_and_chords,
    _off_beats,
    _broken,
    _rising,
    _quick,
    _pushed,
    _octaves,
)
