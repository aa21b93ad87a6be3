"""Chord symbols for music in several voices: what sounds beat by beat, read as few chords."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

import numpy as np

from chatmusician.abc.imports.keys import tonic_name
from chatmusician.transcription.placed import Placed

_KINDS: Final = (("", (0, 4, 7)), ("m", (0, 3, 7)), ("7", (0, 4, 7, 10)), ("dim", (0, 3, 6)))
# What a chord costs that is no plain triad, and what it costs to change within and at a bar.
_RARE: Final = {"": 0.0, "m": 0.0, "7": 0.12, "dim": 0.2}
_CHANGE, _CHANGE_AT_BAR = 0.55, 0.3
_BASS: Final = 0.5
_MOST_BEATS: Final = 50_000


def chord_symbols(
    notes: Sequence[Placed], beat: Fraction, bar: Fraction, fifths: int
) -> list[tuple[Fraction, str]]:
    """Chords by onset, where one begins; nothing for music in one voice."""
    if len({note.voice for note in notes}) < 2:
        return []
    count = int(max(note.end for note in notes) / beat) + 1
    if count > _MOST_BEATS:
        return []
    heard, bass = _heard(notes, beat, count)
    fit = _fit(heard, bass)
    path = _best_path(fit, [at * beat % bar == 0 for at in range(count)])
    names = _names(fifths)
    found: list[tuple[Fraction, str]] = []
    for at, chord in enumerate(path):
        if heard[at].sum() > 0 and (not found or found[-1][1] != names[chord]):
            found.append((at * beat, names[chord]))
    return found


def _heard(notes: Sequence[Placed], beat: Fraction, count: int) -> tuple[Any, Any]:
    """How long each tone sounds in each beat, those below the melody twice, and which is
    lowest."""
    heard, bass = np.zeros((count, 12)), np.full(count, -1)
    lowest = np.full(count, 999)
    for note in notes:
        weight = 1.0 if note.voice else 0.5
        at = int(note.onset // beat)
        while at < count and at * beat < note.end:
            inside = min(note.end, (at + 1) * beat) - max(note.onset, at * beat)
            heard[at, note.pitch % 12] += weight * float(inside / beat)
            if note.pitch < lowest[at]:
                lowest[at], bass[at] = note.pitch, note.pitch % 12
            at += 1
    return heard, bass


def _fit(heard: Any, bass: Any) -> Any:
    """For each beat and chord the share of what sounds that is in the chord, less what of the
    chord is not heard."""
    total = np.maximum(heard.sum(1, keepdims=True), 1e-9)
    share = heard / total
    columns = []
    for kind, tones in _KINDS:
        for root in range(12):
            inside = [(root + tone) % 12 for tone in tones]
            missing = (heard[:, inside[:3]] == 0).mean(1)
            score = share[:, inside].sum(1) - 0.3 * missing - _RARE[kind]
            columns.append(score + _BASS * (bass == root) * 0.5)
    return np.stack(columns, 1)


def _best_path(fit: Any, at_bar: Sequence[bool]) -> list[int]:
    total = fit[0]
    back = []
    for row, new_bar in zip(fit[1:], at_bar[1:], strict=True):
        jump = int(total.argmax())
        moved = total[jump] - (_CHANGE_AT_BAR if new_bar else _CHANGE)
        stays = total >= moved
        back.append(np.where(stays, np.arange(len(total)), jump))
        total = np.maximum(total, moved) + row
    at = int(total.argmax())
    path = [at]
    for came in reversed(back):
        at = int(came[at])
        path.append(at)
    return path[::-1]


def _names(fifths: int) -> list[str]:
    """Names of all chords, their roots spelled as near to the key as can be."""
    roots = {(7 * n) % 12: tonic_name(n) for n in range(fifths - 5, fifths + 7)}
    return [roots[root] + kind for kind, _ in _KINDS for root in range(12)]
