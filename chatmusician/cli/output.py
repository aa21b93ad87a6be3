"""What all commands print with: results to stdout, everything else to stderr."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from chatmusician.errors import ChatMusicianError, UsageError


def print_json(value: object) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))


def print_text(text: str) -> None:
    """Text that is the result itself: UTF-8 whatever the terminal says, line ends as they are."""
    print_bytes(text.encode("utf-8", "surrogateescape"))


def print_bytes(data: bytes) -> None:
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def note(message: str) -> None:
    # Where both go to one file, what was said first stands first.
    sys.stdout.flush()
    print(message, file=sys.stderr)


def report_error(error: ChatMusicianError) -> None:
    note(f"chatmusician: error: {error}")
    if error.hint:
        note(f"  hint: {error.hint}")


def count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


_ENDINGS = {"midi": "mid", "xml": "musicxml"}


def refuse_file_for_folder(name: str) -> None:
    """``-o tune.wav`` where a folder belongs would make a folder of that name."""
    from chatmusician.rendering import FORMATS

    ending = Path(name).suffix[1:].lower()
    format = _ENDINGS.get(ending, ending)
    plot = format in ("roll", "overview")  # formats, but no endings of files
    named_folder = name.endswith(("/", os.sep)) or Path(name).is_dir()
    if format in FORMATS and not plot and not named_folder:
        hint = f"--format {format} chooses what is written"
        raise UsageError(f"-o names a folder, and {name} looks like a file", hint=hint)
