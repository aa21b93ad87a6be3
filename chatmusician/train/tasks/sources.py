"""Tunes from what people have: files, folders, archives, tables, and folders of `corpus build`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from chatmusician import abc
from chatmusician.abc import Book
from chatmusician.conversion import BY_NAME
from chatmusician.errors import ChatMusicianError, InputError, MissingDependency
from chatmusician.train.corpus.performance import off_grid
from chatmusician.train.corpus.reading import SUFFIXES, Item, Reader
from chatmusician.train.corpus.recipe import Cleaning, Source
from chatmusician.train.corpus.split import HELD_OUT
from chatmusician.train.tasks.build import TEST, TRAIN, Found

_PLAIN = ("txt", "md")
_PACKED = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")
_COLUMNS = ("abc", "text", "output", "content")
_MOST_BYTES = 64 << 20
# The number of a row that a build repeats by its weight.
_COPY = re.compile(r"~\d+$")


class Sources:
    """Iterates over the tunes of paths.

    ``failed`` lists the files and rows that cannot be read, and why; ``skipped`` counts what
    can be read and holds no tune.
    """

    def __init__(self, paths: list[str], *, column: str | None = None) -> None:
        self.paths = paths
        self.column = column
        self.failed: list[str] = []
        self.skipped: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()

    def __iter__(self) -> Iterator[Found]:
        for name in self.paths:
            path = Path(name)
            if (path / HELD_OUT).is_dir():
                yield from self._corpus(path / "data", TRAIN)
                yield from self._corpus(path / HELD_OUT, TEST)
            elif path.is_dir():
                for file in sorted(p for p in path.rglob("*") if p.is_file()):
                    if _kind(file.name) not in ("", *_PLAIN):
                        yield from self.of_file(file, path.name)
            elif not path.exists():
                raise InputError("no such file or folder", path=name)
            elif not _kind(path.name):
                known = ", ".join((*(f".{suffix}" for suffix in SUFFIXES), *_PACKED))
                raise InputError("its name does not tell the format", path=name, hint=known)
            else:
                yield from self.of_file(path, _stem(path.name))

    def of_file(self, path: Path, src: str) -> Iterator[Found]:
        if path.suffix == ".parquet" and _is_shard(path):
            yield from self._shard(path, "")
            return
        source = Source(src, "", "", path=path.name, holds="abc", column=self.column or "")
        reader = Reader(source, path.parent, _MOST_BYTES, _COLUMNS)
        packed = path.name.lower().endswith(_PACKED)
        for item in reader.file(path):
            if packed and _kind(item.id.rsplit("#", 1)[0]) in ("", *_PLAIN):
                continue
            if item.problem:
                self._fail(f"{path}: {item.id}" if packed else f"{path.parent / item.id}", item)
                continue
            try:
                book = _book(item)
            except MissingDependency:
                raise
            except ChatMusicianError as error:
                self.failed.append(f"{path}: {error}")
            except Exception as error:  # one file that no reader foresaw must not cost the rest
                self.failed.append(f"{path}: {item.id}: {type(error).__name__}: {error}")
            else:
                yield from self.named(book, src, _stem(item.id))

    def named(self, book: Book, src: str, stem: str) -> Iterator[Found]:
        self.skipped["no-tune"] += not book.tunes
        for tune in book.tunes:
            name = f"{stem}#{tune.x}" if len(book.tunes) > 1 else stem
            self.seen[f"{src}/{name}"] += 1
            count = self.seen[f"{src}/{name}"]
            yield Found(f"{name}({count})" if count > 1 else name, src, tune)

    def _corpus(self, folder: Path, side: str) -> Iterator[Found]:
        for path in sorted(folder.glob("*.parquet")):
            yield from self._shard(path, side)

    def _shard(self, path: Path, side: str) -> Iterator[Found]:
        """The tunes among the rows of a corpus; a row that is there again is counted once."""
        from chatmusician.train.corpus.shards import get_table

        rows = get_table(path, ["id", "text", "src"]).to_pylist()
        for row in sorted(rows, key=lambda row: str(row["id"])):
            book = abc.read(row["text"]) if row["text"].startswith("X:") else None
            if book is None or len(book.tunes) != 1:
                self.skipped["no-tune"] += 1
                continue
            name = _COPY.sub("", row["id"].removeprefix(f"{row['src']}/"))
            yield Found(name, row["src"], book.tunes[0], side)

    def _fail(self, place: str, item: Item) -> None:
        if item.problem == "missing column":
            said = f"has no column of ABC text; {item.detail}; name one with --column"
        else:
            said = f"{item.problem}: {item.detail}" if item.detail else item.problem
        self.failed.append(f"{place}: {said}")


def _book(item: Item) -> Book:
    if item.format == "prose":
        assert isinstance(item.data, str)
        return abc.read("\n".join(found.abc for found in abc.find_tunes(item.data)))
    if isinstance(item.data, str):
        return abc.read(item.data)
    reader = BY_NAME[item.format].read
    assert reader is not None
    book = reader(item.data, item.id)
    most = Cleaning().max_off_grid
    if item.format == "mid" and any(off_grid(abc.timeline(t)) > most for t in book.tunes):
        raise InputError("a performance, not notation", path=item.id, hint="transcribe it first")
    return book


def _kind(name: str) -> str:
    """The suffix by which a file is read; empty where it is not."""
    lower = name.lower()
    if lower.endswith(_PACKED):
        return "packed"
    suffix = lower.removesuffix(".gz").rsplit(".", 1)[-1]
    return suffix if suffix in SUFFIXES else ""


def _stem(name: str) -> str:
    """A file's name without folders and suffix; of a table's row its number."""
    file, _, row = name.partition("#")
    stem = file.rsplit("/", 1)[-1]
    for suffix in (".gz", *_PACKED, *(f".{suffix}" for suffix in SUFFIXES)):
        if stem.lower().endswith(suffix):
            stem = stem[: -len(suffix)]
    return row or stem


def _is_shard(path: Path) -> bool:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return {"id", "text", "src"} <= set(pq.read_schema(path).names)
    except (OSError, pa.ArrowException):
        return False
