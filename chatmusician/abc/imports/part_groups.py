"""``<part-group>``: braces, brackets and bar lines over several parts, as ``%%score``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from xml.etree.ElementTree import Element

from chatmusician.abc.imports.musicxml_marks import text_of
from chatmusician.abc.score_layout import (
    BRACE,
    BRACKET,
    ScoreLayout,
    StaffGroup,
    StaffVoices,
    score_text,
)

_SYMBOLS: Final = {"brace": BRACE, "bracket": BRACKET, "square": BRACKET, "line": BRACKET}
# First part, last part, symbol ("" for none), whether bar lines go through.
PartGroup = tuple[int, int, str, bool]


def part_groups(root: Element, parts: Sequence[str]) -> list[PartGroup]:
    """The groups of the part list, by the places of their first and last part in ``parts``."""
    found: list[PartGroup] = []
    opened: dict[str, tuple[int, Element]] = {}
    at = 0
    for element in root.iterfind("part-list/*"):
        number = element.get("number", "1")
        if element.tag == "score-part" and element.get("id", "") in parts:
            at += 1
        elif element.tag == "part-group" and element.get("type") == "start":
            opened[number] = at, element
        elif element.tag == "part-group" and number in opened:
            first, start = opened.pop(number)
            if at > first:
                symbol = _SYMBOLS.get(text_of(start, "group-symbol"), "")
                found.append((first, at - 1, symbol, text_of(start, "group-barline") == "yes"))
    return found


def grouping(groups: Sequence[PartGroup], staves: Sequence[int]) -> list[str]:
    """The ``%%score`` line for parts with these numbers of staves; none where nothing is
    joined. Voices are numbered from 1, one a staff."""
    starts = [sum(staves[:at]) for at in range(len(staves) + 1)]
    joined = [False] * starts[-1]
    found: list[StaffGroup] = []
    for first, last, symbol, through in sorted(groups, key=lambda g: (g[0], -g[1])):
        inside = StaffGroup(starts[first], starts[last + 1] - 1, symbol)
        if symbol and not any(_crosses(inside, other) for other in found):
            found.append(inside)
        if through:
            joined[inside.first : inside.last] = [True] * (inside.last - inside.first)
    for at, count in enumerate(staves):
        if count > 1:
            group = StaffGroup(starts[at], starts[at + 1] - 1, BRACE)
            found += [group] if group not in found else []
            joined[group.first : group.last] = [True] * (count - 1)
    if not found and not any(joined):
        return []
    rows = [StaffVoices((str(at + 1),), joined=through) for at, through in enumerate(joined)]
    rows[-1] = replace(rows[-1], joined=False)
    ordered = sorted(found, key=lambda group: (group.first, -group.last))
    return [f"%%score {score_text(ScoreLayout(tuple(rows), tuple(ordered)))}"]


def _crosses(group: StaffGroup, other: StaffGroup) -> bool:
    return other.first < group.first <= other.last < group.last
