"""Which rows are held out of a corpus: whole tune families, and texts one by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chatmusician.train.corpus.families import families, held_out
from chatmusician.train.corpus.plan import Plan
from chatmusician.train.corpus.shards import get_table

# The folder of their file, beside that of the training rows.
HELD_OUT = "held-out"


def apart(plan: Plan, kept: Any, files: list[Path]) -> Any:
    """A true for each row of `kept` that is held out. Sources of weight 0 are not."""
    import pyarrow as pa

    share = plan.recipe.hold_out
    if not share:
        return pa.array([False] * kept.num_rows, pa.bool_())
    orders = kept["order"].to_pylist()
    about = _about(files, set(orders))
    runs = [frozenset(about[order][0]) for order in orders]
    numbers = families(runs, [about[order][1] for order in orders])
    drawn = held_out(numbers, kept["id"].to_pylist(), share, plan.recipe.seed)
    taken = {source.name for source in plan.recipe.sources if source.weight > 0}
    names = kept["src"].to_pylist()
    return pa.array([d and n in taken for d, n in zip(drawn, names, strict=True)], pa.bool_())


def _about(files: list[Path], wanted: set[int]) -> dict[int, tuple[list[int], list[str]]]:
    """Runs and titles of the rows with these numbers."""
    found = {}
    for path in files:
        table = get_table(path, ["order", "runs", "titles"])
        for order, runs, titles in zip(*(c.to_pylist() for c in table.columns), strict=True):
            if order in wanted:
                found[order] = (runs, titles)
    return found
