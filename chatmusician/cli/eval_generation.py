"""`chatmusician eval generation`: how good the tunes are that a model writes."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatmusician.cli.model_options import (
    add_model_options,
    add_sampling_options,
    load_options,
    sampling,
)
from chatmusician.cli.output import count, note, print_json
from chatmusician.cli.parser import add_json, describe
from chatmusician.errors import UsageError
from chatmusician.files import write_atomic

if TYPE_CHECKING:
    from chatmusician.eval.generation.run import Job

# As in model.steering, which is not imported for the sake of --help.
LEVELS = ("off", "syntax", "bars", "brief")


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "How good a model's tunes are: notation, bars, what was asked, music, copies, cost,\n"
        "beside held-out tunes by people. docs/eval-generation.md defines every number.\n"
        "A run that was stopped, even killed, goes on with the same command.",
        "chatmusician eval generation --prompts rows/test.jsonl --level off -o report-off",
        "chatmusician eval generation --prompts rows/test.jsonl --train corpus/data \\",
        "    --held-out corpus/held-out -m models/mine --against report-off -o report",
        "chatmusician eval generation --prompts rows/test.jsonl --outputs answers.jsonl -o other",
    )
    parser.add_argument(
        "--prompts", required=True, metavar="FILE", help="held-out rows of `corpus tasks`"
    )
    parser.add_argument("-o", "--output", metavar="DIR", help="the folder to write")
    parser.add_argument(
        "--level",
        choices=LEVELS,
        default="brief",
        help="what the decoding is held to (default: %(default)s)",
    )
    parser.add_argument("-n", type=int, default=500, metavar="N", help="prompts (500)")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="draws the prompts, then the texts (0)"
    )
    parser.add_argument(
        "--train",
        default="",
        metavar="PATH",
        help="what was trained on, for copies: training rows, or corpus/data",
    )
    parser.add_argument(
        "--held-out",
        default="",
        metavar="PATH",
        help="texts whose bits per character are measured: corpus/held-out, or rows",
    )
    parser.add_argument(
        "--against", action="append", default=[], metavar="DIR", help="an earlier run, side by side"
    )
    parser.add_argument(
        "--batch", type=int, default=8, metavar="N", help="prompts answered together (8)"
    )
    parser.add_argument(
        "--tries",
        type=int,
        default=6,
        metavar="N",
        help="how often a tune is asked for that is not as asked (6; at levels off to bars once)",
    )
    parser.add_argument("--outputs", metavar="FILE", help="texts to score: JSON lines of id, text")
    parser.add_argument(
        "--name", default="", metavar="NAME", help="what the texts' maker is called"
    )
    parser.add_argument("--only-prompts", metavar="FILE", help="write the prompts there and stop")
    parser.add_argument("--fresh", action="store_true", help="forget an earlier run in DIR")
    add_json(parser, "the result")
    add_model_options(parser)
    add_sampling_options(parser)


def run(args: argparse.Namespace) -> int:
    from chatmusician.eval.generation.run import prompts_of

    for option, value in (("-n", args.n), ("--batch", args.batch), ("--tries", args.tries)):
        if value < 1:
            raise UsageError(f"{option} is at least 1")
    job = _job(args)
    if args.only_prompts:
        lines = [json.dumps(row, ensure_ascii=False) for row in prompts_of(job)]
        write_atomic(args.only_prompts, ("\n".join(lines) + "\n").encode())
        note(f"{count(len(lines), 'prompt')} written to {args.only_prompts}")
        return 0
    if not args.output:
        raise UsageError("name the folder to write with -o")
    result = _scored(job, args) if args.outputs else _asked(job, args)
    if args.json:
        print_json(result)
    else:
        print((Path(args.output) / "table.md").read_text(encoding="utf-8"), end="")
    return 0


def _job(args: argparse.Namespace) -> Job:
    from chatmusician.eval.generation.run import Job

    return Job(
        prompts=args.prompts,
        output=args.output or "",
        train=args.train,
        n=args.n,
        seed=args.seed,
        against=tuple(args.against),
        held_out=args.held_out,
        fresh=args.fresh,
    )


def _scored(job: Job, args: argparse.Namespace) -> dict[str, Any]:
    """Texts that were made elsewhere."""
    from chatmusician.eval.generation.outputs import FromFile
    from chatmusician.eval.generation.run import evaluate
    from chatmusician.eval.provenance import fingerprint

    if args.model or args.adapter:
        raise UsageError("--outputs are texts that are there: leave out the model")
    texts = FromFile(args.outputs, args.name, fingerprint(args.outputs))
    return evaluate(job, texts, told=_progress)


def _asked(job: Job, args: argparse.Namespace) -> dict[str, Any]:
    from chatmusician.eval.generation.benchmark import Asking, run_generation

    if args.name:
        raise UsageError("--name is for --outputs: a model has its own")
    asking = Asking(args.level, args.batch, args.tries, lambda usual: sampling(args, usual))
    result, remarks = run_generation(
        job, asking, model=args.model, load=load_options(args), told=_progress
    )
    for remark in remarks:
        note(remark)
    return result


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done} of {of}", end="\n" if done == of else "", file=sys.stderr, flush=True)
