"""The words below a score: the verses of ``W:``, and texts after the music.

They follow the music on its last page where there is room, else on pages of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape
from typing import Final

from chatmusician.abc.pictures.header import SMALL, printable
from chatmusician.abc.pictures.metrics import text_width, wrap
from chatmusician.abc.texts import Texts

_LEADING: Final = 1.25
_GAP: Final = 1.2  # lines between the music and the words
_INDENT: Final = 0.06  # of the width, for verses
_BOX: Final = re.compile(r'viewBox="0 0 (\d+) (\d+)"')
_INSIDE: Final = 10


@dataclass(frozen=True)
class WordLine:
    """A line with its place from the left edge of the music; "" is a gap."""

    text: str
    x: float = 0.0
    anchor: str = "start"


def footer_lines(texts: Texts, width: float) -> list[WordLine]:
    """The words below the music, broken to lines of this width."""
    lines: list[WordLine] = []
    for text in texts.below:
        for line in text.lines:
            wrapped = wrap(printable(line), SMALL, width) or [""]
            middle = width / 2 if text.centered else 0.0
            anchor = "middle" if text.centered else "start"
            lines += [WordLine(part, middle, anchor) for part in wrapped]
    if lines and texts.verses:
        lines.append(WordLine(""))
    indent = width * _INDENT
    for verse in texts.verses:
        parts = wrap(printable(verse), SMALL, width - indent) or [""]
        lines += [WordLine(part, indent) for part in parts]
    return lines


def add_footer(
    pages: list[str], lines: list[WordLine], heights: list[int], margin: int, *, grow: bool
) -> list[str]:
    """The pages with the lines below the music of the last.

    Args:
        pages: SVG pages of verovio.
        lines: The words.
        heights: How far down each page is filled, in units of its view box.
        margin: The margins of the page in the same units.
        grow: Make the page as high as it must be, instead of adding pages.
    """
    if not lines:
        return pages
    row = SMALL * _LEADING / _INSIDE
    last = pages[-1]
    width, height = (int(side) for side in _BOX.findall(last)[0])
    top = heights[-1] - margin + _GAP * row
    if grow:
        needed = max(_right_end(line) for line in lines) / _INSIDE
        wide = max(width, int(needed + 2 * margin))
        bottom = int(top + len(lines) * row + margin)
        return [
            *pages[:-1],
            _sized(_with_lines(last, lines, top, margin), width, height, wide, bottom),
        ]
    room = max(0, int((height - margin - top) / row))
    pages = [*pages[:-1], _with_lines(last, lines[:room], top, margin)]
    rest = lines[room:]
    a_page = max(1, int((height - 2 * margin) / row) - 1)
    while rest:
        bare = _without_music(last)
        pages.append(_with_lines(bare, rest[:a_page], margin + row, margin))
        rest = rest[a_page:]
    return pages


def _right_end(line: WordLine) -> float:
    share = 0.5 if line.anchor == "middle" else 1.0
    return line.x + share * text_width(line.text, SMALL)


def _with_lines(page: str, lines: list[WordLine], top: float, margin: int) -> str:
    row = SMALL * _LEADING
    texts = "".join(
        f'<text x="{margin * _INSIDE + line.x:.0f}" y="{top * _INSIDE + (n + 0.8) * row:.0f}" '
        f'text-anchor="{line.anchor}" font-size="{SMALL}px">{escape(line.text)}</text>'
        for n, line in enumerate(lines)
        if line.text
    )
    group = f'<g class="words" font-family="Times, serif">{texts}</g>'
    return re.sub(r"</svg>\s*</svg>\s*$", lambda end: group + end[0], page) if texts else page


def _without_music(page: str) -> str:
    """A page of the same size with nothing on it."""
    return re.sub(
        r'(<g\b[^>]*class="page-margin".*)(?=</svg>\s*</svg>\s*$)', "", page, flags=re.DOTALL
    )


def _sized(page: str, width: int, height: int, new_width: int, new_height: int) -> str:
    for factor in (1, _INSIDE):
        page = page.replace(
            f'viewBox="0 0 {width * factor} {height * factor}"',
            f'viewBox="0 0 {new_width * factor} {new_height * factor}"',
            1,
        )
    return page
