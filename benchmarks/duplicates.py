"""Copies among real tunes: how many planted ones are found, and what else is called one.

python -m benchmarks.duplicates [--write-docs]
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from benchmarks.corpora import data_folder, essen, split, thesession
from benchmarks.page import write_section
from chatmusician import abc
from chatmusician.abc import Timeline, Tune
from chatmusician.train.corpus.signature import (
    band_hashes,
    likeness,
    melody_shingles,
    note_count,
)

NOTES, NEAR = 6, 0.8
PLANTED = 100
DISTINCT = 5000
FEWEST_NOTES = 20
PAGE = Path(__file__).resolve().parents[1] / "docs" / "corpus.md"


@dataclass(frozen=True)
class Hit:
    """Two tunes called one: their likeness, and what of the shorter is in the longer."""

    likeness: float
    shared: float
    titles: tuple[str, str]


@dataclass(frozen=True)
class Found:
    tunes: int
    planted: int
    hits: tuple[Hit, ...]


def tunes() -> Iterator[Tune]:
    """One setting of every title of TheSession, then Essen in any order, mended."""
    data = data_folder()
    first: dict[bytes, bytes] = {}
    for piece in (p for file in thesession(data) for p in split(file)):
        title = re.search(rb"^T:(.*)$", piece.data, re.M)
        first.setdefault(title[1] if title else b"", piece.data)
    others = [p.data for file in essen(data) for p in split(file)]
    random.Random(1).shuffle(others)
    for text in (*first.values(), *others):
        yield from abc.read(abc.fix(abc.read(text).text)[0]).tunes[:1]


def steps(line: Timeline) -> tuple[tuple[int, Fraction], ...]:
    """Each note by its step in semitones and its length over that of the note before."""
    tones = line.voices[0].tones
    waits = [int(b.onset - a.onset) for a, b in pairwise(tones)]
    leaps = [int(b.pitch - a.pitch) for a, b in pairwise(tones)]
    ratios = [Fraction(b, a) if a else Fraction(0) for a, b in pairwise(waits)]
    return tuple(zip(leaps, ratios, strict=False))


def distinct(count: int) -> tuple[list[Tune], list[Timeline]]:
    """So many tunes without an error, no two with the same notes in any key and unit."""
    found: list[Tune] = []
    lines: list[Timeline] = []
    seen: set[tuple[tuple[int, Fraction], ...]] = set()
    for tune in tunes():
        line = abc.timeline(tune)
        if note_count(line) < FEWEST_NOTES or steps(line) in seen:
            continue
        if any(f.severity == "error" for f in abc.check_tune(tune, line)):
            continue
        seen.add(steps(line))
        found.append(tune)
        lines.append(line)
        if len(found) == count:
            break
    return found, lines


def moved(tune: Tune, number: int) -> Tune:
    """Another key; of three copies one in L:1/16, one with every note twice as long."""
    semitones = [n for n in range(-6, 7) if n][number % 12]
    copy = abc.transpose(tune, semitones)
    if number % 3 == 0:
        return abc.change_unit(copy, "1/16")
    if number % 3 == 1:
        text = abc.canonical(copy).replace("L:1/8\n", "L:1/4\n").replace("M:4/4\n", "M:4/2\n")
        return abc.read(text).tunes[0]
    return copy


def shared_notes(one: Timeline, other: Timeline) -> float:
    """How much of the shorter tune is found in the longer one, note for note and in order."""
    a, b = steps(one), steps(other)
    blocks = SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
    return sum(m.size for m in blocks) / max(1, min(len(a), len(b)))


def measure(count: int = DISTINCT, planted: int = PLANTED) -> Found:
    """Plants copies among distinct tunes and looks for all that is near."""
    found, lines = distinct(count)
    picked = random.Random(2).sample(range(len(found)), planted)
    copies = [abc.timeline(moved(found[at], i)) for i, at in enumerate(picked)]
    sets = [melody_shingles(line, NOTES) for line in [*lines, *copies]]
    buckets: dict[tuple[int, int], list[int]] = {}
    pairs: set[tuple[int, int]] = set()
    for i, shingles in enumerate(sets):
        for band, value in enumerate(band_hashes(shingles).tolist()):
            bucket = buckets.setdefault((band, value), [])
            pairs.update((other, i) for other in bucket)
            bucket.append(i)
    near = {(a, b): s for a, b in sorted(pairs) if (s := likeness(sets[a], sets[b])) >= NEAR}
    hits = [
        Hit(s, shared_notes(lines[a], lines[b]), (found[a].title, found[b].title))
        for (a, b), s in near.items()
        if b < len(found)
    ]
    seen = sum((at, len(found) + i) in near for i, at in enumerate(picked))
    return Found(len(found), seen, tuple(sorted(hits, key=lambda h: -h.shared)))


def text(found: Found, planted: int = PLANTED) -> str:
    lines = [
        f"{found.planted} of {planted} planted copies found among {found.tunes} tunes, no two of"
        f" which have the same notes; {len(found.hits)} other pairs:",
        "",
        "| likeness | of the shorter one's notes, in order, in the longer | the two titles |",
        "|---:|---:|---|",
    ]
    for hit in found.hits:
        titles = " = ".join(title.replace("|", "\\|") or "(none)" for title in hit.titles)
        lines.append(f"| {hit.likeness:.2f} | {hit.shared:.0%} | {titles} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write-docs", action="store_true", help="into docs/corpus.md")
    args = parser.parse_args()
    said = text(measure())
    print(said)
    if args.write_docs:
        command = "python -m benchmarks.duplicates --write-docs"
        write_section("Copies found, and what else is called one", command, said, PAGE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
