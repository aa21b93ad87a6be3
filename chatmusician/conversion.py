"""Conversion between notation formats: one table of formats, one function."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from chatmusician import abc
from chatmusician.abc import Book
from chatmusician.errors import InputError, UsageError
from chatmusician.files import STDIN, display_name, read_text_bytes, write_atomic

FORMATS = ("abc", "json")


@dataclass(frozen=True)
class Converted:
    text: str
    book: Book


def convert(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str] | None = None,
    *,
    to: str | None = None,
) -> str:
    """Convert a file, write the result to `target` if given, and return its text.

    The formats are those of the file names; `to` names the wanted one where there is no
    target. Between two ABC files the canonical form is written.
    """
    name = None if target is None else os.fspath(target)
    wanted = target_format(name, to)
    text = convert_file(os.fspath(source), wanted).text
    if name is not None:
        write_atomic(name, text.encode())
    return text


def convert_file(path: str, wanted: str, *, given: str | None = None) -> Converted:
    data = read_text_bytes(path)
    given = given or _format_of(path) or _sniff(path, data)
    book = _read(path, data, given)
    return Converted(_write(book, wanted), book)


def target_format(target: str | None, to: str | None) -> str:
    """The format asked for, by name or by the target's name."""
    if to is not None:
        return _known(to)
    if target is None:
        raise UsageError("no output format given", hint="name a file to write, or say --to FORMAT")
    found = _format_of(target)
    if found is None:
        raise UsageError(f"{target}: its name does not tell the format", hint="say --to FORMAT")
    return found


def _known(name: str) -> str:
    if name.lower() not in FORMATS:
        raise UsageError(f"unknown format {name!r}", hint=f"known: {', '.join(FORMATS)}")
    return name.lower()


def _format_of(path: str) -> str | None:
    suffix = Path(path).suffix
    return _known(suffix[1:]) if suffix and path != STDIN else None


def _sniff(path: str, data: bytes) -> str:
    if path != STDIN:
        raise UsageError(f"{path}: its name does not tell the format", hint="say --from FORMAT")
    return "json" if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") else "abc"


def _read(path: str, data: bytes, given: str) -> Book:
    name = display_name(path)
    if given == "abc":
        return abc.read(data, source=name)
    try:
        events = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"is not JSON: {error}", path=name) from error
    if not isinstance(events, dict) or not isinstance(events.get("tunes"), list):
        raise InputError('has no list "tunes"', path=name, hint="the shape is in docs/events.md")
    return abc.read(abc.from_events(events), source=name)


def _write(book: Book, wanted: str) -> str:
    if wanted == "abc":
        return abc.canonical(book)
    return json.dumps(abc.to_events(book), ensure_ascii=False) + "\n"
