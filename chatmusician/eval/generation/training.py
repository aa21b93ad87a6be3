"""Texts that a model was trained on, and held-out ones: for the index of copies and for bits."""

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
# A row of `corpus build` in another key than its own.
_MOVED = re.compile(r"@[+-]\d+(~\d+)?$")
_TUNE = ("X:", "L:", "M:", "K:", "R:", "T:", "Q:")
_TITLE = re.compile(r"^(?:X|T):.*\n", re.M)


def documents(path: str) -> Iterator[str]:
    """The different texts of a file or folder, as they are.

    ``.jsonl`` holds instruction rows (their answers are taken) or texts in a column ``abc`` or
    ``text``; ``.parquet`` has such a column; a folder holds such files; anything else is read as
    ABC.
    """
    seen: set[str] = set()
    for _, text in _texts(path):
        if text not in seen:
            seen.add(text)
            yield text


def tune_texts(path: str) -> Iterator[str]:
    """The different tunes among the texts, each once, titles and numbers left out.

    Of tunes that a corpus has in several keys the one in its own key is taken.
    """
    seen: set[str] = set()
    for name, text in _texts(path):
        if _MOVED.search(name) or not text.startswith(_TUNE):
            continue
        plain = _TITLE.sub("", text.strip() + "\n")
        if plain not in seen:
            seen.add(plain)
            yield "X:1\n" + plain


def timelines(texts: Iterator[str] | list[str]) -> Iterator[Timeline]:
    for text in texts:
        for tune in abc.read(text).tunes[:1]:
            yield abc.timeline(tune)


def _texts(path: str) -> Iterator[tuple[str, str]]:
    """Each text behind its id, empty where it has none."""
    file = Path(path)
    if file.is_dir():
        found = sorted(f for f in file.iterdir() if f.suffix in (".parquet", ".jsonl", ".abc"))
        if not found:
            raise InputError("holds no .parquet, .jsonl or .abc file", path=path)
        for inside in found:
            yield from _texts(str(inside))
    elif not file.is_file():
        raise InputError("no such file or folder", path=path)
    elif file.suffix == ".jsonl":
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
            yield "", tune.text


def _parquet(file: Path) -> Any:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise MissingDependency("pyarrow", how='pip install ".[eval]"') from error
    try:
        return pyarrow.parquet.ParquetFile(file)
    except (OSError, pyarrow.ArrowInvalid) as error:
        raise InputError(f"not readable as parquet: {error}", path=str(file)) from error


def _of_row(row: dict[str, str]) -> Iterator[tuple[str, str]]:
    name = str(row.get("id", ""))
    if name.endswith(_SKIPPED):
        return
    text = next((row[key] for key in ("output", "abc", "text") if row.get(key)), "")
    if text:
        text = strip_answer(text).lstrip() if text.startswith("Assistant:") else text
        yield name, text
