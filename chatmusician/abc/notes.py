"""Notes of a music line: pitch, octave, length, tie, accidental, broken rhythm."""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from chatmusician.abc.tune import NO_ACCIDENTAL, BrokenRhythm, Element, Note, Unknown

LONGEST: Final[i64] = 20_000


class NoteLexer:
    """Reads notes, lengths and accidentals at ``pos``; ``Lexer`` reads the rest.

    ``problems`` collects (rule code, start, end, detail). ``places``, when set, maps
    each offset of the line being read to an offset of the tune's text: macro
    expansion makes text that stands nowhere in the source.
    """

    def __init__(self, text: str) -> None:
        self.text: str = text
        self.pos: i64 = 0
        self.end: i64 = len(text)
        self.out: list[Element] = []
        self.problems: list[tuple[str, int, int, str]] = []
        self.places: list[int] | None = None
        self.ends: list[int] | None = None
        self.symbols: dict[str, str] = {}
        self.plus_decorations: bool = False
        self.bang_breaks: bool = False
        self.num: i64 = 1
        self.den: i64 = 1
        self.after_bar: bool = False

    # -- places ---------------------------------------------------------------

    def at(self, offset: i64) -> i64:
        places = self.places
        if places is None:
            return offset
        return places[min(offset, len(places) - 1)]

    def until(self, offset: i64) -> i64:
        """Where an element that ends at ``offset`` ends in the source."""
        ends = self.ends
        if ends is None:
            return offset
        return ends[min(offset, len(ends) - 1)]

    def problem(self, code: str, start: i64, end: i64, detail: str = "") -> None:
        self.problems.append((code, int(self.at(start)), int(self.until(end)), detail))

    def unknown(self, i: i64) -> None:
        """A character that means nothing; digits of one number count as one."""
        text = self.text
        self.pos = i + 1
        code = "unknown-character"
        c: i64 = ord(text[i])
        if 47 <= c <= 57:
            code = "misplaced-length"
            while self.pos < self.end and 47 <= ord(text[self.pos]) <= 57:
                self.pos += 1
        self.out.append(Unknown(self.at(i), self.until(self.pos)))
        self.problem(code, i, self.pos, text[i : self.pos])

    # -- notes ----------------------------------------------------------------

    def length(self) -> None:
        """Read a length at ``pos`` into ``num`` and ``den``."""
        text = self.text
        i: i64 = self.pos
        end: i64 = self.end
        num: i64 = 0
        den: i64 = 1
        digits = False
        start: i64 = i
        c: i64 = 0
        while i < end:
            c = ord(text[i])
            if not 48 <= c <= 57:
                break
            digits = True
            if num <= LONGEST:
                num = num * 10 + c - 48
            i += 1
        if not digits:
            num = 1
        if i < end and c == 47:
            slashes: i64 = 0
            while i < end and ord(text[i]) == 47:
                slashes += 1
                i += 1
            value: i64 = 0
            written = False
            while i < end:
                c = ord(text[i])
                if not 48 <= c <= 57:
                    break
                written = True
                if value <= LONGEST:
                    value = value * 10 + c - 48
                i += 1
            if slashes > 20:
                slashes = 21
            den = 1
            if written:
                slashes -= 1
                den = value
            while slashes > 0:
                den *= 2
                slashes -= 1
        self.pos = i
        if num == 0 or den == 0:
            self.problem("zero-length", start, i, text[start:i])
            num = 1
            den = 1
        elif num > LONGEST or den > LONGEST:
            self.problem("absurd-length", start, i, text[start:i])
            num = 1
            den = 1
        self.num = num
        self.den = den

    def tie(self) -> i64:
        """Read a ``-`` or ``.-`` at ``pos``: 1, 2 or, where there is none, 0."""
        i = self.pos
        if i < self.end:
            c: i64 = ord(self.text[i])
            if c == 45:
                self.pos = i + 1
                return 1
            if c == 46 and i + 1 < self.end and ord(self.text[i + 1]) == 45:
                self.pos = i + 2
                return 2
        return 0

    def note(self, i: i64) -> Note:
        """The note whose letter stands at ``i``, with nothing before it."""
        return self.pitched(i, i, NO_ACCIDENTAL)

    def pitched(self, start: i64, i: i64, accidental: i64) -> Note:
        """The note that begins at ``start`` and whose letter stands at ``i``."""
        text = self.text
        end = self.end
        c: i64 = ord(text[i])
        octave: i64 = 0
        if c >= 97:
            octave = 1
            c -= 32
        step = c - 67
        if step < 0:
            step += 7
        i += 1
        follow: i64 = ord(text[i]) if i < end else 0
        while follow == 39 or follow == 44:
            octave += 1 if follow == 39 else -1
            i += 1
            follow = ord(text[i]) if i < end else 0
        head_end: i64 = i
        self.pos = i
        num: i64 = 1
        den: i64 = 1
        tie: i64 = 0
        if 45 <= follow <= 57:  # ``-``, ``.``, ``/`` or a digit: most notes have none
            if follow >= 47:
                self.length()
                num = self.num
                den = self.den
            tie = self.tie()
        if octave > 9 or octave < -9:
            self.problem("absurd-length", start, head_end, "octave marks")
            octave = 9 if octave > 9 else -9
        if self.places is None:
            return Note(start, self.pos, head_end, step, octave, accidental, num, den, tie)
        return Note(
            self.at(start),
            self.until(self.pos),
            self.until(head_end),
            step,
            octave,
            accidental,
            num,
            den,
            tie,
        )

    def accidental_value(self, i: i64) -> i64:
        """Read the accidental at ``i``, leaving ``pos`` after it."""
        text = self.text
        end = self.end
        c: i64 = ord(text[i])
        self.pos = i + 1
        if c == 61:
            if self.pos < end and ord(text[self.pos]) == 61:
                self.pos += 1
            return 0
        value: i64 = 1
        while self.pos < end and ord(text[self.pos]) == c:
            self.pos += 1
            value += 1
        before = self.pos
        if self.pos < end and (47 <= ord(text[self.pos]) <= 57):
            self.length()
            self.problem("microtone", i, self.pos, text[i : self.pos])
            value = (2 * self.num + self.den) // (2 * self.den)
        elif value > 2:
            self.problem("accidental-without-note", i, before, text[i:before])
            value = 2
        return value if c == 94 else -value

    def accidental(self, i: i64) -> None:
        value = self.accidental_value(i)
        if self.pos < self.end and self.is_letter(self.pos):
            self.out.append(self.pitched(i, self.pos, value))
        else:
            self.out.append(Unknown(self.at(i), self.until(self.pos)))
            self.problem("accidental-without-note", i, self.pos, self.text[i : self.pos])

    def is_letter(self, i: i64) -> bool:
        c: i64 = ord(self.text[i])
        return (97 <= c <= 103) or (65 <= c <= 71)

    def broken(self, i: i64, c: i64) -> None:
        text = self.text
        self.pos = i + 1
        count: i64 = 1
        while self.pos < self.end and ord(text[self.pos]) == c:
            self.pos += 1
            count += 1
        if count > 6:
            self.problem("absurd-length", i, self.pos, text[i : self.pos])
            count = 6
        self.out.append(
            BrokenRhythm(self.at(i), self.until(self.pos), count if c == 62 else -count)
        )

    def number(self) -> i64:
        """The number at ``pos``, 0 where there is none, 1000 for anything larger."""
        value: i64 = 0
        while self.pos < self.end:
            c: i64 = ord(self.text[self.pos])
            if not 48 <= c <= 57:
                break
            if value < 1000:
                value = value * 10 + c - 48
            self.pos += 1
        return value
