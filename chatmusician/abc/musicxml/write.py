"""The whole score: header, list of parts, measures."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd
from typing import Final

from chatmusician.abc.musicxml.layout import (
    Change,
    Item,
    Layout,
    Mark,
    Part,
    ScoreBar,
    Sounding,
    Trailing,
)
from chatmusician.abc.musicxml.layout_values import (
    SHORTEST,
    Piece,
    beam,
    mark_tuplets,
    pieces,
)
from chatmusician.abc.musicxml.write_attributes import attributes, bar_lines
from chatmusician.abc.musicxml.write_header import header
from chatmusician.abc.musicxml.write_marks import direction, tempo
from chatmusician.abc.musicxml.write_notes import NoteWriter
from chatmusician.abc.tune import Tune

_PROLOG: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN"'
    ' "http://www.musicxml.org/dtds/partwise.dtd">',
    '<score-partwise version="4.0">',
)


class Ids:
    """Ids that tell the place in the source: ``e12``, then ``e12-2`` for more of element 12."""

    def __init__(self) -> None:
        self.given: dict[str, int] = {}
        self.places: dict[str, tuple[int, int]] = {}

    def new(self, name: str) -> str:
        count = self.given.get(name, 0) + 1
        self.given[name] = count
        return name if count == 1 else f"{name}-{count}"


def write_score(tune: Tune, layout: Layout, line_breaks: bool) -> tuple[str, Ids]:
    ids = Ids()
    out = [*_PROLOG, *header(tune, layout, line_breaks)]
    for number, part in enumerate(layout.parts, 1):
        out.append(f'<part id="P{number}">')
        PartWriter(tune, layout, part, ids, out, line_breaks).write()
        out.append("</part>")
    out.append("</score-partwise>\n")
    return "\n".join(out), ids


class PartWriter:
    def __init__(
        self,
        tune: Tune,
        layout: Layout,
        part: Part,
        ids: Ids,
        out: list[str],
        line_breaks: bool,
    ) -> None:
        self.tune = tune
        self.part = part
        self.ids = ids
        self.out = out
        self.line_breaks = line_breaks
        self.resolution = layout.resolution
        self.unit = layout.unit
        self.tempo = layout.tempo if part is layout.parts[0] else None
        self.meter = part.meter
        self.cut = [self.pieces(bar) for bar in part.bars]
        self.division = self.common_division()
        self.notes = NoteWriter(out, self.note_id, self.division, self.resolution)
        self.notes.pipes = part.key.mode in ("HP", "Hp")

    def note_id(self, index: int) -> str:
        id = self.ids.new(f"e{index}")
        element = self.tune.elements[index]
        self.ids.places[id] = int(element.start), int(element.end)
        return id

    def pieces(self, bar: ScoreBar) -> list[list[Piece]]:
        """The written notes of each layer, with tuplets and beams."""
        beat = 0
        found: list[list[Piece]] = []
        for layer in bar.layers:
            row: list[Piece] = []
            for item in layer:
                if isinstance(item, Change) and item.meter is not None:
                    self.meter = item.meter
                elif isinstance(item, Sounding):
                    beat = self.beat()
                    row += pieces(item, bar.start, self.resolution, beat)
            mark_tuplets(row)
            beam(row, self.resolution)
            found.append(row)
        return found

    def beat(self) -> int:
        """A beat of the meter, in 1024ths."""
        return int(self.meter.beat * SHORTEST)

    def common_division(self) -> int:
        """The largest number of ticks that divides a quarter and every length of the part."""
        common = self.resolution // 4
        for bar in self.part.bars:
            common = gcd(common, bar.start)
            if bar.first < 0:
                common = gcd(common, bar.length or bar.want)
        for bar_pieces in self.cut:
            for layer in bar_pieces:
                for piece in layer:
                    common = gcd(common, piece.ticks, piece.sounding.onset)
        return common or 1

    def write(self) -> None:
        for at, bar in enumerate(self.part.bars):
            self.bar(at, bar)

    def bar(self, at: int, bar: ScoreBar) -> None:
        out = self.out
        implicit = ' implicit="yes"' if bar.implicit else ""
        out.append(f'<measure number="{bar.number}"{implicit}{self.bar_id(bar)}>')
        if self.line_breaks and at and bar.line_start:
            out.append('<print new-system="yes"/>')
        left, right = bar_lines(bar, self.part.bars[at - 1] if at else None)
        lead = self.leading(bar)
        divisions = self.resolution // 4 // self.division if not at else 0
        start = attributes(self.part, lead, divisions, self.ids.new)
        rest_bars = bar.rest_bars if bar.rest_bars > 1 else 0
        if start or rest_bars:
            out.append(_attributes(start, rest_bars))
        out += left
        if not at and self.tempo is not None:
            out += tempo(self.tempo, "")
        now = 0
        for number, layer in enumerate(bar.layers):
            if number and not any(isinstance(item, Sounding) for item in layer):
                continue
            if number:
                self.move(-now)
                now = 0
            now = self.layer(bar, number, layer, iter(self.cut[at][number]), now)
        if bar.first < 0:
            self.silent(bar)
        out += right
        out.append("</measure>")

    def bar_id(self, bar: ScoreBar) -> str:
        if bar.first < 0:
            return ""
        id = self.ids.new(f"m{bar.first}")
        self.ids.places[id] = bar.span
        return f' id="{id}"'

    def leading(self, bar: ScoreBar) -> list[Change]:
        """The changes before the first note: they stand in the bar's own attributes."""
        found: list[Change] = []
        for item in bar.layers[0]:
            if isinstance(item, Sounding):
                break
            if isinstance(item, Change):
                found.append(item)
        return found

    def silent(self, bar: ScoreBar) -> None:
        length = (bar.length or bar.want or self.resolution) // self.division
        self.out.append(
            f'<note><rest measure="yes"/><duration>{length}</duration><voice>1</voice></note>'
        )

    def move(self, ticks: int) -> None:
        name = "backup" if ticks < 0 else "forward"
        if ticks:
            self.out.append(f"<{name}><duration>{abs(ticks) // self.division}</duration></{name}>")

    def layer(
        self, bar: ScoreBar, number: int, items: list[Item], row: Iterator[Piece], now: int
    ) -> int:
        """Write a layer from ``now`` (ticks into the bar); return where it ends."""
        started = number > 0
        for item in items:
            if isinstance(item, Sounding):
                started = True
                gap = item.onset - bar.start - now
                if number and gap > 0:
                    self.move(gap)
                    now += gap
                now = self.sounding(item, row, number + 1, now)
            elif isinstance(item, Change):
                if started:
                    change = attributes(self.part, [item], 0, self.ids.new)
                    self.out.append(_attributes(change, 0))
            elif isinstance(item, Trailing):
                self.notes.graces(item.graces, number + 1)
            elif isinstance(item, Mark):
                self.out += direction(item, self.note_id(item.index), self.unit)
        return now

    def sounding(self, item: Sounding, row: Iterator[Piece], voice: int, now: int) -> int:
        for piece in row:
            self.notes.piece(piece, voice)
            now += piece.ticks
            if piece.last:
                break
        return now


def _attributes(content: list[str], rest_bars: int) -> str:
    style = f"<measure-style><multiple-rest>{rest_bars}</multiple-rest></measure-style>"
    return "<attributes>" + "".join(content) + (style if rest_bars else "") + "</attributes>"
