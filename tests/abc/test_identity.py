"""Reading loses nothing: a book writes the bytes it was read from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmusician.abc import Book, Tune, canonical, read, to_events, transpose

TUNE = "X:1\nT:t\nK:C\nCDE|\n"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        TUNE.encode(),
        TUNE.encode()[:-1],
        TUNE.replace("\n", "\r\n").encode(),
        TUNE.replace("\n", "\r").encode(),
        b"X:1\r\nT:t\nK:C\rCDE|\n\r\n",
        b"\xef\xbb\xbf" + TUNE.encode(),
        "X:1\nT:\u00c9ire\nK:C\nC|\n".encode(),
        "X:1\nT:\u00c9ire\nK:C\nC|\n".encode("latin-1"),
        "%%abc-charset iso-8859-1\nX:1\nT:\u00e9\nK:C\nC|\n".encode("latin-1"),
        b"free text\n\n" + TUNE.encode() + b"\nmore text\n\n\n" + TUNE.encode(),
        b"X:1\nT:\xff\xfe\x00\nK:C\nC\x80|\n",
    ],
)
def test_the_bytes_come_back(data: bytes) -> None:
    assert read(data).to_bytes() == data


@given(st.binary(max_size=300))
def test_any_bytes_come_back(data: bytes) -> None:
    assert read(data).to_bytes() == data


def collections() -> list[str]:
    from benchmarks.corpora import CORPORA

    return sorted(CORPORA)


@pytest.mark.slow
@pytest.mark.parametrize("name", collections())
def test_real_collections(name: str, root: Path) -> None:
    """Identity on every tune; canonical form and transposing on one in ten (TUNES=1: all)."""
    from benchmarks.corpora import CORPORA

    folder = Path(os.environ.get("CHATMUSICIAN_DATA", root.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("no tune collections here")
    step = int(os.environ.get("TUNES", "10"))
    for number, piece in enumerate(CORPORA[name].pieces()):
        book = read(piece.data)
        assert book.to_bytes() == piece.data, piece.id
        if number % step == 0:
            for tune in book.tunes:
                same_music(tune, piece.id)


def same_music(tune: Tune, place: str) -> None:
    text = canonical(tune)
    (again,) = read(text).tunes
    assert canonical(again) == text, place
    assert music(again) == music(tune), place
    assert heard(transpose(transpose(tune, 5), -5)) == heard(tune), place


def music(tune: Tune) -> Any:
    found = events(tune)
    # Two chord symbols at one onset have no order of their own.
    symbols = [sorted(voice["chord_symbols"]) for voice in found["voices"]]
    words = [voice["lyrics"] for voice in found["voices"]]
    return [found[k] for k in ("key", "meter", "bars", "expanded", "graces")], symbols, words


def heard(tune: Tune) -> Any:
    return events(tune)["expanded"]


def events(tune: Tune) -> Any:
    """Of a tune as it stands, under the header of its file."""
    whole = (("tune", 0, len(tune.text)),)
    return to_events(Book(tune.text, "", "utf-8", b"", (), (tune,), whole, ()))["tunes"][0]
