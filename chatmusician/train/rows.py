"""Rows from parquet, JSONL and CSV, in units that can be worked on and resumed one by one."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatmusician.errors import InputError, MissingDependency, UsageError

ENDINGS = (".parquet", ".jsonl", ".csv")
_CHUNK = 8 * 1024 * 1024


@dataclass(frozen=True)
class Unit:
    """A part of a file: a row group of parquet, a span of bytes of JSONL, a whole CSV."""

    path: str
    start: int
    stop: int


def files(paths: Sequence[str]) -> list[Path]:
    found: list[Path] = []
    for name in paths:
        path = Path(name)
        if path.is_dir():
            found += sorted(file for file in path.rglob("*") if file.suffix in ENDINGS)
        elif not path.is_file():
            raise InputError("no such file or folder", path=name)
        elif path.suffix not in ENDINGS:
            raise UsageError(f"{name} does not end in {', '.join(ENDINGS)}")
        else:
            found.append(path)
    if not found:
        raise InputError(f"no file ends in {', '.join(ENDINGS)}", path=" ".join(paths))
    return found


def units(path: Path) -> Iterator[Unit]:
    if path.suffix == ".parquet":
        for group in range(_parquet(path).num_row_groups):
            yield Unit(str(path), group, group + 1)
    elif path.suffix == ".csv":
        yield Unit(str(path), 0, path.stat().st_size)
    else:
        size = path.stat().st_size
        start = 0
        with path.open("rb") as file:
            while start < size:
                file.seek(start + _CHUNK)
                file.readline()
                stop = min(file.tell(), size)
                yield Unit(str(path), start, stop)
                start = stop


def read(unit: Unit) -> Iterator[dict[str, Any] | None]:
    """The rows of a unit; None for one that is no mapping or no JSON."""
    path = Path(unit.path)
    if path.suffix == ".parquet":
        yield from _parquet(path).read_row_group(unit.start).to_pylist()
    elif path.suffix == ".csv":
        with path.open(encoding="utf-8", errors="replace", newline="") as text:
            yield from csv.DictReader(text)
    else:
        with path.open("rb") as file:
            file.seek(unit.start)
            for line in file.read(unit.stop - unit.start).splitlines():
                if line.strip():
                    yield _mapping(line)


def _mapping(line: bytes) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None


def _parquet(path: Path) -> Any:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise MissingDependency("pyarrow", how='pip install ".[train]"') from error
    try:
        return pyarrow.parquet.ParquetFile(path)
    except (OSError, pyarrow.ArrowInvalid) as error:
        raise InputError(f"not readable as parquet: {error}", path=str(path)) from error
