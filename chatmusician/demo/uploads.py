"""Files that users bring: told by their content, never by their names, and read in memory."""

from __future__ import annotations

import json
from collections.abc import Callable

from chatmusician import abc
from chatmusician.demo.settings import Limits
from chatmusician.errors import InputError, LimitError


def format_of(data: bytes) -> str:
    """What a file is by its first bytes; text that is nothing else is taken for ABC."""
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:4]
    for sign, format in ((b"MThd", "mid"), (b"PK\3\4", "mxl"), (b"<", "musicxml"), (b"{", "json")):
        if start.startswith(sign):
            return format
    if start.startswith((b"**", b"!!")):
        return "krn"
    if b"\0" in data[:4096]:
        raise InputError(
            "the file is of no kind that can be opened",
            hint="ABC, MusicXML (.mxl too), MIDI on a grid, Humdrum, or events as JSON",
        )
    return "abc"


def to_abc(data: bytes, limits: Limits) -> tuple[str, str]:
    """The ABC of a file of any notation format, and which format it was."""
    if not data.strip():
        raise InputError("the file is empty")
    if len(data) > limits.upload:
        raise LimitError(f"the file is larger than {limits.upload // 1024**2} MB")
    format = format_of(data)
    text = _READERS[format](data)
    if len(text) > limits.abc:
        raise LimitError(
            f"as ABC the file is {len(text):,} characters long; here {limits.abc:,} are taken",
            hint="use the command line for long pieces: chatmusician convert",
        )
    if not abc.read(text).tunes:
        raise InputError("there is no tune in the file", hint="a tune begins with X:1")
    return text, format


def _from_abc(data: bytes) -> str:
    return abc.read(data).text


def _from_json(data: bytes) -> str:
    try:
        events = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError("the file is not JSON") from error
    if not isinstance(events, dict) or not isinstance(events.get("tunes"), list):
        raise InputError('the file has no list "tunes"', hint="the shape is in docs/events.md")
    return abc.from_events(events)


def _importer(name: str) -> Callable[[bytes], str]:
    def read(data: bytes) -> str:
        from chatmusician.abc import imports

        text: str = getattr(imports, name)(data)
        return text

    return read


_READERS: dict[str, Callable[[bytes], str]] = {
    "abc": _from_abc,
    "json": _from_json,
    "mid": _importer("from_midi"),
    "mxl": _importer("from_mxl"),
    "musicxml": _importer("from_musicxml"),
    "krn": _importer("from_kern"),
}
