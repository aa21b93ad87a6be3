"""From a file's bytes or text to a book of tunes (ABC 2.1, sections 2 and 3)."""

from __future__ import annotations

import gc
import re
from typing import Final

from mypy_extensions import i64

from chatmusician.abc.encoding import decode
from chatmusician.abc.fields import loose_key, parse_key, parse_tempo, parse_unit
from chatmusician.abc.lexer import Lexer
from chatmusician.abc.macros import Macro, expand, parse_macro
from chatmusician.abc.rules import BY_CODE
from chatmusician.abc.tables import BODY_FIELDS, HEADER_FIELDS
from chatmusician.abc.tune import (
    Book,
    Comment,
    Diagnostic,
    Directive,
    Element,
    Field,
    Tune,
)
from chatmusician.music.meter import parse_meter

_SOME_X: Final = re.compile(r"(?:\A|[\r\n])X:")
_ONE_LINE: Final = re.compile(r"\s[KLM]:\s*\S+\s+\S")
_SYMBOL: Final = re.compile(r"\s*(\S)\s*=\s*(![^!]+!|\+[^+]+\+|\"[^\"]*\"|\S+)\s*$")
_STRICT: Final = re.compile(r"%abc-(\d+)\.(\d+)")
_WORDS: Final = re.compile(r"[^\W\d_]{2,}")
_NOTE_WORD: Final = re.compile(r"[A-Ga-gzxyZ]+")
_HEADER_KEY: Final = re.compile(r"[\r\n]K:")
_BLOCKS: Final = ("begintext", "beginps", "beginsvg", "beginml", "begininc")


# What can be wrong with a file header, which is no tune.
_HEADER_FINDINGS: Final = frozenset(
    {"bad-macro", "bad-symbol", "bad-meter", "bad-unit", "bad-tempo", "old-tempo", "unknown-field"}
)


# After so many tunes the garbage collector looks at what is new.
_TUNES_A_LOOK: Final = 16

# Header fields that only hold text: nothing to check, nothing to apply.
_TEXT_FIELDS: Final = "ABCDFGHNORSZ"


class TuneReader:
    """Reads one tune from its own text."""

    def __init__(self, text: str, offset: int, first_line: int, strict: bool) -> None:
        self.text: str = text
        self.offset: int = offset
        self.first_line: int = first_line
        self.strict: bool = strict
        self.lexer: BodyLexer = BodyLexer(text, self)
        self.header: list[Element] = []
        self.x: str = ""
        self.in_header: bool = True
        self.has_key: bool = False
        self.has_x: bool = False
        self.has_title: bool = False
        self.has_words: bool = False
        self.has_note: bool = False
        self.macros: list[Macro] = []
        self.block: str = ""
        self.block_start: int = 0

    def read(self, inherited: tuple[Element, ...], body_only: bool = False) -> Tune:
        for element in inherited:
            self.apply(element)
        self.lexer.problems.clear()  # those of the file header are the book's
        text = self.text
        size: i64 = len(text)
        start: i64 = 0
        has_cr = "\r" in text
        self.in_header = not body_only
        while start < size:
            stop, following = line_end(text, start, has_cr)
            self.line(start, stop)
            start = following
        self.finish(inherited)
        self.lexer.reader = None  # no cycle is left: both are freed at once
        return self.tune(inherited)

    def tune(self, inherited: tuple[Element, ...]) -> Tune:
        problems = self.problems() if self.lexer.problems else ()
        return Tune(
            self.text,
            self.offset,
            self.first_line,
            self.x,
            tuple(self.header),
            tuple(self.lexer.out),
            inherited,
            problems,
            self.has_words,
        )

    def problems(self) -> tuple[Diagnostic, ...]:
        """What was found, with lines and columns."""
        bare = Tune(self.text, self.offset, self.first_line, self.x, (), (), (), (), False)
        return tuple(
            [
                diagnostic(bare, code, start, end, detail, self.strict)
                for code, start, end, detail in self.lexer.problems
            ]
        )

    def problem(self, code: str, start: int, end: int, detail: str = "") -> None:
        self.lexer.problems.append((code, start, end, detail))

    # -- lines ----------------------------------------------------------------

    def line(self, start: i64, stop: i64) -> None:
        text = self.text
        if self.block:
            self.block_line(start, stop)
            return
        if start >= stop:
            return
        c: i64 = ord(text[start])
        if c == 32 or c == 9:
            inner = start
            while inner < stop and (ord(text[inner]) == 32 or ord(text[inner]) == 9):
                inner += 1
            if inner < stop and ord(text[inner]) == 37:
                self.add(Comment(start, stop))
                return
        if c == 37:
            self.percent(start, stop)
            return
        second: i64 = ord(text[start + 1]) if start + 1 < stop else 0
        if second == 58 and (c == 43 or self.is_field(c, start, stop)):
            self.field(start, stop)
            return
        if self.in_header:
            if not text[start:stop].strip() or self.goes_on(start, stop):
                return
            self.end_header(start, stop)
        if self.macros:
            self.macro_line(start, stop)
        else:
            self.lexer.line(start, stop)

    def goes_on(self, start: i64, stop: i64) -> bool:
        """Whether a header line continues an H: field, as was usual before 2.1.

        Other text fields were continued too; there the line must be words, not music.
        """
        before = self.header[len(self.header) - 1] if self.header else None
        if not isinstance(before, Field) or before.letter not in _TEXT_FIELDS:
            return False
        if before.letter != "H" and not self.is_text(int(start), int(stop)):
            return False
        self.problem("old-history", int(start), int(stop))
        self.continuation(start, stop, without_comment(self.text[start:stop]))
        return True

    def is_text(self, start: int, stop: int) -> bool:
        """Whether a line of the header before its K: is words."""
        line = self.text[start:stop]
        words = _WORDS.findall(line)
        letters = sum([len(word) for word in words])
        strange = sum([len(word) for word in words if not _NOTE_WORD.fullmatch(word)])
        if strange * 2 < letters or not letters:
            return False
        if "|" in line and strange < letters:
            return False
        return _HEADER_KEY.search(self.text, stop) is not None

    def is_field(self, c: i64, start: i64, stop: i64) -> bool:
        """Whether a line that begins ``letter:`` is a field and not music such as ``d:|``."""
        if not ((65 <= c <= 90) or (97 <= c <= 122)):
            return False
        third: i64 = ord(self.text[start + 2]) if start + 2 < stop else 0
        music_letter = (65 <= c <= 71) or (97 <= c <= 103) or c == 120 or c == 122 or c == 90
        return not (music_letter and (third == 124 or third == 58))

    def percent(self, start: i64, stop: i64) -> None:
        text = self.text
        if start + 1 < stop and ord(text[start + 1]) == 37:
            self.directive(start, stop, text[start + 2 : stop])
        else:
            self.add(Comment(start, stop))

    def add(self, element: Element) -> None:
        if self.in_header:
            self.header.append(element)
        else:
            self.lexer.out.append(element)

    def directive(self, start: i64, stop: i64, content: str) -> None:
        words = content.strip().split(None, 1)
        name = words[0] if words else ""
        value = words[1] if len(words) > 1 else ""
        if name in _BLOCKS:
            self.block = name
            self.block_start = int(start)
        element = Directive(start, stop, name, value)
        self.add(element)
        self.apply(element)

    def block_line(self, start: i64, stop: i64) -> None:
        """A line between ``%%begintext`` and ``%%endtext``: kept, not read."""
        content = self.text[start:stop].strip()
        if content.startswith("%%") and content[2:].strip() == "end" + self.block[5:]:
            self.block = ""
        self.add(Comment(start, stop))

    def macro_line(self, start: i64, stop: i64) -> None:
        lexer = self.lexer
        expanded, places, ends = expand(self.text[start:stop], int(start), self.macros)
        lexer.text = expanded
        lexer.places = places
        lexer.ends = ends
        lexer.line(0, len(expanded))
        lexer.text = self.text
        lexer.places = None
        lexer.ends = None

    # -- fields ---------------------------------------------------------------

    def field(self, start: i64, stop: i64) -> None:
        text = self.text
        letter = text[start]
        value = without_comment(text[start + 2 : stop])
        if letter == "+":
            self.continuation(start, stop, value)
            return
        if letter == "I":
            self.directive(start, stop, value)
            return
        element = Field(start, stop, letter, value, False)
        if self.in_header:
            if letter in _TEXT_FIELDS:
                self.header.append(element)
                return
            self.header_field(element)
        else:
            self.body_field(element)
        self.apply(element)

    def header_field(self, element: Field) -> None:
        letter = element.letter
        if letter == "X":
            if self.header and not self.x:
                self.problem("field-order", int(element.start), int(element.end), "X: is not first")
            self.x = element.value
            self.has_x = True
            if not self.x.isdigit():
                self.bad_x(element)
        elif letter == "T":
            if not self.has_title and len(self.header) > 1:
                self.problem("title-order", int(element.start), int(element.end))
            self.has_title = True
        elif letter == "E":
            self.problem("old-field", int(element.start), int(element.end))
        elif letter not in HEADER_FIELDS:
            self.problem("unknown-field", int(element.start), int(element.start) + 2, letter)
        elif letter == "w" or letter == "s":
            self.end_header(element.start, element.end)
            self.has_words = True
            self.lexer.out.append(element)
            return
        self.header.append(element)
        self.check_value(element)
        if letter == "K":
            self.has_key = True
            self.in_header = False

    def bad_x(self, element: Field) -> None:
        code = "one-line-tune" if _ONE_LINE.search(element.value) else "bad-x"
        code = code if element.value else "empty-x"
        self.problem(code, int(element.start), int(element.end), element.value[:40])

    def body_field(self, element: Field) -> None:
        letter = element.letter
        if letter == "w" or letter == "s":
            self.has_words = True
        elif letter not in BODY_FIELDS:
            known = letter in HEADER_FIELDS
            code = "misplaced-field" if known else "unknown-field"
            code = "old-field" if letter == "E" else code
            self.problem(code, int(element.start), int(element.start) + 2, letter + ":")
        self.lexer.out.append(element)
        self.check_value(element)

    def continuation(self, start: i64, stop: i64, value: str) -> None:
        """``+:`` lengthens the field before it."""
        target = self.header if self.in_header or not self.lexer.out else self.lexer.out
        at = len(target) - 1
        while at >= 0 and isinstance(target[at], (Comment, Directive)):
            at -= 1
        before = target[at] if at >= 0 else None
        if not isinstance(before, Field) or before.inline:
            self.problem("unknown-field", int(start), int(stop), "+: continues no field")
            self.add(Comment(start, stop))
            return
        joined = f"{before.value} {value}"
        target[at] = Field(before.start, stop, before.letter, joined, False)

    def check_value(self, element: Field) -> None:
        """Say where a key, meter, unit or tempo cannot be read."""
        letter, value = element.letter, element.value
        code = ""
        if letter == "K":
            code = "" if parse_key(value).valid else "bad-key"
            if not code and loose_key(value):
                code = "key-spelling"
        elif letter == "M":
            code = "" if parse_meter(value).valid else "bad-meter"
        elif letter == "L":
            code = "" if parse_unit(value) is not None else "bad-unit"
        elif letter == "Q":
            tempo = parse_tempo(value)
            code = "" if tempo.valid and not tempo.deprecated else "bad-tempo"
            if tempo.valid and tempo.deprecated:
                code = "old-tempo"
            elif tempo.loose:
                code = "tempo-words"
        elif letter == "V":
            code = "" if value.strip() else "bad-voice"
        if code:
            self.problem(code, int(element.start), int(element.end), value[:40])

    def apply(self, element: Element) -> None:
        """Let a field change how the lines after it are read."""
        if isinstance(element, Field):
            if element.letter == "U":
                self.user_symbol(element)
            elif element.letter == "m":
                self.macro(element)
        elif isinstance(element, Directive):
            if element.name == "decoration":
                self.lexer.plus_decorations = "+" in element.value
            elif element.name == "linebreak":
                self.lexer.bang_breaks = "!" in element.value

    def user_symbol(self, element: Field) -> None:
        found = _SYMBOL.match(element.value)
        if not found or found[1] not in "~HIJKLMNOPQRSTUVWhijklmnopqrstuvw":
            self.problem("bad-symbol", int(element.start), int(element.end), element.value[:40])
            return
        self.lexer.symbols[found[1]] = found[2]

    def macro(self, element: Field) -> None:
        macro = parse_macro(element.value)
        if macro is None:
            self.problem("bad-macro", int(element.start), int(element.end), element.value[:40])
        else:
            self.macros.append(macro)

    # -- ends -----------------------------------------------------------------

    def end_header(self, start: i64, stop: i64) -> None:
        """Music where the header still runs: K: is missing."""
        self.in_header = False
        if not self.has_key:
            self.problem("missing-key", int(start), int(stop))

    def finish(self, inherited: tuple[Element, ...]) -> None:
        end = len(self.text.rstrip())
        if self.in_header and not self.has_key:
            self.problem("missing-key", end, end)
        if not self.has_x:
            self.problem("missing-x", 0, 1)
        if not self.has_title:
            self.problem("missing-title", 0, 1)


class BodyLexer(Lexer):
    """A lexer whose inline fields reach the reader at once (``[U:…]``, ``[I:…]``)."""

    def __init__(self, text: str, reader: TuneReader) -> None:
        super().__init__(text)
        self.reader: TuneReader | None = reader

    def add_field(self, element: Element) -> None:
        super().add_field(element)
        reader = self.reader
        if reader is None:
            return
        if isinstance(element, Field):
            reader.check_value(element)
        reader.apply(element)


def diagnostic(
    tune: Tune, code: str, start: int, end: int, detail: str = "", strict: bool = False
) -> Diagnostic:
    """A finding of one rule at a place of a tune."""
    rule = BY_CODE[code]
    line, column = tune.place(start)
    message = f"{rule.summary[:-1]}: {detail}" if detail else rule.summary
    severity = rule.severity
    if strict and (rule.kind == "deprecated" or code == "missing-title"):
        severity = "warning"
    return Diagnostic(
        code, rule.kind, severity, line, column, message, rule.hint, start, end, tune.x
    )


def line_end(text: str, start: i64, has_cr: bool) -> tuple[i64, i64]:
    """Where the line from ``start`` ends, and where the next one begins."""
    size: i64 = len(text)
    if not has_cr:
        found: i64 = text.find("\n", start)
        return (size, size) if found < 0 else (found, found + 1)
    i = start
    while i < size:
        c: i64 = ord(text[i])
        if c == 10:
            return i, i + 1
        if c == 13:
            two = i + 1 < size and ord(text[i + 1]) == 10
            return i, i + 2 if two else i + 1
        i += 1
    return size, size


def without_comment(value: str) -> str:
    """A field's value up to its comment, stripped."""
    at = value.find("%")
    while at > 0 and value[at - 1] == "\\":
        at = value.find("%", at + 1)
    return (value if at < 0 else value[:at]).strip()


class BookReader:
    """Splits a file into file header, tunes and free text."""

    def __init__(self, text: str) -> None:
        self.text: str = text
        self.has_x: bool = _SOME_X.search(text) is not None
        self.has_cr: bool = "\r" in text
        self.header: list[Element] = []
        self.pieces: list[tuple[str, int, int]] = []
        self.tunes: list[Tune] = []
        self.strict: bool = False
        self.problems: list[Diagnostic] = []
        self.inherited: tuple[Element, ...] = ()
        self.before: Tune | None = None
        self.next_piece: int = 0
        self.next_line: int = 1

    def split(self) -> None:
        """Fill ``pieces``: the spans of header, free text and tunes, in order."""
        text = self.text
        size: i64 = len(text)
        start: i64 = 0
        begun: i64 = 0
        state = "header"
        has_field = False
        block = ""
        while start < size:
            stop, following = line_end(text, start, self.has_cr)
            if block:
                if text.startswith("%%end" + block, start):
                    block = ""
                start = following
                continue
            blank = is_blank(text, start, stop)
            if not blank and self.begins_tune(start, stop, state):
                # Fields directly above X: belong to its tune (out of order); a file
                # header ends with an empty line.
                if state != "header" or not has_field:
                    self.piece(state, int(begun), int(start))
                    begun = start
                state = "tune"
            elif blank and state != "free":
                self.piece(state, int(begun), int(start))
                begun = start
                state = "free"
            elif not blank and state == "header":
                if not is_header_line(text, start, stop):
                    state = "free"
                elif ord(text[start]) != 37:
                    has_field = True
            if not blank and ord(text[start]) == 37 and text.startswith("%%begin", start):
                name = text[start + 7 : stop].split()
                if name and "begin" + name[0] in _BLOCKS:
                    block = name[0]
            start = following
        self.piece(state, int(begun), int(size))

    def begins_tune(self, start: i64, stop: i64, state: str) -> bool:
        text = self.text
        if start + 1 >= stop or ord(text[start + 1]) != 58:
            return False
        if self.has_x:
            return ord(text[start]) == 88
        return state != "tune" and text[start] in "TMLK"

    def piece(self, state: str, start: int, end: int) -> None:
        if end > start:
            self.pieces.append((state, start, end))

    def read(self) -> None:
        tune = self.next_tune()
        while tune is not None:
            self.tunes.append(tune)
            # A tuple of elements is looked through once, found to hold no containers and
            # left alone from then on. Done soon, while the elements are in the processor's
            # cache, that costs less than the collector's own later visit.
            if len(self.tunes) % _TUNES_A_LOOK == 0 and gc.isenabled():
                gc.collect(0)
            tune = self.next_tune()

    def next_tune(self) -> Tune | None:
        """Read on to the end of the next tune; None at the end of the file."""
        text = self.text
        while self.next_piece < len(self.pieces):
            state, start, end = self.pieces[self.next_piece]
            line = self.next_line
            self.next_piece += 1
            self.next_line += count_lines(text, start, end, self.has_cr)
            if state == "header":
                self.inherited = self.read_header(start, end)
            elif state == "tune":
                tune = TuneReader(text[start:end], start, line, self.strict).read(self.inherited)
                self.before = tune
                return tune
            elif not text[start:end].isspace():
                self.free_text(start, end)
        return None

    def free_text(self, start: int, end: int) -> None:
        """Report music that is in no tune; its place in the tune before counts beyond its end."""
        from chatmusician.abc.stray import stray_music

        before = self.before
        x = "" if before is None else before.x
        whole = Tune(self.text, 0, 1, x, (), (), (), (), False)
        offset = 0 if before is None else before.offset
        for stray in stray_music(self.text, start, end, before):
            found = diagnostic(whole, stray.code, stray.start, stray.end)
            self.problems.append(
                Diagnostic(
                    found.code,
                    found.kind,
                    found.severity,
                    found.line,
                    found.column,
                    found.message,
                    found.hint,
                    stray.start - offset,
                    stray.end - offset,
                    x,
                )
            )

    def read_header(self, start: int, end: int) -> tuple[Element, ...]:
        """The file header: fields and directives that count for every tune."""
        found = _STRICT.match(self.text[start:end])
        self.strict = found is not None and (int(found[1][:3]), int(found[2][:3])) >= (2, 1)
        reader = TuneReader(self.text[start:end], start, 1, self.strict)
        header = reader.read(())
        self.problems.extend(d for d in header.problems if d.code in _HEADER_FINDINGS)
        self.header = [e for e in reader.header if isinstance(e, (Field, Directive))]
        return tuple(self.header)


def is_blank(text: str, start: i64, stop: i64) -> bool:
    while start < stop:
        c: i64 = ord(text[start])
        if c != 32 and c != 9:
            return False
        start += 1
    return True


def is_header_line(text: str, start: i64, stop: i64) -> bool:
    """Whether a line can stand in the file header: a field or a ``%`` line."""
    c: i64 = ord(text[start])
    if c == 37:
        return True
    return start + 1 < stop and ord(text[start + 1]) == 58 and text[start] in HEADER_FIELDS + "+"


def count_lines(text: str, start: int, end: int, has_cr: bool) -> int:
    if not has_cr:
        return text.count("\n", start, end)
    pairs = text.count("\r\n", start, end)
    return text.count("\n", start, end) + text.count("\r", start, end) - pairs


class OpenBook:
    """A file whose tunes are read one after the other, none of them kept.

    ``problems`` are the findings about the file itself, complete when ``next_tune`` has
    returned None.
    """

    def __init__(self, data: bytes | str) -> None:
        self.encoding: str = "utf-8"
        self.bom: bytes = b""
        self.decoding: Diagnostic | None = None
        self.count: int = 0
        if isinstance(data, bytes):
            decoded = decode(data)
            text, self.encoding, self.bom = decoded.text, decoded.encoding, decoded.bom
            if decoded.problem:
                at = min(decoded.offset, len(text))
                detail = decoded.detail
                self.decoding = diagnostic(bare(text), decoded.problem, at, at + 1, detail)
        else:
            text = data
        self.reader: BookReader = BookReader(text)
        self.reader.split()

    def next_tune(self) -> Tune | None:
        """The next tune; None at the end of the file."""
        tune = self.reader.next_tune()
        if tune is not None:
            self.count += 1
        return tune

    @property
    def problems(self) -> tuple[Diagnostic, ...]:
        found = [] if self.decoding is None else [self.decoding]
        if self.count == 0:
            found.append(diagnostic(bare(self.reader.text), "no-tunes", 0, 0))
        found.extend(self.reader.problems)
        return tuple(found)


def bare(text: str) -> Tune:
    """A tune without elements, for findings about a whole file."""
    return Tune(text, 0, 1, "", (), (), (), (), False)


def read(data: bytes | str, *, source: str = "<text>") -> Book:
    """Read ABC from bytes (encoding found out) or text. Never fails: problems are listed."""
    book = OpenBook(data)
    reader = book.reader
    reader.read()
    book.count = len(reader.tunes)
    return Book(
        reader.text,
        source,
        book.encoding,
        book.bom,
        tuple(reader.header),
        tuple(reader.tunes),
        tuple(reader.pieces),
        book.problems,
    )
