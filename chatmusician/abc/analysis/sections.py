"""Sections of a tune: by its signs, or by the likeness of its phrases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chatmusician.abc.analysis.melody import Bar, melody, melody_voice
from chatmusician.abc.analysis.similarity import SAME, similarity
from chatmusician.abc.playing import sections as by_signs
from chatmusician.abc.timing import Timeline

_PHRASES: Final = (16, 8, 4)


@dataclass(frozen=True)
class Section:
    """A run of bars; ``plays`` how often its signs have it played.

    ``bars`` are those of its first time through (a second ending is left out), ``first``
    and ``last`` indices into the voice's measures, the last one included.
    """

    bars: tuple[Bar, ...]
    first: int
    last: int
    plays: int


def sections(line: Timeline) -> list[Section]:
    """The sections of the melody's voice.

    Where the voice has repeat signs or double bars inside, these bound the sections; a
    section without a full bar joins the one after it (the last: the one before). Music
    without such signs is cut into phrases of 16, 8 or 4 full bars: the longest of these
    lengths at which two phrases are the same (similarity of 8 or more), else 8 bars from
    32 bars on, 4 bars from 8 on, else the whole is one section. The pickup belongs to the first
    phrase and what remains to the last.
    """
    voice = melody_voice(line)
    if voice is None:
        return []
    bars = melody(line)
    measures = voice.measures
    found = by_signs(measures, 0, len(measures))
    signed = len(found) > 1 or any(m.opens or m.closes or m.endings for m in measures)
    if not signed:
        return _phrases(bars)
    cut = [
        (
            section.start,
            section.endings[-1][2] if section.endings else section.body_end,
            section.endings[0][2] if section.endings else section.body_end,
            section.plays if section.closed or section.endings else 1,
        )
        for section in found
    ]
    return _joined(bars, cut)


def _joined(bars: list[Bar], cut: list[tuple[int, int, int, int]]) -> list[Section]:
    made: list[Section] = []
    waiting: list[Bar] = []
    start = -1
    for first, end, once, plays in cut:
        start = first if start < 0 else start
        own = waiting + [bar for bar in bars if first <= bar.index < once]
        if sum(bar.full for bar in own) < 1:
            waiting = own
            continue
        made.append(Section(tuple(own), start, end - 1, int(plays)))
        waiting, start = [], -1
    if waiting and made:
        last = made[-1]
        made[-1] = Section((*last.bars, *waiting), last.first, waiting[-1].index, last.plays)
    elif waiting:
        made.append(Section(tuple(waiting), waiting[0].index, waiting[-1].index, 1))
    return made


def _phrases(bars: list[Bar]) -> list[Section]:
    pickup = 1 if bars and not bars[0].full and len(bars) > 1 else 0
    count = len(bars) - pickup
    for length in _PHRASES:
        if count < 2 * length:
            continue
        made = _cut(bars, pickup, length)
        pairs = ((a, b) for i, a in enumerate(made) for b in made[:i])
        if any(similarity(a.bars, b.bars) >= SAME for a, b in pairs):
            return made
    length = 8 if count >= 32 else 4 if count >= 8 else max(count, 1)
    return _cut(bars, pickup, length)


def _cut(bars: list[Bar], pickup: int, length: int) -> list[Section]:
    starts = list(range(pickup, len(bars), length))
    if len(starts) > 1 and len(bars) - starts[-1] < length / 2:
        starts.pop()
    starts = [0, *starts[1:]]
    ends = [*starts[1:], len(bars)]
    return [
        Section(tuple(bars[a:b]), bars[a].index, bars[b - 1].index, 1)
        for a, b in zip(starts, ends, strict=True)
        if b > a
    ]


def phrase_lengths(line: Timeline) -> list[int]:
    """How many bars each section has, a pickup not counted."""
    return [
        sum(bar.full for bar in section.bars) or len(section.bars) for section in sections(line)
    ]
