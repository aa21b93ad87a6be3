"""The numbers of variant endings, as numbers or in words."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_MOST_ENDINGS: Final = 20
_ENDING_TEXT: Final = re.compile(
    r"[\^_<>@]?\s*(\d{1,2}(?:st|nd|rd|th|\.)?(?:\s?(?:,|-|&|and)\s?\d{1,2}(?:st|nd|rd|th|\.)?){0,8})"
    r"(?=\D|$)"
)
_ORDINAL: Final = re.compile(r"st|nd|rd|th|\.|\s")
_ENDING_WORDS: Final[dict[str, tuple[int, ...]]] = {
    "first": (1,),
    "prima": (1,),
    "second": (2,),
    "seconda": (2,),
    "third": (3,),
}


@lru_cache(maxsize=256)
def ending_numbers(text: str) -> tuple[int, ...]:
    """``1,3`` → (1, 3); ``1-3`` → (1, 2, 3); empty where it makes no sense."""
    numbers: list[int] = []
    for part in text.replace(".", ",").split(","):
        low, _, high = part.partition("-")
        if not low.isdigit() or (high and not high.isdigit()) or len(low) > 3 or len(high) > 3:
            return ()
        first, last = int(low), int(high or low)
        if not 1 <= first <= last <= _MOST_ENDINGS:
            return ()
        numbers.extend(range(first, last + 1))
    return tuple(dict.fromkeys(numbers[:_MOST_ENDINGS]))


@lru_cache(maxsize=256)
def numbers_of_text(text: str) -> tuple[int, ...]:
    """The numbers of an ending named by a text (``1st time``, ``1,2``, ``second``), if any."""
    found = _ENDING_TEXT.match(text)
    if found:
        listed = found[1].replace("and", ",").replace("&", ",")
        return ending_numbers(_ORDINAL.sub("", listed))
    words = text.lower().split()
    return _ENDING_WORDS.get(words[0].strip(".:,"), ()) if words else ()
