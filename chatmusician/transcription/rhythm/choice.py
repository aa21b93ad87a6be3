"""Which reading of the grid is right: its level, the meter, and where bars begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from chatmusician.transcription.rhythm.features import Onsets, features
from chatmusician.transcription.rhythm.network import CELL, CELLS, FIRST, Model
from chatmusician.transcription.rhythm.tracker import QUARTER, Track, track

# What a tracked quarter may turn out to be in written quarters.
_LEVELS: Final = (1.0, 0.5, 2.0, 1.5, 2 / 3)
_SHORTEST_QUARTER, _LONGEST_QUARTER = 0.2, 1.7


@dataclass(frozen=True)
class Reading:
    """Onsets on a grid at one level; ``quarter`` is its usual length in seconds."""

    units: Any
    pace: Any
    quarter: float
    fit: float
    compound: bool
    level: float


@dataclass(frozen=True)
class Candidate:
    """A reading with bars: ``phase`` grid units before unit 0 begins a bar."""

    reading: Reading
    meter: str
    phase: int
    score: float


def readings(
    onsets: Onsets, model: Model, quarters: Sequence[float | None] = (None,)
) -> list[Reading]:
    """The grid as found with simple and with compound beats, at every level."""
    found: list[Reading] = []
    for quarter in quarters:
        for steps in (model.simple, model.compound):
            tracked = track(onsets.times, steps, quarter=quarter)
            if np.isfinite(tracked.score):
                found += _levels(tracked, steps.beat != QUARTER)
    return _different(found)


def _levels(tracked: Track, compound: bool) -> list[Reading]:
    found = []
    for level in _LEVELS:
        exact = tracked.units * level
        units = np.round(exact).astype(int)
        quarter = float(np.median(tracked.pace)) * QUARTER / level
        if not _SHORTEST_QUARTER <= quarter <= _LONGEST_QUARTER or np.any(np.diff(units) <= 0):
            continue
        if level > 1.2 or np.mean(np.abs(exact - units) > 0.01) < 0.1:
            found.append(
                Reading(units, tracked.pace / level, quarter, tracked.score, compound, level)
            )
    return found


def _different(found: list[Reading]) -> list[Reading]:
    kept: list[Reading] = []
    for one in found:
        same = any(
            np.array_equal(np.diff(one.units), np.diff(other.units)) and one.fit <= other.fit
            for other in kept
        )
        if not same:
            kept.append(one)
    return kept


def candidates(onsets: Onsets, read: Sequence[Reading], model: Model) -> list[Candidate]:
    """Every meter and bar phase of every reading, the likeliest first."""
    found: list[Candidate] = []
    for reading in read:
        rows = features(onsets, reading.units, reading.quarter)
        logs = model.network.log_probabilities(rows)
        cells = reading.units // CELL
        for meter, size in CELLS.items():
            own = logs[:, FIRST[meter] : FIRST[meter] + size]
            places = (cells[:, None] + np.arange(size)) % size
            scores = np.take_along_axis(own, places, 1).mean(0)
            found += [
                Candidate(reading, meter, phase * CELL, float(score))
                for phase, score in enumerate(scores)
            ]
    found.sort(key=lambda one: -one.score)
    return found


@dataclass(frozen=True)
class Chosen:
    """The reading that is taken, and how much likelier it is than others, from 0 to 1."""

    reading: Reading
    meter: str
    phase: int
    confidence: float


def choose(onsets: Onsets, model: Model) -> Chosen:
    ranked = candidates(onsets, readings(onsets, model), model)
    best = ranked[0]
    return Chosen(best.reading, best.meter, best.phase, 1.0)
