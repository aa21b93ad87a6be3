"""Plots of results: points with their intervals, and shares side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chatmusician.abc.plots.canvas import COLOURS, figure, plain, png, shortened
from chatmusician.eval.intervals import Measure
from chatmusician.eval.tables import Column

_LONGEST_NAME = 48
_HOLLOW = "published"


@dataclass(frozen=True)
class Bars:
    """One panel of shares: for each name a value for each of the labels."""

    title: str
    labels: Sequence[str]
    shares: Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Points:
    """One panel of measures: metrics from the top down, the rows beside each other.

    ``rows`` are name, kind and metrics; published numbers are drawn hollow. ``chance`` is
    a line where guessing would be.
    """

    title: str
    rows: Sequence[tuple[str, str, Mapping[str, Measure]]]
    columns: Mapping[str, Column]
    chance: float | None = None


def draw(title: str, panels: Sequence[Points | Bars], *, width: int = 1000) -> bytes:
    """A PNG of panels one below the other."""
    heights = [_height(panel) for panel in panels]
    with figure(width, sum(heights) + 0.5) as drawn:
        grid = drawn.add_gridspec(len(panels), 1, height_ratios=heights)
        for at, panel in enumerate(panels):
            axes = drawn.add_subplot(grid[at, 0])
            if isinstance(panel, Points):
                _points(axes, panel)
            else:
                _bars(axes, panel)
        plain(drawn.suptitle(""), title)
        return png(drawn, title)


def _height(panel: Points | Bars) -> float:
    if isinstance(panel, Bars):
        return 2.2
    return 1.1 + _shown(panel) * (0.14 + 0.15 * len(panel.rows))


def _shown(panel: Points) -> int:
    return max(len(_metrics(panel)), 1)


def _metrics(panel: Points) -> list[str]:
    return [
        name
        for name in panel.columns
        if any((m := metrics.get(name)) and m.value is not None for _, _, metrics in panel.rows)
    ]


def _points(axes: Any, panel: Points) -> None:
    names = _metrics(panel)
    step = 0.8 / max(len(panel.rows), 1)
    for at, (row, kind, metrics) in enumerate(panel.rows):
        colour = COLOURS[at % len(COLOURS)]
        offset = (at - (len(panel.rows) - 1) / 2) * step
        for place, name in enumerate(names):
            measure = metrics.get(name)
            if measure is None or measure.value is None:
                continue
            _point(axes, measure, panel.columns[name], place + offset, colour, kind)
        axes.plot([], [], "o", color=colour, mfc=_fill(kind, colour), label=row)
    _name_axis(axes, [panel.columns[name].title for name in names])
    if panel.chance is not None:
        axes.axvline(100 * panel.chance, color="#999999", linestyle=":", linewidth=1)
    _finish(axes, panel.title, len(panel.rows))


def _point(
    axes: Any, measure: Measure, column: Column, place: float, colour: str, kind: str
) -> None:
    scale = 100.0 if column.percent else 1.0
    value = scale * (measure.value or 0.0)
    if measure.low is not None and measure.high is not None:
        ends = [scale * measure.low, scale * measure.high]
        axes.plot(ends, [place, place], color=colour, linewidth=1.5, alpha=0.7)
    axes.plot([value], [place], "o", color=colour, mfc=_fill(kind, colour), markersize=5)


def _fill(kind: str, colour: str) -> str:
    return "white" if kind == _HOLLOW else colour


def _name_axis(axes: Any, names: Sequence[str]) -> None:
    axes.set_yticks(range(len(names)))
    for label, name in zip(axes.set_yticklabels(names), names, strict=True):
        plain(label, shortened(name, _LONGEST_NAME))
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(axis="x", color="#e0e0e0", linewidth=0.6)
    axes.tick_params(labelsize=9)


def _bars(axes: Any, panel: Bars) -> None:
    step = 0.8 / max(len(panel.shares), 1)
    for at, (name, shares) in enumerate(panel.shares.items()):
        places = [place - 0.4 + (at + 0.5) * step for place in range(len(panel.labels))]
        colour = COLOURS[at % len(COLOURS)]
        axes.bar(places, [100 * share for share in shares], width=step, color=colour, label=name)
    axes.set_xticks(range(len(panel.labels)))
    for label, name in zip(axes.set_xticklabels(panel.labels), panel.labels, strict=True):
        plain(label, name)
    axes.set_xlim(-0.6, len(panel.labels) - 0.4)
    axes.set_ylabel("%", fontsize=9)
    axes.grid(axis="y", color="#e0e0e0", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8)
    _finish(axes, panel.title, len(panel.shares))


def _finish(axes: Any, title: str, rows: int) -> None:
    plain(axes.set_title("", fontsize=10, loc="left"), title)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if rows > 1:
        legend = axes.legend(fontsize=8, loc="best", framealpha=0.9)
        for text in legend.get_texts():
            plain(text, shortened(text.get_text(), _LONGEST_NAME))
