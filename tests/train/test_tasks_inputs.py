"""What `corpus tasks` reads, what it refuses, and that it ends the same after a kill."""

from __future__ import annotations

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import pytest

import chatmusician
from chatmusician import abc
from chatmusician.errors import InputError
from chatmusician.train.tasks.sources import Sources

REEL = "X:1\nT:Reel\nM:4/4\nL:1/8\nK:D\nD2FA d2cB|ABAF E2FE|D2FA d2fd|edcB A4|]\n"


def tunes(path: Path, **options: str) -> list[str]:
    found = list(Sources([str(path)], **options))
    return [abc.canonical(one.tune).split("K:")[1] for one in found]


def test_every_kind_of_file_gives_the_tune(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    pq = pytest.importorskip("pyarrow.parquet")
    (tmp_path / "a.abc").write_text(REEL)
    pq.write_table(pa.table({"n": [1], "abc": [REEL]}), tmp_path / "a.parquet")
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(json.dumps({"output": REEL}).encode()))
    with (tmp_path / "a.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["n", "text"], ["1", REEL]])
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("in/a.abc", REEL)
        archive.writestr("in/readme.txt", "no music")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as packed:
        packed.add(tmp_path / "a.abc", "in/a.abc")
    (tmp_path / "a.txt").write_text(f"A model said:\n\n```abc\n{REEL}```\n")
    wanted = tunes(tmp_path / "a.abc")
    for name in ("a.parquet", "a.jsonl.gz", "a.csv", "a.zip", "a.tar.gz", "a.txt"):
        assert tunes(tmp_path / name) == wanted, name
    for suffix in ("mid", "musicxml", "mxl"):
        chatmusician.convert(tmp_path / "a.abc", tmp_path / f"a.{suffix}")
        (only,) = Sources([str(tmp_path / f"a.{suffix}")])
        line = abc.timeline(only.tune)
        assert [int(t.pitch) for t in line.voices[0].tones][:4] == [62, 66, 69, 74], suffix


def test_another_column_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"score": REEL}) + "\n")
    assert len(tunes(tmp_path / "a.jsonl", column="score")) == 1
    sources = Sources([str(tmp_path / "a.jsonl")])
    assert list(sources) == []
    (said,) = sources.failed
    assert "has no column of ABC text; found: score; name one with --column" in said


def test_bad_rows_and_files_cost_themselves(tmp_path: Path) -> None:
    good = json.dumps({"abc": REEL})
    rows = [good, "not json", json.dumps({"abc": 7}), json.dumps({"abc": ""}), good]
    (tmp_path / "a.jsonl").write_text("\n".join(rows))
    (tmp_path / "b.zip").write_bytes(b"PK no zip")
    (tmp_path / "c.mid").write_bytes(b"MThd no midi")
    (tmp_path / "d.abc").write_text("")
    sources = Sources([str(tmp_path)])
    assert [one.id for one in sources] == ["1", "5"]
    found = sorted(Path(line).name.split(":")[0] for line in sources.failed)
    assert found == ["a.jsonl#2", "a.jsonl#3", "a.jsonl#4", "b.zip", "c.mid", "d.abc"]


def test_a_performance_is_no_tune(tmp_path: Path) -> None:
    """Each note some ticks late: on no grid, or on one that nobody would write."""
    played = "".join(f"{note}{7 + at % 3}/8" for at, note in enumerate("CDEFGABcdefg" * 4))
    (tmp_path / "a.abc").write_text(f"X:1\nM:none\nL:1/8\nK:C\n{played}|]\n")
    chatmusician.convert(tmp_path / "a.abc", tmp_path / "a.mid")
    sources = Sources([str(tmp_path / "a.mid")])
    assert list(sources) == []
    assert any(why in sources.failed[0] for why in ("performance", "grid"))


def test_an_unknown_suffix_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_text("x")
    with pytest.raises(InputError, match="does not tell the format"):
        list(Sources([str(tmp_path / "a.docx")]))


@pytest.mark.slow
def test_a_killed_run_started_again_gives_the_same_files(tmp_path: Path) -> None:
    text = "\n".join(_tune(number) for number in range(250))
    (tmp_path / "a.abc").write_text(text)
    done = _start(tmp_path, "whole")
    assert done.wait(200) == 0
    for reached in (".train.jsonl.part", ".train.jsonl.part"):
        run = _start(tmp_path, "killed")
        part = tmp_path / "killed" / reached
        while not part.exists() or not part.stat().st_size:
            assert run.poll() is None, "ended before it was killed"
            time.sleep(0.005)
        os.killpg(run.pid, signal.SIGKILL)
        run.wait(10)
        assert not (tmp_path / "killed" / "train.jsonl").exists()
    assert _start(tmp_path, "killed").wait(200) == 0
    for name in ("train.jsonl", "test.jsonl"):
        whole, killed = (tmp_path / out / name for out in ("whole", "killed"))
        assert whole.read_bytes() == killed.read_bytes()
    assert sorted(p.name for p in (tmp_path / "killed").iterdir()) == [
        "report.json",
        "test.jsonl",
        "train.jsonl",
    ]


def _tune(number: int) -> str:
    import random

    chance = random.Random(number)
    bars = ["".join(chance.choices("CDEFGABcdefgab", k=8)) for _ in range(16)]
    return f"X:{number}\nT:Tune {number}\nM:4/4\nL:1/8\nK:C\n{'|'.join(bars)}|]\n"


def _start(folder: Path, out: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "chatmusician", "corpus", "tasks", "a.abc", "-o", out]
    return subprocess.Popen(
        [*command, "--test-share", "0.1"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(chatmusician.__file__).parents[1])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
