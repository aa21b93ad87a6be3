"""A tune made ready for questions: canonical, without names, checked, its facts at hand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from chatmusician import abc
from chatmusician.abc import Timeline, Tune
from chatmusician.abc.analysis import Bar, Form, Section, form, melody, sections
from chatmusician.abc.encoding import read_text
from chatmusician.abc.tune import Chord, Note
from chatmusician.model.score_text import first_error, score_text
from chatmusician.train.corpus import tidy
from chatmusician.train.corpus.families import runs_of
from chatmusician.train.corpus.line_ends import with_bar_lines

FEWEST_BARS = 4
LONGEST_TEXT = 4000


@dataclass(frozen=True)
class Refused:
    """Why a tune gives no rows."""

    id: str
    reason: str


@dataclass(frozen=True)
class Piece:
    """``text`` is the canonical form with X:1 and no names; the names stand beside it.

    Whatever is read from the text is kept from its first use on. A collection of pieces
    is therefore kept as copies (``dataclasses.replace``) that have not read anything yet.
    """

    id: str
    src: str
    text: str
    titles: tuple[str, ...]
    composers: tuple[str, ...]

    @cached_property
    def tune(self) -> Tune:
        return one_tune(self.text)

    @cached_property
    def line(self) -> Timeline:
        return abc.timeline(self.tune, trace=True)

    @property
    def single(self) -> bool:
        """Whether it is one voice without overlays, so that bars can be cut out."""
        return len(self.line.voices) == 1 and "&" not in self.body

    @property
    def head(self) -> str:
        """The header lines of ``text``."""
        return self.text[: len(self.text) - len(self.body)]

    @cached_property
    def body(self) -> str:
        found = re.search(r"^K:.*\n", self.text, re.M)
        return self.text[found.end() :] if found else self.text

    @cached_property
    def bars(self) -> list[Bar]:
        return melody(self.line)

    @cached_property
    def sections(self) -> list[Section]:
        return sections(self.line)

    @cached_property
    def form(self) -> Form:
        return form(self.sections)

    @cached_property
    def runs(self) -> frozenset[int]:
        return runs_of(self.bars)

    @cached_property
    def chords(self) -> list[str]:
        from chatmusician.abc.analysis import progression

        return progression(self.line)

    def bar_text(self, measure: int) -> str:
        """The music of one measure of a single-voiced piece, without its bar lines."""
        found = self.line.voices[0].measures[measure]
        return self.tune.text[found.first : found.last].strip()


def prepare(tune: Tune, *, id: str, src: str) -> Piece | Refused:
    """The piece of a tune, or the reason why it gives no rows.

    The reason is the code of the first error that ``check`` finds, or one of: ``no-notes``,
    ``too-few-bars``, ``too-long``, ``end-mark``, ``canonical:CODE`` where only the
    canonical form has an error.
    """
    if not any(isinstance(e, (Note, Chord)) for e in tune.elements):
        return Refused(id, "no-notes")
    error = first_error(tune)
    if error:
        made = with_bar_lines(tune, abc.timeline(tune)) if error == "bar-too-long" else None
        if made is None:
            return Refused(id, error)
        tune = made
    text = score_text(tune)
    if "</s>" in text:
        return Refused(id, "end-mark")
    if len(text) > LONGEST_TEXT:
        return Refused(id, "too-long")
    titles = tuple(read_text(f.value) for f in tune.fields("T") if tidy.is_title(f.value))
    piece = Piece(id, src, text, titles, tuple(field.value for field in tune.fields("C")))
    error = first_error(piece.tune)
    if error:
        return Refused(id, f"canonical:{error}")
    if sum(bar.full for bar in piece.bars) < FEWEST_BARS:
        return Refused(id, "too-few-bars")
    return piece


def one_tune(text: str) -> Tune:
    (tune,) = abc.read(text).tunes
    return tune
