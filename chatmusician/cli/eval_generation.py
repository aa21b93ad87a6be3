"""`chatmusician eval generation`: how good the tunes are that a model writes."""

from __future__ import annotations

import argparse

from chatmusician.cli.parser import describe
from chatmusician.errors import UsageError


def configure(parser: argparse.ArgumentParser) -> None:
    describe(parser, "How good a model's tunes are.", "chatmusician eval generation -o report")
    parser.add_argument("-o", "--output", metavar="DIR", required=True, help="the folder to write")


def run(args: argparse.Namespace) -> int:
    raise UsageError("the report on generated tunes is still being written")
