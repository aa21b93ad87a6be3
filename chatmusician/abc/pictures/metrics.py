"""How wide text is in the type that verovio lays scores out with, and breaking it to lines."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from chatmusician.abc.pictures.packages import package_folder
from chatmusician.errors import MissingDependency

_WIDE = 0x1100


def text_width(text: str, size: float) -> float:
    """The width of a line of text set in type of this size, in the same unit."""
    widths = _widths()
    return size * sum(
        widths.get(character) or (1.0 if ord(character) >= _WIDE else 0.55) for character in text
    )


@lru_cache(maxsize=1)
def _widths() -> dict[str, float]:
    """Widths by character, 1 being the size of the type: verovio's own table of Times."""
    try:
        folder = package_folder("verovio")
    except MissingDependency:  # other engines draw without it, and roughly will do
        return {}
    table = Path(folder, "data", "text", "Times.xml").read_text("utf-8")
    em = float(re.findall(r'units-per-em="(\d+)"', table)[0])
    return {
        chr(int(code, 16)): float(width) / em
        for code, width in re.findall(r'<g c="([0-9A-F]+)"[^>]* h-a-x="([\d.]+)"', table)
    }


def wrap(text: str, size: float, width: float) -> list[str]:
    """Lines no wider than `width`, broken at blanks; a word too long is broken anywhere."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        for piece in _pieces(word, size, width):
            longer = f"{line} {piece}" if line else piece
            if line and text_width(longer, size) > width:
                lines.append(line)
                line = piece
            else:
                line = longer
    return [*lines, line] if line else lines


def _pieces(word: str, size: float, width: float) -> list[str]:
    if text_width(word, size) <= width:
        return [word]
    pieces, piece = [], ""
    for character in word:
        if piece and text_width(piece + character, size) > width:
            pieces.append(piece)
            piece = ""
        piece += character
    return [*pieces, piece]
