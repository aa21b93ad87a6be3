"""What the reader makes of ABC text: a book of tunes, each a flat tuple of elements.

Every element keeps the span of source it came from (``start``, ``end``: character
offsets in ``Tune.text``), so the source can be written back unchanged and every
message can name a line and a column. Attributes are final: a changed tune is a new
text, read again (see ``transform``).
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from mypy_extensions import i64, mypyc_attr

from chatmusician.abc.mend import Mend

NO_ACCIDENTAL: Final[i64] = -99

BAR_PLAIN: Final[i64] = 0
BAR_DOUBLE: Final[i64] = 1
BAR_FINAL: Final[i64] = 2
BAR_HEAVY_START: Final[i64] = 3
BAR_DOTTED: Final[i64] = 4
BAR_INVISIBLE: Final[i64] = 5

BREAK_LINE: Final[i64] = 0
BREAK_CONTINUED: Final[i64] = 1
BREAK_SCORE: Final[i64] = 2


@mypyc_attr(acyclic=True, allow_interpreted_subclasses=False)
class Element:
    """Anything in a tune that has a place in the source."""

    __slots__ = ("end", "start")

    def __init__(self, start: i64, end: i64) -> None:
        self.start: Final[i64] = start
        self.end: Final[i64] = end

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {int(self.start)}:{int(self.end)}>"


@mypyc_attr(acyclic=True)
class Note(Element):
    """One written note. ``step`` counts C=0 … B=6; ``octave`` 0 holds ``C``, 1 ``c``."""

    __slots__ = ("accidental", "den", "head_end", "num", "octave", "step", "tie")

    def __init__(
        self,
        start: i64,
        end: i64,
        head_end: i64,
        step: i64,
        octave: i64,
        accidental: i64,
        num: i64,
        den: i64,
        tie: i64,
    ) -> None:
        super().__init__(start, end)
        self.head_end: Final[i64] = head_end
        self.step: Final[i64] = step
        self.octave: Final[i64] = octave
        self.accidental: Final[i64] = accidental
        self.num: Final[i64] = num
        self.den: Final[i64] = den
        self.tie: Final[i64] = tie


@mypyc_attr(acyclic=True)
class Chord(Element):
    """Notes in square brackets; ``num/den`` is the length written after the bracket.

    ``inner`` holds everything between the brackets in order (notes, decorations, …),
    ``notes`` only the notes. ``close`` is the offset just after ``]``.
    """

    __slots__ = ("close", "den", "inner", "notes", "num", "tie")

    def __init__(
        self,
        start: i64,
        end: i64,
        close: i64,
        notes: tuple[Note, ...],
        inner: tuple[Element, ...],
        num: i64,
        den: i64,
        tie: i64,
    ) -> None:
        super().__init__(start, end)
        self.close: Final[i64] = close
        self.notes: Final[tuple[Note, ...]] = notes
        self.inner: Final[tuple[Element, ...]] = inner
        self.num: Final[i64] = num
        self.den: Final[i64] = den
        self.tie: Final[i64] = tie


@mypyc_attr(acyclic=True)
class Rest(Element):
    """``z`` or ``x`` (a length), ``Z`` or ``X`` (``num`` whole bars)."""

    __slots__ = ("den", "letter", "num")

    def __init__(self, start: i64, end: i64, letter: str, num: i64, den: i64) -> None:
        super().__init__(start, end)
        self.letter: Final[str] = letter
        self.num: Final[i64] = num
        self.den: Final[i64] = den


@mypyc_attr(acyclic=True)
class Bar(Element):
    """A bar line. ``closes`` counts the colons before it, ``opens`` those after it."""

    __slots__ = ("closes", "opens", "style")

    def __init__(self, start: i64, end: i64, style: i64, closes: i64, opens: i64) -> None:
        super().__init__(start, end)
        self.style: Final[i64] = style
        self.closes: Final[i64] = closes
        self.opens: Final[i64] = opens


@mypyc_attr(acyclic=True)
class Ending(Element):
    """A variant ending mark such as ``[1``, the ``2`` of ``:|2``, or ``[1,3``."""

    __slots__ = ("numbers",)

    def __init__(self, start: i64, end: i64, numbers: tuple[int, ...]) -> None:
        super().__init__(start, end)
        self.numbers: Final[tuple[int, ...]] = numbers


@mypyc_attr(acyclic=True)
class Tuplet(Element):
    """``(p:q:r``; ``q`` and ``r`` are 0 where the source leaves them to the default."""

    __slots__ = ("p", "q", "r")

    def __init__(self, start: i64, end: i64, p: i64, q: i64, r: i64) -> None:
        super().__init__(start, end)
        self.p: Final[i64] = p
        self.q: Final[i64] = q
        self.r: Final[i64] = r


@mypyc_attr(acyclic=True)
class BrokenRhythm(Element):
    """``>`` counts up from 1, ``<`` down from -1 (``>>`` is 2, ``<<<`` is -3)."""

    __slots__ = ("count",)

    def __init__(self, start: i64, end: i64, count: i64) -> None:
        super().__init__(start, end)
        self.count: Final[i64] = count


@mypyc_attr(acyclic=True)
class Tie(Element):
    """A ``-`` that does not stand directly after its note (``A -A``, ``A>-A``)."""

    __slots__ = ()


@mypyc_attr(acyclic=True)
class Slur(Element):
    __slots__ = ("dotted", "opens")

    def __init__(self, start: i64, end: i64, opens: bool, dotted: bool) -> None:
        super().__init__(start, end)
        self.opens: Final[bool] = opens
        self.dotted: Final[bool] = dotted


@mypyc_attr(acyclic=True)
class Grace(Element):
    """Grace notes; ``slash`` marks an acciaccatura ``{/g}``."""

    __slots__ = ("notes", "slash")

    def __init__(self, start: i64, end: i64, notes: tuple[Note, ...], slash: bool) -> None:
        super().__init__(start, end)
        self.notes: Final[tuple[Note, ...]] = notes
        self.slash: Final[bool] = slash


@mypyc_attr(acyclic=True)
class Decoration(Element):
    """``name`` is the long name, whatever the spelling (``~``, ``!roll!``, ``+roll+``)."""

    __slots__ = ("name",)

    def __init__(self, start: i64, end: i64, name: str) -> None:
        super().__init__(start, end)
        self.name: Final[str] = name


@mypyc_attr(acyclic=True)
class ChordSymbol(Element):
    __slots__ = ("text",)

    def __init__(self, start: i64, end: i64, text: str) -> None:
        super().__init__(start, end)
        self.text: Final[str] = text


@mypyc_attr(acyclic=True)
class Annotation(Element):
    """Text placed by its first character: above ``^``, below ``_``, ``<``, ``>``, ``@``."""

    __slots__ = ("placement", "text")

    def __init__(self, start: i64, end: i64, placement: str, text: str) -> None:
        super().__init__(start, end)
        self.placement: Final[str] = placement
        self.text: Final[str] = text


@mypyc_attr(acyclic=True)
class Overlay(Element):
    """``&``: back to the start of the bar, in a further layer of the same voice."""

    __slots__ = ()


@mypyc_attr(acyclic=True)
class Spacer(Element):
    """``y`` with its optional width: room on the page, no time."""

    __slots__ = ()


@mypyc_attr(acyclic=True)
class LineBreak(Element):
    """The end of a music line; ``kind`` tells a plain one, ``\\`` and ``$`` apart."""

    __slots__ = ("kind",)

    def __init__(self, start: i64, end: i64, kind: i64) -> None:
        super().__init__(start, end)
        self.kind: Final[i64] = kind


@mypyc_attr(acyclic=True)
class Field(Element):
    """An information field: a line ``K:G`` or, ``inline``, ``[K:G]``.

    ``value`` is stripped, without the comment, continuation lines (``+:``) joined.
    """

    __slots__ = ("inline", "letter", "value")

    def __init__(self, start: i64, end: i64, letter: str, value: str, inline: bool) -> None:
        super().__init__(start, end)
        self.letter: Final[str] = letter
        self.value: Final[str] = value
        self.inline: Final[bool] = inline


@mypyc_attr(acyclic=True)
class Directive(Element):
    """A ``%%name value`` line or, equally, an ``I:name value`` field."""

    __slots__ = ("name", "value")

    def __init__(self, start: i64, end: i64, name: str, value: str) -> None:
        super().__init__(start, end)
        self.name: Final[str] = name
        self.value: Final[str] = value


@mypyc_attr(acyclic=True)
class Comment(Element):
    __slots__ = ()


@mypyc_attr(acyclic=True)
class Unknown(Element):
    """Source that is no ABC; a diagnostic names it."""

    __slots__ = ()


@mypyc_attr(acyclic=True)
class Diagnostic:
    """One finding, with its place in the whole file (lines and columns from 1).

    ``mend`` is the repair that ``fix`` makes, None where there is no single right one.
    """

    __slots__ = (
        "code",
        "column",
        "end",
        "hint",
        "kind",
        "line",
        "mend",
        "message",
        "severity",
        "start",
        "tune",
    )

    def __init__(
        self,
        code: str,
        kind: str,
        severity: str,
        line: int,
        column: int,
        message: str,
        hint: str,
        start: int = 0,
        end: int = 0,
        tune: str = "",
        mend: Mend | None = None,
    ) -> None:
        self.code: Final = code
        self.kind: Final = kind
        self.severity: Final = severity
        self.line: Final = line
        self.column: Final = column
        self.message: Final = message
        self.hint: Final = hint
        self.start: Final = start
        self.end: Final = end
        self.tune: Final = tune
        self.mend: Final = mend

    def __reduce__(self) -> tuple[object, ...]:
        # Findings travel between processes; a compiled class is made anew by its arguments.
        place = (self.line, self.column, self.message, self.hint, self.start, self.end)
        return Diagnostic, (self.code, self.kind, self.severity, *place, self.tune, self.mend)

    def __repr__(self) -> str:
        return f"{self.line}:{self.column}: {self.severity} {self.code}: {self.message}"

    def as_dict(self) -> dict[str, object]:
        return {
            "code": self.code,
            "kind": self.kind,
            "severity": self.severity,
            "line": self.line,
            "column": self.column,
            "message": self.message,
            "hint": self.hint,
        }


@mypyc_attr(acyclic=True)
class Tune:
    """One ``X:`` block: its source, its header fields and the elements of its body.

    ``inherited`` holds the fields and directives of the file header, which count
    before the tune's own. ``problems`` are what the reader itself found; ``check``
    adds what only the music shows.
    """

    __slots__ = (
        "_line_starts",
        "elements",
        "first_line",
        "has_words",
        "header",
        "inherited",
        "offset",
        "problems",
        "text",
        "x",
    )

    def __init__(
        self,
        text: str,
        offset: int,
        first_line: int,
        x: str,
        header: tuple[Element, ...],
        elements: tuple[Element, ...],
        inherited: tuple[Element, ...],
        problems: tuple[Diagnostic, ...],
        has_words: bool,
    ) -> None:
        self.text: Final = text
        self.offset: Final = offset
        self.first_line: Final = first_line
        self.x: Final = x
        self.header: Final = header
        self.elements: Final = elements
        self.inherited: Final = inherited
        self.problems: Final = problems
        self.has_words: Final = has_words
        self._line_starts: list[int] | None = None

    def __repr__(self) -> str:
        return f"<Tune X:{self.x} {self.title!r}>"

    def source(self, element: Element) -> str:
        """The text the element was read from."""
        return self.text[element.start : element.end]

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column in the file of an offset in this tune's text, both from 1."""
        if self._line_starts is None:
            self._line_starts = line_starts(self.text)
        row = bisect_right(self._line_starts, offset) - 1
        return self.first_line + row, offset - self._line_starts[row] + 1

    def fields(self, letter: str) -> list[Field]:
        """The header fields of one letter, in order, the file header's first."""
        return [
            e
            for part in (self.inherited, self.header)
            for e in part
            if isinstance(e, Field) and e.letter == letter
        ]

    def value(self, letter: str, default: str = "") -> str:
        """The last value of a header field (the one that counts for K, L, M, Q)."""
        found = self.fields(letter)
        return found[-1].value if found else default

    @property
    def title(self) -> str:
        """The first title, with TeX accents and entities read."""
        from chatmusician.abc.encoding import read_text

        found = self.fields("T")
        return read_text(found[0].value) if found else ""


class Book:
    """A file of tunes with what stands before and between them.

    ``pieces`` are the spans of ``text`` in order: ``("header" | "free" | "tune", start,
    end)``; together they cover the whole text.
    """

    __slots__ = ("bom", "encoding", "header", "pieces", "problems", "source", "text", "tunes")

    def __init__(
        self,
        text: str,
        source: str,
        encoding: str,
        bom: bytes,
        header: tuple[Element, ...],
        tunes: tuple[Tune, ...],
        pieces: tuple[tuple[str, int, int], ...],
        problems: tuple[Diagnostic, ...],
    ) -> None:
        self.text: Final = text
        self.source: Final = source
        self.encoding: Final = encoding
        self.bom: Final = bom
        self.header: Final = header
        self.tunes: Final = tunes
        self.pieces: Final = pieces
        self.problems: Final = problems

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What the reader found, in file order (``check`` finds more)."""
        found = list(self.problems)
        for tune in self.tunes:
            found.extend(tune.problems)
        found.sort(key=by_place)
        return tuple(found)

    def to_bytes(self) -> bytes:
        """The file as it was read, byte for byte."""
        return self.bom + self.text.encode(self.encoding)


def by_place(diagnostic: Diagnostic) -> tuple[int, int]:
    return diagnostic.line, diagnostic.column


def line_starts(text: str) -> list[int]:
    """Offsets at which lines begin; a line ends with LF, CR LF or a lone CR."""
    starts = [0]
    if "\r" not in text:
        found = text.find("\n")
        while found >= 0:
            starts.append(found + 1)
            found = text.find("\n", found + 1)
        return starts
    position: i64 = 0
    size: i64 = len(text)
    while position < size:
        code: i64 = ord(text[position])
        position += 1
        if code == 13 and position < size and ord(text[position]) == 10:
            position += 1
        if code == 10 or code == 13:
            starts.append(int(position))
    return starts
