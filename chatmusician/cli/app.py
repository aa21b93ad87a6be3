"""Runs one command and turns every error into one line and an exit code."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Sequence

from chatmusician.cli.commands import BY_NAME
from chatmusician.cli.output import report_error
from chatmusician.cli.parser import PROGRAM, build_parser
from chatmusician.errors import ChatMusicianError, UsageError

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    _print_any_text()
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except ChatMusicianError as error:
        _show_traceback(arguments)
        report_error(error)
        return error.exit_code
    except KeyboardInterrupt:
        _show_traceback(arguments)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone; the interpreter must not try to flush to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if _show_traceback(arguments):
            return 1
        name = type(error).__name__
        hint = "run it again with --debug to see where, and report it"
        report_error(ChatMusicianError(f"unexpected {name}: {_one_line(error)}", hint=hint))
        return 1
    return code


def _run(arguments: list[str]) -> int:
    chosen = next((word for word in arguments if not word.startswith("-")), None)
    parser = build_parser({chosen} if chosen in BY_NAME else set())
    try:
        args = parser.parse_args(arguments)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 0
    if args.command is None:
        raise UsageError("no command given", hint=f"see: {PROGRAM} --help")
    return BY_NAME[args.command].load().run(args)


def _print_any_text() -> None:
    # A terminal that cannot show a sharp sign or an odd file name still gets its answer.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _show_traceback(arguments: list[str]) -> bool:
    if "--debug" not in arguments:
        return False
    traceback.print_exc()
    return True


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
