"""What is known only once a whole tune is walked: endings, numbers, words, staves."""

from __future__ import annotations

import copy
from typing import Final

from chatmusician.abc.lyrics import HOLD, Sung, align
from chatmusician.abc.musicxml.layout import (
    Item,
    Layout,
    Lyric,
    Part,
    ScoreBar,
    Sounding,
)
from chatmusician.abc.musicxml.layout_accidentals import show_accidentals
from chatmusician.abc.musicxml.layout_align import align_bars, spill
from chatmusician.abc.musicxml.layout_score import arrange
from chatmusician.abc.playing import sections
from chatmusician.abc.score_layout import ScoreLayout
from chatmusician.abc.splits import split_bars
from chatmusician.abc.timing import Measure, Timeline, VoiceLine

_MOST_BARS: Final = 20_000
# Bars of all parts together, above which short parts are left short.
_MOST_FILLED: Final = 100_000


def finish(
    layout: Layout, line: Timeline, score: ScoreLayout, *, stated: bool, hidden: bool
) -> Layout:
    """Complete a walked layout; voices without any music get no part, unless none has any.

    ``score`` says which voice is on which staff; ``stated`` and ``hidden`` are as in
    ``arrange``.
    """
    kept: list[Part] = []
    every_split = split_bars(line.voices, line.tune.text)
    for part, voice, splits in zip(layout.parts, line.voices, every_split, strict=True):
        for bar, measure in zip(part.bars, voice.measures, strict=False):
            _know(bar, measure)
        for split in splits:
            for bar in part.bars[split.first + 1 : split.last + 1]:
                bar.continues = True
        _open_repeats(part.bars, voice.measures)
        spill(part.bars)
        for bar in part.bars:
            _lay_apart(bar)
        part.bars = _without_empty(part.bars)
        _find_endings(part.bars)
        _set_words(part, line, voice)
        part.bars = [one for bar in part.bars for one in _each(bar)][:_MOST_BARS]
        if part.bars:
            kept.append(part)
    layout.order = line.order
    layout.parts = kept or [_silent(layout.parts, line)]
    arrange(layout, score, stated=stated, hidden=hidden)
    for staff in (staff for part in layout.score for staff in part.staves):
        show_accidentals(staff.voices)
        for part in staff.floating:
            show_accidentals([part])
    if len(layout.parts) > 1:
        align_bars(layout.parts)
    _fill_up(layout)
    return layout


def _silent(parts: list[Part], line: Timeline) -> Part:
    """A tune without music: one bar of rest."""
    part = parts[0] if parts else Part("1", key=line.key, meter=line.meter)
    part.bars = [ScoreBar(want=int(line.resolution * line.meter.length))]
    return part


def _know(bar: ScoreBar, measure: Measure) -> None:
    bar.start, bar.length, bar.want = int(measure.start), int(measure.length), int(measure.want)
    bar.opens, bar.closes = int(measure.opens), int(measure.closes)
    bar.closed, bar.section = measure.closed, measure.section
    bar.ending = measure.endings
    bar.line_start = measure.line_start
    bar.span = (int(measure.first), int(measure.last))
    if int(measure.count) == 1:
        bar.rest_bars = 0


def _open_repeats(bars: list[ScoreBar], measures: list[Measure]) -> None:
    """Open the repeats that ABC has go back to a double bar: MusicXML knows no such rule."""
    for section in sections(measures, 0, len(measures)):
        first = section.start
        after_repeat = not first or measures[first - 1].closes
        if section.closed and not section.opened and not after_repeat and first < len(bars):
            bars[first].opens = 1


def _without_empty(bars: list[ScoreBar]) -> list[ScoreBar]:
    """Bars in which nothing stands (``|&|``) are none; their signs go to their neighbours."""
    kept: list[ScoreBar] = []
    items: list[Item] = []
    opens = 0
    for bar in bars:
        if bar.first < 0:
            items += [item for layer in bar.layers for item in layer]
            opens = max(opens, bar.opens)
            if kept:
                kept[-1].closes = max(kept[-1].closes, bar.closes)
            continue
        bar.layers[0][:0] = items
        bar.opens = max(bar.opens, opens)
        items, opens = [], 0
        kept.append(bar)
    if kept:
        kept[-1].layers[0] += items
    return kept


def _lay_apart(bar: ScoreBar) -> None:
    """Each chord note with a length of its own to the first layer that is free for it."""
    ends: list[int] = []
    layers: list[list[Item]] = []
    for sounding in bar.apart:
        at = next((i for i, end in enumerate(ends) if end <= sounding.onset), len(ends))
        if at == len(ends):
            ends.append(0)
            layers.append([])
        ends[at] = sounding.onset + sounding.ticks
        layers[at].append(sounding)
    bar.layers += layers


def _find_endings(bars: list[ScoreBar]) -> None:
    """An ending runs to the next repeat, strong bar line or other ending.

    The bracket of a last one that would be more than twice as long as the one before it is
    cut to the length of that one: what follows is played on in any case.
    """
    running: tuple[int, ...] = ()
    start = before = 0
    for at, bar in enumerate(bars):
        if bar.ending:
            running, start = bar.ending, at
        if not running:
            continue
        after = bars[at + 1] if at + 1 < len(bars) else None
        ends = after is None or bar.closes or after.section or after.ending or after.opens
        if not ends:
            continue
        cut = not bar.closes and before and at - start + 1 > 2 * before
        last = start + before - 1 if cut else at
        bars[last].ending_stops = running
        before = at - start + 1 if bar.closes else 0
        running = ()


def _each(bar: ScoreBar) -> list[ScoreBar]:
    """``Z4`` as four bars: the rest in each, whatever else it holds in the last."""
    count = bar.rest_bars
    if count < 2:
        return [bar]
    want = bar.want or bar.length // count
    rest = next(i for i in bar.layers[0] if isinstance(i, Sounding))
    before = bar.layers[0][: bar.layers[0].index(rest)]
    after = bar.layers[0][bar.layers[0].index(rest) + 1 :]
    found: list[ScoreBar] = []
    for at in range(count):
        one = ScoreBar(bar.first, bar.start + at * want, want, bar.want, bar.span)
        again = rest if at == 0 else copy.copy(rest)
        if at:
            again.graces, again.decorations, again.slurs_on, again.lyrics = [], [], [], []
        one.layers[0].append(again)
        found.append(one)
    first, last = found[0], found[-1]
    first.layers[0] = [*before, *first.layers[0]]
    first.left, first.opens, first.ending = bar.left, bar.opens, bar.ending
    first.section, first.line_start, first.rest_bars = bar.section, bar.line_start, count
    first.new_page = bar.new_page
    last.layers = [[*last.layers[0], *after], *bar.layers[1:]]
    last.length = bar.start + bar.length - last.start
    last.right, last.closes, last.closed = bar.right, bar.closes, bar.closed
    last.ending_stops, last.fermata = bar.ending_stops, bar.fermata
    return found


# -- words --------------------------------------------------------------------


def _set_words(part: Part, line: Timeline, voice: VoiceLine) -> None:
    sung, _ = align(line, voice)
    if not sung:
        return
    notes = {
        item.index: item
        for bar in part.bars
        for layer in bar.layers
        for item in layer
        if isinstance(item, Sounding)
    }
    for verse in sorted({one.verse for one in sung}):
        _set_verse([one for one in sung if one.verse == verse], notes, verse)


def _set_verse(sung: list[Sung], notes: dict[int, Sounding], verse: int) -> None:
    inside = False
    last: Lyric | None = None
    for at, one in enumerate(sung):
        note = notes.get(one.element)
        if note is None:
            continue
        if one.kind == HOLD and last is not None:
            if not inside:
                last.extend = "start"
                goes_on = at + 1 < len(sung) and sung[at + 1].kind == HOLD
                note.lyrics.append(Lyric(verse, "", "", "continue" if goes_on else "stop"))
        elif one.kind == "text" and one.text:
            kinds = ("single", "begin"), ("end", "middle")
            last = Lyric(verse, one.text, kinds[inside][one.hyphen])
            note.lyrics.append(last)
            inside = one.hyphen
        elif one.kind != "text":
            last = None


# -- all parts together -------------------------------------------------------


def _fill_up(layout: Layout) -> None:
    """Number the bars by the longest part, and end all parts with the same bar."""
    longest = max(layout.parts, key=lambda part: len(part.bars))
    _number(longest.bars)
    bars = (at for part in layout.parts for at in enumerate(part.bars))
    new_pages = {at for at, bar in bars if bar.new_page}
    fills = len(longest.bars) * len(layout.parts) <= _MOST_FILLED
    for part in layout.parts:
        for at, model in enumerate(longest.bars):
            if at == len(part.bars):
                if not fills:
                    break
                part.bars.append(ScoreBar(length=model.length, want=model.want))
            bar = part.bars[at]
            bar.number, bar.implicit = model.number, model.implicit
            bar.new_page = at in new_pages
            if len(layout.parts) > 1:
                bar.rest_bars = 0


def _number(bars: list[ScoreBar]) -> None:
    """Count whole bars from 1: a pickup is 0, the second half of a cut bar is not counted."""
    number = halves = 0
    cut_by_ending = False
    for at, bar in enumerate(bars):
        before = bars[at - 1] if at else None
        short = 0 < bar.length < bar.want
        if before is None:
            bar.implicit = short and len(bars) > 1
            number = 0 if bar.implicit else 1
            bar.number = str(number)
            continue
        short_before = 0 < before.length < before.want and not before.implicit
        joined = bar.section and short and before.length + bar.length == before.want
        half = bar.continues or (short_before and (not before.closed or joined))
        if bar.ending:
            # Where the first ending cuts a bar, the others begin with the same half.
            half = half or (cut_by_ending and short)
            cut_by_ending = half
        if half:
            halves += 1
            bar.implicit, bar.number = True, f"X{halves}"
        else:
            number += 1
            bar.number = str(number)
