"""What of a set is done: a line for each track, in a file for each part of the work.

Parts may run at once, on several machines that share the folder; each writes its own file and
reads them all. A line that was cut off by a stop counts for nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chatmusician.errors import UsageError
from chatmusician.files import write_atomic

_FOLDER = "tracks"
Made = dict[str, Any]


class Journal:
    """``settings`` are what a run must have in common with those it goes on from."""

    def __init__(self, output: Path, settings: list[Any]) -> None:
        self.folder = output / _FOLDER
        self.settings = {"settings": settings}

    def begin(self, *, fresh: bool) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in self._files() if fresh else ():
            path.unlink()

    def done(self) -> dict[str, Made]:
        """What all parts have done, by the track's id."""
        return {made["id"]: made for path in self._files() for made in self._read(path)}

    @contextmanager
    def part(self, number: int) -> Iterator[Part]:
        path = self.folder / f"{number:05d}.jsonl"
        kept = self._read(path) if path.is_file() else []
        write_atomic(str(path), b"".join(map(_line, (self.settings, *kept))))
        with path.open("ab") as file:
            yield Part(file)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.jsonl"))

    def _read(self, path: Path) -> list[Made]:
        rows = []
        for line in path.read_bytes().splitlines(keepends=True):
            try:
                rows.append(json.loads(line) if line.endswith(b"\n") else None)
            except ValueError:
                rows.append(None)
        if rows and rows[0] is not None and rows[0] != self.settings:
            folder = self.folder.parent
            raise UsageError(f"{folder} holds another run", hint="name another folder, or --fresh")
        return [made for made in rows[1:] if made]


class Part:
    def __init__(self, file: Any) -> None:
        self._file = file

    def add(self, made: Made) -> None:
        self._file.write(_line(made))
        self._file.flush()


def _line(row: Made) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"
