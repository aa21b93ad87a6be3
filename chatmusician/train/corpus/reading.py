"""The items of a source: notation files, ABC texts and plain texts, or why there is none."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

from chatmusician.errors import ChatMusicianError, MissingDependency, UsageError
from chatmusician.train.corpus import chat
from chatmusician.train.corpus.files import UNREADABLE, Blob, blobs, seekable
from chatmusician.train.corpus.recipe import CHATS, NOTATION, TABLES, Source
from chatmusician.train.corpus.tokens import from_steps, from_tokens

SUFFIXES = {
    "abc": "abc",
    "mid": "mid",
    "midi": "mid",
    "musicxml": "musicxml",
    "xml": "musicxml",
    "mxl": "mxl",
    "krn": "krn",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "csv": "csv",
    "tsv": "tsv",
    "parquet": "parquet",
    "txt": "text",
    "md": "text",
}
_COLUMNS = ("text", "abc", "content")
_FIELD_ORDER = "XTCOSRZMLQ"


@dataclass(frozen=True)
class Item:
    """`data` in `format` (a notation, or "text"); or the `problem` and its `detail`."""

    id: str
    format: str
    data: bytes | str = ""
    problem: str = ""
    detail: str = ""


@dataclass(frozen=True)
class Reader:
    """Reads one source. Every file, and every row, costs only itself when it is bad."""

    source: Source
    root: Path
    max_bytes: int
    columns: tuple[str, ...] = _COLUMNS

    def file(self, path: Path) -> Iterator[Item]:
        for blob in blobs(path, self.root, self.source.match):
            if blob.stream is None:
                yield Item(blob.name, "", problem="unreadable file", detail=blob.problem)
                continue
            try:
                yield from self._blob(blob, blob.stream)
            except (*UNREADABLE, UnicodeError, ValueError, csv.Error) as error:
                yield Item(blob.name, "", problem="unreadable file", detail=_line(error))

    def hub(self) -> Iterator[Item]:
        rows = enumerate(_hub_rows(self.source), 1)
        yield from (self.row(row, f"{self.source.hub}#{i}") for i, row in rows)

    def _blob(self, blob: Blob, stream: IO[bytes]) -> Iterator[Item]:
        form = self.source.format or SUFFIXES.get(blob.name.rsplit(".", 1)[-1].lower(), "")
        if not form:
            yield Item(blob.name, "", problem="unknown file type", detail="set format")
        elif form in TABLES:
            yield from self._table(form, blob.name, stream)
        else:
            data = stream.read(self.max_bytes + 1)
            if len(data) > self.max_bytes:
                yield Item(blob.name, form, problem="file too large")
            elif not data.strip():
                yield Item(blob.name, form, problem="empty file")
            elif form == "abc" and b"\0" in data:
                yield Item(blob.name, form, problem="not text")
            elif form in NOTATION:
                yield Item(blob.name, form, data)
            else:
                yield from self._texts(form, blob.name, data)

    def _texts(self, form: str, name: str, data: bytes) -> Iterator[Item]:
        if form == "steps":
            yield from self._steps(name, data)
            return
        if b"\0" in data:
            yield Item(name, form, problem="not text")
            return
        text = data.decode(self.source.encoding).replace("\r\n", "\n")
        if form == "tokens":
            apart = "\n\n" if self.source.separator == "blank line" else "\n"
            for i, block in enumerate((b for b in text.split(apart) if b.strip()), 1):
                yield Item(f"{name}#{i}", "abc", from_tokens(block))
        else:
            yield Item(name, "prose" if self.source.holds == "abc" else "text", text)

    def _steps(self, name: str, data: bytes) -> Iterator[Item]:
        splits = json.loads(data)
        if not isinstance(splits, dict):
            raise ValueError("is not an object of lists of pieces")
        step = Fraction(self.source.step)
        for split, pieces in splits.items():
            for i, piece in enumerate(pieces, 1):
                at = f"{name}#{split}{i}"
                try:
                    yield Item(at, "abc", from_steps(piece, step))
                except ChatMusicianError as error:
                    yield Item(at, "abc", problem="cannot be converted", detail=str(error))

    def _table(self, form: str, name: str, stream: IO[bytes]) -> Iterator[Item]:
        empty = True
        for i, row in enumerate(_rows(form, stream, self.source.encoding), 1):
            empty = False
            at = f"{name}#{i}"
            yield self.row(row, at) if row is not None else Item(at, "", problem="unreadable row")
        if empty:
            yield Item(name, form, problem="empty file")

    def row(self, row: dict[str, Any], at: str) -> Item:
        """A table's row as an item."""
        holds = self.source.holds
        if holds in CHATS:
            text = chat.to_text(holds, row)
            return Item(at, "text", text) if text else Item(at, "", problem="no question or answer")
        column = self.column(row)
        if column is None:
            return Item(at, "", problem="missing column", detail=f"found: {', '.join(row)}")
        value = row[column]
        if not isinstance(value, str):
            return Item(at, "", problem="not text", detail=type(value).__name__)
        if not value.strip():
            return Item(at, "", problem="empty row")
        is_abc = holds == "abc" or (not holds and column == "abc")
        return Item(at, "abc", self._with_header(row, value)) if is_abc else Item(at, "text", value)

    def column(self, row: dict[str, Any]) -> str | None:
        wanted = (self.source.column,) if self.source.column else self.columns
        return next((name for name in wanted if name in row), None)

    def _with_header(self, row: dict[str, Any], body: str) -> str:
        if not self.source.fields and not self.source.header:
            return body
        values = dict(self.source.header)
        for letter, column in self.source.fields.items():
            values[letter] = " ".join(str(row.get(column, "")).split())
        values.setdefault("X", "1")
        letters = [c for c in _FIELD_ORDER if c in values] + ["K"]
        lines = [f"{letter}:{values.get(letter, 'C')}" for letter in letters]
        return "\n".join([*lines, body.replace("\r\n", "\n").strip("\n"), ""])


def check_columns(reader: Reader, first: dict[str, Any], at: str) -> None:
    """Refuses a source whose first row has not the columns that the recipe names."""
    source = reader.source
    found = f"found: {', '.join(first)}"
    if source.holds in CHATS:
        for group in chat.required(source.holds):
            if not set(group) & set(first):
                wanted = " or ".join(group)
                raise UsageError(
                    f"source {source.name}: {at} has no column {wanted}; {found}",
                    hint=f"holds: {source.holds} needs it; name another shape with holds",
                )
        return
    missing = [c for c in source.fields.values() if c not in first]
    if missing:
        raise UsageError(
            f"source {source.name}: {at} has no column {', '.join(missing)}; {found}",
            hint="name the columns with fields",
        )
    if reader.column(first) is None:
        wanted = source.column or " or ".join(_COLUMNS)
        raise UsageError(
            f"source {source.name}: {at} has no column {wanted}; {found}",
            hint="name the column of the text with column",
        )


def first_row(source: Source, path: Path, root: Path) -> dict[str, Any] | None:
    """The first row of a table; None where the file is no table, is empty or cannot be read."""
    for blob in blobs(path, root, source.match):
        form = source.format or SUFFIXES.get(blob.name.rsplit(".", 1)[-1].lower(), "")
        if blob.stream is None or form not in TABLES:
            return None
        try:
            return next(filter(None, _rows(form, blob.stream, source.encoding)), None)
        except (*UNREADABLE, UnicodeError, ValueError, csv.Error):
            return None
    return None


def _rows(form: str, stream: IO[bytes], encoding: str) -> Iterator[dict[str, Any] | None]:
    if form == "jsonl":
        for line in stream:
            if line.strip():
                yield _json_row(line, encoding)
    elif form == "parquet":
        yield from _parquet(stream)
    else:
        csv.field_size_limit(1 << 30)
        text = io.TextIOWrapper(
            stream, encoding=f"{encoding}-sig" if encoding == "utf-8" else encoding, newline=""
        )
        for row in csv.DictReader(text, delimiter="," if form == "csv" else "\t"):
            yield {str(k): v for k, v in row.items()}


def _json_row(line: bytes, encoding: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line.decode(encoding))
    except (ValueError, RecursionError):
        return None
    return row if isinstance(row, dict) else None


def _parquet(stream: IO[bytes]) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        for batch in pq.ParquetFile(seekable(stream)).iter_batches(1000):
            yield from batch.to_pylist()
    except pa.ArrowException as error:
        raise ValueError(_line(error)) from error


def _hub_rows(source: Source) -> Iterator[dict[str, Any]]:
    try:
        import datasets
    except ImportError as error:
        raise MissingDependency("datasets", how='pip install ".[train]"') from error
    try:
        yield from datasets.load_dataset(
            source.hub, name=source.config or None, split=source.split, streaming=True
        )
    except (OSError, ValueError, RuntimeError) as error:
        raise UsageError(
            f"source {source.name}: the hub set {source.hub} cannot be read: {_line(error)}",
            hint="is the name right, and the hub within reach?",
        ) from error


def first_hub_row(source: Source) -> dict[str, Any] | None:
    return next(_hub_rows(source), None)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
