"""`chatmusician eval theory`: generated questions, any seed a new test."""

from __future__ import annotations

import argparse
import json

from chatmusician.cli import eval_choice
from chatmusician.cli.output import count, note
from chatmusician.cli.parser import describe
from chatmusician.errors import UsageError
from chatmusician.files import write_atomic


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "Music theory questions in MusicTheoryBench's shape, generated from seeds, with computed\n"
        "answers. docs/eval-theory.md says what is asked.",
        "chatmusician eval theory -m MODEL --seeds 1,2,3 -o report",
        "chatmusician eval theory --seeds 7 --side train --form sft --write rows.jsonl",
    )
    eval_choice.configure(parser, "theory", needs_output=False)
    parser.add_argument("--seeds", default="0", metavar="A,B", help="of the questions (0)")
    parser.add_argument("--write", metavar="FILE", help="write the questions there and stop")
    parser.add_argument(
        "--side", choices=("test", "train"), default="test", help="of the questions written"
    )
    parser.add_argument(
        "--form", choices=("questions", "text", "sft"), default="questions", help="of the rows"
    )


def run(args: argparse.Namespace) -> int:
    seeds = _seeds(args.seeds)
    if args.write:
        return _write(args.write, seeds, args.side, args.form)
    if args.side != "test":
        raise UsageError("models are asked test questions only", hint="--side goes with --write")
    if not args.output:
        raise UsageError("name the folder to write with -o")
    return eval_choice.run(args, "theory", seeds)


def _seeds(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in text.split(","))
    except ValueError as error:
        raise UsageError(f"--seeds are numbers with commas between them, not {text!r}") from error


def _write(path: str, seeds: tuple[int, ...], side: str, form: str) -> int:
    from chatmusician.eval.choice.theory import make_questions
    from chatmusician.eval.choice.theory.rows import FORMS

    made = [question for seed in seeds for question in make_questions(seed, side=side)]
    lines = [json.dumps(FORMS[form](question), ensure_ascii=False) for question in made]
    write_atomic(path, ("\n".join(lines) + "\n").encode())
    note(f"{count(len(lines), 'question')} written to {path}")
    return 0
