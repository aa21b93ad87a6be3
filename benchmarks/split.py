"""The two sides of `corpus tasks` against each other: is a melody on both?

python -m benchmarks.split FOLDER

An own reading, by letters alone: steps of the scale from note to note, notes struck again
once, so that neither key nor unit nor rhythm counts. For each tune of the test side the
train tune is looked for that holds most of its runs of ten steps.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

STEPS = 10
_SKIP = re.compile(r'"[^"]*"|\{[^}]*\}|![^!\s]*!|\[[A-UW-Z]:[^]]*\]')
_NOTE = re.compile(r"([A-Ga-g])([,']*)")


@dataclass(frozen=True)
class Near:
    """A test tune, the train tune nearest to it, and the share of its runs found there."""

    share: float
    test: str
    train: str


def runs(text: str) -> frozenset[tuple[int, ...]]:
    """The runs of scale steps of a tune's first voice."""
    body = text.split("\nK:", 1)[1].split("\n", 1)[1]
    first = next((v for line in body.split("\n") if (v := line[:5]).startswith("[V:")), "")
    lines = [line for line in body.split("\n") if line.startswith(first) or not first]
    heights = []
    for letter, marks in _NOTE.findall(
        _SKIP.sub("", re.sub(r"\[V:\w+\]|V:.*", "", "\n".join(lines)))
    ):
        octave = letter.islower() + marks.count("'") - marks.count(",")
        heights.append("CDEFGAB".index(letter.upper()) + 7 * octave)
    moves = [b - a for a, b in pairwise(heights) if a != b]
    return frozenset(tuple(moves[at : at + STEPS]) for at in range(len(moves) - STEPS + 1))


def tunes(path: Path) -> Iterator[tuple[str, str]]:
    """The tunes of a side: those of its first kind of row, which every tune has."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            if row["id"].endswith("/text-to-music"):
                text = row["output"].removeprefix("Assistant: ").removesuffix(" </s> ")
                yield row["id"].removesuffix("/text-to-music"), text + "\n"


def nearest(folder: Path) -> list[Near]:
    """For each test tune with runs, the likeliest train tune; the likeliest pair first."""
    train = dict(tunes(folder / "train.jsonl"))
    holders: dict[tuple[int, ...], list[str]] = {}
    for name, text in train.items():
        for run in runs(text):
            holders.setdefault(run, []).append(name)
    found = []
    for name, text in tunes(folder / "test.jsonl"):
        own = runs(text)
        shared = Counter(other for run in own for other in holders.get(run, ()))
        if own:
            best, count = max(shared.items(), key=lambda kv: (kv[1], kv[0]), default=("", 0))
            found.append(Near(count / len(own), name, best))
    return sorted(found, key=lambda near: (-near.share, near.test))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what `corpus tasks` wrote")
    args = parser.parse_args()
    found = nearest(args.folder)
    print(f"{len(found)} test tunes; of their runs of {STEPS} steps one train tune holds")
    for least in (0.8, 0.5, 0.4, 0.3, 0.2, 0.1):
        print(f"  {least:.0%} or more: {sum(near.share >= least for near in found)}")
    for near in found[:20]:
        print(f"{near.share:.0%} {near.test} in {near.train}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
