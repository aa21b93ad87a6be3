"""What is read can be written back byte for byte; on real tunes, also changed and kept."""

from __future__ import annotations

import os
from itertools import chain
from typing import Any

import pytest

from benchmarks.corpora import CORPORA, Corpus, Piece
from chatmusician import abc
from chatmusician.abc.tune import Tune
from chatmusician.errors import ChatMusicianError, InputError
from tests.abc.generated import music, sounding

TEXT = (
    "%abc-2.1\nM:4/4 % file header\n\nfree \u00e9 text\n\nX:1\nT:\u00c9\u00df\nL:1/4\nK:C\n"
    'C\t"\u00e9m"D `E   F\\ \n| G4 |]% \u00fc\nw: \u00e9-\u00e8 _ *\n\n\n  \n'
    "more: text\n\nX: 2\nK:G\nGABc|"
)
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "latin-1")
# One tune in so many is read, unless EVERY_TUNE is set.
STEP = 1 if os.environ.get("EVERY_TUNE") else 10


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\r\n\n\r"])
def test_every_encoding_and_line_end(encoding: str, end: str) -> None:
    data = TEXT.replace("\n", end).encode(encoding)
    book = abc.read(data)
    assert book.to_bytes() == data
    if end in ("\n", "\r\n"):
        assert [tune.title for tune in book.tunes] == ["\u00c9\u00df", ""]


def test_file_header_and_lone_carriage_returns() -> None:
    assert [tune.x for tune in abc.read("M:4/4\r\rX:1\rK:C\rC|\r").tunes] == ["1"]


def test_mixed_line_ends() -> None:
    ends = chain.from_iterable(iter(lambda: ("\n", "\r\n", "\r"), None))
    data = "".join(line + next(ends) for line in TEXT.split("\n")).encode()
    assert {b"\r\n", b"\r", b"\n"} <= {data[i : i + n] for i in range(len(data)) for n in (1, 2)}
    assert abc.read(data).to_bytes() == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"\r",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xff\xfeX",
        b"no tune at all",
        b"X:1",
        b"X:1\nK:C\nC|\x00\x1a\n",
        b"X:1\nT:\xe9\xff\nK:C\nC|",
        b"%%abc-charset iso-8859-2\nX:1\nT:\xb1\nK:C\nC|",
        b"%%abc-charset utf-8\nX:1\nT:\xb1\nK:C\nC|",
        b"\xef\xbb\xbfX:1\nT:\xe9\nK:C\nC|",
        b"%%begintext\nX:3\n\n%%endtext\nX:1\nK:C\nC|",
    ],
)
def test_odd_files(data: bytes) -> None:
    assert abc.read(data).to_bytes() == data


@pytest.fixture(scope="module", params=CORPORA.values(), ids=list(CORPORA))
def corpus(request: pytest.FixtureRequest) -> Corpus:
    found: Corpus = request.param
    try:
        found.files()
    except InputError as error:
        pytest.skip(error.message)
    return found


@pytest.mark.slow
def test_files_of_the_collections(corpus: Corpus) -> None:
    for file in corpus.files():
        assert abc.read(file.data).to_bytes() == file.data, file.name


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_tunes_of_the_collections(corpus: Corpus) -> None:
    """The canonical form is settled and keeps the events; up and down again is the same."""
    pieces = corpus.pieces()[::STEP]
    assert pieces
    faults = [fault for piece in pieces for fault in faults_of(piece)]
    assert not faults, f"{len(faults)} of {len(pieces)}: " + "\n".join(faults[:20])


def faults_of(piece: Piece) -> list[str]:
    book = abc.read(piece.data)
    found = [] if book.to_bytes() == piece.data else ["other bytes"]
    for tune in book.tunes:
        found += transposing(tune)
        if not any(finding.severity != "info" for finding in abc.check_tune(tune)):
            found += rewriting(tune)
    return [f"{piece.id}: {fault}" for fault in found]


def rewriting(tune: Tune) -> list[str]:
    text = abc.canonical(tune)
    found = [] if abc.canonical(abc.read(text)) == text else ["not settled"]
    return found if comparable(text) == comparable(tune) else [*found, "other events"]


def comparable(tune: Tune | str) -> dict[str, Any]:
    shape = music(tune)
    del shape["x"]  # a number is written where there is none
    return shape


def transposing(tune: Tune) -> list[str]:
    before = sounding(tune)
    try:
        up = abc.transpose(tune, 3)
        down = sounding(abc.transpose(up, -3))
    except ChatMusicianError as error:
        return [f"transposing: {error}"]
    raised = [[onset, length, [p + 3 for p in pitches]] for onset, length, pitches in before]
    return ["not raised"] * (sounding(up) != raised) + ["not back"] * (down != before)
