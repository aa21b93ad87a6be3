"""How much of a tune stands in the training tunes, melody compared in any key."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from chatmusician.abc.analysis.melody import melody_voice
from chatmusician.abc.timing import Timeline

SPAN = 8
# Copies are followed bar by bar through windows of this many.
WINDOW = 4
# Fewer notes in eight bars are held tones or rests, which nobody copies.
FEWEST_NOTES = 16
# A window in more places than this is a scale or a drone; some of its places are enough.
_MOST_PLACES = 200


@dataclass(frozen=True)
class Copied:
    """``spans`` eight-bar spans, ``copied`` of them in training; ``longest`` copy in bars."""

    spans: int
    copied: int
    longest: int


@dataclass(frozen=True)
class _Bar:
    """Onsets as shares of the bar, intervals inside it, and the interval that leads into it."""

    inside: bytes
    lead: bytes
    notes: int


def bar_shapes(line: Timeline) -> list[_Bar]:
    """The full bars of the melody, without key, octave, unit and note value.

    A pickup and other short bars are left out: copies are looked for in whole bars.
    """
    voice = melody_voice(line)
    if voice is None:
        return []
    by_measure: dict[int, dict[int, int]] = {}
    for tone in voice.tones:
        notes = by_measure.setdefault(int(tone.measure), {})
        onset = int(tone.onset)
        notes[onset] = max(notes.get(onset, 0), int(tone.pitch))
    made = []
    before: int | None = None
    for index, measure in enumerate(voice.measures):
        length, start = int(measure.length), int(measure.start)
        if not length or length != measure.want:
            continue
        notes = by_measure.get(index, {})
        onsets = sorted(notes)
        pitches = [notes[onset] for onset in onsets]
        steps = [b - a for a, b in pairwise(pitches)]
        # 5040 parts: every length of notation to a seventh of a sixteenth's sixteenth.
        places = [(onset - start) * 5040 // length for onset in onsets]
        lead = pitches[0] - before if pitches and before is not None else 0
        made.append(_Bar(repr((places, steps)).encode(), b"%d" % lead, len(pitches)))
        before = pitches[-1] if pitches else before
    return made


def windows(bars: list[_Bar]) -> list[int]:
    """A number for each run of ``WINDOW`` bars; the same for the same melody in any key."""
    made = []
    for at in range(len(bars) - WINDOW + 1):
        total = hashlib.blake2b(bars[at].inside, digest_size=8)
        for bar in bars[at + 1 : at + WINDOW]:
            total.update(b"|" + bar.lead + b"|" + bar.inside)
        made.append(int.from_bytes(total.digest(), "big"))
    return made


class Index:
    """Every run of four bars of the training tunes, by its number."""

    def __init__(self, tunes: Iterable[Timeline]) -> None:
        numbers: list[int] = []
        places: list[int] = []
        at = self.tunes = 0
        for line in tunes:
            found = windows(bar_shapes(line))
            numbers += found
            places += range(at, at + len(found))
            # A gap, so that no copy runs from one tune into the next.
            at += len(found) + 1
            self.tunes += 1
        order = np.argsort(np.asarray(numbers, dtype=np.uint64), kind="stable")
        self._numbers: Any = np.asarray(numbers, dtype=np.uint64)[order]
        self._places: Any = np.asarray(places, dtype=np.int64)[order]

    def copied(self, line: Timeline) -> Copied:
        """The eight-bar spans of a tune that stand as they are in one training tune.

        Spans with fewer than sixteen notes are left out. ``longest`` counts from four bars.
        """
        bars = bar_shapes(line)
        runs = self._runs(windows(bars))
        longest = max(runs, default=0)
        spans = copied = 0
        for start in range(len(bars) - SPAN + 1):
            if sum(bar.notes for bar in bars[start : start + SPAN]) < FEWEST_NOTES:
                continue
            spans += 1
            # The run that ends with the span's last window covers the whole of it.
            copied += runs[start + SPAN - WINDOW] > SPAN - WINDOW
        return Copied(spans, copied, longest + WINDOW - 1 if longest else 0)

    def _runs(self, numbers: list[int]) -> list[int]:
        """For each window how many, it included, follow each other in a training tune too."""
        wanted = np.asarray(numbers, dtype=np.uint64)
        lows = np.searchsorted(self._numbers, wanted, side="left").tolist()
        highs = np.searchsorted(self._numbers, wanted, side="right").tolist()
        found = []
        before: dict[int, int] = {}
        for low, high in zip(lows, highs, strict=True):
            if high - low > _MOST_PLACES:
                # Those that go on a copy first, or a long one would be lost here.
                here = set(self._places[low:high].tolist())
                places = [p + 1 for p in before if p + 1 in here] or list(here)[:_MOST_PLACES]
            else:
                places = self._places[low:high].tolist()
            before = {place: before.get(place - 1, 0) + 1 for place in places}
            found.append(max(before.values(), default=0))
        return found
