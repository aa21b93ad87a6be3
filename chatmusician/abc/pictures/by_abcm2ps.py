"""Drawing with abcm2ps: ABC to SVG. It reads the ABC itself, so it sees it differently."""

from __future__ import annotations

import re

from chatmusician.abc.canonical import canonical
from chatmusician.abc.pictures.by_directive import USUAL_SCALE
from chatmusician.abc.pictures.header import text_lines
from chatmusician.abc.pictures.options import PageOptions
from chatmusician.abc.pictures.places import onset_times, place_attributes
from chatmusician.abc.score_layout import score_directives
from chatmusician.abc.tune import Chord, Directive, Element, Field, Note, Rest, Tune
from chatmusician.errors import EngineError
from chatmusician.programs import program_path, run_program

NAME = "abcm2ps"
_SECONDS = 60
_TITLE_MM = 7.0
# Its own staves are 6.35 mm high at this scale.
_SCALE = USUAL_SCALE
_TALLEST_MM = 1900
# Directives that let a tune draw whatever it likes, or read other files.
_UNSAFE = re.compile(
    r"^(%%|I:)\s*(begin)?(ps|svg|postscript|eps|abc-include|format|include|user)", re.I
)
_UNSAFE_BLOCK = re.compile(r"^%%begin(ps|svg)\b.*?(^%%end(ps|svg)\b[^\n]*$|\Z)", re.I | re.M | re.S)
_LANDSCAPE = re.compile(r"^(%%|I:)\s*landscape\b", re.I)
_ACTIVE = re.compile(r"<\s*(script|foreignObject|iframe|image|a|animate|set)\b|\son\w+\s*=", re.I)
_FONT = re.compile(r'\sstyle="font:([a-z ]*)([\d.]+)px ([\w ,-]+);?"')
_SYMBOL = re.compile(
    r'<abc type="(\w+)" row="(\d+)" col="(\d+)" '
    r'x="([\d.-]+)" y="([\d.-]+)" width="([\d.-]+)" height="([\d.-]+)"/>\n?'
)


def draw_svg(tune: Tune, page: PageOptions, *, onsets: bool = False) -> list[str]:
    """Pages; the place of each note is on a rectangle that covers it and is not seen.

    What abcm2ps finds wrong in the tune's text it is not asked twice: it then gets the
    canonical form, and there are no places.
    """
    text, first_row = abc_text(tune, page)
    try:
        return [_placed(drawn, tune, first_row, onsets=onsets) for drawn in _run(text, page)]
    except EngineError as error:
        if "exit code 1" not in error.what:
            raise
        return [_SYMBOL.sub("", drawn) for drawn in _run(_canonical(tune), page)]


def _canonical(tune: Tune) -> str:
    """The canonical form with the tune's `%%score`."""
    score, _ = score_directives(tune)
    lines = canonical(tune).split("\n")
    if score is not None:
        lines.insert(1, f"%%{score.name} {score.value}")
    return "\n".join(lines)


def _run(text: str, page: PageOptions) -> list[str]:
    program = program_path(NAME)
    files = ("-O", "page.svg", "tune.abc")
    ran = run_program(
        [program, "-q", "-S", "-A", "-g" if page.fit else "-v", *_layout(page), *files],
        name=NAME,
        inputs={"tune.abc": text.encode()},
        outputs=("page*.svg",),
        seconds=_SECONDS,
        megabytes=1024,
    )
    pages = [data.decode("utf-8", "replace") for _, data in sorted(ran.files.items())]
    if not any("<path" in drawn for drawn in pages):
        raise EngineError(NAME, "drew nothing", said=ran.stderr)
    return [_clean(drawn) for drawn in pages]


def abc_text(tune: Tune, page: PageOptions) -> tuple[str, int]:
    """What abcm2ps is given, and the row in it (from 1) at which the tune's text begins.

    Rows stay as they are, for it tells places by row and column; only titles too long for
    the page and unsafe directives are changed, the latter to empty comments.
    """
    before = [line for element in tune.inherited if (line := _line(element))]
    if not re.search(r"^X:", tune.text, re.MULTILINE):
        before.append("X:1")
    width = page.inside_mm
    titles = text_lines(tune, "T", _TITLE_MM * page.scale, width)
    lines = _without_blocks(tune.text).splitlines()
    if len(titles) > len(tune.fields("T")):
        lines = ["%" if re.match("T:", line) else line for line in lines]
        at = next((n for n, line in enumerate(lines) if line.startswith("X:")), -1)
        if at >= 0:
            before.append(lines[at])
            lines[at] = "%"
        before += [f"T:{title}" for title in titles]
    lines = ["%" if _dropped(line) else line for line in lines]
    before = [line for line in before if not _dropped(line)]
    return "\n".join([*before, *lines, ""]), len(before) + 1


def _dropped(line: str) -> bool:
    """Whether a directive is unsafe, or has been read already: `page_for` turns the page."""
    return bool(_UNSAFE.match(line) or _LANDSCAPE.match(line))


def _line(element: Element) -> str:
    if isinstance(element, Field):
        return f"{element.letter}:{element.value}"
    if isinstance(element, Directive):
        return f"%%{element.name} {element.value}"
    return ""


def _without_blocks(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSAFE_BLOCK.sub(lambda found: "\n".join("%" for _ in found[0].split("\n")), text)


def _layout(page: PageOptions) -> list[str]:
    width, height = page.paper
    formats = {
        "pagewidth": f"{width / 10:.2f}cm",
        "pageheight": f"{(height or _TALLEST_MM) / 10:.2f}cm",
        "scale": f"{_SCALE * page.scale:.3f}",
        "writefields": "CMOPQTWw",
    }
    formats["leftmargin"] = f"{page.margin_mm / 10:.2f}cm"
    formats["rightmargin"] = f"{page.right_margin_mm / 10:.2f}cm"
    formats |= {f"{side}margin": f"{page.margin_mm / 10:.2f}cm" for side in ("top", "bot")}
    return [part for name, value in formats.items() for part in (f"--{name}", value)]


def _clean(drawn: str) -> str:
    """Its comments hold the title as it is, which may end them: they go, line by line."""
    drawn = re.sub(r"^<!--.*\n", "", drawn, flags=re.MULTILINE)
    drawn = re.sub(r"<!DOCTYPE[^>]*>\s*", "", drawn)
    if _ACTIVE.search(re.sub(r">[^<]*<", "><", drawn)):
        raise EngineError(NAME, "drew a page with more in it than a score")
    return _FONT.sub(_font_attributes, drawn)


def _font_attributes(found: re.Match[str]) -> str:
    """`style="font:bold 15.00px Times"` as attributes, which every drawing library knows."""
    style, size, family = found.groups()
    attributes = f' font-size="{size}px" font-family="{family}"'
    if "bold" in style:
        attributes += ' font-weight="bold"'
    if "italic" in style or "oblique" in style:
        attributes += ' font-style="italic"'
    return attributes


def _placed(drawn: str, tune: Tune, first_row: int, *, onsets: bool) -> str:
    """Its marks for notes and rests as rectangles with the place; other marks go."""
    times = onset_times(tune) if onsets else {}
    at_place = {
        tune.place(element.start): (number, element)
        for number, element in enumerate(tune.elements)
        if isinstance(element, (Note, Chord, Rest))
    }

    def rectangle(found: re.Match[str]) -> str:
        row = int(found[2]) - first_row + tune.first_line
        known = at_place.get((row, int(found[3]) + 1)) if found[1] in "NR" else None
        if known is None:
            return ""
        number, element = known
        place = place_attributes(tune, (element.start, element.end), times.get(number))
        return (
            f'<rect class="abc" x="{found[4]}" y="{found[5]}" width="{found[6]}" '
            f'height="{found[7]}" fill="none" pointer-events="all"{place}/>\n'
        )

    return _SYMBOL.sub(rectangle, drawn)
