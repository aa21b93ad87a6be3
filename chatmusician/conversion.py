"""Conversion between notation formats: one table of formats, one function."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from chatmusician import abc
from chatmusician.abc import Book, Tune
from chatmusician.abc.events_text import EventsText
from chatmusician.abc.reader import OpenBook
from chatmusician.errors import InputError, UsageError
from chatmusician.files import STDIN, display_name, read_bytes, read_text_bytes, write_atomic


@dataclass(frozen=True)
class Written:
    """A file's content, and what is to be said about it."""

    data: bytes
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Format:
    """A notation format; `read` and `write` are None where that way is not offered.

    `single` formats hold one tune, `binary` ones are no text. What is `imported` comes as
    ABC that is laid out already.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[[bytes, str], Book] | None
    write: Callable[[Book], Written] | None
    binary: bool = False
    single: bool = False
    imported: bool = False


@dataclass(frozen=True)
class Converted:
    """The result of a conversion, and the tunes it was made from."""

    data: bytes
    format: Format
    book: Book
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.data.decode()


def _from_abc(data: bytes, name: str) -> Book:
    return abc.read(data, source=name)


def _from_json(data: bytes, name: str) -> Book:
    try:
        events = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError(f"is not JSON: {error}", path=name) from error
    if not isinstance(events, dict) or not isinstance(events.get("tunes"), list):
        raise InputError('has no list "tunes"', path=name, hint="the shape is in docs/events.md")
    return abc.read(abc.from_events(events), source=name)


def _importer(function: str) -> Callable[[bytes, str], Book]:
    def read(data: bytes, name: str) -> Book:
        from chatmusician.abc import imports

        try:
            text: str = getattr(imports, function)(data)
        except InputError as error:
            if error.path is not None:
                raise
            raise InputError(error.message, path=name, hint=error.hint) from error
        return abc.read(text, source=name)

    return read


def _to_abc(book: Book) -> Written:
    return Written(abc.canonical(book).encode())


def _to_json(book: Book) -> Written:
    pieces: list[str] = []
    EventsText(pieces.append).book(book.tunes, lambda: book.problems)
    return Written(("".join(pieces) + "\n").encode())


def _to_musicxml(book: Book) -> Written:
    from chatmusician.abc.musicxml import to_musicxml

    return Written(to_musicxml(book.tunes[0]))


def _to_mxl(book: Book) -> Written:
    from chatmusician.abc.musicxml import to_musicxml, to_mxl

    return Written(to_mxl(to_musicxml(book.tunes[0]), "score.musicxml"))


def _to_midi(book: Book) -> Written:
    from chatmusician.abc.midi import render_midi

    made = render_midi(book.tunes[0])
    return Written(made.data, made.remarks())


_TABLE = (
    Format("abc", (".abc",), _from_abc, _to_abc),
    Format("json", (".json",), _from_json, _to_json),
    Format(
        "musicxml",
        (".musicxml", ".xml"),
        _importer("from_musicxml"),
        _to_musicxml,
        single=True,
        imported=True,
    ),
    Format("mxl", (".mxl",), _importer("from_mxl"), _to_mxl, True, True, True),
    Format("krn", (".krn",), _importer("from_kern"), None, imported=True),
    Format("mid", (".mid", ".midi"), _importer("from_midi"), _to_midi, True, True, True),
)
BY_NAME = {format.name: format for format in _TABLE}
FORMATS = tuple(BY_NAME)


def convert(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str] | None = None,
    *,
    to: str | None = None,
    tune: str | None = None,
) -> str | bytes:
    """Convert a file, write the result to `target` if given, and return it.

    The formats are those of the file names; `to` names the wanted one where there is no
    target. Between two ABC files the canonical form is written. `tune` takes the tune of
    that number (X:) from a file of several. MIDI and .mxl come as bytes, the others as text.
    """
    name = None if target is None else os.fspath(target)
    wanted = target_format(name, to)
    made = convert_file(os.fspath(source), wanted, tune=tune)
    if name is not None:
        write_atomic(name, made.data)
    return made.data if made.format.binary else made.text


def convert_file(
    path: str, wanted: str, *, given: str | None = None, tune: str | None = None
) -> Converted:
    form = BY_NAME[wanted]
    if form.write is None:
        hint = f"these can: {', '.join(f.name for f in _TABLE if f.write)}"
        raise UsageError(f"{form.name} can be read but not written", hint=hint)
    source, book = _read(path, given)
    if tune is not None:
        book = only_tune(book, tune)
    if form.single and len(book.tunes) != 1:
        name = display_name(path)
        if not book.tunes:
            raise InputError("has no tune", path=name)
        raise UsageError(
            f"{name} has {len(book.tunes)} tunes; {form.name} holds one",
            hint=f"choose one by its X: (--tune {book.tunes[0].x}), or use render, a file a tune",
        )
    if source.imported and wanted == "abc":
        # It keeps what the canonical form drops, such as the names of voices.
        return Converted(book.text.encode(), form, book)
    written = form.write(book)
    return Converted(written.data, form, book, written.notes)


def write_events(
    path: str,
    write: Callable[[bytes], object],
    *,
    given: str | None = None,
    tune: str | None = None,
) -> int:
    """Write the events of a file in pieces, and return the number of errors and warnings.

    The tunes of an ABC file are read one after the other, so that a book of many needs
    little more memory than its longest tune.
    """
    form, data = _load(path, given)
    events = EventsText(lambda text: write(text.encode()))
    if form.name == "abc":
        book = OpenBook(data)
        tunes = iter(book.next_tune, None)
        if tune is None:
            events.book(tunes, lambda: book.problems)
        else:
            events.book([_only(tunes, tune, display_name(path))], tuple)
    else:
        assert form.read is not None
        whole = form.read(data, display_name(path))
        whole = whole if tune is None else only_tune(whole, tune)
        events.book(whole.tunes, lambda: whole.problems)
    write(b"\n")
    return events.problems


def read_book(path: str, *, given: str | None = None) -> Book:
    """The tunes of a file in any format that can be read; `-` is standard input."""
    return _read(path, given)[1]


def _read(path: str, given: str | None) -> tuple[Format, Book]:
    form, data = _load(path, given)
    assert form.read is not None
    return form, form.read(data, display_name(path))


def _load(path: str, given: str | None) -> tuple[Format, bytes]:
    form = None if given is None else BY_NAME[_known(given)]
    form = form or _format_of(path)
    data = read_bytes(path) if form is None or form.binary else read_text_bytes(path)
    return form or _sniff(path, data), data


def only_tune(book: Book, number: str) -> Book:
    """The book with the tune of this X: alone."""
    return _book_of(book, _only(book.tunes, number, book.source))


def _only(tunes: Iterable[Tune], number: str, source: str) -> Tune:
    known: list[str] = []
    for tune in tunes:
        if tune.x == number:
            return tune
        known.append(tune.x)
    raise UsageError(f"{source} has no tune X:{number}", hint=f"it has: {', '.join(known[:20])}")


def _book_of(book: Book, tune: Tune) -> Book:
    return Book(
        tune.text,
        book.source,
        book.encoding,
        b"",
        book.header,
        (tune,),
        (("tune", 0, len(tune.text)),),
        (),
    )


def target_format(target: str | None, to: str | None) -> str:
    """The format asked for, by name or by the target's name."""
    if to is not None:
        return _known(to)
    if target is None:
        raise UsageError("no output format given", hint="name a file to write, or say --to FORMAT")
    found = _format_of(target)
    if found is None:
        raise UsageError(f"{target}: its name does not tell the format", hint="say --to FORMAT")
    return found.name


def _known(name: str) -> str:
    if name.lower() not in BY_NAME:
        raise UsageError(f"unknown format {name!r}", hint=f"known: {', '.join(FORMATS)}")
    return name.lower()


def _format_of(path: str) -> Format | None:
    suffix = Path(path).suffix.lower()
    if not suffix or path == STDIN:
        return None
    for form in _TABLE:
        if suffix in form.suffixes:
            return form
    return BY_NAME[_known(suffix[1:])]


def _sniff(path: str, data: bytes) -> Format:
    if path != STDIN:
        raise UsageError(f"{path}: its name does not tell the format", hint="say --from FORMAT")
    start = data.lstrip(b"\xef\xbb\xbf \t\r\n")[:200]
    if start.startswith(b"{"):
        return BY_NAME["json"]
    if start.startswith(b"MThd"):
        return BY_NAME["mid"]
    if start.startswith(b"PK"):
        return BY_NAME["mxl"]
    if start.startswith(b"<"):
        return BY_NAME["musicxml"]
    return BY_NAME["krn" if start.startswith((b"**", b"!!")) else "abc"]
