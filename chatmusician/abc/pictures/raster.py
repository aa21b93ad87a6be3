"""SVG pages to PNG and PDF.

resvg draws no text of size 0 or anchored inside, cairo takes no second font: so text is
first laid flat, run by run, in the faces of `fonts`.
"""

from __future__ import annotations

import contextlib
import io
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any
from xml.etree import ElementTree

from chatmusician.abc.pictures.fonts import MUSIC, NO_FONTS, TEXT, families_for, score_fonts
from chatmusician.abc.pictures.packages import load
from chatmusician.errors import EngineError

_TEXT = re.compile(r"<text\b[^>]*/>|<text\b.*?</text>", re.DOTALL)
_FACE = re.compile(r"<style[^>]*>\s*@font-face.*?</style>", re.DOTALL)
_KEPT = ("font-family", "font-size", "font-style", "font-weight", "fill", "class")
_PLACED = ("x", "y", "text-anchor")
_PDF_LOCK = threading.Lock()


@dataclass
class _Line:
    """Runs of text that follow each other from one point."""

    place: dict[str, str]
    runs: list[tuple[dict[str, str], str]] = field(default_factory=list)


def to_png(page: str, width: int) -> bytes:
    resvg = load("resvg_py")
    # Outlines need no fonts.
    fonts = score_fonts() if "<text" in page else NO_FONTS
    flat, others = prepared(page)
    try:
        return bytes(
            resvg.svg_to_bytes(
                svg_string=flat,
                width=width,
                dpi=96,
                background="white",
                font_files=list(fonts.files),
                skip_system_fonts=not others,
                font_family=TEXT,
                serif_family=TEXT,
                sans_serif_family=TEXT,
            )
        )
    except ValueError as error:
        raise EngineError("resvg", f"failed: {error}") from error


def to_pdf(pages: Sequence[str], *, title: str = "", background: str | None = "white") -> bytes:
    """One PDF of vectors and real text, a page for each SVG."""
    cairosvg = load("cairosvg")
    writer = load("pypdf").PdfWriter()
    for page in pages:
        flat, _ = prepared(page)
        try:
            with _PDF_LOCK:
                made = cairosvg.svg2pdf(bytestring=flat.encode(), background_color=background)
        except Exception as error:  # its own errors and those of cairo have no common base
            raise EngineError("cairosvg", f"failed: {error}") from error
        writer.append(io.BytesIO(made))
    writer.add_metadata({"/Title": title, "/Creator": "chatmusician"})
    return pdf_bytes(writer)


def pdf_bytes(writer: Any) -> bytes:
    writer.compress_identical_objects()
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def missing_letters(pages: Sequence[str]) -> str:
    """The characters on these pages that no font known here can show."""
    letters: set[str] = set()
    for page in pages:
        letters |= _other_letters(page)
    return families_for(letters)[1]


def prepared(page: str) -> tuple[str, set[str]]:
    """A page for resvg and cairo, and the characters that need a font of the system."""
    others = _other_letters(page)
    families = families_for(others)[0] | dict.fromkeys(score_fonts().signs, MUSIC)
    page = _FACE.sub("", page).replace('font-family="Times, serif"', f'font-family="{TEXT}"')
    return _TEXT.sub(lambda found: flatten(found[0], families), page), others


def _other_letters(page: str) -> set[str]:
    shown = "".join(
        "".join(ElementTree.fromstring(_bare(text)).itertext()) for text in _TEXT.findall(page)
    )
    known = score_fonts().letters | score_fonts().signs
    return {c for c in shown if c not in known and not c.isspace()}


def _bare(text: str) -> str:
    return re.sub(r'\s(xml|xlink):\w+="[^"]*"', "", text)


def flatten(text: str, families: dict[str, str]) -> str:
    """A `<text>` with nested parts as plain lines of runs, each run in one font."""
    root = ElementTree.fromstring(_bare(text))
    lines: list[_Line] = []
    _collect(root, {}, {}, lines)
    shared = {name: value for name, value in root.attrib.items() if name == "transform"}
    return "".join(_written(line, shared, families) for line in lines if line.runs)


def _collect(
    node: ElementTree.Element, style: dict[str, str], place: dict[str, str], lines: list[_Line]
) -> None:
    if node.tag == "title":
        return
    style = style | {name: node.attrib[name] for name in _KEPT if name in node.attrib}
    moved = {name: node.attrib[name] for name in _PLACED if name in node.attrib}
    place = place | moved
    if not lines or moved:
        lines.append(_Line(place))
    if node.text and (node.text.strip() or not len(node)):
        lines[-1].runs.append((style, node.text))
    for child in node:
        _collect(child, style, place, lines)
        if child.tail and child.tail.strip():
            lines[-1].runs.append((style, child.tail))


def _written(line: _Line, shared: dict[str, str], families: dict[str, str]) -> str:
    runs = [run for run in _by_font(line.runs, families) if _size(run[0]) > 0]
    place = dict(line.place)
    if len(runs) > 1 and place.get("text-anchor", "start") != "start":
        _start_from_left(place, runs)
    inside = "".join(f"<tspan{_attributes(style)}>{escape(words)}</tspan>" for style, words in runs)
    return f'<text xml:space="preserve"{_attributes(shared | place)}>{inside}</text>'


def _start_from_left(place: dict[str, str], runs: list[tuple[dict[str, str], str]]) -> None:
    """cairosvg would anchor each run by itself."""
    width = sum(_size(style) * score_fonts().width(words) for style, words in runs)
    share = 0.5 if place.pop("text-anchor") == "middle" else 1.0
    place["x"] = f"{float(place.get('x', 0)) - share * width:.1f}"


def _size(style: dict[str, str]) -> float:
    with contextlib.suppress(ValueError):
        return float(style.get("font-size", "16").removesuffix("px"))
    return 16.0


def _by_font(
    runs: list[tuple[dict[str, str], str]], families: dict[str, str]
) -> Iterator[tuple[dict[str, str], str]]:
    """Runs cut where another font must take over."""
    for style, words in runs:
        own = style.get("font-family", "").split(",")[0].strip("'\" ")
        default = own if own == MUSIC else TEXT
        start = 0
        for at in range(1, len(words) + 1):
            family = families.get(words[start], default)
            if at == len(words) or families.get(words[at], default) != family:
                yield style | {"font-family": family}, words[start:at]
                start = at


def _attributes(values: dict[str, str]) -> str:
    return "".join(f' {name}="{escape(value)}"' for name, value in values.items())
