"""Rows of a table as plain dictionaries: .json, .jsonl, .csv, .parquet, or a set on the hub."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chatmusician.errors import InputError, MissingDependency
from chatmusician.files import read_bytes, read_text_bytes

SUFFIXES = (".json", ".jsonl", ".csv", ".parquet")
Numbered = tuple[int, Mapping[str, Any] | str]


@dataclass(frozen=True)
class Rows:
    """Each with its number: the line of a .jsonl file, else counted from 1.

    A text in place of a row says why it cannot be read.
    """

    numbered: tuple[Numbered, ...]
    source: str


def read_rows(name: str, *, split: str = "", config: str = "") -> Rows:
    suffix = os.path.splitext(name)[1].lower()
    if suffix in SUFFIXES or os.path.isfile(name):
        reader = {".jsonl": _jsonl, ".csv": _csv, ".parquet": _parquet}.get(suffix, _json)
        return Rows(tuple(reader(name)), name)
    if os.path.isdir(name) or name.count("/") != 1:
        raise InputError(
            "is no .json, .jsonl, .csv or .parquet file, and no name on the hub (owner/name)",
            path=name,
        )
    return _hub(name, split, config)


def _text(name: str) -> str:
    try:
        return read_text_bytes(name).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"is not UTF-8 (byte {error.start})", path=name) from error


def _json(name: str) -> list[Numbered]:
    try:
        found = json.loads(_text(name))
    except ValueError as error:
        raise InputError(f"is not JSON: {error}", path=name) from error
    if isinstance(found, dict):
        lists = [value for value in found.values() if isinstance(value, list)]
        found = lists[0] if len(lists) == 1 else found
    if not isinstance(found, list):
        raise InputError("is no list of rows", path=name)
    return [(number, _row(row)) for number, row in enumerate(found, 1)]


def _jsonl(name: str) -> list[Numbered]:
    made: list[Numbered] = []
    # Only "\n" ends a line: other separators may stand inside a JSON text.
    for number, line in enumerate(_text(name).split("\n"), 1):
        if not line.strip():
            continue
        try:
            made.append((number, _row(json.loads(line))))
        except ValueError as error:
            made.append((number, f"is not JSON: {error}"))
    return made


def _row(row: object) -> Mapping[str, Any] | str:
    return row if isinstance(row, dict) else "is no table of columns"


def _csv(name: str) -> list[Numbered]:
    csv.field_size_limit(2**24)
    try:
        found = list(csv.DictReader(io.StringIO(_text(name), newline=""), strict=True))
    except csv.Error as error:
        raise InputError(f"is not CSV: {error}", path=name) from error
    uneven = "has not as many columns as the first line"
    return [
        (number, uneven if None in row or None in row.values() else row)
        for number, row in enumerate(found, 1)
    ]


def _parquet(name: str) -> list[Numbered]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingDependency("pyarrow", how='pip install ".[eval]"') from error
    try:
        table = pyarrow.parquet.read_table(io.BytesIO(read_bytes(name)))
    except pyarrow.ArrowInvalid as error:
        raise InputError(f"is not Parquet: {error}", path=name) from error
    return list(enumerate(table.to_pylist(), 1))


def _hub(name: str, split: str, config: str) -> Rows:
    try:
        import datasets
    except ImportError as error:
        raise MissingDependency("datasets", how='pip install ".[eval]"') from error
    try:
        found = datasets.load_dataset(name, config or None, split=split or None)
    except Exception as error:
        # The library raises what it likes: no set, no net, no such split.
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise InputError(
            f"cannot be had from the hub: {first}", path=name, hint="or give a file: --data FILE"
        ) from error
    if isinstance(found, Mapping):
        raise InputError(f"has several splits: {', '.join(found)}", path=name)
    print_name = f"{name}[{split}]" if split else name
    fingerprint = getattr(found, "_fingerprint", "")
    return Rows(tuple(enumerate(map(dict, found), 1)), f"{print_name}@{fingerprint}")
