"""Drawing with MuseScore: MusicXML to SVG pages, or to its own PDF."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from chatmusician.abc.pictures.header import text_lines
from chatmusician.abc.pictures.options import PageOptions
from chatmusician.abc.tune import Tune
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
_TITLE_MM = 8.5


def draw_svg(tune: Tune, page: PageOptions) -> list[str]:
    files = _run(tune, page, "score.svg", "score-*.svg")
    pages = sorted(files, key=lambda name: int(re.sub(r"\D", "", name) or 0))
    return [_sized(files[name].decode("utf-8", "replace")) for name in pages]


def _sized(drawn: str) -> str:
    """The page with its size in millimetres: MuseScore draws 360 pixels to the inch."""
    return re.sub(
        r'(<svg\b[^>]*?) width="([\d.]+)px" height="([\d.]+)px"',
        lambda m: (
            f'{m[1]} width="{float(m[2]) / _PX_PER_MM:.1f}mm" '
            f'height="{float(m[3]) / _PX_PER_MM:.1f}mm"'
        ),
        drawn,
        count=1,
    )


def draw_pdf(tune: Tune, page: PageOptions) -> bytes:
    return _run(tune, page, "score.pdf", "score.pdf")["score.pdf"]


def _run(tune: Tune, page: PageOptions, output: str, expected: str) -> dict[str, bytes]:
    from chatmusician.abc.musicxml import to_musicxml

    program = program_path(NAME)
    music = lay_out(to_musicxml(tune).decode(), tune, page)
    crop = ["-T", str(round(page.margin_mm * _PX_PER_MM))] if page.fit else []
    ran = run_program(
        [program, *crop, "-o", output, "score.musicxml"],
        name=NAME,
        inputs={"score.musicxml": music.encode()},
        outputs=(expected,),
        seconds=_SECONDS,
        environment=_ENVIRONMENT,
    )
    return ran.files


def lay_out(music: str, tune: Tune, page: PageOptions) -> str:
    """MusicXML with our page and titles; MuseScore keeps the line ends of a title."""
    width, height = page.paper
    lines = text_lines(tune, "T", _TITLE_MM, width - 2 * page.margin_mm)
    title = f"<work-title>{escape(chr(10).join(lines))}</work-title>"
    music = re.sub(
        r"<work>.*?</work>\s*|<movement-title>.*?</movement-title>\s*", "", music, flags=re.S
    )
    music = re.sub(r"<(credit|defaults)\b.*?</\1>\s*", "", music, flags=re.DOTALL)
    if lines:
        music = re.sub(
            r"<score-partwise\b[^>]*>", lambda m: f"{m[0]}<work>{title}</work>", music, count=1
        )
    return music.replace("<part-list>", _page_layout(page) + "<part-list>", 1)


def _page_layout(page: PageOptions) -> str:
    staff = _STAFF_MM * page.scale
    width, height = (round((side or _TALLEST_MM) / staff * _STAFF_TENTHS, 2) for side in page.paper)
    margin = round(page.margin_mm / staff * _STAFF_TENTHS, 2)
    margins = "".join(
        f"<{side}-margin>{margin}</{side}-margin>" for side in ("left", "right", "top", "bottom")
    )
    return (
        f"<defaults><scaling><millimeters>{staff}</millimeters>"
        f"<tenths>{_STAFF_TENTHS}</tenths></scaling>"
        f"<page-layout><page-height>{height}</page-height><page-width>{width}</page-width>"
        f'<page-margins type="both">{margins}</page-margins></page-layout></defaults>'
    )
