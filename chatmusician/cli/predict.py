"""`chatmusician predict`: a file of requests answered, one result a line."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict

from chatmusician.cli.model_options import (
    add_model_options,
    add_sampling_options,
    load_backend,
    sampling,
)
from chatmusician.cli.output import count, note, print_json
from chatmusician.cli.parser import add_json, describe
from chatmusician.errors import UsageError

INTERRUPTED = 130


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "Answer every row of a file of JSON lines, one result a line, in the order of the input.\n"
        "Rows have instruction and input, or prompt, or messages. A row that cannot be used gives\n"
        "a named error and costs only itself. Killed at any time, the same command goes on where\n"
        "it was (it keeps OUT.part until all is done).",
        "chatmusician predict requests.jsonl -o answers.jsonl",
        "chatmusician predict requests.jsonl -o answers.jsonl -m models/ChatMusician --batch 16",
    )
    parser.add_argument("input", metavar="IN.jsonl", help="the requests")
    parser.add_argument(
        "-o", "--output", metavar="OUT.jsonl", required=True, help="the file to write"
    )
    parser.add_argument(
        "--batch", type=int, default=8, metavar="N", help="rows answered together (default: 8)"
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="line n is drawn with N + n (default: 0)"
    )
    parser.add_argument(
        "--restart", action="store_true", help="begin anew, whatever was done before"
    )
    add_json(parser, "the counts")
    add_model_options(parser)
    add_sampling_options(parser)


def run(args: argparse.Namespace) -> int:
    from chatmusician.model.predict import PredictOptions, predict

    if args.batch < 1:
        raise UsageError(f"a batch of {args.batch}", hint="--batch 1 or more")
    backend = load_backend(args)
    options = PredictOptions(args.batch, args.seed, args.restart)
    try:
        done = predict(
            args.input,
            args.output,
            backend,
            sampling(args, backend.defaults),
            options,
            on_rows=_progress if sys.stderr.isatty() else None,
        )
    finally:
        backend.close()
    for remark in backend.remarks:
        note(remark)
    if args.json:
        print_json({**asdict(done), "errors": dict(done.errors)})
    if done.interrupted:
        note(f"interrupted; the same command goes on from {args.output}.part")
        return INTERRUPTED
    note(f"{count(done.results, 'result')}, {count(sum(done.errors.values()), 'error')}")
    for name, number in sorted(done.errors.items()):
        note(f"  {name}: {number}")
    if not args.json:
        print(args.output)
    return 1 if done.errors else 0


def _progress(done: int, rows: int) -> None:
    sys.stderr.write(f"\r{done} of {rows}" + ("\n" if done == rows else ""))
    sys.stderr.flush()
