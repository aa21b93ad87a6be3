"""Lines of words among the music."""

from __future__ import annotations

import re
from typing import Final

from chatmusician.abc.faults.context import Context

_NOT_WORDS: Final = re.compile(r'"[^"]*"|!\S+?!|\[[A-Za-z]:[^\]]*\]|%.*')
_WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+)*")
_MUSIC_LETTERS: Final = frozenset("ABCDEFGabcdefgzxyZXuvTHLMOPSR")
_FEWEST_STRANGE: Final = 3


def prose_lines(context: Context) -> list[tuple[int, int]]:
    """The spans of lines that are words, not music, in order."""
    strange: dict[tuple[int, int], int] = {}
    text = context.text
    span = (0, -1)
    for finding in context.findings:
        if finding.code != "unknown-character" or not text[finding.start].isalpha():
            continue
        if not span[0] <= finding.start <= span[1]:
            span = context.line(finding.start)
        strange[span] = strange.get(span, 0) + 1
    return sorted(
        span
        for span, count in strange.items()
        if count >= _FEWEST_STRANGE and _is_prose(text[span[0] : span[1]])
    )


def _is_prose(line: str) -> bool:
    """Whether most letters of a line are in words that no music spells."""
    words = _WORD.findall(_NOT_WORDS.sub(" ", line))
    letters = sum(map(len, words))
    worded = sum(len(word) for word in words if _is_word(word))
    return letters > 0 and worded * 2 >= letters


def _is_word(word: str) -> bool:
    return len(word) >= 3 and sum(char not in _MUSIC_LETTERS for char in word) >= 2
