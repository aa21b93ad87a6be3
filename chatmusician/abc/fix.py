"""Mend what has one right answer, and say what was mended."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

from chatmusician.abc.check import check
from chatmusician.abc.edit import Edit, apply_edits
from chatmusician.abc.fields import default_unit, parse_unit
from chatmusician.abc.reader import read
from chatmusician.abc.rules import BY_CODE
from chatmusician.abc.tune import Book, Diagnostic, Tune
from chatmusician.music.meter import parse_meter

_MOST_ROUNDS: Final = 3


def fix(text: str) -> tuple[str, tuple[Diagnostic, ...]]:
    """The text with every fixable finding mended, and those findings.

    What is mended may bring another finding to light, so it goes round a few times.
    """
    mended: list[Diagnostic] = []
    for _ in range(_MOST_ROUNDS):
        book = read(text)
        edits, done = _edits(book)
        if not edits:
            break
        text = apply_edits(text, edits)
        mended.extend(done)
    return text, tuple(mended)


def _edits(book: Book) -> tuple[list[Edit], list[Diagnostic]]:
    edits: list[Edit] = []
    done: list[Diagnostic] = []
    lines = [tune.first_line for tune in book.tunes]
    for finding in check(book):
        if not BY_CODE[finding.code].fixable:
            continue
        at = bisect_right(lines, finding.line) - 1
        tune = book.tunes[at] if at >= 0 else None
        edit = _edit(tune, finding) if tune is not None else None
        if edit is not None and tune is not None:
            edits.append((edit[0] + tune.offset, edit[1] + tune.offset, edit[2]))
            done.append(finding)
    return edits, done


def _edit(tune: Tune, finding: Diagnostic) -> Edit | None:
    """One edit in the tune's own text."""
    start, end = finding.start, finding.end
    newline = "\r\n" if "\r\n" in tune.text else "\n"
    if finding.code == "missing-x":
        return 0, 0, f"X:1{newline}"
    if finding.code == "missing-key":
        return _insert_key(tune, start, newline)
    if finding.code == "field-order":
        return _move_first(tune, start, end, newline)
    if finding.code == "unknown-character":
        return start, end, ""
    if finding.code == "old-chord":
        return start, end, "[" + tune.text[start + 1 : end - 1] + "]"
    if finding.code == "old-tempo":
        return _tempo(tune, start, end)
    return None


def _insert_key(tune: Tune, at: int, newline: str) -> Edit:
    """Put ``K:C`` where the header ends: before the music, or after the last field."""
    if at >= len(tune.text.rstrip()):
        at = len(tune.text.rstrip())
        return at, at, f"{newline}K:C"
    return at, at, f"K:C{newline}"


def _move_first(tune: Tune, start: int, end: int, newline: str) -> Edit:
    """Write the X: line first; the fields it jumps over follow."""
    return 0, end, tune.text[start:end] + newline + tune.text[:start].rstrip("\r\n")


def _tempo(tune: Tune, start: int, end: int) -> Edit | None:
    """Give a tempo without a beat the beat it always meant: the unit length."""
    source = tune.text[start:end]
    found = re.fullmatch(r"(\[?Q:\s*)(?:(C)(\d*)\s*=)?\s*(\d+)(\s*\]?)", source)
    if not found or found[2]:
        return None
    meter = parse_meter(tune.value("M", "none"))
    num, den = parse_unit(tune.value("L")) or default_unit(meter)
    return start, end, f"{found[1]}{num}/{den}={found[4]}{found[5]}"
