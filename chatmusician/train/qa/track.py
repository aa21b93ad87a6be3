"""A sound of an annotated set with what the set states of it, and how the readers find both."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chatmusician.errors import InputError
from chatmusician.files import read_bytes

SOUNDS = (".wav", ".mp3", ".flac", ".ogg", ".m4a")
# Free text of a set's tables (biographies) goes far beyond the csv module's own limit.
_LONGEST_FIELD = 1 << 24


@dataclass(frozen=True)
class Track:
    """One sound and what its set states: ``caption``, ``tags``, ``genres``, ``moods``, ``key``,
    ``tempo``, ``meter``, ``instruments``, ``notes`` (by instrument, as start, end, pitch), and
    whatever names it. ``clip`` is the part that is annotated, in seconds, where the file may hold
    more than that."""

    id: str
    audio: Path
    stated: dict[str, Any] = field(default_factory=dict)
    clip: tuple[float, float] | None = None


def rows(path: Path, delimiter: str = ",") -> Iterator[dict[str, str]]:
    for row in csv.DictReader(_lines(path), delimiter=delimiter):
        yield {name: value or "" for name, value in row.items() if isinstance(name, str)}


def plain_rows(path: Path, delimiter: str = ",") -> Iterator[list[str]]:
    yield from csv.reader(_lines(path), delimiter=delimiter)


def _lines(path: Path) -> io.StringIO:
    csv.field_size_limit(_LONGEST_FIELD)
    text = read_bytes(str(path), limit=1 << 30).decode("utf-8-sig", "replace")
    return io.StringIO(text, newline="")


def sounds(folder: Path) -> dict[str, Path]:
    """The sounds below a folder, by their names without endings."""
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SOUNDS)
    return {path.stem: path for path in paths}


def below(folder: Path, name: str) -> Path | None:
    """A file that a table names, if it lies below the folder."""
    for path in (folder / name, folder / "mp3" / name, folder / Path(name).name):
        if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
            return path
    return None


def text_of(path: Path) -> str:
    return read_bytes(str(path)).decode("utf-8", "replace").strip()


def json_of(path: Path) -> Any:
    try:
        return json.loads(read_bytes(str(path)).decode("utf-8-sig", "replace"))
    except ValueError as error:
        raise InputError("is no JSON", path=str(path)) from error


def number(text: Any) -> float | None:
    try:
        found = float(text)
    except (TypeError, ValueError):
        return None
    return found if 0 < found < 1e6 else None
