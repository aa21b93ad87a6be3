"""Pieces of several voices that rhythm is learned from: scores of music21's corpus, and songs of
POP909 with the beats that their annotations give.

Of POP909 two songs of three are learned from.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.performances import Played, is_kept_back, pop909
from chatmusician import abc
from chatmusician.abc.imports.musicxml import from_mxl
from chatmusician.abc.timing import Timeline
from chatmusician.errors import ChatMusicianError
from chatmusician.eval.transcription.truth import as_written, places_of
from chatmusician.transcription.onsets import onsets, together
from chatmusician.transcription.performed_midi import read_performance
from chatmusician.transcription.rhythm.features import Onsets
from chatmusician.transcription.rhythm.network import CELLS, FIRST, model
from chatmusician.transcription.rhythm.tracker import QUARTER, track

COMPOSERS: Final = (
    "bach",
    "beethoven",
    "mozart",
    "haydn",
    "handel",
    "schumann_robert",
    "schumann_clara",
    "joplin",
    "weber",
    "verdi",
    "cpebach",
)
_FEWEST: Final = 40
# A beat of the notes and one of the recording are the same within so many seconds.
_SAME_BEAT: Final = 0.15
# How much of a song's beats must agree on where bars begin.
_CLEAR: Final = 0.85


@dataclass(frozen=True)
class Texture:
    """Onsets, their grid units, the class of each, and the usual length of a quarter in seconds
    where it is known."""

    id: str
    onsets: Onsets
    units: Any
    classes: Any
    quarter: float = 0.0


# -- scores ---------------------------------------------------------------------


def scores() -> Iterator[Texture]:
    """Scores in one meter. One in ten, by its name, is left out for tests."""
    found = importlib.util.find_spec("music21")
    if found is None or not found.origin:
        raise SystemExit("music21 is needed: its corpus is read")
    corpus = Path(found.origin).parent / "corpus"
    for composer in COMPOSERS:
        for path in sorted((corpus / composer).rglob("*.mxl")):
            name = f"{composer}/{path.stem}"
            if int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10 == 0:
                continue
            try:
                tune = abc.read(from_mxl(path.read_bytes())).tunes[0]
                made = _of_score(name, abc.timeline(tune))
            except (ChatMusicianError, IndexError):
                continue
            if made is not None:
                yield made


def _of_score(name: str, line: Timeline) -> Texture | None:
    voice = line.voices[0] if line.voices else None
    meter = line.meter.name.replace("2/2", "4/4")
    if voice is None or len(voice.meters) > 1 or line.meter.free or meter not in CELLS:
        return None
    full = line.quarters(int(voice.measures[0].want))
    places = places_of(line, voice.measures, as_written(voice), full)
    if places is None:
        return None
    starts = [line.quarters(int(measure.start)) for measure in voice.measures]
    begun: dict[Fraction, set[int]] = {}
    for own in line.voices:
        for tone in own.tones:
            begun.setdefault(line.quarters(int(tone.onset)), set()).add(int(tone.pitch))
    order = sorted(begun)
    if len(order) < _FEWEST:
        return None
    cells = []
    for onset in order:
        at = int(np.searchsorted(np.array(starts, float), float(onset), side="right")) - 1
        inside = places[at][1] + onset - starts[at]
        cells.append(min(int(inside * 4), CELLS[meter] - 1))
    units = np.array([float(onset - places[0][0]) * QUARTER for onset in order])
    return Texture(name, sounding(begun, order, units), units, FIRST[meter] + np.array(cells))


def sounding(begun: Mapping[Any, set[int]], order: Sequence[Any], times: Any) -> Onsets:
    """Onsets from the pitches that begin at each."""
    tones = np.zeros((len(order), 12), np.float32)
    for at, onset in enumerate(order):
        tones[at, [pitch % 12 for pitch in begun[onset]]] = 1
    return Onsets(
        times,
        np.array([max(begun[onset]) for onset in order]),
        np.array([min(begun[onset]) for onset in order]),
        np.array([len(begun[onset]) for onset in order]),
        tones,
    )


# -- songs ----------------------------------------------------------------------


def songs() -> Iterator[Texture]:
    """POP909, on the grid that the tracker finds when it is told the tempo."""
    for played in pop909():
        if not is_kept_back(played.id):
            made = of_song(played)
            if made is not None:
                yield made


def of_song(played: Played) -> Texture | None:
    beats = numbered_beats(played.beside)
    if beats is None:
        return None
    times, numbers, in_bar = beats
    performance = read_performance(played.midi)
    heard = onsets(performance.notes, together(performance.notes))
    quarter = float(np.median(np.diff(times)))
    units = track(heard.times, model().simple, quarter=quarter).units
    at = np.searchsorted(times, heard.times + 0.02, side="right") - 1
    kept = np.flatnonzero((at >= 0) & (at < len(times) - 1))
    if len(kept) < _FEWEST or np.any(np.diff(kept) != 1):
        return None
    at = at[kept]
    share = (heard.times[kept] - times[at]) / (times[at + 1] - times[at])
    place = numbers[at] - 1 + np.round(share * 8) / 8
    meter = {2: "2/4", 3: "3/4", 4: "4/4"}[in_bar]
    cells = np.floor(place * 4 + 1e-6).astype(int) % CELLS[meter]
    some = heard.between(int(kept[0]), int(kept[-1]) + 1)
    return Texture(played.id, some, units[kept], FIRST[meter] + cells, quarter)


def numbered_beats(beside: Mapping[str, str]) -> tuple[Any, Any, int] | None:
    """Times of the beats in the notes, their numbers in the bar, and how many a bar has: where
    nearly all beats of the recording agree on it."""
    times = np.array([float(row.split()[0]) for row in beside["beat_midi.txt"].split("\n") if row])
    rows = [row.split() for row in beside["beat_audio.txt"].split("\n") if row]
    marks = np.array([(float(row[0]), float(row[1])) for row in rows])
    if len(times) < _FEWEST or len(marks) < _FEWEST:
        return None
    in_bar = int(np.median(_bar_sizes(marks[:, 1])))
    if in_bar not in (2, 3, 4):
        return None
    near = np.abs(times[:, None] - marks[None, :, 0]).argmin(1)
    close = np.abs(times - marks[near, 0]) < _SAME_BEAT
    shifts = (marks[near, 1] - 1 - np.arange(len(times))) % in_bar
    votes = np.bincount(shifts[close].astype(int), minlength=in_bar)
    if close.mean() < _CLEAR or votes.max() < _CLEAR * votes.sum():
        return None
    return times, (np.arange(len(times)) + votes.argmax()) % in_bar + 1, in_bar


def _bar_sizes(numbers: Any) -> Any:
    return numbers[:-1][np.diff(numbers) < 0]


def read_textures() -> list[Texture]:
    return [*scores(), *songs()]


__all__ = ["Texture", "numbered_beats", "read_textures", "sounding"]
