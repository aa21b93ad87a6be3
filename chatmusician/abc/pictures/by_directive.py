"""The page as a tune's directives have it: ``%%scale``, ``%%staffwidth``, ``%%landscape``."""

from __future__ import annotations

import contextlib
import re
from dataclasses import replace
from typing import Final

from chatmusician.abc.pictures.options import FIT_LANDSCAPE, PageOptions
from chatmusician.abc.tune import Chord, Directive, Note, Rest, Tune
from chatmusician.errors import UsageError

# The scale at which abcm2ps draws where a tune has none.
USUAL_SCALE: Final = 0.75
_MM: Final = {"cm": 10.0, "mm": 1.0, "in": 25.4, "pt": 25.4 / 72, "": 25.4 / 72}
_LENGTH: Final = re.compile(r"(\d{1,5}(?:\.\d{1,6})?)\s*(cm|mm|in|pt|)")
_NO: Final = ("0", "no", "false", "off")


def page_for(page: PageOptions, tune: Tune) -> PageOptions:
    """The page with the scale, staff width and format of the tune's directives.

    The scale multiplies that of ``page``. What leaves no room for music is ignored.
    """
    for name, value in _said(tune).items():
        with contextlib.suppress(UsageError):
            page = _with(page, name, value.strip().lower())
    return page


def _said(tune: Tune) -> dict[str, str]:
    """The last value of each directive before the music."""
    said: dict[str, str] = {}
    for element in (*tune.inherited, *tune.header, *tune.elements):
        if isinstance(element, (Note, Chord, Rest)):
            break
        if isinstance(element, Directive) and element.name in ("landscape", "scale", "staffwidth"):
            said[element.name] = element.value
    return dict(sorted(said.items()))


def _with(page: PageOptions, name: str, value: str) -> PageOptions:
    length = _LENGTH.fullmatch(value)
    if name == "landscape" and value not in _NO and page.may_turn:
        if page.size.lower() == "fit":
            return replace(page, size=f"fit:{FIT_LANDSCAPE:g}")
        return page if page.fit else replace(page, landscape=True)
    if name == "scale" and length and not length[2] and float(length[1]):
        scale = page.scale * float(length[1]) / USUAL_SCALE
        return replace(page, scale=min(4.0, max(0.2, scale)))
    if name == "staffwidth" and length:
        return replace(page, staff_width=float(length[1]) * _MM[length[2]])
    return page
