"""Which prompts are drawn from held-out rows: every task, many meters and keys, by a seed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

from chatmusician.errors import InputError
from chatmusician.eval.generation.asked import Asked, key_of, read_rows, timeline_of
from chatmusician.files import read_bytes


def load_rows(path: str) -> list[dict[str, Any]]:
    """The rows of a file that `corpus tasks` wrote."""
    rows = []
    for number, line in enumerate(read_bytes(path, limit=1 << 31).splitlines(), 1):
        try:
            row = json.loads(line)
            _ = row["instruction"], row["input"], row["output"], row["id"]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"line {number} is no instruction row",
                path=path,
                hint="make the file with `chatmusician corpus tasks`",
            ) from error
        rows.append(row)
    return rows


def draw(rows: Iterable[dict[str, Any]], n: int, *, seed: int = 0) -> list[Asked]:
    """``n`` prompts, as many of each task, and in each task the rarest keys and meters first.

    Deterministic in the rows' order and the seed; all prompts where there are no more.
    """
    waiting: dict[str, list[Asked]] = {}
    for asked in read_rows(rows):
        waiting.setdefault(asked.task, []).append(asked)
    random = Random(seed)
    for task in sorted(waiting):
        random.shuffle(waiting[task])
    kinds = {a.id: list(kind(a).items()) for found in waiting.values() for a in found}
    used: Counter[tuple[str, str]] = Counter()
    drawn: list[Asked] = []
    while len(drawn) < n and any(waiting.values()):
        for task in sorted(task for task, found in waiting.items() if found):
            if len(drawn) == n:
                break
            best = _rarest(waiting[task], kinds, used)
            asked = waiting[task].pop(best)
            used.update(kinds[asked.id])
            drawn.append(asked)
    return drawn


def _rarest(
    waiting: Sequence[Asked],
    kinds: dict[str, list[tuple[str, str]]],
    used: Counter[tuple[str, str]],
) -> int:
    return min(range(len(waiting)), key=lambda at: sum(used[own] for own in kinds[waiting[at].id]))


def kind(asked: Asked) -> dict[str, str]:
    """Key and meter: those asked for, else those of the row's own answer."""
    key, meter = asked.key, asked.meter
    if not key or not meter:
        line = timeline_of(asked.reference)
        if line is not None:
            key, meter = key or key_of(line), meter or line.meter.name
    return {"key": key, "meter": meter}


def spread(drawn: Sequence[Asked]) -> dict[str, dict[str, int]]:
    """How many prompts there are of each task, key and meter."""
    kinds = [kind(asked) for asked in drawn]
    return {
        "task": dict(Counter(asked.task for asked in drawn).most_common()),
        "key": dict(Counter(found["key"] for found in kinds).most_common()),
        "meter": dict(Counter(found["meter"] for found in kinds).most_common()),
    }
