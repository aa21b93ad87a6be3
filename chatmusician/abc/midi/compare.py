"""A MIDI file against the tune it was made from.

The file is read back with symusic and its notes are laid beside the timeline's, in playing
order (``events.expanded``), by pitch, onset and length in quarter notes. It must be a plain
performance: accompaniment, grace notes and ornaments are notes that the tune does not have.
Where a pitch begins again while it sounds, in another voice or layer, both sides are taken to
end it there, since a MIDI channel cannot do otherwise.
"""

from __future__ import annotations

import importlib
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from chatmusician.abc.events import expanded
from chatmusician.abc.midi.model import playable
from chatmusician.abc.timing import Timeline
from chatmusician.errors import EngineError, MissingDependency

TOLERANCE: Final = 1 / 100
"""In quarter notes: abc2midi begins every note one tick of 480 late and rounds the rest."""

# Onset and end in quarter notes.
_Span = tuple[float, float]


@dataclass(frozen=True)
class Difference:
    """``kind`` is ``missing`` (in the file), ``extra``, ``length`` or ``tempo``.

    Times are in quarter notes; the pitch is -1 where it is about no note.
    """

    kind: str
    pitch: int
    onset: float
    detail: str = ""

    def __str__(self) -> str:
        pitch = f"pitch {self.pitch} " if self.pitch >= 0 else ""
        return f"{self.kind}: {pitch}at {self.onset:g} {self.detail}".rstrip()


def read_midi(data: bytes) -> Any:
    """The file as symusic reads it."""
    try:
        symusic: Any = importlib.import_module("symusic")
    except ImportError:
        raise MissingDependency("symusic", how='pip install ".[scores]"') from None
    try:
        return symusic.Score.from_midi(data)
    except Exception as error:  # symusic raises what its C++ side throws
        raise EngineError("symusic", f"cannot read the MIDI file: {error}") from error


def heard_notes(data: bytes) -> list[tuple[int, float, float]]:
    """Pitch, onset and end of every note of a file, in quarter notes."""
    score = read_midi(data)
    division = score.ticks_per_quarter
    found = []
    for track in score.tracks:
        notes = track.notes.numpy()
        columns = (notes["pitch"], notes["time"], notes["duration"])
        for pitch, time, duration in zip(*(c.tolist() for c in columns), strict=True):
            found.append((pitch, time / division, (time + duration) / division))
    return found


def expected_notes(line: Timeline) -> list[tuple[int, float, float]]:
    """The same of a timeline, repeats expanded; each pitch in an octave a file can hold."""
    found = []
    for onset, length, pitches in expanded(line):
        start, size = Fraction(onset), Fraction(length)
        for pitch in pitches:
            if size > 0:
                found.append((playable(pitch), float(start), float(start + size)))
    return found


def compare_midi(line: Timeline, data: bytes, tolerance: float = TOLERANCE) -> list[Difference]:
    """Where a plain MIDI file differs from the timeline; empty where it is right."""
    ours = _by_pitch(expected_notes(line), tolerance)
    theirs = _by_pitch(heard_notes(data), tolerance)
    found: list[Difference] = []
    for pitch in sorted(ours.keys() | theirs.keys()):
        found += _matched(pitch, ours.get(pitch, []), theirs.get(pitch, []), tolerance)
    found.sort(key=lambda difference: (difference.onset, difference.pitch))
    return found


def _by_pitch(notes: list[tuple[int, float, float]], tolerance: float) -> dict[int, list[_Span]]:
    """The spans in which each pitch sounds, each ending where the next begins at the latest."""
    groups: dict[int, list[_Span]] = defaultdict(list)
    for pitch, start, end in sorted(notes):
        spans = groups[pitch]
        if not spans or start >= spans[-1][1] - tolerance:
            spans.append((start, end))
            continue
        before, until = spans[-1]
        if start - before <= tolerance:
            spans[-1] = (before, max(until, end))
        else:
            spans[-1:] = [(before, start), (start, max(until, end))]
    return groups


def _matched(
    pitch: int, ours: list[_Span], theirs: list[_Span], tolerance: float
) -> list[Difference]:
    found: list[Difference] = []
    i = j = 0
    while i < len(ours) or j < len(theirs):
        away = _distance(ours, i, theirs, j)
        if away < -tolerance:
            found.append(Difference("missing", pitch, ours[i][0]))
            i += 1
        elif away > tolerance:
            found.append(Difference("extra", pitch, theirs[j][0]))
            j += 1
        else:
            wanted, got = ours[i][1] - ours[i][0], theirs[j][1] - theirs[j][0]
            if abs(wanted - got) > 2 * tolerance:
                detail = f"lasts {got:g} instead of {wanted:g}"
                found.append(Difference("length", pitch, ours[i][0], detail))
            i, j = i + 1, j + 1
    return found


def _distance(ours: list[_Span], i: int, theirs: list[_Span], j: int) -> float:
    """How far our next note lies after theirs; one that is left over lies far off."""
    if j >= len(theirs):
        return float("-inf")
    return float("inf") if i >= len(ours) else ours[i][0] - theirs[j][0]
