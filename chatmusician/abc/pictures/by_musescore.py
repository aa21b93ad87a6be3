"""Drawing with MuseScore: MusicXML to SVG pages, or to its own PDF."""

from __future__ import annotations

import json
import re
from html import escape

from chatmusician.abc.pictures.header import text_lines
from chatmusician.abc.pictures.options import PageOptions
from chatmusician.abc.tune import Tune
from chatmusician.errors import EngineError
from chatmusician.programs import program_path, run_program

NAME = "musescore"
_ENVIRONMENT = {
    "QT_QPA_PLATFORM": "offscreen",
    # Relative to the scratch folder the program runs in.
    "XDG_RUNTIME_DIR": ".",
    "XDG_CONFIG_HOME": "config",
    "XDG_DATA_HOME": "data",
    "XDG_CACHE_HOME": "cache",
}
_SECONDS = 120
_PX_PER_MM = 360 / 25.4
_TALLEST_MM = 1900.0
_STAFF_MM, _STAFF_TENTHS = 7.0, 40
_SIZE = re.compile(r'(<svg\b[^>]*?) width="([\d.]+)px" height="([\d.]+)px"\s+viewBox="[^"]*"')
_TITLE, _LONG_TITLE, _SMALL = 22, 15, 11
_MM_PER_POINT = 25.4 / 72
_MANY_LINES = 3


def draw_svg(tune: Tune, page: PageOptions) -> list[str]:
    pages = _svg_pages(tune, page)
    if page.fit and len(pages) == 1:
        return [_cropped(pages[0], tune, page)]
    return [_size(drawn)[0] for drawn in pages]


def _svg_pages(tune: Tune, page: PageOptions, *options: str) -> list[str]:
    files = _run(tune, page, "score.svg", "score-*.svg", *options)
    pages = sorted(files, key=lambda name: int(re.sub(r"\D", "", name) or 0))
    return [files[name].decode("utf-8", "replace") for name in pages]


def _size(drawn: str) -> tuple[str, float, float]:
    """A page with its size in millimetres, and that in pixels: 360 to the inch."""
    found = _SIZE.search(drawn)
    if found is None:
        raise EngineError(NAME, "drew a page without a size")
    width, height = float(found[2]), float(found[3])
    return _with_box(drawn, (0, 0, width, height)), width, height


def _with_box(drawn: str, box: tuple[float, float, float, float]) -> str:
    size = f'width="{box[2] / _PX_PER_MM:.1f}mm" height="{box[3] / _PX_PER_MM:.1f}mm"'
    view = " ".join(f"{side:.2f}" for side in box)
    return _SIZE.sub(lambda found: f'{found[1]} {size} viewBox="{view}"', drawn, count=1)


def _cropped(whole: str, tune: Tune, page: PageOptions) -> str:
    """A page cropped to what is on it.

    MuseScore's own cropping finds the right size, but moves the music twice as far as it
    should: so the move of its first staff line tells where the music begins.
    """
    moved = _svg_pages(tune, page, "-T", "0")[0]
    _, width, height = _size(moved)
    (x, y), (moved_x, moved_y) = _first_staff(whole), _first_staff(moved)
    left, top = (x - moved_x) / 2, (y - moved_y) / 2
    margin = page.margin_mm * _PX_PER_MM
    box = (left - margin, top - margin, width + 2 * margin, height + 2 * margin)
    return _with_box(whole, box)


def _first_staff(drawn: str) -> tuple[float, float]:
    found = re.search(r'class="StaffLines"[^>]*points="([-\d.]+),([-\d.]+)', drawn)
    if found is None:
        raise EngineError(NAME, "drew no staff")
    return float(found[1]), float(found[2])


def draw_pdf(tune: Tune, page: PageOptions) -> bytes:
    return _run(tune, page, "score.pdf", "score.pdf")["score.pdf"]


def _run(
    tune: Tune, page: PageOptions, output: str, expected: str, *options: str
) -> dict[str, bytes]:
    from chatmusician.abc.musicxml import to_musicxml

    program = program_path(NAME)
    music = lay_out(to_musicxml(tune, line_breaks=True, hidden=False).decode(), tune, page)
    ran = run_program(
        [program, *options, "-S", "page.mss", "-j", "jobs.json"],
        name=NAME,
        inputs={
            "score.musicxml": music.encode(),
            "page.mss": _style(page).encode(),
            "jobs.json": json.dumps(_jobs(output)).encode(),
        },
        outputs=(expected,),
        seconds=_SECONDS,
        environment=_ENVIRONMENT,
    )
    return ran.files


def lay_out(music: str, tune: Tune, page: PageOptions) -> str:
    """MusicXML with our page and titles: MuseScore breaks no lines, but keeps those it gets."""
    music = re.sub(r"<(work|movement-title|credit|defaults)\b.*?</\1>\s*", "", music, flags=re.S)
    return music.replace(
        "<part-list>", _page_layout(page) + _credits(tune, page) + "<part-list>", 1
    )


def _credits(tune: Tune, page: PageOptions) -> str:
    """Titles in the middle, then rhythm on the left and composer on the right below them."""
    width = page.inside_mm
    size = _TITLE
    lines = text_lines(tune, "T", size * _MM_PER_POINT, width)
    if len(lines) > _MANY_LINES:
        size = _LONG_TITLE
        lines = text_lines(tune, "T", size * _MM_PER_POINT, width)
    small = _SMALL * _MM_PER_POINT
    left = text_lines(tune, "R", small, width * 0.45)
    right = text_lines(tune, "C", small, width * 0.5)
    below = len(lines) * size * 1.3 * _MM_PER_POINT
    end = page.margin_mm + width
    middle = page.margin_mm + width / 2
    return (
        _credit(lines, size, "center", middle, 0, page)
        + _credit(left, _SMALL, "left", page.margin_mm, below, page)
        + _credit(right, _SMALL, "right", end, below, page)
    )


def _credit(
    lines: list[str], points: float, justify: str, x: float, y: float, page: PageOptions
) -> str:
    """Text at a place in millimetres from the left edge and the upper margin."""
    if not lines:
        return ""
    top = (page.paper[1] or _TALLEST_MM) - page.margin_mm
    return (
        f'<credit page="1"><credit-words default-x="{_tenths(x, page)}" '
        f'default-y="{_tenths(top - y, page)}" justify="{justify}" valign="top" '
        f'font-size="{points}">{escape(chr(10).join(lines))}</credit-words></credit>'
    )


def _tenths(millimetres: float, page: PageOptions) -> float:
    return round(millimetres / (_STAFF_MM * page.scale) * _STAFF_TENTHS, 2)


def _jobs(output: str) -> list[dict[str, str]]:
    """MuseScore lays MusicXML out before it reads the style, its own format after."""
    return [
        {"in": "score.musicxml", "out": "laid-out.mscx"},
        {"in": "laid-out.mscx", "out": output},
    ]


def _style(page: PageOptions) -> str:
    """A style file with the page: MuseScore does not take it from the MusicXML."""
    width, height = (side or _TALLEST_MM for side in page.paper)
    inches = {
        "pageWidth": width,
        "pageHeight": height,
        "pagePrintableWidth": page.inside_mm,
    }
    sides = ("EvenLeft", "OddLeft", "EvenTop", "EvenBottom", "OddTop", "OddBottom")
    inches |= {f"page{side}Margin": page.margin_mm for side in sides}
    values = "".join(f"<{name}>{mm / 25.4:.4f}</{name}>" for name, mm in inches.items())
    spatium = f"<Spatium>{_STAFF_MM * page.scale / 4:.4f}</Spatium>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<museScore version="3.01">'
        f"<Style>{values}<pageTwosided>0</pageTwosided>{spatium}</Style></museScore>"
    )


def _page_layout(page: PageOptions) -> str:
    """The page as MusicXML has it, for the places of the titles are counted on it."""
    width, height = (_tenths(side or _TALLEST_MM, page) for side in page.paper)
    margin = _tenths(page.margin_mm, page)
    margins = "".join(
        f"<{side}-margin>{margin}</{side}-margin>" for side in ("left", "right", "top", "bottom")
    )
    return (
        f"<defaults><scaling><millimeters>{_STAFF_MM * page.scale}</millimeters>"
        f"<tenths>{_STAFF_TENTHS}</tenths></scaling>"
        f"<page-layout><page-height>{height}</page-height><page-width>{width}</page-width>"
        f'<page-margins type="both">{margins}</page-margins></page-layout></defaults>'
    )
