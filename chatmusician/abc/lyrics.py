"""w: lines: words to syllables, syllables to notes (ABC 2.1, section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

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
