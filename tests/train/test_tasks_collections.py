"""Rows from real collections: every answer sound, no near copy on the other side."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from chatmusician import abc
from chatmusician.train.tasks import Built, build_rows
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
