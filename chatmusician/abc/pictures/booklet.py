"""Several tunes as one PDF: an index, page numbers, bookmarks."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any, Literal, get_args

from chatmusician.abc.pictures.drawing import Drawing, draw
from chatmusician.abc.pictures.metrics import text_width, wrap
from chatmusician.abc.pictures.options import PageOptions
from chatmusician.abc.pictures.packages import load
from chatmusician.abc.pictures.raster import pdf_bytes, to_pdf
from chatmusician.abc.tune import Tune
from chatmusician.errors import ChatMusicianError, InputError, MissingDependency, UsageError

Order = Literal["sorted", "file"]
_POINTS = 72 / 25.4
_TITLE, _LINE, _NUMBER = 7.0, 4.2, 3.6  # sizes of type in millimetres
_LEADING = 1.5
_ARTICLE = re.compile(r"(the|an?|der|die|das|le|la|les|l')\b\s*", re.IGNORECASE)


@dataclass(frozen=True)
class _Entry:
    """A tune in the booklet; `page` is the number printed on its first page."""

    title: str
    page: int


@dataclass(frozen=True)
class _Row:
    """A line of the index; only the last line of a title has the entry's number."""

    text: str
    entry: _Entry
    numbered: bool


def booklet(
    tunes: Sequence[Tune],
    *,
    title: str = "",
    index: Order = "sorted",
    engine: str = "auto",
    page: PageOptions = PageOptions(),  # noqa: B008 - frozen
) -> Drawing:
    """One PDF of all tunes, each from a new page, after an index by title or in file order.

    A tune that cannot be drawn is left out, and `left_out` tells which and why.
    """
    if page.fit:
        raise UsageError("a booklet needs pages of one size", hint="a4, letter, 148x210 …")
    if index not in get_args(Order):
        raise UsageError(f"no index order {index!r}", hint="sorted or file")
    drawn, notes, left_out = _draw_all(tunes, engine, page)
    if not drawn:
        raise InputError("no tune could be drawn", hint="; ".join(left_out[:3]) or None)
    heading = title or "Index"
    pypdf = load("pypdf")
    readers = [pypdf.PdfReader(io.BytesIO(drawing.pages[0])) for _, drawing in drawn]
    names = [tune.title or f"X:{tune.x}" for tune, _ in drawn]
    front = len(_index_pages([_Entry(name, 0) for name in names], heading, page))
    entries, at = [], front + 1
    for name, reader in zip(names, readers, strict=True):
        entries.append(_Entry(name, at))
        at += len(reader.pages)
    listed = sorted(entries, key=_by_title) if index == "sorted" else entries
    rows = _index_pages(listed, heading, page)
    writer = pypdf.PdfWriter()
    pages = [_index_svg(part, "" if n else heading, page) for n, part in enumerate(rows)]
    for reader in [pypdf.PdfReader(io.BytesIO(to_pdf(pages))), *readers]:
        writer.append(reader, import_outline=False)
    _number(writer, pypdf, page)
    _link(writer, rows, heading, page)
    writer.add_outline_item(title=heading, page_number=0)
    for entry in entries:
        writer.add_outline_item(title=entry.title, page_number=entry.page - 1)
    writer.add_metadata({"/Title": title or names[0], "/Creator": "chatmusician"})
    engines = {drawing.engine for _, drawing in drawn}
    return Drawing([pdf_bytes(writer)], ", ".join(sorted(engines)), notes, left_out)


def _draw_all(
    tunes: Sequence[Tune], engine: str, page: PageOptions
) -> tuple[list[tuple[Tune, Drawing]], list[str], list[str]]:
    drawn, notes, left_out = [], [], []
    page = replace(page, may_turn=False)  # all pages have one format
    for tune in tunes:
        name = f"X:{tune.x} {tune.title}".strip()
        try:
            drawing = draw(tune, engine=engine, format="pdf", page=page)
        except (UsageError, MissingDependency):
            raise
        except ChatMusicianError as error:
            left_out.append(f"{name}: {error}")
        else:
            drawn.append((tune, drawing))
            notes += [f"{name}: {note}" for note in drawing.notes]
    return drawn, notes, left_out


def _by_title(entry: _Entry) -> tuple[str, int]:
    return _ARTICLE.sub("", entry.title, count=1).casefold() or entry.title, entry.page


def _index_pages(entries: Sequence[_Entry], title: str, page: PageOptions) -> list[list[_Row]]:
    """The lines of the index, page by page."""
    width, height = _inside(page)
    rows: list[_Row] = []
    for entry in entries:
        lines = wrap(entry.title, _LINE, width * 0.85) or [""]
        rows += [_Row(line, entry, n == len(lines) - 1) for n, line in enumerate(lines)]
    pages: list[list[_Row]] = []
    while rows or not pages:
        room = height - (0 if pages else _heading_height(title, page))
        count = max(1, int(room / (_LINE * _LEADING)))
        pages.append(rows[:count])
        rows = rows[count:]
    return pages


def _inside(page: PageOptions) -> tuple[float, float]:
    width, height = page.paper
    assert height is not None  # `booklet` refuses `fit`
    # The page number stands below.
    return width - 2 * page.margin_mm, height - 2 * page.margin_mm - 2 * _NUMBER


def _heading(title: str, page: PageOptions) -> list[str]:
    return wrap(title, _TITLE, _inside(page)[0])


def _heading_height(title: str, page: PageOptions) -> float:
    return (len(_heading(title, page)) + 1) * _TITLE * _LEADING


def _first_line(title: str, page: PageOptions) -> float:
    """The baseline of the first entry, from the top."""
    return page.margin_mm + _LINE + (_heading_height(title, page) if title else 0)


def _index_svg(rows: Sequence[_Row], title: str, page: PageOptions) -> str:
    width, _ = page.paper
    left, right = page.margin_mm, width - page.margin_mm
    parts = []
    for number, line in enumerate(_heading(title, page) if title else []):
        y = page.margin_mm + (number + 1) * _TITLE * _LEADING
        parts.append(_text(line, width / 2, y, _TITLE, "middle"))
    y = _first_line(title, page)
    for row in rows:
        parts.append(_text(row.text, left, y, _LINE))
        if row.numbered:
            printed = str(row.entry.page)
            start = left + text_width(row.text, _LINE) + 2
            end = right - text_width(printed, _LINE) - 2
            if start < end:
                parts.append(
                    f'<path d="M{start:.2f} {y:.2f}H{end:.2f}" stroke="#888" fill="none" '
                    'stroke-width="0.3" stroke-dasharray="0.3 1.5"/>'
                )
            parts.append(_text(printed, right, y, _LINE, "end"))
        y += _LINE * _LEADING
    return _svg("".join(parts), page)


def _text(text: str, x: float, y: float, size: float, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.2f}" y="{y:.2f}" font-size="{size}px" '
        f'text-anchor="{anchor}">{escape(text)}</text>'
    )


def _svg(inside: str, page: PageOptions) -> str:
    width, height = page.paper
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}">{inside}</svg>'
    )


def _number(writer: Any, pypdf: Any, page: PageOptions) -> None:
    width, height = page.paper
    assert height is not None
    y = height - max(_NUMBER, page.margin_mm / 2)
    numbers = range(1, len(writer.pages) + 1)
    stamps = to_pdf(
        [_svg(_text(str(n), width / 2, y, _NUMBER, "middle"), page) for n in numbers],
        background=None,
    )
    for score, stamp in zip(writer.pages, pypdf.PdfReader(io.BytesIO(stamps)).pages, strict=True):
        score.merge_page(stamp)


def _link(writer: Any, rows: list[list[_Row]], title: str, page: PageOptions) -> None:
    """Each line of the index leads to its tune."""
    link = load("pypdf.annotations").Link
    width, height = page.paper
    assert height is not None
    for number, part in enumerate(rows):
        y = _first_line("" if number else title, page)
        for row in part:
            corners = (page.margin_mm, height - y - 1, width - page.margin_mm, height - y + _LINE)
            box = tuple(side * _POINTS for side in corners)
            writer.add_annotation(number, link(rect=box, target_page_index=row.entry.page - 1))
            y += _LINE * _LEADING
