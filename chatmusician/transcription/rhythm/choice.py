"""Which reading of the grid is right: its level, the meter, and where bars begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from chatmusician.errors import InputError
from chatmusician.music.meter import Meter, beat_in_quarters, parse_meter
from chatmusician.transcription.rhythm.features import Onsets, echoes, features
from chatmusician.transcription.rhythm.network import CELL, CELLS, FIRST, Model
from chatmusician.transcription.rhythm.tracker import FREE, QUARTER, STEADY, Track, track

# What a tracked quarter may turn out to be in written quarters.
_LEVELS: Final = (1.0, 0.5, 2.0, 1.5, 2 / 3)
# The log likelihood per onset above which a steady grid is not doubted.
_GOOD_FIT: Final = -1.9
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


def readings(onsets: Onsets, model: Model, quarter: float = 0.0) -> list[Reading]:
    """The grid as found with simple and with compound beats, at every level; with a stated
    length of the quarter only those near it. Where no grid fits well, the player may have bent
    the time, and grids that give way more are read as well."""
    found: list[Reading] = []
    for loose in (STEADY, FREE):
        if found and max(one.fit for one in found) > _GOOD_FIT:
            break
        for steps in (model.simple, model.compound):
            tracked = track(onsets.times, steps, quarter=quarter or None, loose=loose)
            if np.isfinite(tracked.score):
                found += _levels(tracked, steps.beat != QUARTER, quarter)
    if not found:
        raise InputError("no beat can be found in these notes")
    return _different(found)


def _levels(tracked: Track, compound: bool, stated: float) -> list[Reading]:
    found = []
    for level in _LEVELS if not stated else (1.0,):
        exact = tracked.units * level
        units = np.round(exact).astype(int)
        quarter = float(np.median(tracked.pace)) * QUARTER / level
        if np.any(np.diff(units) <= 0):
            continue
        possible = stated or _SHORTEST_QUARTER <= quarter <= _LONGEST_QUARTER
        if level == 1.0 or not possible:
            if level == 1.0:
                found.append(Reading(units, tracked.pace, quarter, tracked.score, compound, 1.0))
        elif level > 1.2 or np.mean(np.abs(exact - units) > 0.01) < 0.1:
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
        for meter, size in CELLS.items():
            phases = [cell * CELL for cell in range(size)]
            found += [
                Candidate(reading, meter, phase, score)
                for phase, score in zip(
                    phases, phase_scores(logs, reading.units, meter, phases), strict=True
                )
            ]
    found.sort(key=lambda one: -one.score)
    return found


def phase_scores(logs: Any, units: Any, meter: str, phases: Sequence[int]) -> list[float]:
    """How likely the network finds bars of a meter that begin so many grid units before unit 0."""
    size = CELLS[meter]
    places = (units[:, None] + np.array(phases)) // CELL % size
    own = logs[:, FIRST[meter] : FIRST[meter] + size]
    return [float(score) for score in np.take_along_axis(own, places, 1).mean(0)]


@dataclass(frozen=True)
class Chosen:
    """The reading that is taken, and how much likelier it is than others, from 0 to 1."""

    reading: Reading
    meter: str
    phase: int
    confidence: float


# How much surer a difference of the mean log probability makes; set on development tunes.
_SHARPNESS: Final = 12.0


# How sure a meter is that the network does not know.
UNSURE: Final = 0.3
# A stated tempo holds within this factor, as a log.
_TEMPO_ROOM: Final = 0.3


def choose(onsets: Onsets, model: Model, *, meter: str = "", beat: float = 0.0) -> Chosen:
    """The likeliest reading; of ``meter``, and with beats of about ``beat`` seconds, where these
    are known."""
    known = meter.replace("2/2", "4/4")
    read = _readings_at(onsets, model, meter, beat) if beat else readings(onsets, model)
    if meter and known not in CELLS:
        return _in_other_meter(onsets, read, model, parse_meter(meter))
    ranked = [
        one
        for one in candidates(onsets, read, model)
        if (one.meter == known if meter else not beat or _is_at(one, beat))
    ]
    if not ranked:
        raise InputError("no beat near the stated tempo can be found in these notes")
    best = ranked[0]
    sure = certainty([one.score for one in ranked])
    return Chosen(best.reading, meter or best.meter, best.phase, sure)


def certainty(scores: Sequence[float]) -> float:
    """How much likelier the first of sorted mean log probabilities is than the others."""
    odds = np.exp(_SHARPNESS * (np.array(scores[:40]) - scores[0]))
    return float(1 / odds.sum())


def _readings_at(onsets: Onsets, model: Model, meter: str, beat: float) -> list[Reading]:
    """Readings whose beat is as stated: a quarter or a dotted quarter where no meter is."""
    sizes = [float(beat_in_quarters(meter))] if meter else [1.0, 1.5]
    return [one for size in sizes for one in readings(onsets, model, beat / size)]


def _is_at(candidate: Candidate, beat: float) -> bool:
    size = float(beat_in_quarters(candidate.meter))
    return bool(abs(np.log(candidate.reading.quarter * size / beat)) < _TEMPO_ROOM)


def _in_other_meter(onsets: Onsets, read: Sequence[Reading], model: Model, meter: Meter) -> Chosen:
    """A meter that the network does not know (5/4, 7/8): the bars at whose beginnings notes are
    long and the music comes again."""
    size = int(meter.length * 4 * QUARTER)
    best, found = -np.inf, None
    for reading in read:
        usual = -abs(np.log(reading.quarter / 0.5)) * 0.3 - 0.5 * abs(np.log(reading.level))
        phases = range(0, size, CELL)
        for phase, accent in zip(phases, accents(onsets, reading, size, phases), strict=True):
            if accent + usual > best:
                best, found = accent + usual, (reading, phase)
    assert found is not None
    return Chosen(found[0], meter.name, found[1], UNSURE)


def accents(onsets: Onsets, reading: Reading, size: int, phases: Sequence[int]) -> list[float]:
    """For each phase how much bars of ``size`` grid units that begin there are like bars."""
    steps = np.append(np.diff(reading.units), QUARTER)
    weight = np.log1p(steps / CELL)
    back, _ = echoes(reading.units, onsets.top, size)
    bars = (reading.units[-1] - reading.units[0]) / size + 1
    found = []
    for phase in phases:
        first = (reading.units + phase) % size == 0
        filled = len(np.unique((reading.units[first] + phase) // size))
        accent = (weight * first).sum() / weight.sum() * size / QUARTER
        found.append(float(accent + 0.5 * filled / bars + back.mean()))
    return found
