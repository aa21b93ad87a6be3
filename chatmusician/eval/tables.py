"""Results as Markdown tables: a number, and its interval behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from chatmusician.eval.intervals import Measure

MISSING = "–"


@dataclass(frozen=True)
class Column:
    """How a metric is headed and written: ``%`` of a share, or digits after the point."""

    title: str
    digits: int = 1
    percent: bool = False


def percent(title: str, digits: int = 1) -> Column:
    return Column(title, digits, percent=True)


def cell(measure: Measure | None, column: Column, *, interval: bool = True) -> str:
    """``97.3 (95.1–98.6)``; a dash where nothing was measured."""
    if measure is None or measure.value is None:
        return MISSING
    text = number(measure.value, column)
    if not interval or measure.low is None or measure.high is None:
        return text
    return f"{text} ({number(measure.low, column)}–{number(measure.high, column)})"


def number(value: float, column: Column) -> str:
    text = f"{100 * value if column.percent else value:.{column.digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "−")


def by_row(
    rows: Sequence[tuple[str, Mapping[str, Measure]]],
    columns: Mapping[str, Column],
    *,
    first: str = "",
) -> str:
    """A line for each row, a column for each metric."""
    made = [[first, *(column.title for column in columns.values())]]
    for name, metrics in rows:
        made.append([name, *(cell(metrics.get(m), column) for m, column in columns.items())])
    return markdown(made)


def by_metric(
    rows: Sequence[tuple[str, Mapping[str, Measure]]],
    columns: Mapping[str, Column],
    *,
    first: str = "metric",
    count: bool = True,
) -> str:
    """A line for each metric, a column for each row: for many metrics and few runs."""
    made = [[first, *(name for name, _ in rows)]]
    for metric, column in columns.items():
        found = [metrics.get(metric) for _, metrics in rows]
        if not any(found):
            continue
        made.append([column.title, *(_counted(cell(m, column), m, count) for m in found)])
    return markdown(made)


def _counted(text: str, measure: Measure | None, count: bool) -> str:
    return f"{text}, n {measure.n}" if count and measure and text != MISSING else text


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """The lines as a table, the first one its head; all columns but the first to the right."""
    head, *body = [[_escaped(text) for text in line] for line in lines]
    widths = [max(len(line[at]) for line in (head, *body)) for at in range(len(head))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    shown = [_aligned(head, widths), rule, *(_aligned(line, widths) for line in body)]
    return "".join(f"| {' | '.join(line)} |\n" for line in shown)


def _aligned(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    sides: list[Callable[[str, int], str]] = [str.ljust, *[str.rjust] * (len(line) - 1)]
    return [side(text, width) for side, text, width in zip(sides, line, widths, strict=True)]


def _escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
