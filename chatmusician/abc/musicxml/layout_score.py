"""The voices of a tune as the parts of a score: staves, braces, brackets, bar lines."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from chatmusician.abc.musicxml.layout import (
    Layout,
    Part,
    PartGroup,
    ScorePart,
    ScoreStaff,
    Sounding,
)
from chatmusician.abc.score_layout import BRACE, ScoreLayout, StaffGroup, score_text

# A floating voice is on the upper staff from F4 up and on the lower one up to F3; between
# them on the staff whose notes are farther away. abcm2ps has the same limits.
_UPPER, _LOWER = (0, 3), (-1, 3)


def arrange(layout: Layout, score: ScoreLayout, *, stated: bool, hidden: bool) -> None:
    """Set how the voices of a layout are drawn.

    Args:
        layout: Its ``parts`` are the voices that have music.
        score: The staves by the tune's directive.
        stated: Whether the tune has such a directive at all.
        hidden: Keep voices that no staff has, as parts that are not drawn.
    """
    by_id = {part.id: part for part in layout.parts}
    layout.voices = list(by_id)
    drawn = score.keeping(by_id)
    layout.score_text = score_text(drawn) if stated else ""
    staves = [
        ScoreStaff([by_id[id] for id in staff.voices], [by_id[id] for id in staff.floating])
        for staff in drawn.staves
    ]
    spans = _spans(staves, drawn)
    layout.score = [ScorePart(staves[first : last + 1]) for first, last in spans]
    layout.groups = _groups(drawn, spans)
    named = set(drawn.voices)
    others = [part for part in layout.parts if part.id not in named]
    if hidden:
        layout.score += [ScorePart([ScoreStaff([part])], hidden=True) for part in others]
    layout.parts = [part for score_part in layout.score for part in score_part.voices]
    for at, staff in enumerate(staves):
        for part in staff.floating:
            _float(part, staff, staves[at + 1])


def _spans(staves: list[ScoreStaff], score: ScoreLayout) -> list[tuple[int, int]]:
    """The staves of each part (first, last): those of a brace together, others alone."""
    spans: list[tuple[int, int]] = []
    at = 0
    while at < len(staves):
        last = next((g.last for g in score.groups if _is_instrument(g, at, staves, score)), at)
        spans.append((at, last))
        at = last + 1
    return spans


def _is_instrument(
    group: StaffGroup, first: int, staves: list[ScoreStaff], score: ScoreLayout
) -> bool:
    """Whether a brace joins the staves of one instrument, which is then one part."""
    if group.symbol != BRACE or group.first != first or group.last == group.first:
        return False
    inside = [g for g in score.groups if first <= g.first and g.last <= group.last and g != group]
    voices = [
        p for staff in staves[first : group.last + 1] for p in (*staff.voices, *staff.floating)
    ]
    floats = any(staff.floating for staff in staves[first : group.last + 1])
    names = {part.name for part in voices if part.name}
    sounds = {(part.program, part.channel) for part in voices}
    shifts = {part.staff.transpose for part in voices}
    alike = len(names) < 2 and len(sounds) == 1 and len(shifts) == 1
    return not inside and (alike or floats)


def _groups(score: ScoreLayout, spans: list[tuple[int, int]]) -> list[PartGroup]:
    """Groups of parts, outer before inner, none across another's end."""
    part_of = {at: n for n, (first, last) in enumerate(spans) for at in range(first, last + 1)}
    joins = [score.staves[last].joined for _, last in spans]
    found: list[PartGroup] = []
    for group in score.groups:
        first, last = part_of[group.first], part_of[group.last]
        if first != last or spans[first] == (group.first, group.first):
            through = first < last and all(joins[first:last])
            found.append((first, last, group.symbol, through))
    for first, last in _runs(joins):
        covered = any(g[0] <= first and last <= g[1] and g[3] for g in found)
        crossing = any(_crosses((first, last), group[:2]) for group in found)
        if not covered and not crossing:
            found.append((first, last, "none", True))
    return sorted(found, key=lambda group: (group[0], -group[1], group[2] != "none"))


def _crosses(run: tuple[int, int], group: tuple[int, int]) -> bool:
    return group[0] < run[0] <= group[1] < run[1] or run[0] < group[0] <= run[1] < group[1]


def _runs(joins: list[bool]) -> list[tuple[int, int]]:
    """The parts that bar lines go through without a break (first, last)."""
    runs: list[tuple[int, int]] = []
    for at, joined in enumerate(joins):
        if joined and runs and runs[-1][1] == at:
            runs[-1] = runs[-1][0], at + 1
        elif joined:
            runs.append((at, at + 1))
    return runs


# -- floating voices ----------------------------------------------------------


def _float(part: Part, upper: ScoreStaff, lower: ScoreStaff) -> None:
    """Choose the staff of each note of a floating voice; rests stay where the voice is."""
    above, below = _heights(upper.voices, lowest=True), _heights(lower.voices, lowest=False)
    down = False
    for sounding in _soundings(part):
        if sounding.heads:
            down = _is_lower(sounding, above, below)
        sounding.lower = down


def _is_lower(
    sounding: Sounding, above: list[tuple[int, int]], below: list[tuple[int, int]]
) -> bool:
    places = [(head.octave, head.step) for head in sounding.heads]
    if min(places) >= _UPPER:
        return False
    if max(places) <= _LOWER:
        return True
    over = _at(above, sounding.onset, 38)
    under = _at(below, sounding.onset, -38)
    octave, step = max(places)
    low_octave, low_step = min(places)
    return over - (7 * octave + step) < 7 * low_octave + low_step - under


def _at(heights: list[tuple[int, int]], onset: int, default: int) -> int:
    at = bisect_right(heights, (onset, 1 << 30)) - 1
    return heights[at][1] if at >= 0 else default


def _heights(voices: Sequence[Part], *, lowest: bool) -> list[tuple[int, int]]:
    """Onset and height in steps above C4 of the notes of a staff, its lowest or highest."""
    pick = min if lowest else max
    return sorted(
        (sounding.onset, pick(7 * head.octave + head.step for head in sounding.heads))
        for part in voices
        for sounding in _soundings(part)
        if sounding.heads
    )


def _soundings(part: Part) -> list[Sounding]:
    return [
        item
        for bar in part.bars
        for layer in bar.layers
        for item in layer
        if isinstance(item, Sounding)
    ]
