"""The folder of a benchmark run: its items, which make it resumable, and its result.

A folder has ``run.json`` (the settings, to know a run again), ``items.jsonl`` (a line for
each item, as it is done), ``times.jsonl`` (how long items took, where that is measured),
``result.json`` (docs/eval.md; its schema comes with the package), ``table.md`` and
``plot.png``. A run that was stopped goes on where it was; its
result is the same but for ``provenance.time`` and ``provenance.machine``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, cast

from chatmusician.errors import InputError, OutputError, UsageError
from chatmusician.eval.intervals import Measure
from chatmusician.eval.provenance import Clock, now
from chatmusician.files import LOCK, alone_in, read_bytes, write_atomic

FORMAT = 1
RESULT, ITEMS, RUN, TABLE, PLOT = "result.json", "items.jsonl", "run.json", "table.md", "plot.png"
TIMES = "times.jsonl"
SCHEMA = Path(__file__).resolve().parent.parent / "resources" / "schemas" / "eval-result.json"


@dataclass(frozen=True)
class Item:
    """One item of a benchmark: what was said, what was right, and what it scored."""

    id: str
    prediction: Any
    answer: Any
    scores: dict[str, Any]

    def as_dict(self) -> dict[str, Any]:
        return dict(vars(self))


@dataclass(frozen=True)
class Row:
    """A line of the result's table: a model, a subject, a baseline.

    ``kind`` is ``run``, ``baseline`` (measured here) or ``published`` (``source`` then says
    by whom and when).
    """

    name: str
    metrics: Mapping[str, Measure]
    kind: str = "run"
    group: str = ""
    source: str = ""

    def as_dict(self) -> dict[str, Any]:
        metrics = {name: measure.as_dict() for name, measure in self.metrics.items()}
        return {**vars(self), "metrics": metrics}

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> Row:
        metrics = {name: Measure.from_dict(found) for name, found in row["metrics"].items()}
        return cls(**{**row, "metrics": metrics})


@dataclass
class Result:
    """What a benchmark found. ``details`` is the benchmark's own (histograms and the like)."""

    benchmark: str
    version: str
    settings: dict[str, Any]
    rows: list[Row]
    provenance: dict[str, Any]
    counts: dict[str, int] = field(default_factory=dict)
    comparisons: list[dict[str, Any]] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        made = {"format": FORMAT, **vars(self), "rows": [row.as_dict() for row in self.rows]}
        return cast(dict[str, Any], _finite(made))


class Run:
    """A benchmark's folder while it works. ``add`` writes an item at once.

    ``settings`` are all that decides the items. A folder of a run with other settings is
    refused unless ``fresh``, which forgets what is there.
    """

    def __init__(self, folder: str | Path, settings: Mapping[str, Any], *, fresh: bool) -> None:
        self.folder = Path(folder)
        self.settings = json.loads(json.dumps(settings))
        self.items: dict[str, Item] = {}
        self.times: dict[str, float] = {}
        self._file: IO[str] | None = None
        self._held: IO[str] | None = None
        try:
            self._begin(fresh=fresh)
        except BaseException:
            self.close()
            raise

    def _begin(self, *, fresh: bool) -> None:
        try:
            self._held = alone_in(self.folder)
            earlier = None if fresh else self._earlier()
            started = earlier["started"] if earlier else now()
            self.clock = Clock(float(earlier["seconds"]) if earlier else 0.0, started=started)
            if earlier:
                self.items = {item.id: item for item in read_items(self.folder, torn=True)}
                self.times = _read_times(self.folder / TIMES)
            else:
                for name in (RESULT, ITEMS, TIMES, TABLE, PLOT):
                    (self.folder / name).unlink(missing_ok=True)
            self._rewrite(self.items.values())
            self._note()
            self._file = (self.folder / ITEMS).open("a", encoding="utf-8")
        except OSError as error:
            raise OutputError(error.strerror or str(error), path=str(self.folder)) from error

    def add(self, item: Item) -> None:
        assert self._file is not None, "the run was closed"
        line = _line(item)
        # What a resumed run reads back is what goes on, so both runs see the same floats.
        self.items[item.id] = _item(json.loads(line))
        self._file.write(line)
        self._file.flush()

    def took(self, id: str, seconds: float) -> None:
        """How long an item took: apart from the items, which come out the same every time."""
        self.times[id] = seconds
        with (self.folder / TIMES).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"id": id, "seconds": round(seconds, 3)}) + "\n")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
            self._note()
        if self._held is not None:
            self._held.close()
            self._held = None
            (self.folder / LOCK).unlink(missing_ok=True)

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def finish(self, result: Result, order: Sequence[str], table: str, plot: bytes) -> None:
        """Write the result and its company, the items in the benchmark's own order."""
        self.close()
        self._rewrite(self.items[id] for id in order if id in self.items)
        text = json.dumps(result.as_dict(), indent=2, ensure_ascii=False, allow_nan=False)
        write_atomic(str(self.folder / TABLE), table.encode())
        write_atomic(str(self.folder / PLOT), plot)
        write_atomic(str(self.folder / RESULT), text.encode() + b"\n")

    def _earlier(self) -> dict[str, Any] | None:
        path = self.folder / RUN
        if not path.is_file():
            if (self.folder / ITEMS).exists() or (self.folder / RESULT).exists():
                raise UsageError(f"{self.folder} holds another result", hint="name another folder")
            return None
        found = read_json(path)
        theirs = found.get("settings", {})
        names = sorted({*theirs, *self.settings})
        other = [name for name in names if theirs.get(name) != self.settings.get(name)]
        if other:
            raise UsageError(
                f"{self.folder} holds a run with another {', '.join(other)}",
                hint="name another folder, or add --fresh to forget that run",
            )
        return found

    def _note(self) -> None:
        found = {"settings": self.settings, **self.clock.times()}
        text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
        write_atomic(str(self.folder / RUN), text.encode())

    def _rewrite(self, items: Iterable[Item]) -> None:
        write_atomic(str(self.folder / ITEMS), "".join(map(_line, items)).encode())


def read_items(folder: str | Path, *, torn: bool = False) -> list[Item]:
    """The items of a run's folder; ``torn`` forgives a last line that is not whole."""
    path = Path(folder) / ITEMS
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        if torn:
            return []
        raise InputError("no items.jsonl: not the folder of a run", path=str(folder)) from None
    if torn and lines and not lines[-1].endswith(b"\n"):
        lines.pop()
    items = []
    for number, line in enumerate(lines, 1):
        try:
            items.append(_item(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"line {number} is no item", path=str(path)) from error
    return items


def _read_times(path: Path) -> dict[str, float]:
    """A line that is not whole is left out: a time is no part of the result."""
    found: dict[str, float] = {}
    for line in path.read_bytes().splitlines() if path.is_file() else ():
        try:
            row = json.loads(line)
            found[str(row["id"])] = float(row["seconds"])
        except (ValueError, KeyError, TypeError):
            continue
    return found


def read_result(folder: str | Path) -> dict[str, Any]:
    """The result of a finished run, by its folder."""
    found = read_json(Path(folder) / RESULT)
    if found.get("format") != FORMAT:
        raise InputError(f"is no result of format {FORMAT}", path=str(Path(folder) / RESULT))
    return found


def read_json(path: str | Path) -> dict[str, Any]:
    try:
        found = json.loads(read_bytes(str(path)))
    except ValueError as error:
        raise InputError(f"is no JSON: {error}", path=str(path)) from error
    if not isinstance(found, dict):
        raise InputError("is no JSON object", path=str(path))
    return found


def schema() -> dict[str, Any]:
    """The JSON schema of ``result.json``."""
    return read_json(SCHEMA)


def _line(item: Item) -> str:
    return json.dumps(_finite(item.as_dict()), ensure_ascii=False, allow_nan=False) + "\n"


def _item(row: dict[str, Any]) -> Item:
    return Item(row["id"], row["prediction"], row["answer"], row["scores"])


def _finite(value: Any) -> Any:
    """JSON has no NaN and no infinity: they become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(found) for key, found in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(found) for found in value]
    return value
