"""Rows from parquet, JSONL and CSV, in units that can be worked on and resumed one by one."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from chatmusician.errors import InputError, MissingDependency, UsageError

ENDINGS = (".parquet", ".jsonl", ".csv")
_CHUNK = 1024 * 1024
_LONGEST_FIELD = 64 * 1024 * 1024  # of CSV, where 128 KiB is the usual limit
_LOOKED_AT = 100  # rows, for the columns' names


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


def columns(path: Path) -> list[str]:
    """The columns' names; of JSONL, those of its first rows."""
    if path.suffix == ".parquet":
        return [str(name) for name in _parquet(path).schema_arrow.names]
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as text:
            return next(csv.reader(text), [])
    seen: dict[str, None] = {}
    with path.open("rb") as file:
        for line in islice(file, _LOOKED_AT):
            seen.update(dict.fromkeys(_mapping(line) or ()))
    return list(seen)


def read(unit: Unit, names: Sequence[str]) -> Iterator[dict[str, Any] | None]:
    """The rows of a unit with (at least) these columns; None for one that is no mapping."""
    path = Path(unit.path)
    if path.suffix == ".parquet":
        yield from _parquet_rows(path, unit.start, names)
    elif path.suffix == ".csv":
        yield from _csv_rows(path)
    else:
        with path.open("rb") as file:
            file.seek(unit.start)
            for line in file.read(unit.stop - unit.start).splitlines():
                if line.strip():
                    yield _mapping(line)


def _csv_rows(path: Path) -> Iterator[dict[str, Any]]:
    csv.field_size_limit(_LONGEST_FIELD)
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as text:
            yield from csv.DictReader(text)
    except csv.Error as error:
        raise InputError(f"not readable as CSV: {error}", path=str(path)) from error


def _parquet_rows(path: Path, group: int, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    file = _parquet(path)
    wanted = [name for name in names if name in file.schema_arrow.names]
    try:
        for batch in file.iter_batches(row_groups=[group], columns=wanted):
            yield from batch.to_pylist()
    except (OSError, ValueError) as error:  # ArrowInvalid is a ValueError
        raise InputError(f"not readable as parquet: {error}", path=str(path)) from error


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
