"""Staves by ``%%score`` and ``%%staves``: our pictures beside abcm2ps's.

For each tune both programs draw it, and the number of staves and the staff of each voice are
read from the two pictures (``staves_drawn``): hymns, chorales under directives of several
kinds, and generated trees.

python -m benchmarks.score_staves [--data FOLDER] [--hymns N] [--chorales N] [--trees N]
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks.corpora import ENVIRONMENT, data_folder
from benchmarks.page import write_section
from benchmarks.score_trees import tree
from benchmarks.staves_drawn import Staves, by_abcm2ps, by_verovio
from chatmusician.abc import read
from chatmusician.abc.imports import from_mxl
from chatmusician.abc.pictures import PageOptions, draw
from chatmusician.abc.score_layout import score_directives
from chatmusician.errors import ChatMusicianError, InputError
from chatmusician.programs import program_path

HYMNS, CHORALES, TREES = "hymns", "chorales", "generated trees"
# A chorale has its four voices as 1 to 4.
CHORALE_SCORES = (
    "%%score (1 2) (3 4)",
    "%%score [(1 2) | (3 4)]",
    "%%staves [1 2 3 4]",
    "%%staves {1 2 3 4}",
    "%%score [1 | {(2 3) 4}]",
    "%%score 1 (2 3 4)",
    "%%score [(4 3) (2 1)]",
)


@dataclass(frozen=True)
class Result:
    """The staves of a tune by each program; ``error`` where one drew nothing.

    ``changing`` tunes have further directives inside: there abcm2ps draws other staves from
    system to system, and ours, which stay, must hold the voices of each of its staves.
    """

    name: str
    ours: Staves
    theirs: Staves
    systems: list[Staves]
    changing: bool = False
    lost: int = 0
    error: str = ""

    @property
    def agrees(self) -> bool:
        if self.changing and not self.error:
            return all(_holds(self.ours, system) for system in self.systems)
        return not self.error and self.ours == self.theirs


def _holds(ours: Staves, system: Staves) -> bool:
    """Whether the voices of each staff of a system share one of ours, in the same order."""
    places = [[n for n, staff in enumerate(ours) if set(staff) & set(own)] for own in system if own]
    single = all(len(place) == 1 for place in places)
    return single and [p[0] for p in places] == sorted({p[0] for p in places})


def compare(name: str, data: bytes) -> Result:
    """Draw the first tune of a file with both programs."""
    tune = read(data).tunes[0]
    try:
        outside = by_abcm2ps(abcm2ps_svg(data), tune, tune.first_line)
        drawing = draw(tune, engine="verovio", page=PageOptions("fit"))
    except ChatMusicianError as error:
        return Result(name, [], [], [], error=str(error))
    return Result(
        name,
        by_verovio([page.decode() for page in drawing.pages], tune),
        outside.staves,
        outside.systems,
        bool(score_directives(tune)[1]),
        outside.lost,
    )


def abcm2ps_svg(data: bytes) -> str:
    """What abcm2ps draws of a file as it is, with the places of all notes."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "tune.abc").write_bytes(data)
        command = [program_path("abcm2ps"), "-q", "-A", "-g", "-k", "1000", "-O", "page.svg"]
        # It draws what it can and ends with code 1 where anything is unknown to it.
        subprocess.run([*command, "tune.abc"], cwd=folder, capture_output=True, timeout=60)
        pages = sorted(Path(folder).glob("page*.svg"))
        if not pages:
            raise InputError("abcm2ps drew nothing")
        return pages[0].read_text(encoding="utf-8", errors="replace")


def hymns(count: int) -> Iterator[tuple[str, bytes]]:
    """Hymns whose directive puts several voices on the page."""
    with tarfile.open(data_folder() / "openhymnal" / "hymns_abc.tar.gz") as archive:
        members = sorted((m for m in archive if m.isfile()), key=lambda m: m.name)
        found = ((m.name, file.read()) for m in members if (file := archive.extractfile(m)))
        several = ((n, d) for n, d in found if b"%%staves" in d or b"%%score" in d)
        yield from itertools.islice(several, count)


def chorales(count: int) -> Iterator[tuple[str, bytes]]:
    """Bach's chorales in four voices, with the directives above in turn."""
    path = data_folder() / "music21_corpus" / "bach_chorales_mxl.tar.gz"
    scores = itertools.cycle(CHORALE_SCORES)
    with tarfile.open(path) as archive:
        members = sorted((m for m in archive if m.name.endswith(".mxl")), key=lambda m: m.name)
        found = 0
        for member in members:
            file = archive.extractfile(member)
            text = from_mxl(file.read()) if file else ""
            lines = [line for line in text.split("\n") if not line.startswith("%%score")]
            if sum(line.startswith("V:") for line in lines) != 4:
                continue
            found += 1
            if found > count:
                return
            yield member.name, "\n".join([lines[0], next(scores), *lines[1:]]).encode()


def trees(count: int) -> Iterator[tuple[str, bytes]]:
    for seed in range(count):
        yield f"tree {seed}", tree(Random(seed)).encode()


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.score_staves")
    parser.add_argument("--data", type=Path, help=f"the folder of the tunes (or ${ENVIRONMENT})")
    parser.add_argument("--hymns", type=int, default=160)
    parser.add_argument("--chorales", type=int, default=40)
    parser.add_argument("--trees", type=int, default=60)
    parser.add_argument("--keep", type=Path, help="write the tunes that differ to this folder")
    parser.add_argument("--write-docs", action="store_true")
    options = parser.parse_args(arguments)
    if options.data:
        os.environ[ENVIRONMENT] = str(options.data)
    sets = {
        HYMNS: hymns(options.hymns),
        CHORALES: chorales(options.chorales),
        TREES: trees(options.trees),
    }
    rows, wrong = [], 0
    for kind, tunes in sets.items():
        results = []
        for name, data in tunes:
            result = compare(name, data)
            results.append(result)
            if not result.agrees:
                report(result)
                keep(options.keep, result, data)
        agreeing = sum(result.agrees for result in results)
        staves = sum(len(result.theirs) for result in results)
        lost = sum(result.lost for result in results)
        changing = sum(result.changing for result in results)
        wrong += len(results) - agreeing
        rows.append(f"| {kind} | {len(results)} | {staves} | {agreeing} | {changing} | {lost} |")
    head = (
        "| | Tunes | Staves | Agree | Of them with changes inside | Notes on no staff |\n"
        "|---|---|---|---|---|---|\n"
    )
    table = head + "\n".join(rows)
    print(table)
    if options.write_docs:
        write_section("Staves", "python -m benchmarks.score_staves", f"{__doc__}\n{table}")
    return 1 if wrong else 0


def report(result: Result) -> None:
    why = result.error or f"ours {result.ours}, abcm2ps {result.theirs}"
    print(f"{result.name}: {why}", file=sys.stderr)


def keep(folder: Path | None, result: Result, data: bytes) -> None:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{result.name.replace('/', '_').replace(' ', '-')}.abc").write_bytes(data)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except InputError as error:
        sys.exit(str(error))
