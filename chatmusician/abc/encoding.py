"""From bytes to text and back, and the text escapes ABC took from TeX and HTML."""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from chatmusician.abc.tables import CHARSETS

_BOMS: Final = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)

_DECLARED: Final = re.compile(rb"(?:\A|[\r\n])(?:%%|I:)[ \t]*(?:abc-)?charset[ \t]+([\w.-]+)")


@dataclass(frozen=True)
class Decoded:
    """Text, the encoding that writes it back byte for byte, and what was odd.

    ``problem`` is a rule code or empty; ``line``/``column`` is where it shows.
    """

    text: str
    encoding: str
    bom: bytes = b""
    problem: str = ""
    detail: str = ""
    offset: int = 0


def decode(data: bytes) -> Decoded:
    """Decode by BOM, then by declaration, then as UTF-8, then as Latin-1 (never fails)."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return _decode_after_bom(data, bom, encoding)
    named = data.find(b"charset", 0, 65536) >= 0
    found = _DECLARED.search(data, 0, 65536) if named else None
    name = found[1].decode("ascii", "replace").lower() if found else ""
    declared = CHARSETS.get(name, "")
    problem = ""
    if name and not declared:
        problem = "unknown-charset"
    for encoding in dict.fromkeys((declared or "utf-8", "utf-8")):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != (declared or "utf-8"):
            problem = "wrong-encoding"
        at = found.start() if found and problem else 0
        return Decoded(text, encoding, b"", problem, name, at)
    bad = _first_bad_byte(data)
    return Decoded(
        data.decode("iso-8859-1"),
        "iso-8859-1",
        b"",
        "wrong-encoding" if declared else "undeclared-encoding",
        name,
        bad,
    )


def _decode_after_bom(data: bytes, bom: bytes, encoding: str) -> Decoded:
    try:
        return Decoded(data[len(bom) :].decode(encoding), encoding, bom)
    except UnicodeDecodeError:
        bad = _first_bad_byte(data) if encoding == "utf-8" else 0
        if encoding == "utf-8":
            rest = data[len(bom) :].decode("iso-8859-1")
            return Decoded(rest, "iso-8859-1", bom, "wrong-encoding", "", bad - len(bom))
        return Decoded(data.decode("iso-8859-1"), "iso-8859-1", b"", "wrong-encoding", "", bad)


def _first_bad_byte(data: bytes) -> int:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return 0


# TeX accents of ABC 2.1 (section 8.2): a mark and the combining character it stands for.
_MARKS: Final = {
    "`": "\u0300",
    "'": "\u0301",
    "^": "\u0302",
    "~": "\u0303",
    '"': "\u0308",
    "u": "\u0306",
    "v": "\u030c",
    "H": "\u030b",
    "c": "\u0327",
    ";": "\u0328",
    "=": "\u0304",
    ".": "\u0307",
    ",": "\u0327",
}

# Letter pairs that are no accent; each must be tried before the accents.
_LIGATURES: Final = {
    "AA": "Å",
    "aa": "å",
    "AE": "Æ",
    "ae": "æ",
    "OE": "Œ",
    "oe": "œ",
    "ss": "ß",
    "/O": "Ø",
    "/o": "ø",
    "/d": "đ",
    "/D": "Đ",
    "DH": "Ð",
    "dh": "ð",
    "TH": "Þ",
    "th": "þ",
    "/L": "Ł",
    "/l": "ł",
}

_ESCAPE: Final = re.compile(
    r"\\(?:(?P<pair>AA|aa|AE|ae|OE|oe|ss|DH|dh|TH|th|/[OoDdLl])"
    r"|(?P<mark>[`'^~\"uvHc;=.,])(?:\{(?P<braced>[A-Za-z])\}|(?P<letter>[A-Za-z]))"
    r"|u(?P<u>[0-9A-Fa-f]{4})|U(?P<U>[0-9A-Fa-f]{8})"
    r"|(?P<plain>[%&\\]))"
)


def _escape(found: re.Match[str]) -> str:
    pair, code, mark = found["pair"], found["u"] or found["U"], found["mark"]
    if pair:
        return _LIGATURES[pair]
    if code:
        number = int(code, 16)
        return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else found[0]
    if mark:
        letter = found["braced"] or found["letter"]
        joined = unicodedata.normalize("NFC", letter + _MARKS[mark])
        return joined if len(joined) == 1 else found[0]
    return str(found["plain"])


def read_text(text: str) -> str:
    """Read TeX accents (``\\'e``), ligatures, ``\\u00e9`` and HTML entities in a text."""
    if "\\" in text:
        text = _ESCAPE.sub(_escape, text)
    if "&" in text:
        text = html.unescape(text)
    return text
