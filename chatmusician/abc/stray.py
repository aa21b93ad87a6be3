"""Music outside the tunes of a file: after an empty line a tune is over (ABC 2.1, section 2.2.1).

Whatever follows is free text and is not read. Where it is plainly music, that is a finding; where
it is plainly music of the tune before, taking the empty lines away is the fix. Prose is never
taken for music: a line counts only if all of it reads as ABC and it has bar lines or lengths.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Final

from chatmusician.abc.reader import TuneReader
from chatmusician.abc.tables import BODY_FIELDS, HEADER_FIELDS
from chatmusician.abc.timeline import timeline
from chatmusician.abc.tune import Bar, Chord, Element, Field, Note, Tune

AFTER_BLANK: Final = "music-after-blank"
OUTSIDE: Final = "music-outside-tune"

_LINE: Final = re.compile(r"([^\r\n]*)(\r\n|\n|\r|\Z)")
_BLANK_LINES: Final = re.compile(r"(?:[ \t]*(?:\r\n|\n|\r))+")
_FIELD: Final = re.compile(r"[A-Za-z+]:(?![|:])")
_BLOCK: Final = re.compile(r"%%begin(text|ps|svg|ml|inc)\b")
# What no line of prose needs and nearly every line of music has: a bar line, a length, an octave
# mark, an accidental, or a capital before another note.
_CAN_BE_MUSIC: Final = re.compile(r"[|0-9/,'^_=]|[A-G][A-Ga-g]|[a-g][A-G]")
_WORD: Final = re.compile(r"[A-Z]?[a-z]*|[A-Z]+")
_GROUP: Final = re.compile(r"[^\s|:\[\]]+")
_QUOTED: Final = re.compile(r'"[^"]*"|![^!]*!')
_HEADER_CODES: Final = frozenset({"missing-x", "missing-title", "missing-key"})
_FEWEST_NOTES: Final = 4

# What a line is. BARRED and UNBARRED lines read as music; once their paragraph is judged they are
# MUSIC, LIKELY (music whose bars do not fill the meter) or PROSE.
BLANK, PERCENT, FIELD, BARRED, UNBARRED, MUSIC, LIKELY, PROSE = range(8)


@dataclass(frozen=True)
class Stray:
    """Music from ``start`` to ``end`` of the text; ``code`` is that of its finding."""

    code: str
    start: int
    end: int


@dataclass(frozen=True)
class _Line:
    kind: int
    start: int
    end: int
    text: str


class _Context:
    """What of a tune counts for the music after it, found once for all of that music."""

    def __init__(self, tune: Tune | None) -> None:
        self.tune = tune
        header = () if tune is None else (*tune.inherited, *tune.header)
        body = () if tune is None else tune.elements
        fields = [e for part in (header, body) for e in part if isinstance(e, Field)]
        self.signs: tuple[Element, ...] = tuple(f for f in fields if f.letter in "Um")
        self.header_ended = any(isinstance(e, Field) and e.letter == "K" for e in header)
        self.has_music = any(isinstance(e, (Note, Chord)) for e in body)
        self.has_bars = any(isinstance(e, Bar) for e in body)
        times = {f.letter: f.value for f in fields if f.letter in "ML"}
        lines = [f"{letter}:{value}" for letter, value in times.items()]
        self.head = "".join(f"{line}\n" for line in lines) + "K:C\n" * self.header_ended

    def read(self, music: str) -> Tune:
        """Music in the meter and unit length of the tune."""
        return TuneReader(self.head + music, 0, 1, False).read(self.signs)


@dataclass
class _Run:
    """Lines without prose between them; ``cut`` tells that prose follows directly."""

    first: bool
    lines: list[_Line] = field(default_factory=list)
    cut: bool = False


def stray_music(text: str, start: int, end: int, tune: Tune | None) -> list[Stray]:
    """The music in the free text ``text[start:end]``.

    Args:
        text: the whole file.
        start: where the free text begins, as an offset.
        end: where it ends.
        tune: the tune that ends where the free text begins; None before the first tune.
    """
    context = _Context(tune)
    lines = _lines(text, start, end, context.signs)
    if not any(line.kind in (BARRED, UNBARRED) for line in lines):
        return []
    return [_stray(run, context) for run in _runs(_judged(lines, context))]


def without_blank_lines(text: str) -> str:
    """The text without its empty lines, those between %%begintext and %%endtext excepted."""
    kept: list[str] = []
    block = ""
    for found in _LINE.finditer(text):
        line, ending = found[1], found[2]
        if line.strip() or block:
            kept.append(line + ending)
        block = _block_after(line, block)
    return "".join(kept)


def _block_after(line: str, block: str) -> str:
    """The name of the block that is open after a line, empty for none."""
    if block:
        return "" if line.startswith("%%end" + block) else block
    begun = _BLOCK.match(line)
    return begun[1] if begun else ""


# -- lines --------------------------------------------------------------------


def _lines(text: str, start: int, end: int, signs: tuple[Element, ...]) -> list[_Line]:
    """The lines of free text; empty ones that follow each other are one."""
    found: list[_Line] = []
    block = ""
    while start < end:
        blank = None if block else _BLANK_LINES.match(text, start, end)
        match = blank or _LINE.match(text, start, end)
        assert match is not None
        line = "" if blank else match[1]
        kind = PERCENT if block else _kind(line, signs)
        block = _block_after(line, block)
        found.append(_Line(kind, start, start + len(line), line))
        start = match.end()
    return found


def _kind(line: str, signs: tuple[Element, ...]) -> int:
    text = line.strip()
    if not text:
        return BLANK
    if text[0] == "%":
        return PERCENT
    if _FIELD.match(line):
        return FIELD if line[0] in BODY_FIELDS + HEADER_FIELDS + "+" else PROSE
    if not _CAN_BE_MUSIC.search(text):
        return PROSE
    music = TuneReader(line, 0, 1, False).read(signs, body_only=True)
    if any(problem.code not in _HEADER_CODES for problem in music.problems):
        return PROSE
    if not any(isinstance(e, (Note, Chord)) for e in music.elements):
        return PROSE
    return BARRED if any(isinstance(e, Bar) for e in music.elements) else UNBARRED


# -- paragraphs ---------------------------------------------------------------


def _judged(lines: list[_Line], context: _Context) -> list[_Line]:
    """The lines with each paragraph's music judged, in the meter and unit of fields above it."""
    found: list[_Line] = []
    paragraph: list[_Line] = []
    fields: dict[str, str] = {}
    for line in [*lines, _Line(BLANK, 0, 0, "")]:
        if line.kind not in (BLANK, PROSE):
            paragraph.append(line)
            continue
        above = "".join(fields[letter] for letter in "MLK" if letter in fields)
        kind = _kind_of_music(paragraph, above, context)
        for one in paragraph:
            is_music = one.kind in (BARRED, UNBARRED)
            found.append(replace(one, kind=kind) if is_music or kind == PROSE else one)
        fields |= {one.text[0]: one.text + "\n" for one in paragraph if one.kind == FIELD}
        if line.kind == PROSE or kind == PROSE:
            fields = {}
        found.append(line)
        paragraph = []
    return found[:-1]


def _kind_of_music(paragraph: list[_Line], fields: str, context: _Context) -> int:
    """MUSIC, LIKELY or PROSE; MUSIC too where nothing reads as music at all."""
    music = [line for line in paragraph if line.kind in (BARRED, UNBARRED)]
    if not music:
        return MUSIC
    barred = any(line.kind == BARRED for line in music)
    if not barred and not _is_unbarred_music(music, context):
        return PROSE
    tune = context.read(fields + "".join(line.text + "\n" for line in paragraph))
    full, bars = _full_bars(tune)
    many = _has_many_notes(music, tune)
    if full * 2 >= bars > 0 or (bars == 0 and many):
        return MUSIC
    return LIKELY if many else PROSE


def _is_unbarred_music(music: list[_Line], context: _Context) -> bool:
    """Whether lines without bar lines are music: the tune has none either, and at least half of
    the words are spelled as no word of a language is (``GABc``, ``d2``)."""
    if context.has_bars or not context.has_music:
        return False
    words = [word for line in music for word in _QUOTED.sub(" ", line.text).split()]
    spelled = sum(not _WORD.fullmatch(word) for word in words)
    return len("".join(words)) >= _FEWEST_NOTES and spelled * 2 >= len(words)


def _full_bars(tune: Tune) -> tuple[int, int]:
    """The number of bars as long as the meter, and of all bars; none of a free meter counts."""
    bars = [m for v in timeline(tune).voices for m in v.measures if m.length and m.want]
    return sum(m.length == m.want * m.count for m in bars), len(bars)


def _has_many_notes(music: list[_Line], tune: Tune) -> bool:
    """Whether notes are written together, as in no chord chart (``| G | C D |``)."""
    notes = sum(isinstance(e, (Note, Chord)) for e in tune.elements)
    groups = [g for line in music for g in _GROUP.findall(_QUOTED.sub(" ", line.text))]
    together = sum(len(group) > 1 for group in groups)
    return notes >= _FEWEST_NOTES and together * 2 >= len(groups)


# -- runs of paragraphs -------------------------------------------------------


def _runs(lines: list[_Line]) -> list[_Run]:
    """Cut the lines at prose; of each run keep those up to its last paragraph with music."""
    runs = [_Run(True)]
    for line in lines:
        if line.kind == PROSE:
            runs[-1].cut = bool(runs[-1].lines) and runs[-1].lines[-1].kind != BLANK
            runs.append(_Run(False))
        else:
            runs[-1].lines.append(line)
    for run in runs:
        _shorten(run)
    return [run for run in runs if run.lines]


def _shorten(run: _Run) -> None:
    """Leave out the paragraphs after the last one with music, and the empty lines around."""
    kinds = [line.kind for line in run.lines]
    music = [at for at, kind in enumerate(kinds) if kind in (MUSIC, LIKELY)]
    last = music[-1] + 1 if music else 0
    while music and last < len(kinds) and kinds[last] != BLANK:
        last += 1
    run.cut = run.cut and last == len(kinds)
    run.lines = run.lines[:last]


def _stray(run: _Run, context: _Context) -> Stray:
    music = [line for line in run.lines if line.kind in (MUSIC, LIKELY)]
    sure = all(line.kind == MUSIC for line in music)
    own = sure and run.first and not run.cut and _belongs(run, context)
    return Stray(AFTER_BLANK if own else OUTSIDE, music[0].start, run.lines[-1].end)


def _belongs(run: _Run, context: _Context) -> bool:
    """Whether the first music after a tune is certainly its own.

    After a finished header, a title or the fields of a header begin another tune that lacks its
    X:. An unfinished header may go on with any field.
    """
    if context.tune is None:
        return False
    if not context.header_ended:
        return True
    letters = [line.text[0] for line in run.lines if line.kind == FIELD]
    if any(letter not in BODY_FIELDS + "+" or letter == "T" for letter in letters):
        return False
    return not ("K" in letters and ("M" in letters or "L" in letters))
