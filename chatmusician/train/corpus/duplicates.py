"""Which rows stay when the same tune or text is there more than once: the first one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from chatmusician.train.corpus.shards import get_table
from chatmusician.train.corpus.signature import likeness

_NEIGHBOURS = 64


def candidates(files: Iterable[Path], band: str) -> Any:
    """Pairs of rows with the same hash in one band: each with the first, and with those before."""
    import numpy as np
    import pyarrow as pa

    tables = [get_table(path, ["order", band]) for path in files]
    table = pa.concat_tables(tables).drop_null()
    orders = table["order"].to_numpy()
    hashes = table[band].to_numpy()
    sequence = np.lexsort((orders, hashes))
    orders, hashes = orders[sequence], hashes[sequence]
    places = np.arange(len(hashes))
    starts = np.ones(len(hashes), bool)
    starts[1:] = hashes[1:] != hashes[:-1]
    first = np.maximum.accumulate(np.where(starts, places, 0))
    ones, others = [orders[first][~starts]], [orders[~starts]]
    for back in range(1, _NEIGHBOURS + 1):
        near = places[places - first > back]
        if not len(near):
            break
        ones.append(orders[near - back])
        others.append(orders[near])
    return pa.table({"a": np.concatenate(ones), "b": np.concatenate(others)})


def exact_copies(orders: Any, exact: Any) -> dict[int, int]:
    """Copy to original, by the hash of the text; `orders` ascend."""
    seen: dict[int, int] = {}
    copies: dict[int, int] = {}
    for order, mark in zip(orders.tolist(), exact.tolist(), strict=True):
        original = seen.setdefault(mark, order)
        if original != order:
            copies[order] = original
    return copies


def near_copies(
    pairs: Any, shingles: dict[int, Any], gone: Iterable[int], least: float
) -> dict[int, tuple[int, float]]:
    """Copy to original and likeness. A row goes only if it is like one that stays, so that a
    chain of small changes does not pull its two ends together."""
    left = set(gone)
    found: dict[int, tuple[int, float]] = {}
    earlier: dict[int, list[int]] = {}
    for one, other in pairs:
        earlier.setdefault(other, []).append(one)
    for order in sorted(earlier):
        if order in left:
            continue
        for one in sorted(set(earlier[order])):
            if one in left:
                continue
            share = likeness(shingles[one], shingles[order])
            if share >= least:
                found[order] = (one, share)
                left.add(order)
                break
    return found
