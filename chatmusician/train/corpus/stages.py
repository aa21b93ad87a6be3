"""The steps of a build as datatrove pipelines: each task writes whole files, or none.

Every task reads only what earlier steps left in the work folder, so it may run on any
machine that sees that folder, and again after a crash with the same bytes as result.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chatmusician import abc
from chatmusician.errors import InputError
from chatmusician.train.corpus import card
from chatmusician.train.corpus.cleaning import Cleaner, Counts, Row
from chatmusician.train.corpus.contamination import collect, load_tests
from chatmusician.train.corpus.duplicates import candidates, exact_copies, near_copies
from chatmusician.train.corpus.plan import Plan, load_plan
from chatmusician.train.corpus.recipe import Cleaning, Source
from chatmusician.train.corpus.shards import get_json, get_table, put_json, put_lines, put_table
from chatmusician.train.corpus.signature import BANDS, band_hashes
from chatmusician.train.corpus.split import HELD_OUT, apart

_RANK = 32
_KEYS = 1 << 63
SEMITONES = (-5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6)


@dataclass
class Stage(ABC):
    """A pipeline step; `out` is the corpus folder. `quiet` keeps datatrove's log to itself."""

    out: str
    quiet: bool = True

    def __call__(self, data: Any, rank: int = 0, world_size: int = 1) -> None:
        self.task(rank, load_plan(self.work / "plan.json"))

    # A worker is given the stage before it says its first word.
    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.hush()

    def hush(self) -> None:
        if self.quiet:
            from loguru import logger

            logger.disable("datatrove")

    @property
    def work(self) -> Path:
        return Path(self.out) / "work"

    @property
    def name(self) -> str:
        return type(self).__name__.lower()

    def tasks(self, plan: Plan) -> int:
        return 1

    @abstractmethod
    def task(self, rank: int, plan: Plan) -> None:
        """The work of one task."""

    def file(self, stage: str, rank: int, suffix: str = ".parquet") -> Path:
        return self.work / stage / f"{rank:05d}{suffix}"

    def files(self, stage: str, plan: Plan) -> list[Path]:
        return [self.file(stage, rank) for rank in range(len(plan.units))]


class Tests(Stage):
    """Reads the test sets."""

    def task(self, rank: int, plan: Plan) -> None:
        collect(plan, self.work)


class Convert(Stage):
    """Reads a unit; what is left of it after cleaning, with signatures."""

    def tasks(self, plan: Plan) -> int:
        return len(plan.units)

    def task(self, rank: int, plan: Plan) -> None:
        unit = plan.units[rank]
        source = plan.source(unit.source)
        tests = load_tests(self.work)
        counts = Counts()
        families = plan.recipe.hold_out > 0
        cleaner = Cleaner(_cleaning(plan, source), plan.recipe.duplicates, families)
        rows: list[Row] = []
        for _, item in unit.items(plan.reader(source)):
            for row in cleaner.rows(item, counts):
                held = tests.held_by(row.shingles)
                if held and held[2] >= plan.recipe.contained:
                    counts.drop(row.id, f"in test set {held[0]}", f"{held[2]:.0%} of {held[1]}")
                else:
                    rows.append(row)
        counts.steps["clean"] = len(rows)
        put_table(self.file("convert", rank), _signed(rows, rank, source.name), group=1000)
        dropped = [{"source": source.name, **drop} for drop in counts.dropped]
        put_lines(self.file("convert", rank, ".jsonl"), dropped)
        about = {"source": source.name, "steps": dict(sorted(counts.steps.items()))}
        put_json(self.file("convert", rank, ".json"), about)


def _cleaning(plan: Plan, source: Source) -> Cleaning:
    cleaning = plan.recipe.cleaning
    return replace(cleaning, check=source.check or cleaning.check)


def _signed(rows: list[Row], rank: int, source: str) -> Any:
    import pyarrow as pa

    bands = [band_hashes(r.shingles).tolist() if len(r.shingles) else [None] * BANDS for r in rows]
    columns = {
        "order": pa.array([rank << _RANK | i for i in range(len(rows))], pa.int64()),
        "id": pa.array([f"{source}/{r.id}" for r in rows], pa.string()),
        "text": pa.array([r.text for r in rows], pa.string()),
        "src": pa.array([source] * len(rows), pa.string()),
        "tune": pa.array([r.is_tune for r in rows], pa.bool_()),
        "characters": pa.array([len(r.text) for r in rows], pa.int64()),
        "exact": pa.array([r.exact for r in rows], pa.int64()),
        "shingles": pa.array([r.shingles for r in rows], pa.list_(pa.uint64())),
        "runs": pa.array([r.runs for r in rows], pa.list_(pa.int64())),
        "titles": pa.array([r.titles for r in rows], pa.list_(pa.string())),
    }
    for band in range(BANDS):
        columns[_band(band)] = pa.array([b[band] for b in bands], pa.uint64())
    return pa.table(columns)


def _band(number: int) -> str:
    return f"band{number:02d}"


class Pairs(Stage):
    """One band of the minhash a task: which rows might be the same."""

    def tasks(self, plan: Plan) -> int:
        return BANDS if plan.recipe.duplicates.near else 1

    def task(self, rank: int, plan: Plan) -> None:
        import pyarrow as pa

        if plan.recipe.duplicates.near:
            found = candidates(self.files("convert", plan), _band(rank))
        else:
            found = pa.table({"a": pa.array([], pa.int64()), "b": pa.array([], pa.int64())})
        put_table(self.file("pairs", rank), found)


class Select(Stage):
    """Which rows stay, which of them are held out, and how often each source is taken."""

    def task(self, rank: int, plan: Plan) -> None:
        import pyarrow as pa
        import pyarrow.compute as pc

        columns = ["order", "id", "src", "tune", "characters", "exact"]
        table = pa.concat_tables(get_table(p, columns) for p in self.files("convert", plan))
        if not table.num_rows:
            raise InputError(
                "nothing is left: every row of every source was dropped",
                hint=_reasons(card.dropped_rows(self.work, plan)),
            )
        orders = table["order"].to_numpy()
        ids = dict(zip(orders.tolist(), table["id"].to_pylist(), strict=True))
        wanted = plan.recipe.duplicates
        exact = exact_copies(orders, table["exact"].to_numpy()) if wanted.exact else {}
        pairs = self._pairs(plan)
        near = near_copies(pairs, self._shingles(plan, pairs), exact, wanted.near)
        found = [(order, original, 1.0, "exact") for order, original in exact.items()]
        found += [(order, original, share, "near") for order, (original, share) in near.items()]
        rows = [
            {"id": ids[a], "kept": ids[b], "likeness": round(share, 4), "kind": kind}
            for a, b, share, kind in sorted(found)
        ]
        put_lines(self.work / "duplicates.jsonl", rows)
        stays = pa.array([o not in exact and o not in near for o in orders.tolist()])
        kept = table.filter(stays)
        held = apart(plan, kept, self.files("convert", plan))
        put_json(self.work / "factors.json", _factors(plan, kept.filter(pc.invert(held))))
        put_table(self.work / "kept.parquet", kept.select(["order"]).append_column("held", held))

    def _pairs(self, plan: Plan) -> list[tuple[int, int]]:
        import numpy as np

        count = Pairs(self.out).tasks(plan)
        tables = [get_table(self.file("pairs", band)) for band in range(count)]
        both = [np.stack([t["a"].to_numpy(), t["b"].to_numpy()], 1) for t in tables]
        return [(a, b) for a, b in np.unique(np.concatenate(both), axis=0).tolist()]

    def _shingles(self, plan: Plan, pairs: list[tuple[int, int]]) -> dict[int, Any]:
        import numpy as np

        asked = {order for pair in pairs for order in pair}
        found: dict[int, Any] = {}
        for rank in sorted({order >> _RANK for order in asked}):
            table = get_table(self.file("convert", rank), ["order", "shingles"])
            for i, order in enumerate(table["order"].to_pylist()):
                if order in asked:
                    found[order] = np.array(table["shingles"][i].values, np.uint64)
        return found


def _reasons(dropped: list[dict[str, str]]) -> str:
    counts = Counter((row["source"], row["reason"]) for row in dropped).most_common(8)
    return "; ".join(f"{source}: {n} × {reason}" for (source, reason), n in counts)


def _factors(plan: Plan, kept: Any) -> dict[str, float]:
    """How many times each row of a source is taken; above or below one a part of them."""
    weights = {s.name: s.weight for s in plan.recipe.sources}
    if plan.recipe.mix == "repeat":
        return weights
    totals = Counter[str]()
    for name, size in zip(kept["src"].to_pylist(), kept["characters"].to_pylist(), strict=True):
        totals[name] += size * (len(SEMITONES) + 1 if plan.source(name).transpose else 1)
    raw = {name: weights[name] / totals[name] for name in weights if totals[name]}
    most = max(raw.values(), default=0.0) or 1.0
    return {name: raw.get(name, 0.0) / most for name in weights}


class Mix(Stage):
    """The rows of a unit that stay: transposed, repeated or thinned, each with a place."""

    def tasks(self, plan: Plan) -> int:
        return len(plan.units)

    def task(self, rank: int, plan: Plan) -> None:
        import pyarrow as pa

        source = plan.source(plan.units[rank].source)
        low, high = rank << _RANK, (rank + 1) << _RANK
        span = [("order", ">=", low), ("order", "<", high)]
        kept = get_table(self.work / "kept.parquet", filters=span)
        held = dict(zip(kept["order"].to_pylist(), kept["held"].to_pylist(), strict=True))
        factor = get_json(self.work / "factors.json")[source.name]
        counts = Counts()
        counts.steps["unique"] = len(held)
        made: list[tuple[int, str, str, bool]] = []
        for row in get_table(
            self.file("convert", rank), ["order", "id", "text", "tune"]
        ).to_pylist():
            if row["order"] not in held:
                continue
            if held[row["order"]]:
                made.append((_place(row["id"], plan.recipe.seed), row["id"], row["text"], True))
                continue
            for at, text in _keys(row, source.transpose, counts):
                made += _copies(at, text, factor, plan.recipe.seed)
        made.sort()
        counts.steps["held out"] = sum(held.values())
        counts.steps["mixed"] = len(made) - counts.steps["held out"]
        table = pa.table(
            {
                "key": pa.array([row[0] for row in made], pa.int64()),
                "id": pa.array([row[1] for row in made], pa.string()),
                "text": pa.array([row[2] for row in made], pa.string()),
                "src": pa.array([source.name] * len(made), pa.string()),
                "held": pa.array([row[3] for row in made], pa.bool_()),
            }
        )
        put_table(self.file("mix", rank), table, group=1000)
        dropped = [{"source": source.name, **drop} for drop in counts.dropped]
        put_lines(self.file("mix", rank, ".jsonl"), dropped)
        about = {"source": source.name, "steps": dict(sorted(counts.steps.items()))}
        put_json(self.file("mix", rank, ".json"), about)


def _keys(row: dict[str, Any], everywhere: bool, counts: Counts) -> list[tuple[str, str]]:
    """The text itself, and where it is asked for, in the eleven other keys."""
    found = [(row["id"], row["text"])]
    if not everywhere or not row["tune"]:
        return found
    tune = abc.read(row["text"]).tunes[0]
    for semitones in SEMITONES:
        at = f"{row['id']}@{semitones:+d}"
        try:
            moved = abc.canonical(abc.transpose(tune, semitones))
        except Exception as error:  # the other keys of the tune go on
            counts.drop(at, "cannot be transposed", f"{type(error).__name__}: {error}")
            continue
        found.append((at, moved.strip() + "\n"))
    return found


def _copies(at: str, text: str, factor: float, seed: int) -> list[tuple[int, str, str, bool]]:
    chance = _hash(f"{seed} part {at}") / _KEYS
    count = int(factor) + (chance < factor - int(factor))
    names = [at if copy == 0 else f"{at}~{copy + 1}" for copy in range(count)]
    return [(_place(name, seed), name, text, False) for name in names]


def _place(name: str, seed: int) -> int:
    return _hash(f"{seed} place {name}")


def _hash(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


class Write(Stage):
    """One shard of the result: the rows whose places fall into it, in their order.

    The rows that are held out make a last file of their own.
    """

    def tasks(self, plan: Plan) -> int:
        return plan.recipe.shards + (plan.recipe.hold_out > 0)

    def task(self, rank: int, plan: Plan) -> None:
        shards, out = plan.recipe.shards, Path(self.out)
        if rank == shards:
            low, high = 0, _KEYS
            path = out / HELD_OUT / "part-00000-of-00001.parquet"
        else:
            low, high = rank * _KEYS // shards, (rank + 1) * _KEYS // shards
            path = out / "data" / f"part-{rank:05d}-of-{shards:05d}.parquet"
        span = [("key", ">=", low), ("key", "<=", high - 1), ("held", "==", rank == shards)]
        table = self._rows(plan, span)
        put_table(path, table)
        put_json(self.file("write", rank, ".json"), card.shard(path, table, plan.recipe.tokenizer))

    def _rows(self, plan: Plan, span: Any) -> Any:
        import pyarrow as pa

        tables = [get_table(path, filters=span) for path in self.files("mix", plan)]
        table = pa.concat_tables(tables).sort_by([("key", "ascending"), ("id", "ascending")])
        return table.select(["id", "text", "src"])


class Card(Stage):
    """Counts and lists of everything; the corpus is complete when the card is there."""

    def task(self, rank: int, plan: Plan) -> None:
        card.write(Path(self.out), plan)


ORDER: tuple[type[Stage], ...] = (Tests, Convert, Pairs, Select, Mix, Write, Card)
