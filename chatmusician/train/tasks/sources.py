"""Tunes from what people have: files, folders, archives, JSON lines, parquet."""

from __future__ import annotations

import gzip
import importlib
import json
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from chatmusician import abc
from chatmusician.abc import Book
from chatmusician.conversion import BY_NAME, read_book
from chatmusician.errors import ChatMusicianError, InputError, MissingDependency
from chatmusician.train.tasks.build import Found

_READABLE = {s: f for f in BY_NAME.values() if f.read is not None for s in f.suffixes}
_COLUMNS = ("abc", "text", "output", "content")
_ROWS = (".jsonl", ".jsonl.gz", ".parquet")
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".zip")


class Sources:
    """Iterates over the tunes of paths; ``failed`` lists the files that gave none, and why."""

    def __init__(self, paths: list[str], *, column: str | None = None) -> None:
        self.paths = paths
        self.column = column
        self.failed: list[str] = []
        self.seen: dict[str, int] = {}

    def __iter__(self) -> Iterator[Found]:
        for name in self.paths:
            path = Path(name)
            if path.is_dir():
                for file in sorted(p for p in path.rglob("*") if p.is_file()):
                    if _kind(file.name):
                        yield from self.of_file(file, path.name)
            elif not path.exists():
                raise InputError("no such file or folder", path=name)
            elif not _kind(path.name):
                known = ", ".join((*_READABLE, *_ROWS, *_ARCHIVES))
                raise InputError("its name does not tell the format", path=name, hint=known)
            else:
                yield from self.of_file(path, _stem(path.name))

    def of_file(self, path: Path, src: str) -> Iterator[Found]:
        try:
            if path.name.endswith(_ARCHIVES):
                for member, data in _members(path):
                    try:
                        yield from self.named(_read(data, member), src, _stem(Path(member).name))
                    except ChatMusicianError as error:
                        self.failed.append(f"{path}: {error}")
            elif path.name.endswith(_ROWS):
                for at, text in enumerate(self.texts(path), 1):
                    yield from self.named(abc.read(text), src, str(at))
            else:
                yield from self.named(read_book(str(path)), src, _stem(path.name))
        except MissingDependency:
            raise
        except (ChatMusicianError, OSError, tarfile.TarError, zipfile.BadZipFile) as error:
            self.failed.append(f"{path}: {error}")

    def named(self, book: Book, src: str, stem: str) -> Iterator[Found]:
        for tune in book.tunes:
            name = f"{stem}#{tune.x}" if len(book.tunes) > 1 else stem
            count = self.seen[f"{src}/{name}"] = self.seen.get(f"{src}/{name}", 0) + 1
            yield Found(f"{name}({count})" if count > 1 else name, src, tune)

    def texts(self, path: Path) -> Iterator[str]:
        for at, row in enumerate(_rows(path), 1):
            names = [self.column] if self.column else [c for c in _COLUMNS if c in row]
            text = row.get(names[0]) if names else None
            if isinstance(text, str):
                yield text
            elif at == 1:
                hint = f"it has: {', '.join(row)}; name one with --column"
                raise InputError("has no column of ABC text", path=str(path), hint=hint)


def _kind(name: str) -> bool:
    return name.endswith((*_ROWS, *_ARCHIVES)) or Path(name).suffix.lower() in _READABLE


def _stem(name: str) -> str:
    for suffix in (*_ROWS, *_ARCHIVES):
        name = name.removesuffix(suffix)
    return Path(name).stem if Path(name).suffix.lower() in _READABLE else name


def _read(data: bytes, name: str) -> Book:
    reader = _READABLE[Path(name).suffix.lower()].read
    assert reader is not None
    return reader(data, name)


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    """The readable files of an archive, by name."""
    if path.name.endswith(".zip"):
        with zipfile.ZipFile(path) as packed:
            for name in sorted(packed.namelist()):
                if Path(name).suffix.lower() in _READABLE:
                    yield name, packed.read(name)
        return
    with tarfile.open(path) as archive:
        for member in sorted(archive.getmembers(), key=lambda m: m.name):
            content = archive.extractfile(member) if member.isfile() else None
            if content is not None and Path(member.name).suffix.lower() in _READABLE:
                yield member.name, content.read()


def _rows(path: Path) -> Iterator[dict[str, object]]:
    if path.name.endswith(".parquet"):
        try:
            parquet = importlib.import_module("pyarrow.parquet")
        except ImportError as error:
            raise MissingDependency("pyarrow", how="pip install pyarrow") from error
        for batch in parquet.ParquetFile(path).iter_batches():
            yield from batch.to_pylist()
        return
    opened = gzip.open if path.name.endswith(".gz") else open
    with opened(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise InputError(f"line {number} is not JSON", path=str(path)) from error
            if isinstance(row, dict):
                yield row
