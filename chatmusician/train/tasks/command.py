"""`corpus tasks`: instruction rows from tune collections, split by tune family."""

from __future__ import annotations

import argparse
import json
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from chatmusician.errors import InputError, OutputError, UsageError
from chatmusician.files import write_atomic
from chatmusician.train.tasks.build import TEST, TRAIN, Built, build_rows
from chatmusician.train.tasks.sources import Sources
from chatmusician.train.tasks.table import TASKS

_LISTED = 20


def configure_tasks(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Make instruction rows from tunes: ABC, MIDI, MusicXML or kern, in files, folders,\n"
        "archives and tables, or a folder that `corpus build` wrote. Writes train.jsonl,\n"
        "test.jsonl and report.json; no melody is on both sides, in any key. What a corpus has\n"
        "held out is the test side."
    )
    parser.epilog = (
        "examples:\n  chatmusician corpus tasks tunes/ -o rows --test-share 0.05 --seed 1\n"
        "  chatmusician corpus tasks corpus/ -o rows"
    )
    parser.add_argument("inputs", metavar="IN", nargs="+", help="files and folders to read")
    parser.add_argument("-o", "--output", metavar="DIR", required=True, help="folder to write")
    parser.add_argument("--seed", type=int, default=0, help="chooses wordings, bars and sides")
    parser.add_argument(
        "--test-share", type=float, default=0.02, metavar="X", help="families held out (0.02)"
    )
    known = ", ".join(task.name for task in TASKS)
    parser.add_argument("--tasks", metavar="A,B", help=f"these alone: {known}")
    parser.add_argument("--rounds", type=int, default=1, help="rows for each task and tune (1)")
    parser.add_argument("--column", metavar="NAME", help="the column of ABC text in tables")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run_tasks(args: argparse.Namespace) -> int:
    """Exit code 1 where a file could not be read; the rows of the others are written."""
    tasks = _chosen(args.tasks)
    if not 0 <= args.test_share < 1:
        raise UsageError("--test-share is from 0 up to 1")
    if args.rounds < 1:
        raise UsageError("--rounds is at least 1")
    sources, counts, started = Sources(args.inputs, column=args.column), Built(), time.monotonic()
    folder = Path(args.output)
    temporary = {side: folder / f".{side}.jsonl.part" for side in (TRAIN, TEST)}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            files = {
                side: stack.enter_context(path.open("w", encoding="utf-8"))
                for side, path in temporary.items()
            }
            rows = build_rows(
                sources,
                counts,
                seed=args.seed,
                test_share=args.test_share,
                tasks=tasks,
                rounds=args.rounds,
            )
            for side, row in rows:
                files[side].write(json.dumps(row.as_dict(), ensure_ascii=False) + "\n")
        if not counts.rows:
            raise InputError(
                f"no rows: {counts.pieces} tunes were usable",
                path=", ".join(args.inputs),
                hint=_most(counts) or "; ".join(sources.failed[:3]) or None,
            )
        for side, path in temporary.items():
            path.replace(folder / f"{side}.jsonl")
    except OSError as error:
        raise OutputError(error.strerror or str(error), path=args.output) from error
    finally:
        for path in temporary.values():
            path.unlink(missing_ok=True)
    made = report(counts, sources, args, time.monotonic() - started)
    text = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
    write_atomic(str(folder / "report.json"), text.encode())
    print(text if args.json else summary(made), end="")
    for line in sources.failed[:_LISTED]:
        print(line, file=sys.stderr)
    return 1 if sources.failed else 0


def _chosen(names: str | None) -> list[str]:
    chosen = [name.strip() for name in (names or "").split(",") if name.strip()]
    known = [task.name for task in TASKS]
    for name in chosen:
        if name not in known:
            raise UsageError(f"unknown task {name!r}", hint=f"known: {', '.join(known)}")
    return chosen


def _most(counts: Built) -> str:
    return "; ".join(f"{reason}: {n}" for reason, n in counts.refused.most_common(3))


def report(
    counts: Built, sources: Sources, args: argparse.Namespace, seconds: float
) -> dict[str, object]:
    total = sum(sum(sides.values()) for sides in counts.rows.values())
    return {
        "seed": args.seed,
        "test_share": args.test_share,
        "rounds": args.rounds,
        "pieces": counts.pieces,
        "families": counts.families,
        "rows": total,
        "rows_per_second": round(total / seconds, 1),
        "tasks": {name: dict(sides) for name, sides in counts.rows.items()},
        "no_row": {name: dict(reasons) for name, reasons in counts.passed.items()},
        "refused": dict((counts.refused + sources.skipped).most_common()),
        "unreadable": sources.failed,
    }


def summary(made: dict[str, object]) -> str:
    lines = [f"{made['pieces']} tunes in {made['families']} families, {made['rows']} rows"]
    tasks = made["tasks"]
    assert isinstance(tasks, dict)
    lines += [f"  {name:24}{s.get(TRAIN, 0):9}{s.get(TEST, 0):9}" for name, s in tasks.items()]
    refused = made["refused"]
    assert isinstance(refused, dict)
    lines += ["refused:"] * bool(refused)
    lines += [f"  {reason:24}{n:9}" for reason, n in refused.items()]
    return "\n".join(lines) + "\n"
