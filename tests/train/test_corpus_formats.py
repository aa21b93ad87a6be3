"""`corpus build` over notations, tables and chat sets; held-out families; executors."""

from __future__ import annotations

import gzip
import io
import json
import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import chatmusician
from chatmusician import abc
from chatmusician.errors import UsageError
from chatmusician.train.corpus import Built, build, load_recipe
from chatmusician.train.corpus.families import families, runs_of
from chatmusician.train.tasks import Built as Counts
from chatmusician.train.tasks import build_rows
from chatmusician.train.tasks.sources import Sources

pytest.importorskip("datatrove")
pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
yaml = pytest.importorskip("yaml")

REEL = "X:1\nT:Reel\nM:4/4\nL:1/8\nK:D\nD2FA d2cB|ABAF E2FE|D2FA d2fd|edcB A4|]\n"
# The same four bars, written by hand in Humdrum.
KERN = """**kern
*M4/4
*k[f#c#]
*D:
=1
4d
8f#
8a
4dd
8cc#
8b
=2
8a
8b
8a
8f#
4e
8f#
8e
=3
4d
8f#
8a
4dd
8ff#
8dd
=4
8ee
8dd
8cc#
8b
2a
==
*-
"""


def source(name: str, path: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "licence": "none", "origin": "made here", "path": path, **more}


def made(folder: Path, recipe: dict[str, Any], out: str = "out", **options: Any) -> Built:
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    return build(load_recipe(str(path)), folder, folder / out, **options)


def rows(out: Path, part: str = "data") -> list[dict[str, str]]:
    files = sorted((out / part).glob("*.parquet"))
    return [row for path in files for row in pq.read_table(path).to_pylist()]


def first_voice(text: str) -> Any:
    return abc.to_events(abc.read(text))["tunes"][0]["voices"][0]["notes"]


def test_every_notation_gives_the_same_notes(tmp_path: Path) -> None:
    (tmp_path / "reel.abc").write_text(REEL)
    for suffix in ("mid", "musicxml", "mxl"):
        chatmusician.convert(tmp_path / "reel.abc", tmp_path / f"reel.{suffix}")
    (tmp_path / "reel.krn").write_text(KERN)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for suffix in ("mid", "musicxml", "mxl", "krn"):
            archive.write(tmp_path / f"reel.{suffix}", f"inside/reel.{suffix}")
    made(
        tmp_path,
        {
            "sources": [source("all", "all.zip"), source("abc", "reel.abc")],
            "duplicates": {"exact": False, "near": 0},
        },
    )
    found = rows(tmp_path / "out")
    assert len(found) == 5
    for row in found:
        assert first_voice(row["text"]) == first_voice(REEL), row["id"]


def test_compressed_tables_are_read(tmp_path: Path) -> None:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([{"abc": REEL}]), out)
    (tmp_path / "a.parquet.gz").write_bytes(gzip.compress(out.getvalue()))
    (tmp_path / "b.tsv").write_text('n\tabc\n1\t"' + REEL.replace("Reel", "Other") + '"\n')
    (tmp_path / "c.jsonl.gz").write_bytes(gzip.compress(json.dumps({"abc": REEL}).encode()))
    made(
        tmp_path,
        {
            "sources": [source(n[0], n) for n in ("a.parquet.gz", "b.tsv", "c.jsonl.gz")],
            "duplicates": {"exact": False, "near": 0},
        },
    )
    assert sorted(row["src"] for row in rows(tmp_path / "out")) == ["a", "b", "c"]


def test_alpaca_and_other_names_of_turns(tmp_path: Path) -> None:
    alpaca = {"instruction": "Name the mode.", "input": "D to D, white keys", "output": "Dorian."}
    bare = {"instruction": "Name a brass instrument.", "input": "", "output": "The trombone."}
    turns = [("user", "What is a gigue?"), ("assistant", "A dance."), ("user", "In what meter?")]
    chat = {"conversations": [{"role": who, "content": said} for who, said in turns]}
    (tmp_path / "a.jsonl").write_text(json.dumps(alpaca) + "\n" + json.dumps(bare))
    (tmp_path / "c.jsonl").write_text(json.dumps(chat) + "\n" + json.dumps({"items": []}))
    made(
        tmp_path,
        {
            "sources": [
                source("alpaca", "a.jsonl", holds="alpaca"),
                source("chat", "c.jsonl", holds="openchat"),
            ]
        },
    )
    assert {row["text"] for row in rows(tmp_path / "out")} == {
        "Human: Name the mode.\nD to D, white keys </s> Assistant: Dorian. </s>",
        "Human: Name a brass instrument. </s> Assistant: The trombone. </s>",
        "Human: What is a gigue? </s> Assistant: A dance. </s>",
    }
    dropped = (tmp_path / "out" / "dropped.jsonl").read_text()
    assert [json.loads(line)["reason"] for line in dropped.splitlines()] == [
        "no question or answer"
    ]


def test_a_pattern_with_a_slash_picks_by_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        archive.writestr("clean/a.abc", REEL)
        archive.writestr("raw/a.abc", REEL.replace("D2FA", "D2AF"))
    made(tmp_path, {"sources": [source("one", "both.zip", match="clean/*.abc")]})
    assert [row["id"] for row in rows(tmp_path / "out")] == ["one/clean/a.abc"]


def test_an_unreadable_and_an_empty_shard_cost_themselves(tmp_path: Path) -> None:
    folder = tmp_path / "shards"
    folder.mkdir()
    pq.write_table(pa.Table.from_pylist([{"abc": REEL}]), folder / "a.parquet")
    pq.write_table(pa.table({"abc": pa.array([], pa.string())}), folder / "b.parquet")
    (folder / "c.parquet").write_bytes((folder / "a.parquet").read_bytes()[:100])
    (folder / "d.parquet").write_bytes(b"")
    pq.write_table(pa.table({"other": ["x"]}), folder / "e.parquet")
    made(tmp_path, {"sources": [source("s", "shards")]})
    assert len(rows(tmp_path / "out")) == 1
    lines = (tmp_path / "out" / "dropped.jsonl").read_text().splitlines()
    reasons = {(row := json.loads(line))["id"].split("/")[1]: row["reason"] for line in lines}
    assert reasons == {
        "b.parquet": "empty file",
        "c.parquet": "unreadable file",
        "d.parquet": "unreadable file",
        "e.parquet#1": "missing column",
    }


def walk(number: int, size: int = 32) -> str:
    """A tune that goes its own way."""
    import random

    chance = random.Random(number)
    at, notes = 7, []
    for _ in range(size * 8):
        at = min(13, max(0, at + chance.choice((-4, -3, -2, -1, 1, 2, 3, 4))))
        notes.append("CDEFGABcdefgab"[at])
    bars = ["".join(notes[n : n + 8]) for n in range(0, len(notes), 8)]
    return f"X:{number + 1}\nT:Walk {number}\nM:4/4\nL:1/8\nK:C\n" + "|".join(bars) + "|]\n"


def kin(number: int) -> str:
    """Three quarters of the tune in another key, then something else."""
    own, other = abc.read(walk(number)).tunes[0], abc.read(walk(number + 1000)).tunes[0]
    head, body = abc.transpose(abc.take_bars(own, 1, 24), 4).text.split("K:E\n")
    tail = abc.transpose(abc.take_bars(other, 1, 8), 4).text.split("K:E\n")[1]
    return f"{head}K:E\n{body.strip().rstrip('|]')}|{tail}".replace("T:Walk", "T:Kin of")


def test_families_are_held_out_of_both_kinds_of_rows(tmp_path: Path) -> None:
    tunes = [text for number in range(40) for text in (walk(number), kin(number))]
    (tmp_path / "a.abc").write_text("\n".join(tunes))
    (tmp_path / "t.jsonl").write_text(
        "\n".join(
            json.dumps({"text": f"This is text {n} on note {n * n} of {n + 7}"}) for n in range(99)
        )
    )
    built = made(
        tmp_path,
        {
            "sources": [
                source("tunes", "a.abc", transpose=True, weight=2),
                source("texts", "t.jsonl"),
            ],
            "hold_out": 0.3,
            "shards": 2,
        },
    )
    out = tmp_path / "out"
    held, kept = rows(out, "held-out"), rows(out)
    number = {side: {_number(row) for row in part if row["src"] == "tunes"}
              for side, part in (("held", held), ("kept", kept))}  # fmt: skip
    assert len(number["held"]) >= 5
    assert number["held"].isdisjoint(number["kept"])
    assert number["held"] | number["kept"] == set(range(40))
    in_held = [row for row in held if row["src"] == "tunes"]
    assert len(in_held) == 2 * len(number["held"])  # once each, in its own key
    assert 15 <= sum(row["src"] == "texts" for row in held) <= 45
    assert built.card is not None
    (tunes_card, texts_card) = built.card["sources"]
    assert tunes_card["steps"]["held out"] == len(in_held)
    assert tunes_card["rows"] == 24 * (80 - len(in_held))
    assert texts_card["rows"] + texts_card["steps"]["held out"] == 99

    counts = Counts()
    sides: dict[str, set[int]] = {"train": set(), "test": set()}
    for side, made_row in build_rows(Sources([str(out)]), counts, tasks=["question"]):
        sides[side].add(int(made_row.id.split("#")[1].split("@")[0].split("/")[0]))
    # The books' tunes are numbered from 1: two a family.
    assert {(n - 1) // 2 for n in sides["test"]} == number["held"]
    assert {(n - 1) // 2 for n in sides["train"]} == number["kept"]


def _number(row: dict[str, str]) -> int:
    return int(row["text"].split("\nT:")[1].split("\n")[0].split()[-1])


def test_a_chain_of_common_turns_is_no_family() -> None:
    """Each walk begins with the end of the one before: 10 of some 250 runs, and no more."""
    texts = [walk(n) for n in range(12)]
    ends = [abc.take_bars(abc.read(t).tunes[0], 31, 32).text.split("K:C\n")[1] for t in texts]
    chained = [t.replace("K:C\n", f"K:C\n{e.strip().rstrip('|]')}|")
               for t, e in zip(texts[1:], ends[:-1], strict=True)]  # fmt: skip
    from chatmusician.abc.analysis import melody

    found = families(
        [runs_of(melody(abc.timeline(abc.read(t).tunes[0]))) for t in [texts[0], *chained]]
    )
    assert found == list(range(12))


@pytest.mark.slow
def test_one_and_two_workers_give_the_same_files(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.abc").write_text(
            "\n".join(walk(at) for at in range(number * 10, number * 10 + 12))
        )
    recipe = {"sources": [source(f"s{n}", f"{n}.abc") for n in range(3)], "hold_out": 0.2}
    for workers in (1, 2):
        made(tmp_path, recipe, f"out{workers}", workers=workers)
    assert _files(tmp_path / "out1") == _files(tmp_path / "out2")


def _files(out: Path) -> dict[str, bytes]:
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}


def test_without_slurm_it_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.abc").write_text(REEL)
    recipe = {"sources": [source("a", "a.abc")], "slurm": {"partition": "cpu"}}
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Exception, match="sbatch"):
        made(tmp_path, recipe, executor="slurm")


def test_slurm_needs_a_partition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.abc").write_text(REEL)
    _program(tmp_path / "bin" / "sbatch", "exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    with pytest.raises(UsageError, match="partition"):
        made(tmp_path, {"sources": [source("a", "a.abc")]}, executor="slurm")


# Runs the array of a job script at once, as a cluster would later, and names the job.
SBATCH = r"""
script="${@: -1}"
echo "$@" >> "$JOBS/calls"
number=$(ls "$JOBS" | grep -c '\.sh$'); number=$((number + 1))
cp "$script" "$JOBS/$number.sh"
array=$(grep -oP '^#SBATCH --array=\K[0-9]+-[0-9]+' "$script")
for task in $(seq ${array/-/ }); do
  SLURM_NODELIST=one SLURM_NODEID=0 SLURM_NPROCS=1 SLURM_JOB_ID=$number \
  SLURM_ARRAY_JOB_ID=$number SLURM_ARRAY_TASK_ID=$task \
    bash "$script" >> "$JOBS/log" 2>&1 || exit 1
done
echo "Submitted batch job $number"
"""
SRUN = 'while true; do case "$1" in -l) shift;; -n) shift 2;; *) break;; esac; done\nexec "$@"'


def _program(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_jobs_given_to_slurm_make_the_same_corpus(tmp_path: Path) -> None:
    """A stand-in for the cluster's programs runs what is written for them."""
    (tmp_path / "a.abc").write_text("\n".join(walk(at) for at in range(6)))
    slurm = {"partition": "cpu", "time": "01:00:00", "memory_gb": 2, "environment": "export A=1"}
    recipe = {"sources": [source("a", "a.abc")], "slurm": slurm, "hold_out": 0.3}
    made(tmp_path, recipe, "local")
    for name, text in (("sbatch", SBATCH), ("srun", SRUN), ("scontrol", "echo one")):
        _program(tmp_path / "bin" / name, text)
    (tmp_path / "jobs").mkdir()
    environment = {
        **os.environ,
        "JOBS": str(tmp_path / "jobs"),
        "PYTHONPATH": str(Path(chatmusician.__file__).parents[1]),
        "PATH": f"{tmp_path / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    command = [sys.executable, "-m", "chatmusician", "corpus", "build", "recipe.yaml", "--data"]
    done = subprocess.run(
        [*command, ".", "-o", "out", "--executor", "slurm"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=1100,
        check=False,
    )
    log = tmp_path / "jobs" / "log"
    assert done.returncode == 0, done.stderr[-500:] + (log.read_text()[-2000:])
    script = (tmp_path / "jobs" / "3.sh").read_text()
    for line in ("--partition=cpu", "--time=01:00:00", "--mem-per-cpu=2G", "--array=0-0%1"):
        assert f"#SBATCH {line}\n" in script
    assert "export A=1" in script
    calls = (tmp_path / "jobs" / "calls").read_text()
    assert [f"afterok:{n}" in calls for n in (1, 3, 5, 7, 9, 11)] == [True] * 6
    for name in ("card.json", "dropped.jsonl", "duplicates.jsonl"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "local" / name).read_bytes()
    assert _files(tmp_path / "out" / "data") == _files(tmp_path / "local" / "data")
    assert _files(tmp_path / "out" / "held-out") == _files(tmp_path / "local" / "held-out")
