"""The rows that the bundled model is trained on, chosen out of a corpus and its tasks.

python scripts/bundled_rows.py keys CORPUS OUT       one tune in a key in six: for corpus tasks
python scripts/bundled_rows.py rows TASKS OUT.jsonl  instruction rows, so many of each task
python scripts/bundled_rows.py words TASKS OUT.jsonl questions, for the tokenizer
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import zlib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ONE_IN = 6
# Mostly what `compose` asks; questions and corrections need more than a small model can learn.
WANTED = {
    "text-to-music": 7000,
    "letters-motif-to-music": 3000,
    "form-to-music": 2500,
    "terms-motif-to-music": 2500,
    "chords-to-music": 2000,
    "harmonise": 1500,
    "continue": 1500,
    "question": 800,
    "choice": 800,
    "infill": 700,
    "motif": 600,
    "form": 600,
    "variation": 500,
    "transpose": 400,
    "fix": 400,
    "bach": 2,
}
QUESTIONS, LONGEST_INPUT = 12_000, 120


def keys(corpus: Path, target: Path) -> int:
    """The corpus with one in six of its tunes in a key, and with all that is held out."""
    import pyarrow.parquet as parquet

    for part in ("data", "held-out"):
        (target / part).mkdir(parents=True, exist_ok=True)
    for name in ("card.json", "README.md"):
        shutil.copy(corpus / name, target)
    for file in (corpus / "held-out").iterdir():
        shutil.copy(file, target / "held-out")
    kept = 0
    for file in sorted((corpus / "data").glob("*.parquet")):
        table = parquet.read_table(file)
        chosen = [
            row
            for row, name in enumerate(table["id"].to_pylist())
            if zlib.crc32(name.encode()) % ONE_IN == 0
        ]
        parquet.write_table(table.take(chosen), target / "data" / file.name)
        kept += len(chosen)
    return kept


def rows(tasks: Path) -> list[dict[str, Any]]:
    by_task: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in read(tasks / "train.jsonl"):
        by_task[row["id"].rsplit("/", 1)[-1]].append(row)
    draw = random.Random(4)
    chosen = [
        row
        for task, number in WANTED.items()
        for row in draw.sample(by_task[task], min(number, len(by_task[task])))
    ]
    draw.shuffle(chosen)
    return chosen


def words(tasks: Path) -> list[dict[str, Any]]:
    found = list(read(tasks / "train.jsonl"))
    random.Random(0).shuffle(found)
    return [
        {"text": row["instruction"] + (row["input"] if len(row["input"]) < LONGEST_INPUT else "")}
        for row in found[:QUESTIONS]
    ]


def read(path: Path) -> Iterable[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def main() -> int:
    if len(sys.argv) != 4 or sys.argv[1] not in ("keys", "rows", "words"):
        print(__doc__, file=sys.stderr)
        return 2
    what, source, target = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    if what == "keys":
        print("rows:", keys(source, target))
        return 0
    chosen = rows(source) if what == "rows" else words(source)
    target.write_text("".join(json.dumps(row) + "\n" for row in chosen), encoding="utf-8")
    print("rows:", len(chosen))
    return 0


if __name__ == "__main__":
    sys.exit(main())
