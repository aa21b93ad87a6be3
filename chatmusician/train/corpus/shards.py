"""Parquet and JSON files that are there whole or not at all, the same bytes each time."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chatmusician.errors import OutputError


def put(path: Path, data: bytes) -> None:
    """Write beside, then rename. The temporary name is always the same, so that what a killed
    run left behind is overwritten by the next one."""
    temporary = _temporary(path)
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(f"cannot be written: {error.strerror}", path=str(path)) from error


def _temporary(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{path.name}.tmp")


def put_json(path: Path, value: Any) -> None:
    put(path, (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode())


def put_lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    put(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())


def get_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def get_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def put_table(path: Path, table: Any, *, group: int = 10_000) -> None:
    import pyarrow.parquet as pq

    temporary = _temporary(path)
    try:
        pq.write_table(table, temporary, compression="zstd", row_group_size=group)
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OutputError(f"cannot be written: {error}", path=str(path)) from error


def get_table(path: Path, columns: list[str] | None = None, filters: Any = None) -> Any:
    import pyarrow.parquet as pq

    return pq.read_table(path, columns=columns, filters=filters)
