"""Changing a tune by replacing spans of its text; whatever is not replaced stays."""

from __future__ import annotations

from chatmusician.abc.macros import Macro, expand, parse_macro
from chatmusician.abc.reader import TuneReader
from chatmusician.abc.tune import BREAK_SCORE, Element, Field, LineBreak, Tune

Edit = tuple[int, int, str]


def apply_edits(text: str, edits: list[Edit]) -> str:
    """Replace the spans ``(start, end, new text)``, given in any order.

    Of two that overlap the one that starts first counts. Insertions at one place keep
    their order.
    """
    pieces: list[str] = []
    done = 0
    for start, end, new in sorted(edits, key=lambda edit: edit[0]):
        if start >= done:
            pieces += [text[done:start], new]
            done = end
    pieces.append(text[done:])
    return "".join(pieces)


def reread(tune: Tune, text: str, inherited: tuple[Element, ...] | None = None) -> Tune:
    """``text`` read in the place of ``tune``, under the same file header."""
    header = tune.inherited if inherited is None else inherited
    return TuneReader(text, 0, 1, False).read(header)


def edited(tune: Tune, edits: list[Edit]) -> Tune:
    """The tune with spans of its text replaced, or itself where there is nothing to do."""
    text = apply_edits(tune.text, edits)
    return tune if text == tune.text else reread(tune, text)


def whole_lines(text: str, start: int, end: int) -> tuple[int, int]:
    """The span of the lines that ``start`` to ``end`` touches, the last line's end with them."""
    first = max(text.rfind("\n", 0, start), text.rfind("\r", 0, start)) + 1
    while end < len(text) and text[end] not in "\r\n":
        end += 1
    if text.startswith("\r\n", end):
        return first, end + 2
    return first, min(end + 1, len(text))


def line_ending(text: str) -> str:
    """What the lines of a text end with."""
    for ending in ("\r\n", "\n", "\r"):
        if ending in text:
            return ending
    return "\n"


def written_out(tune: Tune) -> Tune:
    """The tune with its macros (m:) replaced by what they stand for.

    Notes made by a macro have no place of their own in the text, so spans can be
    edited only after this.
    """
    own = [e for part in (tune.header, tune.elements) for e in part if _is_macro(e)]
    inherited = tuple(e for e in tune.inherited if not _is_macro(e))
    if not own and len(inherited) == len(tune.inherited):
        return tune
    edits: list[Edit] = [(*whole_lines(tune.text, e.start, e.end), "") for e in own]
    known = [e for part in (tune.inherited, tune.header) for e in part if _is_macro(e)]
    macros = _macros(known)
    for element in tune.elements:
        if _is_macro(element):
            macros += _macros([element])
        elif isinstance(element, LineBreak) and element.kind != BREAK_SCORE and macros:
            start = whole_lines(tune.text, element.start, element.start)[0]
            line = tune.text[start : element.start]
            edits.append((start, int(element.start), expand(line, 0, macros)[0]))
    return reread(tune, apply_edits(tune.text, edits), inherited)


def _is_macro(element: Element) -> bool:
    return isinstance(element, Field) and element.letter == "m"


def _macros(fields: list[Element]) -> list[Macro]:
    read = (parse_macro(e.value) for e in fields if isinstance(e, Field))
    return [macro for macro in read if macro is not None]
