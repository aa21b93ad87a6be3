"""Full-width and typographic signs in music: what ABC writes instead.

Signs that work in pairs (quotes, brackets) are one repair, so that no half of them stays.
"""

from __future__ import annotations

import re
from typing import Final

from chatmusician.abc.faults.context import Context, Fault
from chatmusician.abc.mend import ANYTHING, LENGTH, NOTHING, PITCH, Edit, Mend

_QUOTES: Final = "\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02\u2033\u0093\u0094"
_PLAIN: Final[dict[str, str]] = {
    **dict.fromkeys(_QUOTES, '"'),
    **dict.fromkeys("‘’‛′´\x91\x92", "'"),
    **dict.fromkeys("‐‑‒–—―−\x96\x97", "-"),
    **dict.fromkeys("│┃❘∣ǀ￨", "|"),
    **dict.fromkeys("‖∥║", "||"),
    **dict.fromkeys("⁄∕", "/"),
    **dict.fromkeys("∶ː꞉", ":"),
    "\u201a": ",",
    "\u3001": ",",
    "\u3010": "[",
    "\u3011": "]",
    "\u02dc": "~",
}
# A comment sign would hide the rest of the line; # is an accidental; the others say nothing.
_NOT_MUSIC: Final = frozenset("%#;?@*\\`$+")
_SPACES: Final = frozenset("\u00a0\u1680\u202f\u205f\u3000") | {
    chr(c) for c in range(0x2000, 0x200B)
}
_INVISIBLE: Final = frozenset("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ufe0e\ufe0f")
_LONGEST_TEXT: Final = 80
# Longer lines are searched only near a sign: time must not grow with the square of a line.
_LONGEST_LINE: Final = 2000
_LONGEST_PAIR: Final = 200
_PARTNERS: Final = {"[": "]", "{": "}", "!": "!"}
_BAR_SIGNS: Final = frozenset("|:[]")
_NOTE_BEFORE: Final = re.compile(r"(?:[\^_=]*[A-Ga-gzx][,']*|\[[^][|]{1,60}\])\d*/*\d*\Z")
_NOTE: Final = re.compile(r"[\^_=]*[A-Ga-gzx][,']*\d*/*\d*")


def plain(char: str) -> str:
    """What ABC writes for a sign, empty where it is none of these."""
    code = ord(char)
    if 0xFF01 <= code <= 0xFF5E:
        ascii_char = chr(code - 0xFEE0)
        return "" if ascii_char in _NOT_MUSIC else ascii_char
    return _PLAIN.get(char, " " if char in _SPACES else "")


def invisible(char: str) -> bool:
    """Whether a character shows nothing and takes no room."""
    return char in _INVISIBLE


def foreign_fault(context: Context, at: int) -> Fault | None:
    """The fault of the foreign sign at ``at``, with the whole pair or run it belongs to."""
    text = context.text
    new = plain(text[at])
    if not new and not _joins_a_bar(text, at):
        return None
    first, stop = context.line(at)
    if new == '"':
        return _quotes(context, at, stop)
    if new in _PARTNERS and not _begins_ending(text, at):
        return _pair(context, at, stop, new)
    if new[:1] == "|" or new in (":", "[", "]") or not new:
        return _bar(context, at, stop)
    if new == " ":
        return _made(context, at, at + 1, at, at + 1, NOTHING, at)
    return _beside_notes(context, at, first, stop)


def _joins_a_bar(text: str, at: int) -> bool:
    """Whether a plain ``:`` is followed by a foreign bar line."""
    return text[at] == ":" and at + 1 < len(text) and plain(text[at + 1])[:1] in ("|", ":")


def _begins_ending(text: str, at: int) -> bool:
    following = text[at + 1 : at + 2]
    following = plain(following) or following if following else ""
    return plain(text[at]) == "[" and (following.isdigit() or following[:1] == "|")


def _edits(text: str, start: int, end: int) -> tuple[Edit, ...]:
    spots = [(at, plain(text[at])) for at in range(start, end) if not text[at].isascii()]
    return tuple((at, at + 1, new) for at, new in spots if new)


def _made(
    context: Context, start: int, end: int, first: int, last: int, change: str, until: int
) -> Fault:
    """Replace the signs of ``start`` to ``end``; notes from ``first`` to ``last`` belong to it."""
    edits = _edits(context.text, start, end)
    return Fault("foreign-sign", start, end, Mend(edits, first, last, until, change))


def _quotes(context: Context, at: int, stop: int) -> Fault | None:
    """A quoted text: both its quotes are replaced, what they hold stays."""
    text = context.text
    end = at + 1
    while end < min(stop, at + _LONGEST_TEXT) and plain(text[end]) != '"' and text[end] not in '"|':
        end += 1
    if end >= stop or (plain(text[end]) != '"' and text[end] != '"'):
        return Fault("foreign-sign", at, at + 1)
    if text[end] == '"':
        return mixed_quotes(context, at)
    edits = tuple((i, i + 1, '"') for i in (at, end))
    return Fault("foreign-sign", at, end + 1, Mend(edits, at, end + 1))


def mixed_quotes(context: Context, at: int) -> Fault | None:
    """A line where typographic quotes close plain ones or the other way round.

    Everything from the first quote on was misread, so all quotes of the line are one repair.
    """
    text = context.text
    first, stop = context.line(at)
    if stop - first > _LONGEST_LINE:
        return Fault("foreign-sign", at, at + 1) if plain(text[at]) == '"' else None
    quotes = [i for i in range(first, stop) if text[i] == '"' or plain(text[i]) == '"']
    strange = [i for i in quotes if text[i] != '"']
    if not strange or len(quotes) % 2 or "%" in text[first:stop] or "\\" in text[first:stop]:
        return Fault("foreign-sign", at, at + 1) if plain(text[at]) == '"' else None
    pairs = zip(quotes[::2], quotes[1::2], strict=True)
    if any(end - start > _LONGEST_TEXT or "|" in text[start:end] for start, end in pairs):
        return Fault("foreign-sign", at, at + 1) if plain(text[at]) == '"' else None
    edits = tuple((i, i + 1, '"') for i in strange)
    return Fault("foreign-sign", quotes[0], stop, Mend(edits, quotes[0], stop))


def _pair(context: Context, at: int, stop: int, opening: str) -> Fault:
    text = context.text
    closing = _PARTNERS[opening]
    stop = min(stop, at + _LONGEST_PAIR)
    end = at + 1
    while end < stop and text[end] != closing and plain(text[end]) != closing and text[end] != "|":
        end += 1
    if end >= stop or text[end] == "|":
        return Fault("foreign-sign", at, at + 1)
    last = _after_length(text, end + 1)
    until, change = last, NOTHING
    if opening == "[" and text[at + 2 : at + 3] in (":", "\uff1a"):
        until, change = len(text), ANYTHING
    elif opening == "[":
        until, change = context.bar_end(last), PITCH
    return _made(context, at, last, at, last, change, until)


def _after_length(text: str, at: int) -> int:
    while at < len(text) and (text[at] in "0123456789/" or plain(text[at]).isdigit()):
        at += 1
    return at


def _bar(context: Context, at: int, stop: int) -> Fault | None:
    """A bar line, with repeat colons and brackets; accidentals end at it."""
    text = context.text
    end = at
    while end < stop and (text[end] in _BAR_SIGNS or (plain(text[end])[:1] or " ") in _BAR_SIGNS):
        end += 1
    if not _edits(text, at, end):
        return None
    return _made(context, at, end, at, end, PITCH, context.next_bar_line(end))


def _beside_notes(context: Context, at: int, first: int, stop: int) -> Fault:
    """Signs that belong to the notes beside them: lengths, octaves, ties, slurs, letters."""
    text = context.text
    end = at + 1
    while end < stop and plain(text[end]) not in ("", '"', " ", "|", "||", ":", "[", "]", "{"):
        end += 1
    before = _NOTE_BEFORE.search(text[max(first, at - 72) : at])
    start = at - len(before[0]) if before else at
    after = _NOTE.match(text, end)
    last = after.end() if after else end
    made = "".join(plain(text[i]) for i in range(at, end))
    change = NOTHING
    if any(c in "^_=" or c.isalpha() for c in made):
        change = PITCH
    if any(c in "&" for c in made) or made[:1] in ("(", "<", ">") or made.isdigit():
        change = ANYTHING if change or "&" in made else LENGTH
    return _made(context, at, end, start, last, change, context.bar_end(last))
