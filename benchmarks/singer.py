"""A synthetic singer: vibrato, slides, breath and breathing, made from notes that are known."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np

RATE = 22_050
Note = tuple[float, float, int]
"""Onset and end in seconds, pitch."""


@dataclass(frozen=True)
class Voice:
    """``vibrato`` is how far, in semitones, the pitch goes to each side; ``slide`` the seconds
    from note to note; ``scoop`` how many semitones below a phrase begins; ``off`` how far
    from concert pitch it all is; ``breath`` the noise beside the tone."""

    vibrato: float = 0.5
    rate: float = 5.5
    slide: float = 0.08
    scoop: float = 1.0
    drift: float = 0.1
    off: float = 0.0
    breath: float = 0.02
    brightness: float = 1.2


def sing(notes: list[Note], voice: Voice, seed: int = 0) -> Any:
    """Samples of one voice; notes closer than 30 ms are joined by a slide, without a break."""
    chance = random.Random(seed)
    noise = np.random.default_rng(seed)
    length = int((max(end for _, end, _ in notes) + 0.5) * RATE)
    time = np.arange(length) / RATE
    pitch, loud = np.full(length, np.nan), np.zeros(length)
    before: Note | None = None
    for note in notes:
        start, end = int(note[0] * RATE), int(note[1] * RATE)
        joined = before is not None and note[0] - before[1] < 0.03
        along = time[start:end] - note[0]
        origin = float(before[2]) if joined and before else note[2] - voice.scoop
        reach = max(voice.slide, 0.01)
        # Half of a slide lies before the new note: it is there when it sounds.
        ease = np.exp(-(((along + (reach / 2 if joined else 0)) / reach) ** 2) * 3)
        swing = voice.vibrato * np.clip((along - 0.12) / 0.15, 0, 1)
        wave = np.sin(2 * np.pi * voice.rate * along + chance.uniform(0, 1))
        wander = chance.gauss(0, voice.drift)
        pitch[start:end] = note[2] + wander + (origin - note[2]) * ease + swing * wave
        loud[start:end] = _swell(along, note[1] - note[0], joined) * chance.uniform(0.7, 1)
        before = note
    known = ~np.isnan(pitch)
    pitch = np.interp(time, time[known], pitch[known]) + voice.off
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((pitch - 69) / 12)) / RATE
    tone = sum(np.sin(k * phase) / k**voice.brightness for k in range(1, 9))
    hiss = noise.normal(0, voice.breath, length)
    return (0.2 * loud * tone + hiss * (0.3 + loud)).astype(np.float32)


def _swell(along: Any, length: float, joined: bool) -> Any:
    """Soft edges; where notes are joined the tone only dips."""
    rise = np.clip(along / 0.04, 0, 1)
    fall = np.clip((length - along) / 0.05, 0, 1)
    return (0.6 + 0.4 * rise) * (0.6 + 0.4 * fall) if joined else rise * (0.6 + 0.4 * fall)


def melody(seed: int, seconds: float = 20.0) -> list[Note]:
    """Steps and leaps within a tenth, held notes, quick notes, repeated notes and breaths."""
    chance = random.Random(seed)
    lowest = chance.randint(45, 62)
    scale = [0, 2, 4, 5, 7, 9, 11, 12, 14, 16]
    at, now, notes = chance.randrange(10), 0.3, list[Note]()
    beat = chance.uniform(0.35, 0.7)
    while now < seconds:
        length = beat * chance.choice((0.5, 0.5, 1, 1, 1, 1.5, 2))
        gap = chance.choice((0, 0, 0, 0.06, 0.06, 0.3))
        at = max(0, min(9, at + chance.choice((-4, -2, -1, -1, 0, 1, 1, 2, 3))))
        repeated = notes and notes[-1][2] == lowest + scale[at] and now - notes[-1][1] < 0.06
        # Sung again, a pitch is begun again: nobody could tell otherwise.
        start = now + 0.06 if repeated else now
        notes.append((start, now + length - gap * (length > 2 * gap), lowest + scale[at]))
        now += length
    return notes
