"""Tunes and helpers for the tests of pictures."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest

from chatmusician import abc
from chatmusician.abc.tune import Tune

REEL = """X:1
T:Rain on the Slate Roof
C:Anna Körner
R:reel
M:4/4
L:1/8
Q:1/4=180
K:G
|: "G" G2 BG dGBG | "C" (3efg ed "G" BAGB | "F#m" c2 ec "D7" A2 cA |1 "G" G2 GF G2 D2 :|2 "G" G8 |]
"""
# Bars, notes, tuplets, endings and chord symbols of the reel, counted by hand.
REEL_COUNTS = {"measure": 5, "note": 7 + 9 + 6 + 5 + 1, "tuplet": 1, "ending": 2, "harm": 7}

HOSTILE = (
    "two  words",
    'it\'s "quoted" `here`',
    "$(touch pwned); rm -rf ~ | & > x",
    "-->]]><script>alert(1)</script>&amp;<!--",
    "Пролог Ἀρχή 夜の歌 مقام",
    "--help",
    "../../etc/passwd",
    "50 % of \\it{nothing} $x^2$ {a}",
    "A title that goes on and on, " * 10,
    "x" * 300,
)


def tune(text: str) -> Tune:
    return abc.read(text).tunes[0]


def titled(title: str) -> Tune:
    return tune(REEL.replace("Rain on the Slate Roof", title))


def fake_program(folder: Path, name: str, code: str) -> None:
    """A program of this name in a folder that a test puts on the path."""
    script = folder / name
    script.write_text(f"#!{sys.executable}\n{code}\n")
    script.chmod(0o755)


def png_pixels(data: bytes) -> tuple[int, int, float]:
    """Width and height of a PNG, and the share of its pixels that are dark."""
    image = pytest.importorskip("PIL.Image").open(io.BytesIO(data))
    grey = image.convert("L")
    width, height = grey.size
    return width, height, sum(grey.histogram()[:128]) / (width * height)


def count(page: str, kind: str) -> int:
    """How many groups of a class verovio drew."""
    return len(re.findall(rf'class="{kind}(?: [^"]*)?"', page))


def words(page: str) -> str:
    """All text of an SVG, without tags."""
    text = "".join(re.findall(r"<text\b[^>]*/>|<text\b.*?</text>", page, re.DOTALL))
    return re.sub(r"<title\b.*?</title>|<[^>]+>", "", text)
