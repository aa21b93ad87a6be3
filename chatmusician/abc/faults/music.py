"""Things people write for ABC's own: ``r4``, ``C1.5``, ``3(CDE``, ``M:3/4`` inside a bar."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from chatmusician.abc.faults.context import Context, Fault
from chatmusician.abc.fields import parse_key
from chatmusician.abc.mend import LENGTH, NOTHING, PITCH, Mend, replace

_DECIMAL: Final = re.compile(r"(\d{0,3})\.(\d{1,4})(?![\d.])")
_HAS_LENGTH: Final = re.compile(r"(?:[A-Ga-gzxy][,']*|\])\Z")
_LENGTH: Final = re.compile(r"\d*/*\d*")
_FIELD: Final = re.compile(
    r"(?:M:\s?(?:\d{1,3}/\d{1,3}|C(?=\s)|none)|L:\s?1/\d{1,3}"
    r"|Q:\s?(?:\d{1,2}/\d{1,3}\s?=\s?\d{1,3}|\"[^\"|\]]{1,60}\")"
    r"|K:\s?(?:[A-G](?:[#b\u266f\u266d]|[ -]?(?:[Ss]harp|[Ff]lat)(?![a-z]))?[ -]?"
    r"(?:minor|major|min|maj|m|(?:mix|dor|phr|lyd|loc|aeo|ion)[a-z]{0,8})?|none|HP|Hp))"
    r"(?=[\s|:\]]|\Z)"
)
_FIELD_LETTERS: Final = "MLQK"
_LONGEST_TUPLET: Final = 400
_TUPLET: Final = re.compile(r"([2-9])\(")


def rest_fault(context: Context, at: int) -> Fault | None:
    """``r4``: the r of other programs and languages, where ABC writes z."""
    text = context.text
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    if text[at] != "r" or _is_word(before) or _is_word(after) or after in (":", "."):
        return None
    length = _LENGTH.match(text, at + 1)
    end = length.end() if length else at + 1
    return Fault("rest-letter", at, end, Mend(((at, at + 1, "z"),), at, end))


def _is_word(char: str) -> bool:
    return char.isalpha() and char not in "ABCDEFGabcdefgzxr"


def decimal_fault(context: Context, at: int) -> Fault | None:
    """``C1.5``: the digits after the point are what the reader could not read."""
    text = context.text
    first = at
    while first > 0 and text[first - 1] in ".0123456789":
        first -= 1
    found = _DECIMAL.match(text, first)
    if not found or not _HAS_LENGTH.search(text[max(0, first - 12) : first]):
        return None
    value = Fraction(int(found[1] or 0)) + Fraction(int(found[2]), 10 ** len(found[2]))
    start = _note_start(text, first)
    exact = value > 0 and value.denominator & (value.denominator - 1) == 0
    if not exact or value.denominator > 64 or text[found.end() : found.end() + 1] == "/":
        return Fault("decimal-length", start, found.end())
    mend = Mend(((first, found.end(), _length(value)),), start, found.end())
    return Fault("decimal-length", start, found.end(), mend)


def _note_start(text: str, at: int) -> int:
    """Where the note or chord begins whose length begins at ``at``."""
    if text[at - 1] == "]":
        opened = text.rfind("[", max(0, at - 200), at)
        return opened if opened >= 0 else at - 1
    while at > 0 and text[at - 1] in ",'":
        at -= 1
    at -= 1
    while at > 0 and text[at - 1] in "^_=":
        at -= 1
    return at


def _length(value: Fraction) -> str:
    if value.denominator == 1:
        return "" if value == 1 else str(value.numerator)
    above = "" if value.numerator == 1 else str(value.numerator)
    return f"{above}/{value.denominator}"


def tuplet_fault(context: Context, at: int) -> Fault | None:
    """``3(CDE``: the number belongs after the bracket."""
    text = context.text
    found = _TUPLET.match(text, at)
    if not found:
        return None
    count = int(found[1])
    stop = min(context.bar_end(found.end()), context.line(at)[1], at + _LONGEST_TUPLET)
    close = _closing(text, found.end(), stop)
    inner = context.notes_between(found.end(), close if close >= 0 else stop)
    starts = _beats(context, [place.start for place in inner])
    start, end = at, found.end()
    if len(starts) < count or (close >= 0 and len(starts) != count):
        return Fault("tuplet-outside", start, end)
    edits = [(at, found.end(), f"({count}")]
    last = close + 1 if close >= 0 else stop
    if close >= 0:
        edits.append((close, close + 1, ""))
    else:
        last = starts[count] if len(starts) > count else stop
    end = last if close >= 0 else found.end()
    return Fault("tuplet-outside", start, end, Mend(tuple(edits), start, last))


def _closing(text: str, start: int, stop: int) -> int:
    """The ) of a bracket that was opened before ``start``, -1 where there is none."""
    depth = 0
    for at in range(start, stop):
        if text[at] == "(" and not text[at + 1 : at + 2].isdigit():
            depth += 1
        elif text[at] == ")":
            if not depth:
                return at
            depth -= 1
    return -1


def _beats(context: Context, starts: list[int]) -> list[int]:
    """Where notes and rests begin, a chord counted once."""
    kept: list[int] = []
    text = context.text
    for start in starts:
        if kept and "[" in text[kept[-1] - 1 : kept[-1]] and "]" not in text[kept[-1] : start]:
            continue
        kept.append(start)
    return kept


def slur_length_fault(context: Context, at: int) -> Fault | None:
    """``(CEG)2``: a chord in round brackets, or a slur with a length; both are possible."""
    text = context.text
    if text[at - 1 : at] != ")" or not text[at].isdigit():
        return None
    opened = text.rfind("(", max(context.line(at)[0], at - _LONGEST_TUPLET), at)
    length = _LENGTH.match(text, at)
    end = length.end() if length else at + 1
    return Fault("length-after-slur", opened if opened >= 0 else at - 1, end)


def field_fault(context: Context, at: int) -> Fault | None:
    """``|M:3/4 CDE|``: ``at`` is the field's letter or its colon."""
    text = context.text
    start = at - 1 if text[at] == ":" else at
    if start < 0 or text[start] not in _FIELD_LETTERS or text[start + 1 : start + 2] != ":":
        return None
    if start > 0 and (text[start - 1].isalpha() or text[start - 1] in '["'):
        return None
    found = _FIELD.match(text, start)
    if not found:
        return None
    end = found.end()
    letter = text[start]
    if letter == "K" and not parse_key(found[0][2:]).valid:
        return None
    value = found[0][2:].strip()
    following = text[end : end + 1]
    new = f"[{letter}:{value}]"
    until, change = _reach(context, letter, end)
    mend = Mend(((start, end, new),), start, end, until, change)
    if following == ":" and letter == "K":
        return None
    return Fault("field-in-bar", start, end, mend)


def _reach(context: Context, letter: str, end: int) -> tuple[int, str]:
    if letter == "K":
        return len(context.text), PITCH
    if letter == "L":
        return len(context.text), LENGTH
    return end, NOTHING


def old_chord_fault(context: Context, start: int, end: int) -> Fault:
    """``+CEG+2``: a chord of ABC 1.6; a length after it becomes the chord's."""
    text = context.text
    length = _LENGTH.match(text, end)
    last = length.end() if length else end
    mend = Mend(((start, start + 1, "["), (end - 1, end, "]")), start, last)
    return Fault("old-chord", start, end, mend)


_HARMLESS: Final = "?;@*"


def stray_fault(context: Context, at: int, invisible: bool) -> Fault | None:
    """A character that says nothing and touches no word: it can go."""
    text = context.text
    if text[at] not in _HARMLESS and not invisible:
        return None
    return Fault("unknown-character", at, at + 1, replace(at, at + 1, ""))
