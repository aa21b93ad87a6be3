"""Onsets in seconds to places on a grid: the tempo curve and the places found together.

A hidden Markov model over (place in the beat, tempo), solved with Viterbi's algorithm. From
one onset to the next a step of some grid units is taken, as likely as such steps are in
written music from that place, and it lasts as long as the tempo says, give or take a human
hand. What a beat is called, and which of them begin bars, is decided afterwards (``choice``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

# Grid units in a quarter note.
QUARTER: Final = 24
# Slowest and fastest quarter, in seconds, and the step between tempos, as a share.
_SLOWEST, _FASTEST, _STEP = 1.5, 0.23, 0.02
_USUAL_QUARTER, _TEMPO_SPREAD = 0.52, 0.4
_JITTER: Final = 0.015
# By what share of a step players stray beyond that: most, and those who bend the time.
STEADY, FREE = 0.02, 0.06
_WORST: Final = -14.0
_LATEST: Final = 0.04
# How likely the tempo moves by so many steps between two onsets.
_SHIFTS: Final = (0, -1, 1, -2, 2)
_SHIFT_COST: Final = (0.0, -0.9, -0.9, -3.6, -3.6)
# Longer gaps than this many beats are all the same to the model.
_FAR: Final = 8
_BLOCK: Final = 4096


@dataclass(frozen=True)
class Steps:
    """Steps between onsets: from place ``source`` to ``target`` (indices), ``units`` long, as
    likely as ``log`` says. ``places`` are grid units within a beat of ``beat`` units."""

    beat: int
    places: Any
    source: Any
    target: Any
    units: Any
    log: Any
    start: Any

    @classmethod
    def from_counts(cls, beat: int, places: Any, counts: Any, start: Any) -> Steps:
        """``counts[from, to, beats]``: how often a step from one place leads to another so many
        beats on; the last entry stands for all that are longer."""
        counts = np.asarray(counts, float)
        places = np.asarray(places, int)
        smooth = counts + 0.2 + 0.02 * counts.sum((0, 1), keepdims=True) / counts.shape[0] ** 2
        logs = np.log(smooth / smooth.sum((1, 2), keepdims=True))
        rows = []
        for source in range(len(places)):
            for target in range(len(places)):
                for beats in range(_FAR * 2):
                    units = beats * beat + places[target] - places[source]
                    if units > 0:
                        at = min(beats, counts.shape[2] - 1)
                        far = max(0, beats - at)
                        rows.append((source, target, units, logs[source, target, at] - 0.7 * far))
        rows.sort(key=lambda row: row[2])
        table = np.array(rows)
        begin = np.log((np.asarray(start, float) + 1) / (np.sum(start) + len(places)))
        whole = table[:, :3].astype(int)
        return cls(beat, places, whole[:, 0], whole[:, 1], whole[:, 2], table[:, 3], begin)


@dataclass(frozen=True)
class Track:
    """Where each onset lies: ``units`` from a beat on, ``seconds_per_unit`` there; ``score`` is
    the log likelihood per onset."""

    units: Any
    pace: Any
    score: float
    beat: int


def tempos() -> Any:
    """Seconds per grid unit, from fast to slow."""
    count = int(np.log(_SLOWEST / _FASTEST) / _STEP) + 1
    return _FASTEST * np.exp(_STEP * np.arange(count)) / QUARTER


def track(
    times: Any, steps: Steps, *, quarter: float | None = None, loose: float = STEADY
) -> Track:
    """The best reading of onsets. ``quarter`` is its length in seconds where it is known."""
    times = np.asarray(times, float)
    paces = tempos()
    middle, spread = (quarter, 0.1) if quarter else (_USUAL_QUARTER, _TEMPO_SPREAD)
    if quarter:
        paces = paces[np.abs(np.log(paces * QUARTER / quarter)) < 0.45]
        if not len(paces):
            paces = quarter / QUARTER * np.exp(_STEP * np.arange(-20, 21))
    log_paces = -0.5 * (np.log(paces * QUARTER / middle) / spread) ** 2
    alpha = steps.start[:, None] + log_paces[None, :]
    places, found_paces, total = _viterbi(times, alpha, paces, steps, loose)
    units = np.concatenate([[steps.places[places[0][0]]], [s for _, s in places[1:]]])
    return Track(np.cumsum(units), found_paces, total / max(1, len(times)), steps.beat)


def _viterbi(
    times: Any, alpha: Any, paces: Any, steps: Steps, loose: float
) -> tuple[list[tuple[int, int]], Any, float]:
    """Places with the units stepped to each, and the pace at each; blocks of onsets are settled
    one after another, so that memory is bounded."""
    found: list[tuple[int, int]] = []
    found_paces: list[float] = []
    start = 0
    while True:
        stop = min(start + _BLOCK, len(times))
        alpha, back = _forward(times[start:stop], alpha, paces, steps, loose)
        last = np.unravel_index(int(np.argmax(alpha)), alpha.shape)
        rows, own = _traced(back, int(last[0]), int(last[1]), paces, steps)
        found += rows if not found else rows[1:]
        found_paces += own if not found_paces else own[1:]
        if stop == len(times):
            return found, np.array(found_paces), float(alpha.max())
        settled = np.full_like(alpha, -np.inf)
        settled[last] = alpha[last]
        alpha, start = settled, stop - 1


def _forward(
    times: Any, alpha: Any, paces: Any, steps: Steps, loose: float
) -> tuple[Any, list[Any]]:
    count, width = alpha.shape
    rows = np.arange(width)
    shifted = np.empty((len(_SHIFTS), count, width))
    back: list[Any] = []
    order = np.arange(count)
    enough = 2 * count * count
    # How late the last onset was by each state's own clock, and how unsure those clocks are.
    late = np.zeros_like(alpha)
    unsure = _JITTER**2
    for gap in np.diff(times):
        shifted[:] = -np.inf
        for at, (shift, cost) in enumerate(zip(_SHIFTS, _SHIFT_COST, strict=True)):
            if shift >= 0:
                shifted[at, :, shift:] = alpha[:, : width - shift] + cost
            else:
                shifted[at, :, :shift] = alpha[:, -shift:] + cost
        moved = shifted.argmax(0)
        best = np.take_along_axis(shifted, moved[None], 0)[0]
        came = np.clip(rows - np.array(_SHIFTS)[moved], 0, width - 1)
        late = np.take_along_axis(late, came, 1)
        low = np.searchsorted(steps.units, 0.6 * gap / paces[-1] - 1)
        high = np.searchsorted(steps.units, 1.5 * gap / paces[0] + 2)
        # Two beats' worth of steps at least, so that there is one from every place.
        low = max(0, min(low, len(steps.units) - enough))
        high = max(high, low + enough)
        units = steps.units[low:high]
        source = steps.source[low:high]
        unsure += (loose * gap) ** 2
        spread = unsure + _JITTER**2
        off = gap + late[source] - units[:, None] * paces[None, :]
        fit = np.maximum(-0.5 * off * off / spread, _WORST)
        score = best[source] + fit + steps.log[low:high, None]
        left = _JITTER**2 / spread
        unsure *= left
        late = np.zeros_like(alpha)
        target = steps.target[low:high]
        alpha = np.full((count, width), -np.inf)
        chosen = np.zeros((count, width), dtype=np.int32)
        for place in order:
            rows_of = np.flatnonzero(target == place)
            if len(rows_of):
                part = score[rows_of]
                top = part.argmax(0)
                alpha[place] = part[top, rows]
                chosen[place] = rows_of[top] + low
                late[place] = np.clip(left * off[rows_of][top, rows], -_LATEST, _LATEST)
        back.append((chosen, moved.astype(np.int8)))
    return alpha, back


def _traced(
    back: list[Any], place: int, pace: int, paces: Any, steps: Steps
) -> tuple[list[tuple[int, int]], list[float]]:
    found: list[tuple[int, int]] = []
    own = [float(paces[pace])]
    for chosen, moved in reversed(back):
        step = int(chosen[place, pace])
        found.append((place, int(steps.units[step])))
        source = int(steps.source[step])
        pace -= _SHIFTS[int(moved[source, pace])]
        place = source
        own.append(float(paces[pace]))
    found.append((place, 0))
    return found[::-1], own[::-1]
