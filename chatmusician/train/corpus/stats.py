"""Counting what is in a corpus folder, whoever made it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

from chatmusician.errors import InputError
from chatmusician.train.corpus.card import token_counts
from chatmusician.train.corpus.shards import get_table

_COLUMNS = ("id", "text", "src")
_QUANTILES = {"shortest": 0.0, "median": 0.5, "p95": 0.95, "longest": 1.0}


def statistics(folder: str, tokenizer: str = "") -> dict[str, Any]:
    """Rows, characters, tokens and lengths by source, and ids that are there twice."""
    sizes: dict[str, list[int]] = defaultdict(list)
    tokens: dict[str, int] = defaultdict(int)
    seen: set[str] = set()
    twice = 0
    for path in _files(folder):
        rows = _rows(path)
        texts = rows["text"].to_pylist()
        counts = token_counts(texts, tokenizer) if tokenizer else [0] * len(texts)
        names = rows["src"].to_pylist()
        for at, name, text, count in zip(rows["id"].to_pylist(), names, texts, counts, strict=True):
            sizes[name].append(len(text))
            tokens[name] += count
            twice += at in seen
            seen.add(at)
    found = {name: _lengths(sizes[name]) for name in sorted(sizes)}
    if tokenizer:
        for name in found:
            found[name]["tokens"] = tokens[name]
    return {"sources": found, "rows": len(seen) + twice, "ids_there_twice": twice}


def _files(folder: str) -> list[Path]:
    place = Path(folder)
    files = [place] if place.is_file() else sorted((place / "data").glob("*.parquet"))
    files = files or sorted(place.glob("*.parquet"))
    if not files:
        raise InputError("there is no parquet file", path=folder)
    return files


def _rows(path: Path) -> Any:
    import pyarrow as pa

    try:
        table = get_table(path)
    except (OSError, pa.ArrowException) as error:
        raise InputError(" ".join(str(error).split()), path=str(path)) from error
    missing = [name for name in _COLUMNS if name not in table.column_names]
    if missing:
        raise InputError(
            f"has no column {', '.join(missing)}; found: {', '.join(table.column_names)}",
            path=str(path),
        )
    return table


def _lengths(sizes: list[int]) -> dict[str, int]:
    ordered = sorted(sizes)
    found = {"rows": len(ordered), "characters": sum(ordered)}
    last = len(ordered) - 1
    return found | {name: ordered[round(share * last)] for name, share in _QUANTILES.items()}


def table(found: dict[str, Any]) -> str:
    sources = found["sources"]
    head = ["source", *next(iter(sources.values()), {})]
    rows = [[name, *map(str, row.values())] for name, row in sources.items()]
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = [
        "  ".join(cell.rjust(w) for cell, w in zip(r, widths, strict=True)) for r in [head, *rows]
    ]
    if found["ids_there_twice"]:
        lines.append(f"ids there twice: {found['ids_there_twice']}")
    return "\n".join(lines) + "\n"
