"""A tune as pictures, by the first engine that can."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, get_args

from chatmusician.abc.pictures import by_abcm2ps, by_musescore, by_verovio
from chatmusician.abc.pictures.by_directive import page_for
from chatmusician.abc.pictures.options import PageOptions
from chatmusician.abc.pictures.raster import missing_letters, to_pdf, to_png
from chatmusician.abc.texts import Texts, texts_of
from chatmusician.abc.tune import Chord, Note, Rest, Tune
from chatmusician.errors import (
    EngineError,
    InputError,
    MissingDependency,
    UsageError,
)

Format = Literal["svg", "png", "pdf"]
ENGINES = ("verovio", "musescore", "abcm2ps")
_PX_PER_MM = 96 / 25.4


@dataclass(frozen=True)
class Drawing:
    """`pages` hold one file each; a PDF is one with all pages. `notes` say what went ill.

    `left_out` is for a booklet: the tunes that could not be drawn, and why.
    """

    pages: list[bytes]
    engine: str
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def draw(
    tune: Tune,
    *,
    engine: str = "auto",
    format: Format = "svg",
    page: PageOptions = PageOptions(),  # noqa: B008 - frozen
    onsets: bool = False,
) -> Drawing:
    """The score of a tune.

    `auto` tries verovio, MuseScore and abcm2ps in turn. In SVG of verovio and abcm2ps every
    note carries its place in `tune.text` (`data-abc-start`, `-end`, and line and column in
    the file) and, with `onsets`, its written onset and length in quarter notes.
    """
    _check(tune, engine, format, page)
    page = page_for(page, tune)
    notes: list[str] = []
    missing: list[MissingDependency] = []
    for name in ENGINES if engine == "auto" else (engine,):
        try:
            pages = _draw_with(name, tune, format, page, onsets, notes)
        except (EngineError, MissingDependency) as error:
            if engine != "auto":
                raise
            notes.append(f"{name} was passed over: {error}")
            if isinstance(error, MissingDependency):
                missing.append(error)
        else:
            return Drawing(pages, name, notes)
    if len(missing) == len(ENGINES):
        raise MissingDependency("a program that draws scores", how=missing[0].how)
    raise EngineError("drawing", "failed with every engine", said="; ".join(notes))


def _check(tune: Tune, engine: str, format: str, page: PageOptions) -> None:
    if engine != "auto" and engine not in ENGINES:
        raise UsageError(f"no engine {engine!r}", hint=f"one of auto, {', '.join(ENGINES)}")
    if format not in get_args(Format):
        raise UsageError(f"no picture format {format!r}", hint="svg, png or pdf")
    if format != "png" and (page.width is not None or page.dpi is not None):
        raise UsageError(f"width and dpi are for PNG; {format} has no pixels")
    if not any(isinstance(element, (Note, Chord, Rest)) for element in tune.elements):
        raise InputError(f"X:{tune.x} has no notes to draw")


def _draw_with(
    name: str, tune: Tune, format: str, page: PageOptions, onsets: bool, notes: list[str]
) -> list[bytes]:
    if name == by_musescore.NAME and format == "pdf" and not page.fit:
        return [by_musescore.draw_pdf(tune, page)]
    if name == by_musescore.NAME and texts_of(tune) != Texts():
        notes.append("musescore draws no texts above or below the music")
    pages = svg_pages(name, tune, page, onsets=onsets)
    if format == "svg":
        return [drawn.encode() for drawn in pages]
    absent = missing_letters(pages)
    if format == "png":
        made = [to_png(drawn, page.pixels(_width_mm(drawn))) for drawn in pages]
    else:
        made = [to_pdf(pages, title=tune.title)]
    if absent:
        notes.append(f"no font found for {absent!r} (Debian: apt-get install fonts-noto-cjk)")
    return made


def svg_pages(name: str, tune: Tune, page: PageOptions, *, onsets: bool = False) -> list[str]:
    if name == by_verovio.NAME:
        return by_verovio.draw_svg(tune, page, onsets=onsets)
    if name == by_musescore.NAME:
        return by_musescore.draw_svg(tune, page)
    return by_abcm2ps.draw_svg(tune, page, onsets=onsets)


def _width_mm(drawn: str) -> float:
    """The width a page says it has."""
    found = re.search(r'<svg\b[^>]*?\swidth="([\d.]+)(mm|px)?"', drawn)
    if found is None:
        raise EngineError("drawing", "gave a page without a width")
    return float(found[1]) if found[2] == "mm" else float(found[1]) / _PX_PER_MM
