"""A grid whose beats are told: by the user, or by a program that tracks beats in sound."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Final

import numpy as np

from chatmusician.errors import InputError
from chatmusician.music.meter import beat_in_quarters, parse_meter
from chatmusician.transcription.rhythm.choice import (
    UNSURE,
    Chosen,
    Reading,
    accents,
    certainty,
    phase_scores,
)
from chatmusician.transcription.rhythm.features import Onsets, features
from chatmusician.transcription.rhythm.network import BARS, CELLS, Model
from chatmusician.transcription.rhythm.tracker import QUARTER, Steps
from chatmusician.transcription.written import Beat

# Beats at either end that tell how far apart those before and after them would be.
_NEAR: Final = 4
# Seconds by which an onset strays from its place between two beats that are told.
_STRAY: Final = 0.025
# What the fit of the places counts beside the network's word, both for an onset in the mean.
_FIT: Final = 1.0
# Steps of so many beats are told apart; a step that was never seen is this unlikely.
_FAR: Final = 16
_ODD: Final = -12.0
_MOST: Final = 200_000
_LONGEST_BAR: Final = 12


@dataclass(frozen=True)
class Told:
    """What was chosen, and when each beat falls: ``units`` on the grid, ``seconds``."""

    chosen: Chosen
    units: Any
    seconds: Any
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Beats:
    """Beats from before the first onset until after the last, ``in_bar`` to a bar (0 where not
    known), the first downbeat being beat ``downbeat``."""

    times: Any
    in_bar: int
    downbeat: int

    @property
    def period(self) -> float:
        return float(np.median(np.diff(self.times)))


def choose_by_beats(
    onsets: Onsets, model: Model, beats: Sequence[Beat], *, meter: str = ""
) -> Told:
    """The likeliest meter, and bars where beats are numbered 1; where they have no numbers, bars
    as the network finds them."""
    told = _covering(beats, float(onsets.times[0]), float(onsets.times[-1]))
    counted = told.in_bar and (not meter or _counts(told.in_bar, meter))
    remarks: tuple[str, ...] = ()
    if told.in_bar and not counted:
        told = replace(told, in_bar=0)
        remarks = (
            "the beats are not numbered as in the meter that is told; their numbers are not used",
        )
    # By the size of a beat and whether it is compound: meters share readings.
    read: dict[tuple[Fraction, bool], tuple[Reading, Any]] = {}
    found: list[tuple[float, Reading, str, int, Fraction]] = []
    for name, size in _meters(told.in_bar, meter):
        kind = size, _is_compound(name)
        if kind not in read:
            reading = _reading(onsets, model, told, size, compound=kind[1])
            rows = features(onsets, reading.units, reading.quarter)
            read[kind] = reading, model.network.log_probabilities(rows)
        reading, logs = read[kind]
        found += [
            (score + _FIT * reading.fit, reading, name, phase, size)
            for phase, score in _phases(onsets, logs, told, reading, name, size)
        ]
    found.sort(key=lambda one: -one[0])
    _, reading, name, phase, size = found[0]
    sure = certainty([score for score, *_ in found])
    if name.replace("2/2", "4/4") not in CELLS and not told.in_bar:
        sure = UNSURE
    units = np.arange(len(told.times)) * float(size * QUARTER)
    return Told(Chosen(reading, name, phase, sure), units, told.times, remarks)


def _is_compound(meter: str) -> bool:
    """Whether beats are divided as in 6/8; in 6/4 it is the quarter that is divided, by two."""
    parsed = parse_meter(meter)
    return parsed.compound and parsed.den >= 8


def _counts(in_bar: int, meter: str) -> bool:
    """Whether players may count so many beats in a bar of this meter: its beats, halves or thirds
    of them, two or three together, or the whole bar."""
    size = parse_meter(meter).length * 4 / in_bar / beat_in_quarters(meter)
    return in_bar == 1 or size in (1, 2, 3, Fraction(1, 2), Fraction(1, 3))


def _meters(in_bar: int, meter: str) -> list[tuple[str, Fraction]]:
    """Meters that may be, and the quarters of a told beat in each."""
    if meter:
        bar = parse_meter(meter).length * 4
        return [(meter, bar / in_bar if in_bar else beat_in_quarters(meter))]
    known = [*BARS, "2/2"]
    if not in_bar:
        return [(name, beat_in_quarters(name)) for name in known]
    if in_bar == 1:
        return [(name, parse_meter(name).length * 4) for name in ("2/4", "3/4", "6/8")]
    fits = [
        name for name in known if parse_meter(name).length * 4 == in_bar * beat_in_quarters(name)
    ]
    return [(name, beat_in_quarters(name)) for name in fits or [f"{in_bar}/4"]]


def _covering(beats: Sequence[Beat], first: float, last: float) -> _Beats:
    times = np.array([beat.time for beat in beats])
    numbers = [beat.number for beat in beats]
    in_bar, downbeat = _bars(numbers)
    begin, end = (
        float(np.median(part))
        for part in (np.diff(times[: _NEAR + 1]), np.diff(times[-_NEAR - 1 :]))
    )
    before = max(0, int(np.ceil((times[0] - first) / begin + 0.5)))
    after = max(0, int(np.ceil((last - times[-1]) / end + 0.5)))
    if before + after > _MOST:
        raise InputError("the beats that are told are far from the music, or far too close")
    whole = np.concatenate(
        [
            times[0] - begin * np.arange(before, 0, -1),
            times,
            times[-1] + end * np.arange(1, after + 1),
        ]
    )
    return _Beats(whole, in_bar, downbeat + before)


def _bars(numbers: Sequence[int]) -> tuple[int, int]:
    """Beats in most bars, and the index of a downbeat that most of them agree with; 0 where fewer
    than two downbeats are marked."""
    firsts = [at for at, number in enumerate(numbers) if number == 1]
    if len(firsts) < 2:
        return 0, 0
    in_bar = int(Counter(np.diff(firsts).tolist()).most_common(1)[0][0])
    if in_bar > _LONGEST_BAR:
        raise InputError(f"bars of {in_bar} beats are told; {_LONGEST_BAR} at most can be written")
    starts = Counter((at - number + 1) % in_bar for at, number in enumerate(numbers) if number)
    return in_bar, int(starts.most_common(1)[0][0])


def _reading(
    onsets: Onsets, model: Model, told: _Beats, size: Fraction, *, compound: bool
) -> Reading:
    """Places of the onsets among beats of ``size`` quarters."""
    steps = model.compound if compound else model.simple
    quarter = told.period / float(size)
    where = np.interp(onsets.times, told.times, np.arange(len(told.times)))
    expected = where * float(size) * QUARTER
    units, score = _placed(expected, steps, _STRAY / quarter * QUARTER)
    return Reading(units, np.full(len(units), quarter / QUARTER), quarter, score, False, 1.0)


def _placed(expected: Any, steps: Steps, spread: float) -> tuple[Any, float]:
    """The likeliest grid places of onsets expected at these units, give or take ``spread``: by
    how near they are, and by how usual each step between two places is (Viterbi)."""
    usual = np.full((len(steps.places), len(steps.places), _FAR), -np.inf)
    beats = (steps.units + steps.places[steps.source] - steps.places[steps.target]) // steps.beat
    usual[steps.source, steps.target, beats] = steps.log
    back: list[tuple[Any, Any]] = []
    score = np.zeros(0)
    places = units = np.zeros(0, int)
    for at, wanted in enumerate(expected):
        own_places, own = _near(float(wanted), steps)
        fit = -0.5 * ((own - wanted) / spread) ** 2
        if at == 0:
            score = fit + steps.start[own_places]
            back.append((own, np.zeros(len(own), int)))
        else:
            ahead = own[None, :] // steps.beat - units[:, None] // steps.beat
            step = usual[places[:, None], own_places[None, :], np.clip(ahead, 0, _FAR - 1)]
            # What does not go forward may still be the best there is, where a beat is told twice.
            step = np.where(own[None, :] > units[:, None], np.maximum(step, _ODD), 4 * _ODD)
            whole = score[:, None] + step
            came = whole.argmax(0)
            score = whole[came, np.arange(len(own))] + fit
            back.append((own, came))
        places, units = own_places, own
    found = []
    state = int(score.argmax())
    for own, came in reversed(back):
        found.append(int(own[state]))
        state = int(came[state])
    rows = np.arange(len(found))
    # Strictly one after another, as they were played.
    whole = np.maximum.accumulate(np.array(found[::-1]) - rows) + rows
    return whole, float(score.max()) / len(found)


def _near(wanted: float, steps: Steps) -> tuple[Any, Any]:
    """The places of the grid within half a beat: which of a beat's, and their units."""
    first = int(np.floor(wanted / steps.beat))
    every = (np.arange(first - 1, first + 2)[:, None] * steps.beat + steps.places).ravel()
    which = np.tile(np.arange(len(steps.places)), 3)
    near = np.flatnonzero(np.abs(every - wanted) <= steps.beat / 2)
    return which[near], every[near]


def _phases(
    onsets: Onsets, logs: Any, told: _Beats, reading: Reading, meter: str, size: Fraction
) -> list[tuple[int, float]]:
    """Where bars may begin, as grid units before unit 0, and how likely each is."""
    bar = int(parse_meter(meter).length * 4 * QUARTER)
    beat = size * QUARTER
    if told.in_bar:
        phases = [round(-told.downbeat * beat) % bar]
    else:
        phases = sorted({round(number * beat) % bar for number in range(max(1, int(bar / beat)))})
    known = meter.replace("2/2", "4/4")
    if known in CELLS:
        scores = phase_scores(logs, reading.units, known, phases)
    else:
        scores = accents(onsets, reading, bar, phases)
    return list(zip(phases, scores, strict=True))
