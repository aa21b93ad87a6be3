"""Tune families: melodies that are nearly the same in any key belong to one side of a split."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

Shingles = frozenset[tuple[str, ...]]

# Of the smaller melody's runs, this share in the larger one makes a family.
SHARED = 0.4
# A run in more pieces than this is a scale or an arpeggio; it proposes no pair.
COMMON = 100


def families(pieces: Sequence[Shingles]) -> list[int]:
    """A family number for each piece, the index of its first member.

    Two pieces are joined where at least 40 % of the runs of the smaller one stand in the
    other; families are what such pairs connect. Exact: every pair that shares a run is
    compared, except that runs in more than 100 pieces propose none.
    """
    parent = list(range(len(pieces)))
    holders: dict[tuple[str, ...], list[int]] = {}
    for index, runs in enumerate(pieces):
        for run in runs:
            holders.setdefault(run, []).append(index)
    for index, runs in enumerate(pieces):
        shared: Counter[int] = Counter()
        for run in runs:
            if len(holders[run]) <= COMMON or len(runs) == 1:
                shared.update(other for other in holders[run] if other < index)
        for other in sorted(shared):
            mine, theirs = _root(parent, index), _root(parent, other)
            if mine != theirs and _alike(runs, pieces[other]):
                parent[max(mine, theirs)] = min(mine, theirs)
    return [_root(parent, index) for index in range(len(pieces))]


def _alike(first: Shingles, second: Shingles) -> bool:
    return len(first & second) >= SHARED * min(len(first), len(second))


def _root(parent: list[int], index: int) -> int:
    while parent[index] != index:
        parent[index] = parent[parent[index]]
        index = parent[index]
    return index


def held_out(name: str, share: float, seed: int) -> bool:
    """Whether a family goes to the test side: by a hash of its name and the seed."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64
