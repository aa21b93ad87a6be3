"""One line of music code to elements, with the span of each.

Compiled with mypyc (docs/decisions/0003-compiled-core.md), hence the character codes
and the 64-bit integers: this is where a reader spends most of its time.
"""

from __future__ import annotations

import re
from typing import Final

from mypy_extensions import i64

from chatmusician.abc.endings import ending_numbers, numbers_of_text
from chatmusician.abc.notes import NoteLexer
from chatmusician.abc.tables import DECORATION_ALIASES, DECORATIONS, INLINE_FIELDS, SHORTHAND
from chatmusician.abc.tune import (
    BAR_DOTTED,
    BAR_DOUBLE,
    BAR_FINAL,
    BAR_HEAVY_START,
    BAR_INVISIBLE,
    BAR_PLAIN,
    BREAK_CONTINUED,
    BREAK_LINE,
    BREAK_SCORE,
    Annotation,
    Bar,
    Chord,
    ChordSymbol,
    Comment,
    Decoration,
    Directive,
    Element,
    Ending,
    Field,
    Grace,
    LineBreak,
    Note,
    Overlay,
    Rest,
    Slur,
    Spacer,
    Tie,
    Tuplet,
    Unknown,
)

_LONGEST_NAME: Final[i64] = 40

# Where an annotation such as ``"@1,-2 free"`` is put, in points.
_PLACE: Final = re.compile(r"\s*-?\d+(?:\.\d+)?\s*,\s*-?\d+(?:\.\d+)?\s*")
_CHORD_NAME: Final = re.compile(
    r"\(?[A-G][#b\u266f\u266d]?(?:m|M|maj|min|dim|aug|sus|add|no|[-+()/*^\d\s]|\Z)"
)


class Lexer(NoteLexer):
    """Turns the music lines of one tune into elements."""

    # -- a line ---------------------------------------------------------------

    def line(self, start: i64, end: i64) -> None:
        """Read the music line ``text[start:end]`` (no line end inside)."""
        text = self.text
        out = self.out
        self.pos = start
        self.end = end
        self.after_bar = False
        continued = False
        while self.pos < end:
            i: i64 = self.pos
            c: i64 = ord(text[i])
            if (97 <= c <= 103) or (65 <= c <= 71):
                self.after_bar = False
                out.append(self.note(i))
            elif c == 32 or c == 9 or c == 96:
                self.pos = i + 1
            elif c == 124 or c == 58:
                self.bar(i)
            elif c == 34:
                self.quoted(i)
            elif c == 37:
                out.append(Comment(self.at(i), self.until(end)))
                self.pos = end
            elif c == 92:
                if self.only_blank_after(i + 1):
                    continued = True
                    self.pos = i + 1
                else:
                    self.unknown(i)
            elif 48 <= c <= 57 and self.after_bar and self.is_ending(i):
                self.ending(i, i)
            else:
                if c != 91:
                    self.after_bar = False
                self.other(i, c)
        kind = BREAK_CONTINUED if continued else BREAK_LINE
        out.append(LineBreak(self.at(end), self.at(end), kind))

    def is_ending(self, i: i64) -> bool:
        """Whether a digit after a bar line is an ending: directly, or alone between blanks."""
        before: i64 = ord(self.text[i - 1]) if i > 0 else 0
        if before != 32 and before != 9:
            return True
        return i + 1 >= self.end or ord(self.text[i + 1]) == 32

    def only_blank_after(self, i: i64) -> bool:
        """Whether nothing but blanks and a comment follows in the line."""
        while i < self.end:
            c: i64 = ord(self.text[i])
            if c == 37:
                return True
            if c != 32 and c != 9:
                return False
            i += 1
        return True

    def other(self, i: i64, c: i64) -> None:
        """Anything but a note, a bar line, a text or a blank."""
        out = self.out
        if c > 71 and self.symbols and self.text[i] in self.symbols:
            self.symbol(i, self.symbols[self.text[i]])
        elif c == 91:
            self.bracket(i)
        elif c == 94 or c == 95 or c == 61:
            self.accidental(i)
        elif c == 122 or c == 120 or c == 90 or c == 88:
            self.pos = i + 1
            self.length()
            if c == 90 or c == 88:
                self.den = 1
            letter = self.text[i]
            out.append(Rest(self.at(i), self.until(self.pos), letter, self.num, self.den))
        elif c == 40:
            self.paren(i)
        elif c == 41:
            self.pos = i + 1
            out.append(Slur(self.at(i), self.until(i + 1), False, False))
        elif c == 62 or c == 60:
            self.broken(i, c)
        elif c == 123:
            self.grace(i)
        elif c == 45:
            self.pos = i + 1
            before: i64 = ord(self.text[i - 1]) if i > 0 else 32
            if before == 32 or before == 124:
                self.problem("tie-apart", i, i + 1)
            out.append(Tie(self.at(i), self.until(i + 1)))
        elif c == 33 or c == 43:
            self.decoration(i, c)
        elif c == 46:
            self.dot(i)
        elif c == 38:
            self.pos = i + 1
            out.append(Overlay(self.at(i), self.until(i + 1)))
        elif c == 121:
            self.pos = i + 1
            self.number()  # a width on the page, so 0 is no fault
            out.append(Spacer(self.at(i), self.until(self.pos)))
        elif c == 36:
            self.pos = i + 1
            out.append(LineBreak(self.at(i), self.until(i + 1), BREAK_SCORE))
        elif self.text[i] in SHORTHAND:
            self.pos = i + 1
            out.append(Decoration(self.at(i), self.until(i + 1), SHORTHAND[self.text[i]]))
        else:
            self.unknown(i)

    # -- bars -----------------------------------------------------------------

    def bar(self, i: i64) -> None:
        """A bar line at ``i``: any run of ``| : [| |]`` (2.1 is liberal, section 4.8)."""
        text = self.text
        end = self.end
        start = i
        c: i64 = ord(text[i])
        following: i64 = ord(text[i + 1]) if i + 1 < end else 0
        if c == 124 and following != 124 and following != 58 and following != 93:
            self.pos = i + 1
            self.after_bar = True
            self.out.append(Bar(self.at(i), self.until(i + 1), BAR_PLAIN, 0, 0))
            return
        if c == 46:
            i += 1
        first = i
        lines: i64 = 0
        before: i64 = 0
        after: i64 = 0
        heavy_end = False
        while i < end:
            c = ord(text[i])
            if c == 124:
                lines += 1
                if after:
                    before += after
                    after = 0
            elif c == 58:
                if lines:
                    after += 1
                else:
                    before += 1
            elif c == 93:
                if not lines or ord(text[i - 1]) == 93:
                    break
                heavy_end = True
            elif c == 91:
                if i > first and ord(text[i - 1]) == 58 and not lines:
                    break
                if i + 1 >= end or ord(text[i + 1]) != 124:
                    break
                if lines:
                    break
            else:
                break
            i += 1
        self.pos = i
        if not lines:
            if before < 2:
                self.unknown(first)
                return
            after = before // 2
            before -= after
        style = BAR_PLAIN
        if first != start:
            style = BAR_DOTTED
        elif heavy_end:
            style = BAR_INVISIBLE if ord(text[start]) == 91 and lines == 1 else BAR_FINAL
        elif ord(text[start]) == 91:
            style = BAR_HEAVY_START
        elif lines >= 2:
            style = BAR_DOUBLE
        self.after_bar = True
        self.out.append(Bar(self.at(start), self.until(i), style, before, after))

    def ending(self, start: i64, i: i64) -> None:
        """The numbers of a variant ending, from ``i``; the mark began at ``start``."""
        text = self.text
        end = self.end
        first = i
        while i < end:
            c: i64 = ord(text[i])
            if not (48 <= c <= 57 or c == 44 or c == 45 or c == 46):
                break
            if (c == 44 or c == 45 or c == 46) and (
                i + 1 >= end or not 48 <= ord(text[i + 1]) <= 57
            ):
                break
            i += 1
        self.after_bar = False
        self.pos = i
        numbers = ending_numbers(text[first:i])
        if not numbers:
            self.problem("ending-number", start, i, text[first:i])
            numbers = (1,)
        self.out.append(Ending(self.at(start), self.until(i), numbers))

    def text_ending(self, i: i64) -> bool:
        """Read ``["1st time"``: an ending named by a text, unless a chord begins at ``i``."""
        text = self.text
        close: i64 = text.find('"', i + 2, self.end)
        if close < 0:
            return False
        j = close + 1
        while j < self.end:
            c: i64 = ord(text[j])
            if c == 93:
                return False
            if c == 124 or c == 91 or c == 37:
                break
            j += 1
        content = text[i + 2 : close]
        numbers = numbers_of_text(content)
        if numbers:
            self.out.append(Ending(self.at(i), self.until(i + 1), numbers))
        elif not content or _CHORD_NAME.match(content):
            return False
        else:
            self.problem("ending-number", i, close + 1, content)
        content = content[1:] if content[0] in "^_<>@" else content
        self.out.append(Annotation(self.at(i + 1), self.until(close + 1), "^", content))
        self.pos = close + 1
        return True

    # -- brackets -------------------------------------------------------------

    def bracket(self, i: i64) -> None:
        """``[``: a bar line, an ending, an inline field or a chord."""
        text = self.text
        end = self.end
        following: i64 = ord(text[i + 1]) if i + 1 < end else 0
        if following == 124:
            self.bar(i)
            return
        j = i + 1
        while j < end and ord(text[j]) == 32:
            j += 1
        if j < end and 48 <= ord(text[j]) <= 57:
            self.ending(i, j)
            return
        self.after_bar = False
        if following == 34 and self.text_ending(i):
            return
        if (
            i + 2 < end
            and ord(text[i + 2]) == 58
            and ((65 <= following <= 90) or (97 <= following <= 122))
        ):
            self.inline_field(i)
            return
        self.chord(i)

    def inline_field(self, i: i64) -> None:
        text = self.text
        close: i64 = text.find("]", i, self.end)
        if close < 0:
            self.problem("unclosed-field", i, self.end)
            self.out.append(Unknown(self.at(i), self.until(self.end)))
            self.pos = self.end
            return
        letter = text[i + 1]
        value = text[i + 3 : close].strip()
        self.pos = close + 1
        start, stop = self.at(i), self.until(close + 1)
        if letter not in INLINE_FIELDS:
            self.problem("misplaced-field", i, close + 1, letter)
        if letter == "I":
            name, _, rest = value.partition(" ")
            self.add_field(Directive(start, stop, name, rest.strip()))
        else:
            self.add_field(Field(start, stop, letter, value, True))

    def add_field(self, element: Element) -> None:
        """Keep an inline field; the reader's own lexer also lets it change what follows."""
        self.out.append(element)

    def chord(self, i: i64) -> None:
        text = self.text
        outer = self.out
        inner: list[Element] = []
        notes: list[Note] = []
        self.out = inner
        self.pos = i + 1
        closed = False
        while self.pos < self.end:
            j = self.pos
            c: i64 = ord(text[j])
            if c == 93:
                self.pos = j + 1
                closed = True
                break
            if c == 124 or c == 91 or c == 37:
                break
            if (97 <= c <= 103) or (65 <= c <= 71):
                inner.append(self.note(j))
            elif c == 32 or c == 9 or c == 96:
                self.pos = j + 1
            elif c == 34:
                self.quoted(j)
            elif c == 122 or c == 120:
                self.pos = j + 1
                self.length()
            elif c == 92 or c == 58 or c == 38 or c == 123 or c == 125:
                self.unknown(j)
            else:
                self.other(j, c)
        self.out = outer
        for element in inner:
            if isinstance(element, Note):
                notes.append(element)
        close = self.pos
        if not closed:
            self.problem("unclosed-chord", i, self.pos, text[i : self.pos])
        self.num = 1
        self.den = 1
        if closed and self.pos < self.end and 47 <= ord(text[self.pos]) <= 57:
            self.length()
        num = self.num
        den = self.den
        tie = self.tie() if closed else 0
        if not notes:
            self.problem("empty-chord", i, self.pos, text[i : self.pos])
            outer.extend(inner)
            return
        start, stop = self.at(i), self.until(self.pos)
        outer.append(
            Chord(start, stop, self.until(close), tuple(notes), tuple(inner), num, den, tie)
        )

    def grace(self, i: i64) -> None:
        text = self.text
        outer = self.out
        inner: list[Element] = []
        self.out = inner
        self.pos = i + 1
        slash = False
        if self.pos < self.end and ord(text[self.pos]) == 47:
            slash = True
            self.pos += 1
        closed = False
        while self.pos < self.end:
            j = self.pos
            c: i64 = ord(text[j])
            if c == 125:
                self.pos = j + 1
                closed = True
                break
            if c == 124 or c == 37 or c == 123:
                break
            if (97 <= c <= 103) or (65 <= c <= 71):
                inner.append(self.note(j))
            elif c == 32 or c == 9 or c == 96 or c == 91 or c == 93:
                self.pos = j + 1
            elif c == 34:
                self.quoted(j)
            elif c == 92 or c == 58:
                self.unknown(j)
            else:
                self.other(j, c)
        self.out = outer
        notes: list[Note] = []
        for element in inner:
            if isinstance(element, Note):
                notes.append(element)
        if not closed:
            self.problem("unclosed-grace", i, self.pos, text[i : self.pos])
        outer.append(Grace(self.at(i), self.until(self.pos), tuple(notes), slash))

    # -- tuplets and slurs ----------------------------------------------------

    def paren(self, i: i64) -> None:
        """``(``: a tuplet where a digit follows, else a slur."""
        text = self.text
        self.pos = i + 1
        p = self.number()
        if self.pos == i + 1:
            self.out.append(Slur(self.at(i), self.until(i + 1), True, False))
            return
        q: i64 = 0
        r: i64 = 0
        if self.pos < self.end and ord(text[self.pos]) == 58:
            self.pos += 1
            q = self.number()
            if self.pos < self.end and ord(text[self.pos]) == 58:
                self.pos += 1
                r = self.number()
        if p < 2 or p > 99 or q > 99 or r > 99:
            if not (p == 1 and q == 1):
                self.problem("bad-tuplet", i, self.pos, text[i : self.pos])
            self.out.append(Unknown(self.at(i), self.until(self.pos)))
            return
        self.out.append(Tuplet(self.at(i), self.until(self.pos), p, q, r))

    # -- texts and decorations ------------------------------------------------

    def quoted(self, i: i64) -> None:
        text = self.text
        close: i64 = text.find('"', i + 1, self.end)
        while close > 0 and text[close - 1] == "\\" and close + 1 < self.end:
            close = text.find('"', close + 1, self.end)
        if close < 0:
            self.problem("unclosed-string", i, self.end, text[i : self.end])
            self.out.append(Unknown(self.at(i), self.until(self.end)))
            self.pos = self.end
            return
        self.pos = close + 1
        self.add_text(i, close + 1, text[i + 1 : close])

    def add_text(self, i: i64, end: i64, content: str) -> None:
        if content and content[0] in "^_<>@":
            words = content[1:]
            if content[0] == "@":
                words = _PLACE.sub("", words)
            self.out.append(Annotation(self.at(i), self.until(end), content[0], words))
        else:
            self.out.append(ChordSymbol(self.at(i), self.until(end), content.strip()))

    def dot(self, i: i64) -> None:
        """``.``: a dotted bar line or slur, else staccato."""
        text = self.text
        following: i64 = ord(text[i + 1]) if i + 1 < self.end else 0
        if following == 124:
            self.bar(i)
            return
        if following == 40:
            self.pos = i + 2
            if self.pos >= self.end or not 48 <= ord(text[self.pos]) <= 57:
                self.out.append(Slur(self.at(i), self.until(i + 2), True, True))
                return
        self.pos = i + 1
        if following == 45:
            self.pos = i + 2
            self.out.append(Tie(self.at(i), self.until(i + 2)))
            return
        self.out.append(Decoration(self.at(i), self.until(i + 1), "staccato"))

    def decoration(self, i: i64, c: i64) -> None:
        """``!name!`` or ``+name+``; a lone ``!`` is an old line break."""
        text = self.text
        mark = text[i]
        if c == 33 and self.bang_breaks:
            self.pos = i + 1
            self.out.append(LineBreak(self.at(i), self.until(i + 1), BREAK_SCORE))
            return
        limit = self.end
        if limit > i + _LONGEST_NAME:
            limit = i + _LONGEST_NAME
        close: i64 = text.find(mark, i + 1, limit)
        name = text[i + 1 : close].strip() if close > 0 else ""
        if is_decoration_text(name):
            self.pos = close + 1
            self.add_decoration(i, close + 1, name, c == 43)
            return
        self.pos = i + 1
        if c == 33 and self.only_blank_after(i + 1):
            self.out.append(LineBreak(self.at(i), self.until(i + 1), BREAK_SCORE))
            self.problem("old-line-break", i, i + 1)
            return
        self.pos = i + 1 + unclosed_name(self.text[i + 1 : limit])
        self.out.append(Unknown(self.at(i), self.until(self.pos)))
        self.problem("unclosed-decoration", i, self.pos, self.text[i : self.pos])

    def add_decoration(self, i: i64, end: i64, name: str, plus: bool) -> None:
        name = DECORATION_ALIASES.get(name, name)
        if plus and name not in DECORATIONS and is_note_text(name):
            self.problem("old-chord", i, end, name)
            self.out.append(Unknown(self.at(i), self.until(end)))
            return
        if name not in DECORATIONS:
            self.problem("unknown-decoration", i, end, name)
        self.out.append(Decoration(self.at(i), self.until(end), name))

    def symbol(self, i: i64, meaning: str) -> None:
        """A letter defined by U:; ``meaning`` is what stands right of its ``=``."""
        self.pos = i + 1
        if meaning.startswith('"'):
            self.add_text(i, i + 1, meaning.strip('"'))
            return
        name = meaning.strip("!+")
        if name and name not in ("nil", "none"):
            self.add_decoration(i, i + 1, name, False)


def is_decoration_text(name: str) -> bool:
    """Whether the text between two marks was meant as a decoration, not as music."""
    if not name or "|" in name or '"' in name or "[" in name:
        return False
    return " " not in name or not is_music_text(name)


def is_music_text(text: str) -> bool:
    return all(char in "ABCDEFGabcdefgzxyZX^_=,'/0123456789 ()-<>.{}" for char in text)


def unclosed_name(text: str) -> int:
    """How many characters after a lone mark are the name of a decoration, not music."""
    size = 0
    while size < len(text) and (text[size].isalnum() or text[size] == "."):
        size += 1
    if is_music_text(text[:size]):
        # ``!f`` before a blank is a mark left open, ``!f<a`` a line break and a note.
        return size if text[:size] in DECORATIONS and text[size : size + 1] == " " else 0
    for shorter in range(size, 0, -1):
        if text[:shorter] in DECORATIONS:
            return shorter
    return size


def is_note_text(name: str) -> bool:
    """Whether a text between plus signs is a chord as ABC 1.6 wrote it."""
    return all(char in "ABCDEFGabcdefg^_=,'/0123456789" for char in name)
