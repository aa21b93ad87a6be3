"""`chatmusician eval audio`: key, tempo and beats of annotated sounds."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from chatmusician.cli.output import print_json
from chatmusician.cli.parser import add_json, describe


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "Key (MIREX weight), tempo (ACC1, ACC2) and beats (F1) heard in sounds, against a set in\n"
        "the shape of GiantSteps (NAME.key, NAME.bpm), GTZAN (its keys, tempos and beats)\n"
        "or MedleyDB (NAME_METADATA.yaml). What another system says of the sounds in words\n"
        "(--answers) is read and scored beside it, genre and instruments too.",
        "chatmusician eval audio --data giantsteps-key/ -o report",
        "chatmusician eval audio --data medleydb/ --answers said.jsonl -o report",
    )
    parser.add_argument("--data", required=True, metavar="DIR", help="sounds and what is stated")
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="the folder to write")
    parser.add_argument(
        "--answers", metavar="FILE", help="JSONL: id, and key, tempo, genre, instruments in words"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="the first so many sounds")
    parser.add_argument("--fresh", action="store_true", help="forget an earlier run in DIR")
    add_json(parser, "the result")


def run(args: argparse.Namespace) -> int:
    from chatmusician.eval.audio.run import Job, evaluate

    result = evaluate(
        Job(args.data, args.output, args.limit, args.fresh, args.answers), told=_progress
    )
    if args.json:
        print_json(result)
    else:
        print((Path(args.output) / "table.md").read_text(encoding="utf-8"), end="")
    return 0


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {of}", end="\n" if done == of else "", file=sys.stderr, flush=True)
