"""Drawing with verovio: MusicXML to SVG, in processes of its own that are kept warm."""

from __future__ import annotations

import json
import os
import re
import sys
import threading
import zlib
from pathlib import Path
from typing import Any, Protocol

from chatmusician.abc.pictures import verovio_worker
from chatmusician.abc.pictures.footer import add_footer, footer_lines
from chatmusician.abc.pictures.header import Header, keep_room, make_header, write_header
from chatmusician.abc.pictures.options import PageOptions
from chatmusician.abc.pictures.packages import package_folder
from chatmusician.abc.pictures.places import add_places, name_harmonies
from chatmusician.abc.pictures.workers import Pool
from chatmusician.abc.texts import texts_of
from chatmusician.abc.tune import Tune
from chatmusician.errors import EngineError

NAME = "verovio"
_SECONDS = 60
_MEGABYTES = 2048
# verovio's unit: a tenth of a millimetre at scale 1, and ten of those in a page's inside.
_PER_MM = 10
_INSIDE = 10
_TALLEST = 60_000
# It prints the degrees of a chord symbol that the text of its kind already has.
_HIDDEN_DEGREE = re.compile(r'<degree print-object="no">.*?</degree>')
_SYSTEM = re.compile(r'class="system"')
_TEMPO = re.compile(r'(<g id="[^"]*" class="tempo"><text x="-?\d+" )y="(-?\d+)"')
_TEMPO_LIFT = 150
# verovio puts braces and brackets into the margin, in which a cropped page has no room.
_GROUP = re.compile(r'<group-symbol>([bn])|<part-group [^>]*type="stop"/>')
_GROUP_ROOM = 25
_NEW_PAGE = '<print new-page="yes"/>'
# It also leaves the right edge ragged, so only music of one line is cropped there.
_NARROW = {"adjustPageWidth": True}


class Engraver(Protocol):
    """What answers verovio's requests: a pool of processes, or verovio in this process."""

    def ask(self, request: bytes, seconds: float) -> bytes: ...


_pool: Engraver | None = None
_pool_lock = threading.Lock()


def worker_command() -> list[str]:
    parent = str(Path(package_folder("verovio")).parent)
    return [sys.executable, verovio_worker.__file__, parent]


def use_pool(pool: Engraver) -> None:
    """Have `pool` engrave everything that this process draws from now on."""
    global _pool
    with _pool_lock:
        _pool = pool


def shared_pool() -> Engraver:
    global _pool
    with _pool_lock:
        if _pool is None:
            most = max(2, min(4, os.cpu_count() or 1))
            _pool = Pool(worker_command(), name=NAME, most=most, megabytes=_MEGABYTES)
        return _pool


def draw_svg(
    tune: Tune, page: PageOptions, *, onsets: bool = False, pool: Engraver | None = None
) -> list[str]:
    """Pages whose notes, bars and chord symbols know their place in the tune's text."""
    from chatmusician.abc.musicxml import score_and_places

    score, where = score_and_places(tune, line_breaks=True, hidden=False)
    music = _HIDDEN_DEGREE.sub("", score.decode())
    inside = page.inside_mm * _PER_MM * _INSIDE / page.scale
    header = make_header(tune, inside)
    pool = pool or shared_pool()
    kept = keep_room(music, header)
    options = _options(page)
    if page.fit:
        options["pageMarginLeft"] += _GROUP_ROOM * _unnamed_groups(music)
    if not page.fit and _NEW_PAGE in music:
        options["breaks"] = "encoded"
    pages = engrave(kept, options, pool)
    if page.fit and len(_SYSTEM.findall(pages[0])) == 1:
        pages = engrave(kept, options | _NARROW, pool)
    if header.lines:
        pages[0] = _with_header(pages[0], header, page)
    words = footer_lines(texts_of(tune), inside)
    if words:
        filled = pages if page.fit else engrave(kept, options | {"adjustPageHeight": True}, pool)
        heights = [view_box(drawn)[1] for drawn in filled]
        margin = round(page.margin_mm * _PER_MM / page.scale)
        pages = add_footer(pages, words, heights, margin, grow=page.fit)
    pages = [_sized(_lifted(drawn), page) for drawn in name_harmonies(pages, music)]
    return add_places(pages, tune, where, onsets=onsets)


def engrave(music: str, options: dict[str, Any], pool: Engraver) -> list[str]:
    """MusicXML text to SVG pages. The same music always gets the same ids."""
    seed = zlib.crc32(music.encode()) & 0x7FFFFFFF | 1
    request = {"music": music, "options": options, "seed": seed, "seconds": _SECONDS}
    try:
        reply = json.loads(pool.ask(json.dumps(request).encode(), _SECONDS))
        if "error" in reply:
            raise EngineError(NAME, reply["error"], said=str(reply["said"]))
        pages = reply["pages"]
        if not pages or not all(isinstance(p, str) and 'class="measure' in p for p in pages):
            raise EngineError(NAME, "drew nothing", said=str(reply["said"]))
    except (ValueError, KeyError, TypeError) as error:
        raise EngineError(NAME, "gave an answer that makes no sense") from error
    return list(pages)


def _options(page: PageOptions) -> dict[str, Any]:
    width, height = page.paper
    unit = _PER_MM / page.scale
    margin = round(page.margin_mm * unit)
    options: dict[str, Any] = {
        "pageWidth": round(width * unit),
        "pageHeight": round(height * unit) if height else _TALLEST,
        "header": "encoded",
        "footer": "none",
        # The line ends of the source, where the line is at least half full.
        "breaks": "smart",
        "breaksSmartSb": 0.5,
        "svgViewBox": True,
        "svgFormatRaw": True,
        "mnumInterval": 0,
        "spacingStaff": 10,
        "systemDivider": "none",
        "lyricTopMinMargin": 3.0,
        "lyricWordSpace": 1.6,
    }
    options |= {f"pageMargin{side}": margin for side in ("Top", "Bottom", "Left")}
    options["pageMarginRight"] = round(page.right_margin_mm * unit)
    if page.fit:
        options["adjustPageHeight"] = True
    return options


def _unnamed_groups(music: str) -> int:
    """How deep braces and brackets are nested where no name makes room for them."""
    if "<part-name>" in music:
        return 0
    depth = most = 0
    for sign in _GROUP.finditer(music):
        depth += 1 if sign[1] else -1
        most = max(most, depth)
    return most + ("<staves>" in music)


def _with_header(drawn: str, header: Header, page: PageOptions) -> str:
    """The titles; a cropped page narrower than they are is made as wide."""
    margin = page.margin_mm * _PER_MM / page.scale
    width, height = view_box(drawn)
    right = page.right_margin_mm * _PER_MM / page.scale
    if page.fit and (needed := header.width / _INSIDE + 2 * margin) > width:
        for factor in (1, _INSIDE):
            drawn = drawn.replace(
                f'viewBox="0 0 {width * factor} {height * factor}"',
                f'viewBox="0 0 {int(needed) * factor} {height * factor}"',
                1,
            )
        width = int(needed)
    return write_header(drawn, header, (width - margin - right) * _INSIDE)


def _lifted(drawn: str) -> str:
    """Tempo marks a little higher: verovio sets their note into the time signature."""
    return _TEMPO.sub(lambda found: f'{found[1]}y="{int(found[2]) - _TEMPO_LIFT}"', drawn)


def view_box(drawn: str) -> tuple[int, int]:
    found = re.search(r'viewBox="0 0 (\d+) (\d+)"', drawn)
    if found is None:
        raise EngineError(NAME, "drew a page without a size")
    return int(found[1]), int(found[2])


def _sized(drawn: str, page: PageOptions) -> str:
    """A page with its size in millimetres beside the units it is drawn in."""
    width, height = (side * page.scale / _PER_MM for side in view_box(drawn))
    return drawn.replace("<svg ", f'<svg width="{width:.1f}mm" height="{height:.1f}mm" ', 1)
