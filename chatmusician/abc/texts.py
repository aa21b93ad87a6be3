"""Words around the music: ``%%text``, ``%%center``, ``%%begintext`` and the verses of ``W:``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chatmusician.abc.encoding import read_text
from chatmusician.abc.tune import Chord, Comment, Directive, Element, Field, Note, Rest, Tune

_LINES: Final = ("text", "center")
_BLOCK: Final = "begintext"
_END: Final = re.compile(r"%%\s*endtext\b")


@dataclass(frozen=True, slots=True)
class FreeText:
    """A text between two elements of the body; ``index`` is its directive there, -1 above."""

    index: int
    lines: tuple[str, ...]
    centered: bool = False


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts before, within and after the music, and the lines of ``W:`` below it."""

    above: tuple[FreeText, ...] = ()
    between: tuple[FreeText, ...] = ()
    below: tuple[FreeText, ...] = ()
    verses: tuple[str, ...] = ()


def texts_of(tune: Tune) -> Texts:
    """All words around the music of a tune."""
    music = [n for n, e in enumerate(tune.elements) if isinstance(e, (Note, Chord, Rest))]
    first, last = (music[0], music[-1]) if music else (0, -1)
    above = [FreeText(-1, text.lines, text.centered) for text in _texts(tune, tune.header)]
    body = _texts(tune, tune.elements)
    above += [text for text in body if text.index < first]
    return Texts(
        tuple(above),
        tuple(text for text in body if first < text.index < last),
        tuple(text for text in body if text.index > last and text.index >= first),
        verses_of(tune),
    )


def verses_of(tune: Tune) -> tuple[str, ...]:
    """The lines of ``W:``; empty ones part the verses."""
    body = [e for e in tune.elements if isinstance(e, Field) and e.letter == "W"]
    lines = [read_text(field.value).strip() for field in (*tune.fields("W"), *body)]
    return tuple(lines) if any(lines) else ()


def _texts(tune: Tune, elements: Sequence[Element]) -> list[FreeText]:
    found = []
    for index, element in enumerate(elements):
        if not isinstance(element, Directive):
            continue
        if element.name in _LINES:
            line = read_text(element.value).strip()
            found.append(FreeText(index, (line,), element.name == "center"))
        elif element.name == _BLOCK:
            lines = _block(tune, elements, index, fill="obeylines" not in element.value)
            found.append(FreeText(index, lines, "center" in element.value))
    return [text for text in found if any(text.lines)]


def _block(tune: Tune, elements: Sequence[Element], index: int, *, fill: bool) -> tuple[str, ...]:
    """The lines of ``%%begintext``; ``fill`` joins those of a paragraph."""
    lines: list[str] = []
    for element in elements[index + 1 :]:
        source = tune.source(element) if isinstance(element, Comment) else "%%endtext"
        if _END.match(source.strip()):
            break
        lines.append(read_text(source.strip().removeprefix("%%").strip()))
    if not fill:
        return tuple(lines)
    paragraphs = re.split(r"\n(?:\s*\n)+", "\n".join(lines))
    return tuple(" ".join(paragraph.split()) for paragraph in paragraphs)
