"""`chatmusician eval generation`: how good the tunes are that a model writes."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chatmusician.cli.output import count, note, print_json
from chatmusician.cli.parser import add_json, describe
from chatmusician.errors import UsageError
from chatmusician.files import write_atomic

if TYPE_CHECKING:
    from chatmusician.eval.generation.outputs import Generator


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "How good a model's tunes are: notation, bars, what was asked, music, copies, cost,\n"
        "beside held-out tunes by people. docs/eval-generation.md defines every number.",
        "chatmusician eval generation --prompts rows/test.jsonl --only-prompts prompts.jsonl",
        "chatmusician eval generation --prompts rows/test.jsonl --train rows/train.jsonl \\",
        "    --outputs answers.jsonl -o report --against report-before",
    )
    parser.add_argument(
        "--prompts", required=True, metavar="FILE", help="held-out rows of `corpus tasks`"
    )
    parser.add_argument("--outputs", metavar="FILE", help="texts to score: JSON lines of id, text")
    parser.add_argument(
        "--name", default="", metavar="NAME", help="what the texts' maker is called"
    )
    parser.add_argument("--train", default="", metavar="FILE", help="training rows, for copies")
    parser.add_argument("-o", "--output", metavar="DIR", help="the folder to write")
    parser.add_argument("-n", type=int, default=500, metavar="N", help="prompts (500)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="draws the prompts (0)")
    parser.add_argument(
        "--against", action="append", default=[], metavar="DIR", help="an earlier run, side by side"
    )
    parser.add_argument(
        "--bits", action="store_true", help="bits per character of the held-out tunes"
    )
    parser.add_argument("--only-prompts", metavar="FILE", help="write the prompts there and stop")
    parser.add_argument("--fresh", action="store_true", help="forget an earlier run in DIR")
    add_json(parser, "the result")


def run(args: argparse.Namespace) -> int:
    from chatmusician.eval.generation.run import Job, evaluate, prompts_of

    if args.n < 1:
        raise UsageError("-n is at least 1")
    job = Job(
        prompts=args.prompts,
        output=args.output or "",
        train=args.train,
        n=args.n,
        seed=args.seed,
        against=tuple(args.against),
        bits=args.bits,
        fresh=args.fresh,
    )
    if args.only_prompts:
        lines = [json.dumps(row, ensure_ascii=False) for row in prompts_of(job)]
        write_atomic(args.only_prompts, ("\n".join(lines) + "\n").encode())
        note(f"{count(len(lines), 'prompt')} written to {args.only_prompts}")
        return 0
    if not args.output:
        raise UsageError("name the folder to write with -o")
    result = evaluate(job, _generator(args), told=_progress)
    if args.json:
        print_json(result)
    else:
        print((Path(args.output) / "table.md").read_text(encoding="utf-8"), end="")
    return 0


def _generator(args: argparse.Namespace) -> Generator:
    from chatmusician.eval.generation.outputs import FromFile
    from chatmusician.eval.provenance import fingerprint

    if not args.outputs:
        raise UsageError("name the texts to score with --outputs")
    return FromFile(args.outputs, args.name, fingerprint(args.outputs))


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {of}", end="\n" if done == of else "", file=sys.stderr, flush=True)
