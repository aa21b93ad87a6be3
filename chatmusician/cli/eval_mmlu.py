"""`chatmusician eval mmlu`: MMLU, 57 subjects."""

from __future__ import annotations

import argparse

from chatmusician.cli import eval_choice
from chatmusician.cli.parser import describe


def configure(parser: argparse.ArgumentParser) -> None:
    describe(
        parser,
        "MMLU, five-shot by the likelihood of the letters: every subject, their mean and the\n"
        "share of all questions. docs/eval-mmlu.md says what departs from the reference.",
        "chatmusician eval mmlu -m m-a-p/ChatMusician -o report",
        "chatmusician eval mmlu -m MODEL --data test.parquet --dev dev.parquet -o report",
    )
    eval_choice.configure(parser, "mmlu")


def run(args: argparse.Namespace) -> int:
    return eval_choice.run(args, "mmlu")
