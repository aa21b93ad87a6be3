"""w: lines: words to syllables, syllables to notes (ABC 2.1, section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mypy_extensions import i64

from chatmusician.abc.encoding import read_text
from chatmusician.abc.timing import Timeline, VoiceLine
from chatmusician.abc.tune import Field

BAR: Final = "|"
HOLD: Final = "_"
SKIP: Final = "*"


@dataclass(frozen=True)
class Syllable:
    """A syllable and what it does; ``kind`` is "text", BAR, HOLD or SKIP."""

    text: str
    kind: str = "text"
    hyphen: bool = False


def split_words(text: str) -> list[Syllable]:
    """Cut the text of a w: line. A ``-`` after a space or another ``-`` is a blank syllable."""
    found: list[Syllable] = []
    current: list[str] = []

    def end(hyphen: bool = False) -> None:
        if current:
            found.append(Syllable(read_text("".join(current)), "text", hyphen))
            current.clear()

    position = 0
    while position < len(text):
        char = text[position]
        position += 1
        if char == "\\" and position < len(text):
            following = text[position]
            current.append("-" if following == "-" else char + following)
            position += 1
        elif char == "-":
            if current:
                end(hyphen=True)
            else:
                found.append(Syllable("", "text", True))
        elif char in " \t" or char in (BAR, HOLD, SKIP):
            end()
            if char not in " \t":
                found.append(Syllable("", char))
        else:
            current.append(" " if char == "~" else char)
    end()
    return found


def syllable_kinds(text: str) -> list[str]:
    """The kinds of ``split_words(text)`` alone: for callers that need no texts."""
    kinds: list[str] = []
    inside = False
    position: i64 = 0
    size: i64 = len(text)
    while position < size:
        c: i64 = ord(text[position])
        position += 1
        if c == 92 and position < size:  # a backslash and what it protects
            inside = True
            position += 1
        elif c == 45:  # "-"
            kinds.append("text")
            inside = False
        elif c == 32 or c == 9 or c == 124 or c == 95 or c == 42:
            if inside:
                kinds.append("text")
                inside = False
            if c == 124:
                kinds.append(BAR)
            elif c == 95:
                kinds.append(HOLD)
            elif c == 42:
                kinds.append(SKIP)
        else:
            inside = True
    if inside:
        kinds.append("text")
    return kinds


@dataclass(frozen=True)
class Sung:
    """A syllable at its note: ticks, the text, which verse, which element."""

    onset: int
    text: str
    verse: int
    element: int
    hyphen: bool
    kind: str


def align(line: Timeline, voice: VoiceLine) -> tuple[list[Sung], list[int]]:
    """Lay the voice's w: lines under its notes; also the elements whose words don't fit."""
    sung: list[Sung] = []
    surplus: list[int] = []
    for element, first, last, verse in voice.words:
        field = line.tune.elements[element]
        if isinstance(field, Field) and not _align(voice, field.value, first, last, verse, sung):
            surplus.append(element)
    return sung, surplus


def surplus(line: Timeline, voice: VoiceLine) -> list[int]:
    """The elements whose words don't fit under the voice's notes, as ``align`` finds them."""
    found: list[int] = []
    for element, first, last, _ in voice.words:
        field = line.tune.elements[element]
        if isinstance(field, Field) and not _fits(voice, field.value, first, last):
            found.append(element)
    return found


def _fits(voice: VoiceLine, text: str, first: i64, last: i64) -> bool:
    spots = voice.spots
    at = first
    bar = spots[first].measure
    for kind in syllable_kinds(text):
        if kind == BAR:
            while at < last and spots[at].measure <= bar:
                at += 1
            bar = spots[at].measure if at < last else bar + 1
        elif at < last:
            bar = spots[at].measure
            at += 1
        elif kind == "text":
            return False
    return True


def _align(voice: VoiceLine, text: str, first: int, last: int, verse: int, out: list[Sung]) -> bool:
    spots = voice.spots
    at = first
    bar = int(spots[first].measure)
    fits = True
    for syllable in split_words(text):
        if syllable.kind == BAR:
            while at < last and spots[at].measure <= bar:
                at += 1
            bar = int(spots[at].measure) if at < last else bar + 1
            continue
        if at >= last:
            fits = fits and syllable.kind != "text"
            continue
        spot = spots[at]
        kind = syllable.kind
        out.append(
            Sung(int(spot.onset), syllable.text, verse, int(spot.element), syllable.hyphen, kind)
        )
        bar = int(spot.measure)
        at += 1
    return fits
