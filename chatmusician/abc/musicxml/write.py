"""The whole score: header, list of parts, measures."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import gcd
from typing import Final

from chatmusician.abc.musicxml.layout import (
    Change,
    Item,
    Layout,
    Mark,
    Part,
    ScoreBar,
    ScorePart,
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
from chatmusician.abc.musicxml.write_attributes import (
    attributes,
    bar_lines,
    is_percussion,
    merge_signs,
)
from chatmusician.abc.musicxml.write_header import header
from chatmusician.abc.musicxml.write_marks import direction, tempo
from chatmusician.abc.musicxml.write_notes import NoteWriter
from chatmusician.abc.musicxml.write_voices import VoicePlaces, number_verses
from chatmusician.abc.tune import Tune

_PROLOG: Final = (
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE score-partwise PUBLIC "-//Recordare//DTD MusicXML 4.0 Partwise//EN"'
    ' "http://www.musicxml.org/dtds/partwise.dtd">',
    '<score-partwise version="4.0">',
)
# MuseScore and others number the voices of a second staff from 5.
_VOICES_A_STAFF: Final = 4


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
    out = [*_PROLOG]
    places: VoicePlaces = {}
    body: list[str] = []
    for number, part in enumerate(layout.score, 1):
        body.append(f'<part id="P{number}">')
        writer = PartWriter(tune, layout, part, ids, body, line_breaks)
        writer.write()
        for row in writer.rows:
            places[row.part.id] = number, row.staff, row.voice, row.layers
        body.append("</part>")
    out += header(tune, layout, line_breaks, places)
    out += body
    out.append("</score-partwise>\n")
    return "\n".join(out), ids


@dataclass(slots=True)
class Row:
    """A voice in its part: its staff (from 1), the number of its first layer, how many it has.

    ``cut`` holds the written notes of each bar and layer.
    """

    part: Part
    staff: int
    floating: bool
    voice: int = 1
    layers: int = 1
    cut: list[list[list[Piece]]] = field(default_factory=list)


class PartWriter:
    """Writes the measures of one part: on each staff its voices, one after the other."""

    def __init__(
        self,
        tune: Tune,
        layout: Layout,
        score_part: ScorePart,
        ids: Ids,
        out: list[str],
        line_breaks: bool,
    ) -> None:
        self.tune = tune
        self.score_part = score_part
        self.leader = score_part.leader
        self.several = len(score_part.staves) > 1
        self.ids = ids
        self.out = out
        self.line_breaks = line_breaks
        self.resolution = layout.resolution
        self.unit = layout.unit
        self.tempo = layout.tempo if score_part is layout.score[0] else None
        self.rows = self.number_voices()
        for row in self.rows:
            self.meter = row.part.meter
            row.cut = [self.pieces(bar) for bar in row.part.bars]
        self.division = self.common_division()
        self.notes = NoteWriter(out, self.note_id, self.division, self.resolution)
        self.notes.pipes = self.leader.key.mode in ("HP", "Hp")

    def number_voices(self) -> list[Row]:
        """The voices with their numbers: each staff begins at 1, 5, 9 … where four suffice."""
        rows: list[Row] = []
        number = 1
        for at, staff in enumerate(self.score_part.staves):
            number = max(number, _VOICES_A_STAFF * at + 1)
            verses = 0
            for part in (*staff.voices, *staff.floating):
                layers = max((len(bar.layers) for bar in part.bars), default=1)
                row = Row(part, at + 1, part in staff.floating, number, layers)
                rows.append(row)
                number += layers
                verses = number_verses(part, verses)
        return rows

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
        for row in self.rows:
            for bar in row.part.bars:
                common = gcd(common, bar.start)
                if bar.first < 0:
                    common = gcd(common, bar.length or bar.want)
            for piece in (p for layers in row.cut for layer in layers for p in layer):
                common = gcd(common, piece.ticks, piece.sounding.onset)
        return common or 1

    def write(self) -> None:
        for at, bar in enumerate(self.leader.bars):
            self.bar(at, bar)

    def bar(self, at: int, bar: ScoreBar) -> None:
        out = self.out
        implicit = ' implicit="yes"' if bar.implicit else ""
        out.append(f'<measure number="{bar.number}"{implicit}{self.bar_id(bar)}>')
        if self.line_breaks and at and bar.new_page:
            out.append('<print new-page="yes"/>')
        elif self.line_breaks and at and bar.line_start:
            out.append('<print new-system="yes"/>')
        left, right = bar_lines(self.merged(at))
        start = self.attributes(at)
        rest_bars = bar.rest_bars if bar.rest_bars > 1 and len(self.rows) == 1 else 0
        if start or rest_bars:
            out.append(_attributes(start, rest_bars))
        out += left
        if not at and self.tempo is not None:
            out += tempo(self.tempo, "")
        now = 0
        for row in self.rows:
            now = self.voice(at, row, now)
        out += right
        out.append("</measure>")

    def merged(self, at: int) -> ScoreBar:
        """The first voice's bar with the signs of all voices of the part."""
        bar = copy.copy(self.leader.bars[at])
        for row in self.rows[1:]:
            if at < len(row.part.bars):
                merge_signs(bar, row.part.bars[at])
        return bar

    def attributes(self, at: int) -> list[str]:
        """What a bar begins with: the changes before the first note of each staff."""
        divisions = self.resolution // 4 // self.division if not at else 0
        changes = [
            [] if at >= len(staff.leader.bars) else self.leading(staff.leader.bars[at])
            for staff in self.score_part.staves
        ]
        return attributes(self.score_part, changes, divisions, self.ids.new)

    def voice(self, at: int, row: Row, now: int) -> int:
        """One voice in one bar; where the writing is then."""
        if at >= len(row.part.bars):
            return now
        bar = row.part.bars[at]
        self.notes.staff = row.staff if self.several else 0
        voices = self.score_part.staves[row.staff - 1].voices
        # With three voices or more, all but the first have their stems down.
        self.notes.stem = "down" if len(voices) > 2 and row.part in voices[1:] else ""
        self.notes.percussion = is_percussion(row.part.staff)
        if bar.first < 0:
            return self.silent(at, row, now)
        first = self.score_part.staves[row.staff - 1].leader is row.part
        for number, layer in enumerate(bar.layers):
            sounds = any(isinstance(item, Sounding) for item in layer)
            if not sounds and (number or not (first or layer)):
                continue
            self.move(-now)
            pieces = iter(row.cut[at][number])
            now = self.layer(row, bar, number, layer, pieces)
        return now

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

    def silent(self, at: int, row: Row, now: int) -> int:
        """A bar of rest where no voice of the staff has anything."""
        staff = self.score_part.staves[row.staff - 1]
        others = [part.bars[at] for part in staff.voices if at < len(part.bars)]
        if row.part is not staff.leader or any(bar.first >= 0 for bar in others):
            return now
        bar = row.part.bars[at]
        ticks = bar.length or bar.want or self.resolution
        self.move(-now)
        on_staff = f"<staff>{row.staff}</staff>" if self.several else ""
        self.out.append(
            f'<note><rest measure="yes"/><duration>{ticks // self.division}</duration>'
            f"<voice>{row.voice}</voice>{on_staff}</note>"
        )
        return ticks

    def move(self, ticks: int) -> None:
        name = "backup" if ticks < 0 else "forward"
        if ticks:
            self.out.append(f"<{name}><duration>{abs(ticks) // self.division}</duration></{name}>")

    def layer(
        self,
        row: Row,
        bar: ScoreBar,
        number: int,
        items: list[Item],
        pieces: Iterator[Piece],
    ) -> int:
        """Write a layer from the bar's beginning; return where it ends."""
        leads = self.score_part.staves[row.staff - 1].leader is row.part
        started = number > 0
        now = 0
        staff = row.staff if self.several else 0
        for item in items:
            if isinstance(item, Sounding):
                started = True
                gap = item.onset - bar.start - now
                if gap > 0 and (number or row is not self.rows[0]):
                    self.move(gap)
                    now += gap
                if row.floating:
                    self.notes.staff = row.staff + item.lower
                now = self.sounding(item, pieces, row.voice + number, now)
            elif isinstance(item, Change):
                if started and leads:
                    self.change(item, staff)
            elif isinstance(item, Trailing):
                self.notes.graces(item.graces, row.voice + number)
            elif isinstance(item, Mark):
                self.out += direction(item, self.note_id(item.index), self.unit, staff)
        return now

    def change(self, item: Change, staff: int) -> None:
        """A change inside the bar."""
        changes: list[list[Change]] = [[] for _ in self.score_part.staves]
        changes[max(staff, 1) - 1] = [item]
        content = attributes(self.score_part, changes, 0, self.ids.new)
        if content:
            self.out.append(_attributes(content, 0))

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
