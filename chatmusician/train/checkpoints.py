"""Checkpoints that are whole: marked as such once everything is in them."""

from __future__ import annotations

import re
from pathlib import Path

WHOLE = "whole"
_NAME = re.compile(r"checkpoint-(\d+)")


def mark(folder: Path) -> None:
    (folder / WHOLE).touch()


def last_whole(output: Path) -> Path | None:
    """The furthest checkpoint that was written to its end; one cut short does not count."""
    found = [
        (int(match[1]), folder)
        for folder in output.glob("checkpoint-*")
        if (match := _NAME.fullmatch(folder.name)) and (folder / WHOLE).exists()
    ]
    return max(found)[1] if found else None
