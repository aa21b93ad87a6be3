"""`chatmusician eval qa`: how often answers about music are right."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from chatmusician.cli.output import print_json
from chatmusician.cli.parser import add_json, describe
from chatmusician.errors import UsageError


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "Factual questions about tunes (key, meter, tempo, notes, chords), answered as `ask`\n"
        "answers from facts: of the tune's MIDI, of its piano sound, and of the wrong tune;\n"
        "beside them the reference answers shuffled. docs/eval-qa.md defines every number.",
        "chatmusician eval qa --tunes held-out.abc -o report",
        "chatmusician eval qa --tunes held-out.abc -n 60 --no-sound -o quick",
    )
    parser.add_argument("--tunes", required=True, metavar="FILE", help="an ABC file of tunes")
    parser.add_argument("-o", "--output", required=True, metavar="DIR", help="the folder to write")
    parser.add_argument("-n", type=int, default=300, metavar="N", help="questions (300)")
    parser.add_argument(
        "--per-tune", type=int, default=6, metavar="N", help="at most so many of one tune (6)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="tunes and questions (0)")
    parser.add_argument("--no-sound", action="store_true", help="from MIDI alone")
    parser.add_argument("--bert", metavar="MODEL", help="a model of bert-score, for BERTScore")
    parser.add_argument("--fresh", action="store_true", help="forget an earlier run in DIR")
    add_json(parser, "the result")


def run(args: argparse.Namespace) -> int:
    from chatmusician.eval.qa.run import Job, evaluate

    if args.n < 2 or args.per_tune < 1:
        raise UsageError("-n is 2 or more, --per-tune 1 or more")
    job = Job(
        tunes=args.tunes,
        output=args.output,
        n=args.n,
        per_tune=args.per_tune,
        seed=args.seed,
        sound=not args.no_sound,
        bert=args.bert,
        fresh=args.fresh,
    )
    result = evaluate(job, told=_progress)
    if args.json:
        print_json(result)
    else:
        print((Path(args.output) / "table.md").read_text(encoding="utf-8"), end="")
    return 0


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {of}", end="\n" if done == of else "", file=sys.stderr, flush=True)
