"""Builds the argument parsers, with only the asked-for commands' modules imported."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from typing import NoReturn

from chatmusician import __version__
from chatmusician.cli.commands import COMMANDS
from chatmusician.errors import UsageError

PROGRAM = "chatmusician"
EXAMPLE = """example:
  chatmusician check tune.abc
  chatmusician convert tune.abc tune.json"""


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Writes `-o, --output DIR` on every version of Python, and commands as a plain list."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28)
        self._action_max_length = 14

    def _format_action(self, action: argparse.Action) -> str:
        text = super()._format_action(action)
        return text.split("\n", 1)[1] if isinstance(action, argparse._SubParsersAction) else text

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings or action.nargs == 0:
            return super()._format_action_invocation(action)
        value = self._format_args(action, self._get_default_metavar_for_optional(action))
        return f"{', '.join(action.option_strings)} {value}"


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"see: {self.prog} --help")


def build_parser(commands: Collection[str]) -> Parser:
    """The whole parser; of the commands, only those named have their options."""
    parser = Parser(
        prog=PROGRAM,
        description="Music as text: read, check and convert ABC notation.",
        epilog=EXAMPLE,
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    add_debug(parser, default=False)
    # DeepSpeed's launcher puts it before the command; the environment says the same.
    parser.add_argument("--local_rank", help=argparse.SUPPRESS)
    subparsers = parser.add_subparsers(
        title="commands", dest="command", metavar="COMMAND", parser_class=Parser
    )
    for command in COMMANDS:
        subparser = subparsers.add_parser(
            command.name, help=command.help, formatter_class=HelpFormatter, allow_abbrev=False
        )
        if command.name in commands:
            command.load().configure(subparser)
            add_debug(subparser, default=argparse.SUPPRESS)
    return parser


def add_debug(parser: argparse.ArgumentParser, *, default: object) -> None:
    parser.add_argument(
        "--debug", action="store_true", default=default, help="show the traceback of an error"
    )


def add_json(parser: argparse._ActionsContainer, what: str = "the results") -> None:
    parser.add_argument("--json", action="store_true", help=f"print {what} as JSON")


def add_written(parser: argparse.ArgumentParser, formats: str, what: str) -> None:
    """Where files go, and in which formats; ``formats`` are those written unless asked."""
    parser.add_argument(
        "-o", "--output", metavar="DIR", default=".", help="the folder to write to (default: .)"
    )
    parser.add_argument(
        "--format", metavar="LIST", default=formats, help=f"{what} (default: %(default)s)"
    )


def describe(parser: argparse.ArgumentParser, description: str, *examples: str) -> None:
    """Every command says what it does and ends its --help with an example."""
    parser.description = description
    heading = "example:" if len(examples) == 1 else "examples:"
    parser.epilog = "\n  ".join([heading, *examples])
