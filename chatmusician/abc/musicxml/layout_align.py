"""Bars of all parts side by side; notes cut where a bar line must go through them."""

from __future__ import annotations

import copy
import itertools

from chatmusician.abc.musicxml.layout import Item, Part, ScoreBar, Sounding


def divide(sounding: Sounding, point: int) -> tuple[Sounding, Sounding]:
    """A note as two tied ones that meet at a tick; not for notes of a tuplet."""
    left, right = copy.copy(sounding), copy.copy(sounding)
    left.ticks = left.plain = point - sounding.onset
    right.onset = point
    right.ticks = right.plain = sounding.onset + sounding.ticks - point
    left.heads = [copy.copy(head) for head in sounding.heads]
    right.heads = [copy.copy(head) for head in sounding.heads]
    for one, part in ((left, left.heads), (right, right.heads)):
        for head in part:
            head.ticks = head.plain = one.ticks
    for head in left.heads:
        head.ties_on = True
    for head in right.heads:
        head.ties_back, head.shown = True, False
    left.slurs_off = []
    right.slurs_on, right.graces, right.decorations, right.lyrics = [], [], [], []
    right.spaced = True
    return left, right


def spill(bars: list[ScoreBar]) -> None:
    """Notes that the timeline has sound past their bar go on in the next, tied.

    These are chord notes longer than their chord.
    """
    for bar, after in itertools.pairwise(bars):
        end = bar.start + bar.length
        for at, sounding in enumerate(bar.apart):
            if _crosses(sounding, end):
                bar.apart[at], rest = divide(sounding, end)
                after.apart.append(rest)


def _crosses(sounding: Sounding, point: int) -> bool:
    plain = sounding.ratio == (1, 1)
    return plain and sounding.onset < point < sounding.onset + sounding.ticks


def align_bars(parts: list[Part]) -> None:
    """Where one part cuts a bar in two (an ending in its middle), cut the others there too."""
    at = 0
    while at < max(len(part.bars) for part in parts):
        here = [part for part in parts if at + 1 < len(part.bars)]
        cutting = min(here, key=lambda part: part.bars[at].length, default=None)
        if cutting is not None and not cutting.bars[at].closed:
            first, second = cutting.bars[at : at + 2]
            whole = first.length + second.length
            for part in parts:
                bar = part.bars[at] if at < len(part.bars) else first
                if bar.start == first.start and bar.length >= whole > first.length:
                    _cut_bar(part, at, second.start)
        at += 1


def _cut_bar(part: Part, at: int, point: int) -> None:
    bar = part.bars[at]
    if any(
        sounding.ratio != (1, 1) and sounding.onset < point < sounding.onset + sounding.ticks
        for layer in bar.layers
        for sounding in layer
        if isinstance(sounding, Sounding)
    ):
        return
    second = ScoreBar(bar.first, point, bar.start + bar.length - point, bar.want, bar.span)
    second.layers = []
    for number, layer in enumerate(bar.layers):
        before, after = _cut_layer(layer, point)
        bar.layers[number] = before
        second.layers.append(after)
    second.right, second.closes, second.closed = bar.right, bar.closes, bar.closed
    second.ending_stops, second.fermata = bar.ending_stops, bar.fermata
    bar.length = point - bar.start
    bar.right, bar.closes, bar.closed, bar.ending_stops, bar.fermata = -1, 0, False, (), False
    part.bars.insert(at + 1, second)


def _cut_layer(layer: list[Item], point: int) -> tuple[list[Item], list[Item]]:
    """The items before a tick and those from it on; marks go with the note after them."""
    before: list[Item] = []
    waiting: list[Item] = []
    for at, item in enumerate(layer):
        if not isinstance(item, Sounding):
            waiting.append(item)
        elif item.onset >= point:
            return before, [*waiting, *layer[at:]]
        else:
            before += waiting
            waiting = []
            if item.onset + item.ticks > point:
                left, right = divide(item, point)
                return [*before, left], [right, *layer[at + 1 :]]
            before.append(item)
    return before, waiting
