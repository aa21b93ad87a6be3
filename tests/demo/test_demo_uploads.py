"""Files are told by what they hold."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from chatmusician import abc
from chatmusician.abc.midi import to_midi
from chatmusician.abc.musicxml import to_musicxml, to_mxl
from chatmusician.demo.settings import Limits
from chatmusician.demo.uploads import format_of, to_abc
from chatmusician.errors import ChatMusicianError, InputError, LimitError

TUNE = abc.read("X:1\nT:T\nM:3/4\nL:1/4\nK:G\nGAB|c2d|g3|]\n")
KERN = b"**kern\n*M4/4\n4c\n4d\n4e\n4f\n*-\n"
FILES = {
    "abc": TUNE.text.encode(),
    "musicxml": to_musicxml(TUNE.tunes[0]),
    "mxl": to_mxl(to_musicxml(TUNE.tunes[0]), "score.musicxml"),
    "json": json.dumps(abc.to_events(TUNE)).encode(),
    "krn": KERN,
}


@pytest.mark.parametrize("name", FILES)
def test_told_by_content(name: str) -> None:
    text, format = to_abc(FILES[name], Limits())
    assert format == name
    assert abc.read(text).tunes[0].x


def test_midi() -> None:
    pytest.importorskip("symusic")
    text, format = to_abc(to_midi(TUNE.tunes[0]), Limits())
    assert format == "mid"
    assert "G" in text


def test_marks_before_the_text() -> None:
    assert format_of(b"\xef\xbb\xbf\n  <?xml version='1.0'?>") == "musicxml"
    assert to_abc(b"\xef\xbb\xbf" + FILES["abc"], Limits())[1] == "abc"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"   \n",
        b"\x89PNG\r\n\x1a\n\0\0\0",
        b"\x7fELF\x02\x01\x01\0",
        b"words without a tune",
        b"PK\3\4 no zip",
        b"MThd no midi",
        b"<html><body onload=alert(1)></html>",
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        b"{",
        b"{}",
        b"**kern",
        b"[" * 100_000,
    ],
)
def test_what_cannot_be_opened(data: bytes) -> None:
    with pytest.raises(ChatMusicianError):
        to_abc(data, Limits())


def zipped(**members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return made.getvalue()


def test_a_zip_bomb_is_refused() -> None:
    container = b'<container><rootfiles><rootfile full-path="score.xml"/></rootfiles></container>'
    big = b"<score-partwise>" + b" " * 80_000_000 + b"</score-partwise>"
    bomb = zipped(**{"META-INF__container.xml": container, "score.xml": big})
    assert len(bomb) < Limits().upload
    with pytest.raises(ChatMusicianError):
        to_abc(bomb, Limits())


def test_limits() -> None:
    with pytest.raises(LimitError, match="larger than"):
        to_abc(b"X" * 3_000_000, Limits())
    long = b"X:1\nK:C\n" + b"CDEF|" * 5000
    with pytest.raises(LimitError, match="characters"):
        to_abc(long, Limits())
    with pytest.raises(InputError, match="no tune"):
        to_abc(b"no tune", Limits())
