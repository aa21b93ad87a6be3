"""How alike two stretches of melody are."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from chatmusician.abc.analysis.melody import Bar

# From these on two sections have the same letter, or one is a variation of the other.
SAME: Final = 8.0
VARIED: Final = 6.0


def similarity(first: Sequence[Bar], second: Sequence[Bar]) -> float:
    """How alike two runs of bars are, from 0 to 10.

    Two bars agree for the share of their time in which the same pitch sounds (each note
    holding until the next). The bars of both runs are aligned in order, as well as
    possible, bars left out where that helps; the result is 10 times twice the agreeing
    time over the time of both. 10: the same melody; a pickup weighs as little as it lasts.
    """
    total = sum((bar.length for bar in (*first, *second)), Fraction(0))
    if not total:
        return 0.0
    lines = [_steps(bar) for bar in first], [_steps(bar) for bar in second]
    best = [Fraction(0)] * (len(second) + 1)
    for ours in lines[0]:
        above = list(best)
        for at, theirs in enumerate(lines[1], 1):
            agreed = above[at - 1] + _agreement(ours, theirs)
            best[at] = max(above[at], best[at - 1], agreed)
    return float(20 * best[-1] / total)


_Steps = tuple[tuple[Fraction, Fraction, int], ...]


def _steps(bar: Bar) -> _Steps:
    """(from, to, pitch) of each note, held until the next one or the bar's end."""
    onsets = [note.onset for note in bar.notes]
    ends = [*onsets[1:], bar.length]
    return tuple(
        (Fraction(0) if at == 0 else note.onset, end, note.pitch)
        for at, (note, end) in enumerate(zip(bar.notes, ends, strict=False))
    )


def _agreement(first: _Steps, second: _Steps) -> Fraction:
    if first == second:
        return first[-1][1] if first else Fraction(0)
    agreed, i, j = Fraction(0), 0, 0
    while i < len(first) and j < len(second):
        (a, b, pitch), (c, d, other) = first[i], second[j]
        if pitch == other:
            agreed += max(Fraction(0), min(b, d) - max(a, c))
        i, j = i + (b <= d), j + (d <= b)
    return agreed
