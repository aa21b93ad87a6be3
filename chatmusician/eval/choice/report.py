"""What came out: shares with intervals, baselines, comparisons, the table and the plot."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from chatmusician.eval.choice.modes import CLOZE, LIKELIHOOD
from chatmusician.eval.choice.questions import LETTERS
from chatmusician.eval.choice.scores import (
    CHANCE,
    MACRO,
    MAJORITY,
    OVERALL,
    baselines,
    comparisons,
    marks,
    measures,
)
from chatmusician.eval.intervals import Measure
from chatmusician.eval.plots import Points, draw
from chatmusician.eval.results import Item, Row
from chatmusician.eval.tables import Column, cell, markdown, percent

if TYPE_CHECKING:
    from chatmusician.eval.choice.answering import Answerer
    from chatmusician.eval.choice.run import Asked, Job

_MOST_PLOTTED: Final = 16


@dataclass(frozen=True)
class Report:
    rows: list[Row]
    counts: dict[str, int]
    comparisons: list[dict[str, Any]]
    details: dict[str, Any]
    table: str
    plot: bytes


def report(
    job: Job, answerer: Answerer, asked: Sequence[Asked], items: Mapping[str, Item]
) -> Report:
    plain = [one for one in asked if not one.facts]
    variants = {answerer.name: marks(plain, items)}
    if job.facts:
        with_abc = [one for one in plain if one.question.abc_score]
        told = [one for one in asked if one.facts]
        variants[f"{answerer.name}, questions with ABC"] = marks(with_abc, items)
        variants[f"{answerer.name}, questions with ABC and facts"] = marks(told, items)
    rows = [Row(name, measures(found)) for name, found in variants.items()]
    rows += baselines(plain)
    rows += [_published(row.name, row.source, row.values) for row in job.task.published]
    compared = comparisons(variants, job.against, answerer.name)
    details = {
        "bootstrap": {
            name: {metric: m.as_dict() for metric, m in measures(found, bootstrap=True).items()}
            for name, found in variants.items()
        },
        "by_shuffle": _by_shuffle(plain, items),
        "answers_given": _given(plain, items),
        "bad_rows": [str(bad) for bad in job.questions.bad],
    }
    table = _table(job, answerer, rows, details, compared)
    return Report(rows, _counts(job, asked, items), compared, details, table, _plot(job, rows))


def _published(name: str, source: str, values: Mapping[str, float]) -> Row:
    found = {metric: Measure(value, method="as published") for metric, value in values.items()}
    return Row(name, found, "published", source=source)


def _by_shuffle(asked: Sequence[Asked], items: Mapping[str, Item]) -> dict[str, float]:
    found: dict[str, list[bool]] = {}
    for one in asked:
        if one.seed is not None:
            found.setdefault(str(one.seed), []).append(items[one.id].scores["right"])
    return {seed: sum(rights) / len(rights) for seed, rights in found.items()}


def _given(asked: Sequence[Asked], items: Mapping[str, Item]) -> dict[str, int]:
    """Which letters were given, as they were shown: a model may just like one of them."""
    given = dict.fromkeys((*LETTERS, "none"), 0)
    for one in asked:
        said = items[one.id].prediction
        place = LETTERS[one.order.index(LETTERS.index(said))] if said else "none"
        given[place] += 1
    return given


def _counts(job: Job, asked: Sequence[Asked], items: Mapping[str, Item]) -> dict[str, int]:
    what = Counter(str(items[one.id].scores.get("problem", "")) for one in asked)
    form = Counter(str(items[one.id].scores.get("form", "")) for one in asked)
    return {
        "questions": len(job.questions.questions),
        "prompts": len(asked),
        "bad_rows_left_out": len(job.questions.bad),
        "too_long": what["too long"],
        "no_letter": what["no letter"],
        "one_token": form["one token"],
        "whole_strings": form["whole strings"],
    }


def _columns(rows: Sequence[Row]) -> dict[str, Column]:
    names = list(dict.fromkeys(name for row in rows if row.kind == "run" for name in row.metrics))
    titles = {OVERALL: "all questions", MACRO: "mean of subjects"}
    return {name: percent(titles.get(name, name.removeprefix("topic: "))) for name in names}


def _table(
    job: Job,
    answerer: Answerer,
    rows: Sequence[Row],
    details: Mapping[str, Any],
    compared: Sequence[Mapping[str, Any]],
) -> str:
    columns = _columns(rows)
    parts = [f"# {job.task.title}\n", _setting(job, answerer)]
    for row in rows:
        if row.kind == "run":
            parts.append(f"\n## {row.name}\n\n{_run_table(row, columns, details, rows)}")
    parts.append(_others(rows, columns))
    if compared:
        parts.append("\n## Compared on the same questions\n\n" + _compared(compared))
    return "\n".join(part.rstrip("\n") for part in parts) + "\n"


def _setting(job: Job, answerer: Answerer) -> str:
    shots = "zero-shot" if not job.shots else f"{job.shots} shots"
    orders = f"options shuffled with seeds {', '.join(map(str, job.orders))}"
    chat = "in the chat form" if answerer.settings.get("chat") else "no chat form"
    said = [
        job.task.full_version,
        answerer.mode,
        shots,
        chat if answerer.mode in (LIKELIHOOD, CLOZE) else "",
    ]
    in_order = "options in the order of the data" if job.shown else "options not shown"
    said.append(orders if job.orders else in_order)
    said.append(f"{len(job.questions.bad)} bad rows left out" if job.questions.bad else "")
    return "; ".join(filter(None, said)) + ". Per cent right, with 95 % intervals."


def _run_table(
    row: Row, columns: Mapping[str, Column], details: Mapping[str, Any], rows: Sequence[Row]
) -> str:
    drawn = details["bootstrap"][row.name]
    majority = next(other for other in rows if other.name == MAJORITY).metrics
    lines = [["", "n", "right", "Wilson", "bootstrap", "chance", MAJORITY]]
    for name, column in columns.items():
        measure = row.metrics.get(name)
        if measure is None or not measure.n:
            continue
        sampled = Measure.from_dict(drawn[name])
        lines.append(
            [
                column.title,
                str(measure.n),
                cell(measure, column, interval=False),
                _interval(measure) if measure.method == "wilson" else "–",
                _interval(sampled),
                f"{100 * CHANCE:.1f}",
                cell(majority.get(name), column),
            ]
        )
    return markdown(lines)


def _interval(measure: Measure) -> str:
    if measure.low is None or measure.high is None:
        return "–"
    return f"{100 * measure.low:.1f}–{100 * measure.high:.1f}"


def _others(rows: Sequence[Row], columns: Mapping[str, Column]) -> str:
    found = [row for row in rows if row.kind == "published"]
    if not found:
        return ""
    shown = {n: c for n, c in columns.items() if any(n in row.metrics for row in found)}
    lines = [["published", *(c.title for c in shown.values()), "by"]]
    for row in found:
        lines.append(
            [row.name, *(cell(row.metrics.get(n), c) for n, c in shown.items()), row.source]
        )
    return f"\n## Published numbers\n\n{markdown(lines)}"


def _compared(compared: Sequence[Mapping[str, Any]]) -> str:
    lines = [["", "n", "difference (points)", "interval", "p"]]
    for found in compared:
        lines.append(
            [
                f"{found['metric']}: {found['first']} less {found['second']}",
                str(found["n"]),
                f"{100 * found['difference']:+.1f}",
                f"{100 * found['low']:+.1f} to {100 * found['high']:+.1f}",
                "–" if found["p"] is None else f"{found['p']:.3g}",
            ]
        )
    return markdown(lines)


def _plot(job: Job, rows: Sequence[Row]) -> bytes:
    """Runs beside published numbers; of many subjects only the averages."""
    columns = _columns(rows)
    if len(columns) > _MOST_PLOTTED:
        columns = {n: c for n, c in columns.items() if n in (OVERALL, MACRO)}
    kept = [row for row in rows if row.name != "chance"]
    shown = [(_named(row), row.kind, row.metrics) for row in kept]
    panel = Points("per cent right; dotted: chance", shown, columns, chance=CHANCE)
    return draw(f"{job.task.title} ({job.task.full_version})", [panel])


def _named(row: Row) -> str:
    """A published number says where it is from and when."""
    if row.kind != "published":
        return row.name
    year = re.search(r"\b(?:19|20)\d\d\b", row.source)
    return f"{row.name} ({row.source.split(',')[0]}{f', {year[0]}' if year else ''})"
