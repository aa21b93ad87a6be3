"""Checkpoints that are whole: on the disk to the last byte, and only then marked as such."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

WHOLE = "whole"
_NAME = re.compile(r"checkpoint-(\d+)")


def finish(folder: Path, keep: int) -> None:
    """Mark it, and drop the older ones but the last `keep`, and those that were cut short."""
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            _to_disk(file)
    (folder / WHOLE).touch()
    _to_disk(folder)
    older = sorted(step for step in _steps(folder.parent) if step < _steps_of(folder))
    places = [folder.parent / f"checkpoint-{step}" for step in older]
    whole = [place for place in places if (place / WHOLE).exists()]
    kept = whole[max(0, len(whole) - keep + 1) :]
    for place in places:
        if place not in kept:
            drop(place)


def drop(folder: Path) -> None:
    """The mark first: what is half removed must not pass for whole."""
    (folder / WHOLE).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def last_whole(output: Path) -> Path | None:
    """The furthest checkpoint that was written to its end; one cut short does not count."""
    for step in sorted(_steps(output), reverse=True):
        folder = output / f"checkpoint-{step}"
        if (folder / WHOLE).exists():
            return folder
    return None


def _steps(output: Path) -> list[int]:
    return [int(match[1]) for path in output.glob("*") if (match := _NAME.fullmatch(path.name))]


def _steps_of(folder: Path) -> int:
    return int(folder.name.rpartition("-")[2])


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
