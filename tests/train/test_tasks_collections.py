"""Rows from real collections: every answer sound, no near copy on the other side."""

from __future__ import annotations

import os
import re
from argparse import ArgumentParser
from pathlib import Path

import pytest

from chatmusician import abc
from chatmusician.train.tasks import Built, build_rows
from chatmusician.train.tasks.command import configure_tasks, run_tasks
from chatmusician.train.tasks.sources import Sources

pytestmark = pytest.mark.slow
FOLDER = Path(os.environ.get("CHATMUSICIAN_DATA") or Path(__file__).parents[3] / "shared" / "data")


def test_rows_of_nottingham() -> None:
    archive = FOLDER / "nottingham" / "nottingham_abc_raw.tar.gz"
    if not archive.is_file():
        pytest.skip("no Nottingham collection: set CHATMUSICIAN_DATA")
    counts = Built()
    sides: dict[str, set[str]] = {}
    tunes = bad = 0
    for side, row in build_rows(Sources([str(archive)]), counts, test_share=0.1, rounds=1):
        answer = row.output.removeprefix("Assistant: ").removesuffix(" </s> ")
        if answer.startswith("X:"):
            tunes += 1
            bad += any(d.severity == "error" for d in abc.check(abc.read(answer)))
        if "/text-to-music" in row.id:
            # The notes alone: a copy with other chords or layout is the same melody.
            notes = re.sub(r'^[A-Z]:.*$|"[^"]*"|[^A-Ga-g0-9/^_=]', "", answer, flags=re.M)
            sides.setdefault(notes, set()).add(side)
    assert counts.pieces > 900
    assert tunes > 8000
    assert bad == 0
    assert all(len(where) == 1 for where in sides.values())


def test_no_melody_of_these_collections_is_on_both_sides(tmp_path: Path) -> None:
    """Read by the letters alone, at most half of a held-out tune stands in a train tune."""
    split = pytest.importorskip("benchmarks.split")
    paths = [
        FOLDER / name
        for name in ("nottingham/nottingham_abc_raw.tar.gz", "music21_corpus/airdsAirs_raw.tar.gz")
    ]
    if not all(path.is_file() for path in paths):
        pytest.skip("no collections: set CHATMUSICIAN_DATA")
    parser = ArgumentParser()
    configure_tasks(parser)
    words = [*map(str, paths), "-o", str(tmp_path), "--tasks", "text-to-music"]
    assert run_tasks(parser.parse_args([*words, "--test-share", "0.1"])) == 0
    found = split.nearest(tmp_path)
    assert len(found) > 100
    assert found[0].share < 0.5
