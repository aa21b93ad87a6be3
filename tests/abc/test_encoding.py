"""Bytes to text and back, byte for byte; accents and entities."""

from __future__ import annotations

import pytest

from chatmusician import abc
from chatmusician.abc.encoding import decode, read_text

TUNE = "X:1\nT:\u00e9\u00df\nM:4/4\nL:1/4\nK:C\nCDEF|\n"


@pytest.mark.parametrize(
    ("data", "encoding", "problem"),
    [
        (TUNE.encode(), "utf-8", ""),
        (TUNE.encode("utf-8-sig"), "utf-8", ""),
        (b"\xff\xfe" + TUNE.encode("utf-16-le"), "utf-16-le", ""),
        (b"\xfe\xff" + TUNE.encode("utf-16-be"), "utf-16-be", ""),
        (TUNE.encode("latin-1"), "iso-8859-1", "undeclared-encoding"),
        (b"%%abc-charset iso-8859-1\n" + TUNE.encode("latin-1"), "iso-8859-1", ""),
        (b"I:abc-charset latin1\n\n" + TUNE.encode("latin-1"), "iso-8859-1", ""),
        (b"I:abc-charset utf-8\n\n" + TUNE.encode("latin-1"), "iso-8859-1", "wrong-encoding"),
        (b"%%abc-charset klingon\n" + TUNE.encode(), "utf-8", "unknown-charset"),
        (b"%%abc-charset iso-8859-2\nT:\xb1", "iso-8859-2", ""),
        (b"", "utf-8", ""),
        (b"\x00\xff\xfe", "iso-8859-1", "undeclared-encoding"),
    ],
)
def test_encodings(data: bytes, encoding: str, problem: str) -> None:
    decoded = decode(data)
    assert (decoded.encoding, decoded.problem) == (encoding, problem)
    assert abc.read(data).to_bytes() == data


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_titles_in_every_encoding(encoding: str) -> None:
    assert abc.read(TUNE.encode(encoding)).tunes[0].title == "\u00e9\u00df"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str) -> None:
    book = abc.read(TUNE.replace("\n", end).encode())
    (tune,) = book.tunes
    shape = abc.to_events(book)["tunes"][0]
    assert tune.title == "\u00e9\u00df"
    assert [pitches for _, _, pitches in shape["voices"][0]["notes"]] == [[60], [62], [64], [65]]
    assert shape["diagnostics"] == []


def test_a_mark_before_bytes_that_are_not_utf_8() -> None:
    data = b"\xef\xbb\xbf" + TUNE.encode("latin-1")
    book = abc.read(data)
    assert [tune.x for tune in book.tunes] == ["1"]
    assert [found.code for found in book.problems] == ["wrong-encoding"]
    assert book.to_bytes() == data


def test_the_place_of_the_first_odd_byte() -> None:
    (found,) = abc.read(TUNE.encode("latin-1")).problems
    assert (found.line, found.column) == (2, 3)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("plain", "plain"),
        ("\\'a\\`e\\^i\\\"o\\~n", "\u00e1\u00e8\u00ee\u00f6\u00f1"),
        ("\\'{a}\\v{s}", "\u00e1\u0161"),
        ("\\cc\\vz\\Ho\\ug\\=a\\.e\\;e", "\u00e7\u017e\u0151\u011f\u0101\u0117\u0119"),
        ("\\aa\\AA\\ss\\/o\\oe", "\u00e5\u00c5\u00df\u00f8\u0153"),
        ("\\u00e9\\U0001D11E", "\u00e9\U0001d11e"),
        ("&eacute;&#233;&#xe9;&amp;", "\u00e9\u00e9\u00e9&"),
        ("\\%\\&\\\\", "%&\\"),
        ("rock & roll", "rock & roll"),
        ("\\q \\u12 \\ud800 \\", "\\q \\u12 \\ud800 \\"),
        ("\\Uffffffff", "\\Uffffffff"),
    ],
)
def test_text_escapes(source: str, text: str) -> None:
    assert read_text(source) == text
