"""The plan of a build: what is read in which task. Made once, kept, and followed on resuming."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chatmusician.errors import UsageError
from chatmusician.train.corpus.files import is_archive, paths
from chatmusician.train.corpus.reading import Item, Reader, check_columns, first_hub_row, first_row
from chatmusician.train.corpus.recipe import Recipe, Source, as_data, from_data
from chatmusician.train.corpus.shards import get_json, put_json

_FILES_A_UNIT = 500
_BYTES_A_PART = 1 << 20
_MOST_PARTS = 64
BLOCK = 64


@dataclass(frozen=True)
class Unit:
    """One task's reading: files of a source; of their items every `parts`-th block."""

    source: str
    files: tuple[str, ...]
    part: int = 0
    parts: int = 1

    def items(self, reader: Reader) -> Iterator[tuple[int, Item]]:
        """Its items, each with its place among all items of these files."""
        streams = [reader.file(Path(name)) for name in self.files] or [reader.hub()]
        place = 0
        for stream in streams:
            for item in stream:
                limit = reader.source.limit
                if limit and place >= limit:
                    return
                if place // BLOCK % self.parts == self.part:
                    yield place, item
                place += 1


@dataclass(frozen=True)
class Plan:
    recipe: Recipe
    root: str
    units: tuple[Unit, ...]
    fingerprint: str

    def source(self, name: str) -> Source:
        return next(s for s in self.recipe.all_sources if s.name == name)

    def reader(self, source: Source) -> Reader:
        limit = self.recipe.cleaning.max_file_megabytes << 20
        return Reader(source, Path(self.root), limit)


def make_plan(recipe: Recipe, root: Path) -> Plan:
    """Looks at every source: its files must be there, and its tables have the columns."""
    units: list[Unit] = []
    seen: list[Any] = [as_data(recipe)]
    for source in recipe.all_sources:
        files = [] if source.hub else paths(source, root)
        for path in files:
            found = path.stat()
            seen.append([source.name, str(path), found.st_size, found.st_mtime_ns])
        _check_first_row(recipe, source, files, root)
        if source in recipe.sources:
            units += _units(source, files)
    fingerprint = hashlib.sha256(json.dumps(seen).encode()).hexdigest()
    return Plan(recipe, str(root), tuple(units), fingerprint)


def _check_first_row(recipe: Recipe, source: Source, files: list[Path], root: Path) -> None:
    limit = recipe.cleaning.max_file_megabytes << 20
    reader = Reader(source, root, limit)
    if source.hub:
        row = first_hub_row(source)
        if row is not None:
            check_columns(reader, row, source.hub)
        return
    for path in files:
        row = first_row(source, path, root)
        if row is not None:
            check_columns(reader, row, str(path))
            return


def _units(source: Source, files: list[Path]) -> Iterator[Unit]:
    if source.hub:
        count = source.parts or 1
        yield from (Unit(source.name, (), part, count) for part in range(count))
        return
    if source.limit:  # the first so many items of all files together
        yield Unit(source.name, tuple(map(str, files)))
        return
    small: list[str] = []
    for path in files:
        size = path.stat().st_size
        count = source.parts or min(_MOST_PARTS, -(-size // _BYTES_A_PART))
        if count <= 1 and not is_archive(path):
            small.append(str(path))
            continue
        yield from (Unit(source.name, (str(path),), part, count) for part in range(count))
    for at in range(0, len(small), _FILES_A_UNIT):
        yield Unit(source.name, tuple(small[at : at + _FILES_A_UNIT]))


def save_plan(plan: Plan, path: Path) -> None:
    put_json(path, {**asdict(plan), "recipe": as_data(plan.recipe)})


def load_plan(path: Path) -> Plan:
    data = get_json(path)
    units = tuple(Unit(**{**unit, "files": tuple(unit["files"])}) for unit in data["units"])
    return Plan(from_data(data["recipe"]), data["root"], units, data["fingerprint"])


def refuse_other(found: str, plan: Plan, folder: Path) -> None:
    """A folder goes on only with the recipe and the files that it was begun with."""
    if found != plan.fingerprint:
        raise UsageError(
            f"{folder} holds a corpus of another recipe or of other files",
            hint="name another folder with -o, or say --fresh to build it anew",
        )
