"""Killed at any moment and started again, a build ends with the same bytes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("datatrove")
pytest.importorskip("pyarrow")

SCALE = "CDEFGABcdefgab"


def write_sources(folder: Path) -> None:
    chance = random.Random(7)
    for i in range(12):
        tunes = [
            f"X:{n}\nT:Tune {i} {n}\nM:4/4\nL:1/8\nK:G\n"
            + "".join(f"{''.join(chance.choices(SCALE, k=8))}|" for _ in range(16))
            for n in range(120)
        ]
        (folder / f"book{i}.abc").write_text(
            "\n\n".join([*tunes, tunes[0]]) + "\n", encoding="utf-8"
        )
    moved = ["true" if i == 3 else "false" for i in range(12)]
    sources = [
        f"  - {{name: s{i}, licence: none, origin: here, path: book{i}.abc, transpose: {yes}}}\n"
        for i, yes in enumerate(moved)
    ]
    (folder / "recipe.yaml").write_text(
        "shards: 5\nsources:\n" + "".join(sources), encoding="utf-8"
    )


def start(folder: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "chatmusician",
        "corpus",
        "build",
        "recipe.yaml",
        "--data",
        ".",
    ]
    root = Path(__file__).resolve().parents[2]
    return subprocess.Popen(
        [*command, "-o", str(out), "--workers", "2"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def content(out: Path) -> dict[str, bytes]:
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}


@pytest.mark.slow
def test_a_killed_build_ends_with_the_same_files(tmp_path: Path) -> None:
    write_sources(tmp_path)
    whole = start(tmp_path, tmp_path / "whole")
    assert whole.wait(200) == 0, whole.stderr.read().decode() if whole.stderr else ""
    work = tmp_path / "killed" / "work"
    for reached in ("convert/00003.parquet", "pairs/00005.parquet", "mix/00004.parquet"):
        run = start(tmp_path, tmp_path / "killed")
        while not (work / reached).exists():
            assert run.poll() is None, f"ended before {reached}"
            time.sleep(0.005)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait(10)
        assert not (tmp_path / "killed" / "card.json").exists()
    last = start(tmp_path, tmp_path / "killed")
    assert last.wait(200) == 0
    assert content(tmp_path / "killed") == content(tmp_path / "whole")
