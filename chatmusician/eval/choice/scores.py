"""Shares of right answers with their intervals, baselines, and comparisons of two runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from chatmusician.errors import UsageError
from chatmusician.eval.intervals import (
    LEVEL,
    Comparison,
    Measure,
    compare_answers,
    compare_means,
    mean,
    weights,
)
from chatmusician.eval.results import Item, Row, read_items, read_result

if TYPE_CHECKING:
    from chatmusician.eval.choice.run import Asked

CHANCE: Final = 0.25
OVERALL, MACRO, MAJORITY = "overall", "macro", "majority letter"


@dataclass(frozen=True)
class Mark:
    """How often a question was answered rightly, over the orders of its options."""

    id: str
    subject: str
    topic: str
    share: float


def marks(asked: Sequence[Asked], items: Mapping[str, Item]) -> list[Mark]:
    """One mark for each question, in their order."""
    rights: dict[str, list[bool]] = {}
    questions = {}
    for one in asked:
        rights.setdefault(one.question.id, []).append(items[one.id].scores["right"])
        questions[one.question.id] = one.question
    return [
        Mark(name, questions[name].subject, questions[name].topic, sum(right) / len(right))
        for name, right in rights.items()
    ]


def measures(found: Sequence[Mark], *, bootstrap: bool = False) -> dict[str, Measure]:
    """Overall, by subject and by topic; with several subjects the macro average too.

    Wilson's interval counts questions, not orders: the orders of one question say much the
    same. The bootstrap draws questions.
    """
    groups: dict[str, list[float]] = {OVERALL: [mark.share for mark in found]}
    for mark in found:
        if mark.subject:
            groups.setdefault(mark.subject, []).append(mark.share)
    by_subject = [shares for name, shares in groups.items() if name != OVERALL]
    for mark in found:
        if mark.topic:
            groups.setdefault(f"topic: {mark.topic}", []).append(mark.share)
    made = {name: mean(s) if bootstrap else wilson(s) for name, s in groups.items()}
    if len(by_subject) > 1:
        made[MACRO] = macro(by_subject)
    return made


def wilson(shares: Sequence[float]) -> Measure:
    """The mean of shares with Wilson's interval for so many questions."""
    from scipy.stats import norm

    n = len(shares)
    if not n:
        return Measure(None, method="wilson")
    z = float(norm.ppf((1 + LEVEL) / 2))
    p = sum(shares) / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Measure(p, low, high, n, "wilson")


def macro(groups: Sequence[Sequence[float]], *, seed: int = 0) -> Measure:
    """The mean of the groups' means; the bootstrap draws within each group."""
    drawn = []
    for at, group in enumerate(groups):
        data = np.asarray(group, dtype=float)
        blocks = [w @ data / len(data) for w in weights(len(data), seed=seed + at)]
        drawn.append(np.concatenate(blocks))
    low, high = np.quantile(np.mean(drawn, axis=0), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    value = sum(sum(group) / len(group) for group in groups) / len(groups)
    n = sum(map(len, groups))
    return Measure(value, float(low), float(high), n, "stratified bootstrap")


def baselines(asked: Sequence[Asked]) -> list[Row]:
    """Chance, and always the letter that is right most often, in the orders as shown."""
    groups: dict[str, list[str]] = {OVERALL: [one.shown.answer for one in asked]}
    for one in asked:
        for name in (one.question.subject, one.question.topic and f"topic: {one.question.topic}"):
            if name:
                groups.setdefault(name, []).append(one.shown.answer)
    chance = {name: Measure(CHANCE, n=len(found), method="exact") for name, found in groups.items()}
    most = {
        name: Measure(
            Counter(found).most_common(1)[0][1] / len(found), n=len(found), method="exact"
        )
        for name, found in groups.items()
    }
    return [Row("chance", chance, "baseline"), Row(MAJORITY, most, "baseline")]


def comparisons(
    variants: Mapping[str, Sequence[Mark]], against: Sequence[str], name: str
) -> list[dict[str, Any]]:
    """This run less another on the same questions; facts less none, where both were asked."""
    made = []
    pairs = [(name, variants[name], *_earlier(folder)) for folder in against]
    facts = [other for other in variants if other != name]
    if facts:
        plain, told = facts
        pairs.append((told, variants[told], plain, {m.id: m.share for m in variants[plain]}))
    for first, found, second, other in pairs:
        shared = [mark for mark in found if mark.id in other]
        if len(shared) != len(found) or len(other) != len(found):
            raise UsageError(f"{second} answered other questions than {first}")
        subjects = sorted({mark.subject for mark in shared if mark.subject})
        for metric in (OVERALL, *(subjects if 1 < len(subjects) < 6 else ())):
            chosen = [m for m in shared if metric in (OVERALL, m.subject)]
            ours, theirs = [m.share for m in chosen], [other[m.id] for m in chosen]
            compared = _compare(ours, theirs).as_dict()
            made.append({"metric": metric, "first": first, "second": second, **compared})
    return made


def _compare(ours: Sequence[float], theirs: Sequence[float]) -> Comparison:
    if all(share in (0.0, 1.0) for share in (*ours, *theirs)):
        return compare_answers([s == 1 for s in ours], [s == 1 for s in theirs])
    return compare_means(ours, theirs)


def _earlier(folder: str) -> tuple[str, dict[str, float]]:
    """An earlier run's name and its questions' shares of right answers."""
    result = read_result(folder)
    rights: dict[str, list[bool]] = {}
    orders = bool(result["settings"].get("shuffles"))
    for item in read_items(folder):
        if not item.id.endswith("+facts"):
            name = item.id.rpartition("#")[0] if orders else item.id
            rights.setdefault(name, []).append(item.scores["right"])
    shown = f"{result['settings']['model']} ({folder})"
    return shown, {name: sum(found) / len(found) for name, found in rights.items()}
