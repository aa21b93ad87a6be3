"""The text of a section written again, or begun again and gone on with otherwise."""

from __future__ import annotations

import re
from typing import Final

_CHORD: Final = re.compile(r'"[A-Z(][^"\n]*"')
_DIGITS: Final = frozenset("0123456789")
# So much of a section comes back in a variation of it: two of that share count as varied if the
# rest agrees no more than music by chance does (`abc.analysis.similarity`).
_VARIED_SHARE: Final = 0.64
# A bar is copied in part only for more of it than this.
_LEAST: Final = 0.3


def unframed(tape: str) -> str:
    """The text of a section without the bar lines around it."""
    text = tape.strip(" \n")
    text = text[:-2] if text.endswith("|]") else text.rstrip("|:")
    return text.rstrip(" \n").lstrip("|: \n")


def opening(text: str, begun: int, pickup: bool, *, varied: bool) -> str:
    """What of a section follows when so many full bars of it stand already.

    With `varied` it breaks off, where the notes allow between two beats.
    """
    bars = text.split("|")
    before = 1 if pickup and len(bars) > 1 else 0
    count = len(bars) - before
    first = begun + before if begun else 0
    if not varied:
        rest = _without_ends("|".join(bars[first:]).strip(" \n"))
        return f"{rest} " if rest else ""
    end = min(begun + _VARIED_SHARE * count, count - _LEAST)
    if end <= begun:
        return ""
    whole = int(end)
    found = "".join(bar.strip(" \n") + " | " for bar in bars[first : whole + before])
    beats = bars[whole + before].split() if end - whole > _LEAST else []
    part = " ".join(beats[: round(len(beats) * (end - whole))])
    return _without_ends(found + (f"{part} " if part else ""))


def _without_ends(text: str) -> str:
    """The text without the ends of slurs that began before it."""
    kept: list[str] = []
    depth, quoted = 0, False
    for at, char in enumerate(text):
        quoted ^= char == '"'
        if char == "(" and not quoted and text[at + 1 : at + 2] not in _DIGITS:
            depth += 1
        elif char == ")" and not quoted:
            if not depth:
                continue
            depth -= 1
        kept.append(char)
    return "".join(kept)


def without_chords(text: str) -> str:
    return _CHORD.sub("", text)
