"""`chatmusician eval mtb`: MusicTheoryBench."""

from __future__ import annotations

import argparse

from chatmusician.cli import eval_choice
from chatmusician.cli.parser import describe


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "MusicTheoryBench as ChatMusician runs it: zero-shot, or --shots 5, likelihood of the\n"
        "letters, options shuffled five times. docs/eval-mtb.md says what departs from it.",
        "chatmusician eval mtb -m m-a-p/ChatMusician -o report",
        "chatmusician eval mtb -m MODEL --data questions.jsonl --shots 5 -o report",
    )
    eval_choice.configure(parser, "mtb")


def run(args: argparse.Namespace) -> int:
    return eval_choice.run(args, "mtb")
