"""Repairs of fields and of the header's order."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from chatmusician.abc.faults.context import Context, Fault
from chatmusician.abc.fields import (
    default_unit,
    loose_key,
    parse_unit,
    plain_tempo,
)
from chatmusician.abc.mend import Mend, replace
from chatmusician.abc.tune import Diagnostic
from chatmusician.music.meter import parse_meter

_VALUE: Final = re.compile(r"(\[?[KQ]:\s*)(.*?)(\s*(?:%.*)?|\s*\])\Z", re.S)


def header_fault(context: Context, finding: Diagnostic) -> Fault | None:
    """The fault of a finding about fields, with its repair."""
    make = _MAKERS.get(finding.code)
    if make is None:
        return None
    return Fault(finding.code, finding.start, finding.end, make(context, finding))


def _newline(text: str) -> str:
    for ending in ("\r\n", "\n", "\r"):
        if ending in text:
            return ending
    return "\n"


def _missing_x(context: Context, finding: Diagnostic) -> Mend:
    return replace(0, 0, f"X:1{_newline(context.text)}")


def _missing_key(context: Context, finding: Diagnostic) -> Mend:
    """Put ``K:C`` where the header ends: before the music, or after the last field."""
    text = context.text
    at, newline = finding.start, _newline(text)
    if at >= len(text.rstrip()):
        at = len(text.rstrip())
        return replace(at, at, f"{newline}K:C")
    return replace(at, at, f"K:C{newline}")


def _field_order(context: Context, finding: Diagnostic) -> Mend:
    """Write the X: line first; the fields it jumps over follow."""
    text = context.text
    start, end = finding.start, finding.end
    after = end + len(_line_end(text, end))
    moved = text[start:end] + _newline(text)
    if after == end:  # the last line: the line end before it goes
        return Mend(((0, 0, moved), (len(text[:start].rstrip("\r\n")), end, "")), 0, end)
    return Mend(((0, 0, moved), (start, after, "")), 0, after)


def _line_end(text: str, at: int) -> str:
    return "\r\n" if text.startswith("\r\n", at) else text[at : at + 1]


def _old_tempo(context: Context, finding: Diagnostic) -> Mend | None:
    """Give a tempo without a beat the beat it always meant: the unit length."""
    source = context.text[finding.start : finding.end]
    found = re.fullmatch(r"(\[?Q:\s*)(?:(C)(\d*)\s*=)?\s*(\d+)(\s*\]?)", source)
    if not found or found[2]:
        return None
    meter = parse_meter(context.tune.value("M", "none"))
    num, den = parse_unit(context.tune.value("L")) or default_unit(meter)
    new = f"{found[1]}{num}/{den}={found[4]}{found[5]}"
    return replace(finding.start, finding.end, new)


def _key(context: Context, finding: Diagnostic) -> Mend | None:
    return _value(context, finding, loose_key)


def _tempo(context: Context, finding: Diagnostic) -> Mend | None:
    return _value(context, finding, plain_tempo)


def _value(context: Context, finding: Diagnostic, make: Callable[[str], str]) -> Mend | None:
    source = context.text[finding.start : finding.end]
    found = _VALUE.match(source)
    if not found or "\n" in source or "\r" in source:
        return None
    new = make(found[2])
    if not new:
        return None
    start = finding.start + found.start(2)
    edit = (start, finding.start + found.end(2), new)
    return Mend((edit,), finding.start, finding.end)


_MAKERS: Final[dict[str, Callable[[Context, Diagnostic], Mend | None]]] = {
    "missing-x": _missing_x,
    "missing-key": _missing_key,
    "field-order": _field_order,
    "old-tempo": _old_tempo,
    "key-spelling": _key,
    "tempo-words": _tempo,
}
