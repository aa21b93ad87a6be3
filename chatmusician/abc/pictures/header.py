"""The block of titles above a score: lines broken to the page, nothing cut.

verovio breaks no lines, so it only keeps the room: as many rows as the block needs are
asked of it, and what it wrote there is replaced.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

from chatmusician.abc.encoding import read_text
from chatmusician.abc.pictures.metrics import text_width, wrap
from chatmusician.abc.texts import texts_of
from chatmusician.abc.tune import Tune

TITLE, SUBTITLE, SMALL = 640, 440, 380
_ROW = 366
_LEADING = 1.2
_MANY_LINES = 4


@dataclass(frozen=True)
class Line:
    """`y` is the baseline; `anchor` start, middle or end: where `x` is."""

    text: str
    size: int
    y: float
    anchor: str
    style: str = "normal"


@dataclass(frozen=True)
class Header:
    lines: tuple[Line, ...]
    height: float

    @property
    def rows(self) -> int:
        """How many rows of verovio's keep this room free."""
        return -int(-self.height // _ROW)

    @property
    def width(self) -> float:
        """The widest line; what stands left and right must fit into half each."""
        widths = (
            text_width(line.text, line.size) * (1 if line.anchor == "middle" else 2)
            for line in self.lines
        )
        return max(widths, default=0.0)


def make_header(tune: Tune, width: float) -> Header:
    """Titles in the middle, rhythm on the left, composer and origin on the right, then texts."""
    lines: list[Line] = []
    y = 0.0
    for number, title in enumerate(_texts(tune, "T")):
        size = SUBTITLE if number else TITLE
        if len(wrap(title, size, width)) > _MANY_LINES:
            size = int(size * 0.7)
        for text in wrap(title, size, width):
            y += size * _LEADING
            lines.append(Line(text, size, y, "middle"))
    left = wrap(", ".join(_texts(tune, "R")), SMALL, width * 0.45)
    origin = f"({', '.join(_texts(tune, 'O'))})" if tune.fields("O") else ""
    composers = [*_texts(tune, "C"), origin]
    right = [text for who in composers for text in wrap(who, SMALL, width * 0.5)]
    for column, anchor in ((left, "start"), (right, "end")):
        lines += [
            Line(text, SMALL, y + (row + 1) * SMALL * _LEADING, anchor, "italic")
            for row, text in enumerate(column)
        ]
    y = max((line.y for line in lines), default=0.0)
    for words in texts_of(tune).above:
        for text in (part for line in words.lines for part in wrap(printable(line), SMALL, width)):
            y += SMALL * _LEADING
            lines.append(Line(text, SMALL, y, "middle" if words.centered else "start"))
    return Header(tuple(lines), y)


def text_lines(tune: Tune, letter: str, size: float, width: float) -> list[str]:
    """The header fields of a letter, broken to lines of this width in type of this size."""
    return [line for text in _texts(tune, letter) for line in wrap(text, size, width)]


def _texts(tune: Tune, letter: str) -> list[str]:
    """Header fields of a letter as text, without what XML cannot hold."""
    found = (printable(read_text(field.value)) for field in tune.fields(letter))
    return [text for text in found if text]


def printable(text: str) -> str:
    """A text without what XML cannot hold."""
    return re.sub(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", text).strip()


def keep_room(music: str, header: Header) -> str:
    """MusicXML in which empty credits keep the header's room free."""
    music = re.sub(r"<credit\b.*?</credit>\s*", "", music, flags=re.DOTALL)
    credit = (
        '<credit page="1"><credit-words justify="center" valign="top">.</credit-words></credit>'
    )
    return music.replace("<part-list>", credit * header.rows + "<part-list>", 1)


def write_header(page: str, header: Header, width: float) -> str:
    """The first page with the header's lines in the room that was kept."""
    texts = "".join(_svg_line(line, width) for line in header.lines)
    return re.sub(
        r'(<g\b[^>]*class="pgHead[^>]*>).*?</g>',
        lambda found: f"{found[1]}{texts}</g>",
        page,
        count=1,
        flags=re.DOTALL,
    )


def _svg_line(line: Line, width: float) -> str:
    x = {"start": 0.0, "middle": width / 2, "end": width}[line.anchor]
    style = "" if line.style == "normal" else f' font-style="{line.style}"'
    return (
        f'<text x="{x:.0f}" y="{line.y:.0f}" text-anchor="{line.anchor}" '
        f'font-size="{line.size}px"{style}>{escape(line.text)}</text>'
    )
