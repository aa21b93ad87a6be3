"""Copies among real tunes: all planted ones found, every other pair that is called one named.

Reads the collections of CHATMUSICIAN_DATA (or shared/data beside the repository).
"""

from __future__ import annotations

import gzip
import json
import os
import random
from difflib import SequenceMatcher
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest

from chatmusician import abc
from chatmusician.abc import Timeline, Tune

pytest.importorskip("numpy")

from chatmusician.train.corpus.signature import (
    band_hashes,
    likeness,
    melody_shingles,
    note_count,
)

NOTES, NEAR = 6, 0.8
PLANTED = 100
DISTINCT = 5000


def data_folder(root: Path) -> Path:
    named = os.environ.get("CHATMUSICIAN_DATA")
    folder = Path(named) if named else root.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the tune collections are not here")
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def texts(folder: Path) -> list[str]:
    """One setting of every tune of TheSession, then Essen; only tunes without an error."""
    first: dict[str, str] = {}
    for row in rows(folder / "thesession" / "thesession_settings.jsonl.gz"):
        head = f"X:1\nT:{row['name']}\nM:{row['meter']}\nL:1/8\nK:{row['mode']}\n"
        first.setdefault(row["tune_id"], head + row["abc"].replace("\r", ""))
    essen = [row["abc"] for row in rows(folder / "music21_corpus" / "essenFolksong.jsonl.gz")]
    random.Random(1).shuffle(essen)
    return [*first.values(), *essen]


def moved(tune: Tune, number: int) -> Tune:
    """Another key, and another unit length: the same notes, or the same numbers."""
    semitones = [n for n in range(-6, 7) if n][number % 12]
    copy = abc.transpose(tune, semitones)
    if number % 3 == 0:
        return abc.change_unit(copy, "1/16")
    if number % 3 == 1:  # every note twice as long
        text = abc.canonical(copy).replace("L:1/8\n", "L:1/4\n").replace("M:4/4\n", "M:4/2\n")
        return abc.read(text).tunes[0]
    return copy


def onsets(line: Timeline) -> list[tuple[Fraction, int]]:
    first = line.voices[0].tones[0]
    return [
        (Fraction(int(t.onset - first.onset), line.resolution), int(t.pitch - first.pitch))
        for t in line.voices[0].tones
    ]


def steps(line: Timeline) -> list[tuple[int, Fraction]]:
    """Each note by its step in semitones and its length over that of the note before."""
    notes = onsets(line)
    waits = [b[0] - a[0] for a, b in pairwise(notes)]
    leaps = [b[1] - a[1] for a, b in pairwise(notes)]
    return [
        (leap, after / before if before else Fraction(0))
        for leap, before, after in zip(leaps, waits, waits[1:], strict=False)
    ]


def shared_notes(one: Timeline, other: Timeline) -> float:
    """How much of the shorter tune is found in the longer one, note for note and in order."""
    a, b = steps(one), steps(other)
    same = sum(m.size for m in SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks())
    return same / max(1, min(len(a), len(b)))


@pytest.mark.slow
def test_planted_copies_are_found_and_nothing_else(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tunes: list[Tune] = []
    lines: list[Timeline] = []
    seen: set[tuple[tuple[int, Fraction], ...]] = set()
    for text in texts(data_folder(root)):
        tune = abc.read(abc.fix(text)[0]).tunes[0]
        line = abc.timeline(tune)
        errors = any(f.severity == "error" for f in abc.check_tune(tune, line))
        notes = tuple(steps(line)) if note_count(line) >= 20 else ()
        if not errors and notes and notes not in seen:
            seen.add(notes)
            tunes.append(tune)
            lines.append(line)
        if len(tunes) == DISTINCT:
            break
    assert len(tunes) == DISTINCT
    picked = random.Random(2).sample(range(DISTINCT), PLANTED)
    planted = [abc.timeline(moved(tunes[at], i)) for i, at in enumerate(picked)]
    sets = [melody_shingles(line, NOTES) for line in [*lines, *planted]]

    buckets: dict[tuple[int, int], list[int]] = {}
    pairs: set[tuple[int, int]] = set()
    for i, shingles in enumerate(sets):
        for band, value in enumerate(band_hashes(shingles).tolist()):
            bucket = buckets.setdefault((band, value), [])
            pairs.update((other, i) for other in bucket)
            bucket.append(i)
    hits = {(a, b): s for a, b in pairs if (s := likeness(sets[a], sets[b])) >= NEAR}

    found = sum((at, DISTINCT + i) in hits for i, at in enumerate(picked))
    others = sorted((a, b) for a, b in hits if b < DISTINCT)
    with capsys.disabled():
        print(f"\nplanted: {found} of {PLANTED}; tunes: {DISTINCT}; other hits: {len(others)}")
        for a, b in others:
            same = shared_notes(lines[a], lines[b])
            print(f"  {hits[a, b]:.2f} {same:.2f} {tunes[a].title!r} = {tunes[b].title!r}")
    assert found == PLANTED
    assert all(shared_notes(lines[a], lines[b]) >= 0.85 for a, b in others)
