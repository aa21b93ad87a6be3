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

    def done(self) -> Done:
        """What all parts have done."""
        places = {}
        for path in self._files():
            for at, made in self._read(path):
                places[str(made["id"])] = path, at
        return Done(places)

    @contextmanager
    def part(self, number: int) -> Iterator[Part]:
        path = self.folder / f"{number:05d}.jsonl"
        kept = (made for _, made in self._read(path)) if path.is_file() else ()
        write_atomic(str(path), b"".join(map(_line, (self.settings, *kept))))
        with path.open("ab") as file:
            yield Part(file)

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.jsonl"))

    def _read(self, path: Path) -> Iterator[tuple[int, Made]]:
        """Each whole line with its place in the file; the first one says whose run it is."""
        with path.open("rb") as file:
            head = _whole(file.readline())
            if head is not None and head != self.settings:
                raise UsageError(
                    f"{self.folder.parent} holds another run",
                    hint="name another folder, or --fresh",
                )
            at = file.tell()
            for line in file:
                made = _whole(line)
                if made:
                    yield at, made
                at += len(line)


class Done:
    """Lines of journals by the track's id, read when they are asked for: there may be more of
    them than memory holds."""

    def __init__(self, places: dict[str, tuple[Path, int]]) -> None:
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, id: str) -> bool:
        return id in self._places

    def __getitem__(self, id: str) -> Made:
        path, at = self._places[id]
        with path.open("rb") as file:
            file.seek(at)
            made: Made = json.loads(file.readline())
        return made


class Part:
    def __init__(self, file: Any) -> None:
        self._file = file

    def add(self, made: Made) -> None:
        self._file.write(_line(made))
        self._file.flush()


def _line(row: Made) -> bytes:
    return json.dumps(row, ensure_ascii=False).encode() + b"\n"


def _whole(line: bytes) -> Made | None:
    """A line that was written to its end."""
    try:
        made: Made | None = json.loads(line) if line.endswith(b"\n") else None
    except ValueError:
        return None
    return made
