"""The tunes that a model was trained on: read for the index of copies and the n-gram."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chatmusician import abc
from chatmusician.abc.timing import Timeline
from chatmusician.errors import InputError, MissingDependency
from chatmusician.model.chat_format import strip_answer

# A moved tune has the melody of the tune it was; a damaged one is nobody's tune.
_SKIPPED = ("/transpose", "/fix")
_TITLE = re.compile(r"^(?:X|T):.*\n", re.M)


def tune_texts(path: str) -> Iterator[str]:
    """The different tunes of a file, each as text once, titles left out.

    ``.jsonl`` holds instruction rows (their answers are taken) or texts in a column ``abc`` or
    ``text``; ``.parquet`` has such a column; anything else is read as ABC.
    """
    seen: set[str] = set()
    for text in _texts(path):
        if not text.startswith(("X:", "L:", "M:", "K:", "R:", "T:", "Q:")):
            continue
        plain = _TITLE.sub("", text.strip() + "\n")
        if plain not in seen:
            seen.add(plain)
            yield "X:1\n" + plain


def timelines(texts: Iterator[str] | list[str]) -> Iterator[Timeline]:
    for text in texts:
        for tune in abc.read(text).tunes[:1]:
            yield abc.timeline(tune)


def _texts(path: str) -> Iterator[str]:
    file = Path(path)
    if not file.is_file():
        raise InputError("no such file", path=path)
    if file.suffix == ".jsonl":
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                try:
                    row = json.loads(line)
                    yield from _of_row(row)
                except (ValueError, AttributeError, TypeError) as error:
                    raise InputError(f"line {number} is no row", path=path) from error
    elif file.suffix == ".parquet":
        for batch in _parquet(file).iter_batches():
            for row in batch.to_pylist():
                yield from _of_row(row)
    else:
        for tune in abc.read(file.read_bytes()).tunes:
            yield tune.text


def _parquet(file: Path) -> Any:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise MissingDependency("pyarrow", how='pip install ".[eval]"') from error
    try:
        return pyarrow.parquet.ParquetFile(file)
    except (OSError, pyarrow.ArrowInvalid) as error:
        raise InputError(f"not readable as parquet: {error}", path=str(file)) from error


def _of_row(row: dict[str, str]) -> Iterator[str]:
    if str(row.get("id", "")).endswith(_SKIPPED):
        return
    text = next((row[name] for name in ("output", "abc", "text") if row.get(name)), "")
    yield strip_answer(text).lstrip() if text.startswith("Assistant:") else text
