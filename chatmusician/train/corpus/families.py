"""Tune families: melodies that are nearly the same in any key stay on one side of a split."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Sequence, Set

from chatmusician.abc.analysis import Bar, shingles, step_shingles

Runs = Set[int]

# Steps of the scale in a run; fewer than these are a turn that many tunes have.
STEPS = 9
# Of the smaller melody's runs, this share, and at least so many, in the larger one make a
# family; of a melody with few runs nearly all. With 30 % and 5 runs half of 22,000 folk tunes
# hang together as one family, by turns of phrase that they all have.
SHARED = 0.4
ENOUGH = 20
NEARLY_ALL = 0.8
# A run in more pieces than this is a scale or an arpeggio; it proposes no pair.
COMMON = 200
# A title that more pieces have is a kind of piece ("Reel", "Untitled"), no name.
MOST_NAMESAKES = 12
# A family larger than both stays on the train side: it would be the whole test.
_LARGE = 20
_LARGE_SHARE = 0.005


def runs_of(bars: Sequence[Bar]) -> frozenset[int]:
    """The runs of a melody, by six intervals and by nine letters, as numbers of 63 bits.

    Intervals are the same however notes are spelled, letters in whatever mode.
    """
    by_letters = (_number("steps " + " ".join(run)) for run in step_shingles(bars, size=STEPS))
    return frozenset((*(_number(" ".join(run)) for run in shingles(bars)), *by_letters))


def _number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def families(pieces: Sequence[Runs], titles: Sequence[Collection[str]] = ()) -> list[int]:
    """A family number for each piece, the index of its first member.

    Two pieces are joined where at least 40 % of the runs of the smaller one, and no fewer
    than 20 (or 80 % of them), stand in the other, or where they share a title that at most 12
    pieces have; families are what such pairs connect. Exact: every pair that shares a run is
    compared, except that runs in more than 200 pieces propose none.
    """
    parent = list(range(len(pieces)))
    for group in _namesakes(titles):
        for index in group[1:]:
            _join(parent, group[0], index)
    holders: dict[int, list[int]] = {}
    for index, runs in enumerate(pieces):
        for run in runs:
            holders.setdefault(run, []).append(index)
    for index, runs in enumerate(pieces):
        shared: Counter[int] = Counter()
        for run in runs:
            if len(holders[run]) <= COMMON or len(runs) < ENOUGH:
                shared.update(other for other in holders[run] if other < index)
        for other in sorted(shared):
            if _root(parent, index) != _root(parent, other) and _alike(runs, pieces[other]):
                _join(parent, index, other)
    return [_root(parent, index) for index in range(len(pieces))]


def _namesakes(titles: Sequence[Collection[str]]) -> list[list[int]]:
    groups: dict[str, list[int]] = {}
    for index, names in enumerate(titles):
        for name in {plain_title(name) for name in names} - {""}:
            groups.setdefault(name, []).append(index)
    return [group for group in groups.values() if 1 < len(group) <= MOST_NAMESAKES]


def plain_title(title: str) -> str:
    """A title for comparison: small letters and digits, without an article at either end."""
    words = re.findall(r"\w+", title.lower())
    return " ".join(word for word in words if word not in ("the", "a", "an"))


def _alike(first: Runs, second: Runs) -> bool:
    smaller = min(len(first), len(second))
    return len(first & second) >= max(SHARED * smaller, min(ENOUGH, NEARLY_ALL * smaller))


def _join(parent: list[int], first: int, second: int) -> None:
    roots = _root(parent, first), _root(parent, second)
    parent[max(roots)] = min(roots)


def _root(parent: list[int], index: int) -> int:
    while parent[index] != index:
        parent[index] = parent[parent[index]]
        index = parent[index]
    return index


def held_out(numbers: Sequence[int], names: Sequence[str], share: float, seed: int) -> list[bool]:
    """Whether each piece is held out: with all its family, by a hash of the name of the
    family's first piece and the seed. Very large families are not."""
    members = Counter(numbers)
    most = max(_LARGE, len(numbers) * _LARGE_SHARE)
    return [members[n] <= most and _drawn(names[n], share, seed) for n in numbers]


def _drawn(name: str, share: float, seed: int) -> bool:
    digest = hashlib.sha256(f"{seed}:{name}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64
