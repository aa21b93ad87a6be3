"""Training rows that hold what a test set asks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatmusician.train.corpus.cleaning import Cleaner, Counts
from chatmusician.train.corpus.plan import Plan
from chatmusician.train.corpus.shards import get_json, get_table, put_json, put_table

if TYPE_CHECKING:
    from chatmusician.train.corpus.signature import Hashes

_ANYTHING: dict[str, Any] = {"check": "none", "min_notes": 1, "min_characters": 1}


@dataclass(frozen=True)
class Tests:
    """The shingles of all test items, sorted, beside the item each comes from."""

    shingles: Any
    owners: Any
    sizes: Any
    items: list[list[str]]

    def held_by(self, shingles: Hashes) -> tuple[str, str, float] | None:
        """The test set and item of which most is in these shingles, and how much of it."""
        import numpy as np

        if not len(self.shingles) or not len(shingles):
            return None
        first = np.searchsorted(self.shingles, shingles, "left")
        last = np.searchsorted(self.shingles, shingles, "right")
        spans = [self.owners[a:b] for a, b in zip(first, last, strict=True) if b > a]
        if not spans:
            return None
        shares = np.bincount(np.concatenate(spans), minlength=len(self.sizes)) / self.sizes
        best = int(shares.argmax())
        return self.items[best][0], self.items[best][1], float(shares[best])


def collect(plan: Plan, folder: Path) -> None:
    """Reads the test sets; items too poor for training are tests all the same."""
    import numpy as np
    import pyarrow as pa

    cleaner = Cleaner(replace(plan.recipe.cleaning, **_ANYTHING), plan.recipe.duplicates)
    items: list[list[str]] = []
    shingles: list[Any] = []
    dropped: list[dict[str, str]] = []
    for source in plan.recipe.tests:
        counts = Counts()
        reader = plan.reader(source)
        for item in _items(plan, source.name, reader):
            for row in cleaner.rows(item, counts):
                if len(row.shingles):
                    items.append([source.name, row.id])
                    shingles.append(row.shingles)
        dropped += [{"source": source.name, **row} for row in counts.dropped]
    empty = np.zeros(0, np.uint64)
    every = np.concatenate([empty, *shingles])
    owners = np.repeat(np.arange(len(items), dtype=np.int64), [len(s) for s in shingles])
    order = np.argsort(every, kind="stable")
    table = pa.table({"shingle": every[order], "owner": owners[order]})
    put_table(folder / "tests.parquet", table)
    sizes = [len(s) for s in shingles]
    put_json(folder / "tests.json", {"items": items, "sizes": sizes, "dropped": dropped})


def _items(plan: Plan, name: str, reader: Any) -> Any:
    source = plan.source(name)
    if source.hub:
        return reader.hub()
    from chatmusician.train.corpus.files import paths

    files = paths(source, Path(plan.root))
    return (item for path in files for item in reader.file(path))


def load_tests(folder: Path) -> Tests:
    import numpy as np

    table = get_table(folder / "tests.parquet")
    about = get_json(folder / "tests.json")
    return Tests(
        table["shingle"].to_numpy(),
        table["owner"].to_numpy(),
        np.array(about["sizes"], np.int64),
        about["items"],
    )
