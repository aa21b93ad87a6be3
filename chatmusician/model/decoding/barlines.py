"""Bar lines and the numbers of endings, a character at a time."""

from __future__ import annotations

from typing import Final

from chatmusician.model.decoding.place import (
    BAR,
    BAR_LINES,
    DIGITS,
    LOOSE_LINES,
    NEEDS_NOTE,
    PENDING,
    PLAIN,
    Event,
    Place,
    Step,
)

BAR_PREFIXES: Final = frozenset(text[:end] for text in BAR_LINES for end in range(1, len(text) + 1))


def in_ending(place: Place, char: str) -> Step:
    """In the numbers of an ending; arg: the numbers, whether [ stands before them."""
    text, bracket = str(place.arg[0]), bool(place.arg[1])
    if not place.frame.strict:
        if char == "," and text[-1] != ",":
            return place.but(arg=(text + char, bracket))
        if char in DIGITS and text[-1] == ",":
            following = str(int(text.split(",")[-2]) + 1)
            return place.but(arg=(text + char, bracket)) if char == following else None
    if char in DIGITS or text[-1] == ",":
        return None
    numbers = text.split(",")
    return Event(
        "ending", at=int(numbers[-1]), amount=place.at, tie=place.tie, slurs=place.slurs, again=True
    )


def bar_can_be(place: Place, text: str) -> bool:
    """Whether the bar line begun can become one that may stand here."""
    return any(
        line.startswith(text) and bar_permitted(place, kind)
        for line, kind in BAR_LINES.items()
        if not (place.frame.strict and line in LOOSE_LINES)
    )


def bar_permitted(place: Place, kind: str) -> bool:
    """Whether this kind of bar line may end the bar here."""
    frame = place.frame
    if place.tuplet is not None or place.broken or frame.owed:
        return False
    if place.ahead & (PENDING if frame.strict else NEEDS_NOTE):
        return False
    if (place.tie or place.slurs) and not (kind == PLAIN and frame.carry) and frame.strict:
        return False
    for found, times in frame.ends:
        if found == kind:
            return place.at > 0 and (times is None or place.at in times)
    return False


def ended(place: Place) -> Event | None:
    """The event of a whole bar line, with the character after it still to be read."""
    kind = BAR_LINES.get(str(place.arg[0]))
    if place.mode != BAR or place.arg[1] or kind is None or not bar_permitted(place, kind):
        return None
    count = place.arg[2]
    assert isinstance(count, int)
    return Event("bar", kind, place.at, count, place.tie, place.slurs, again=True)


def over(place: Place, char: str) -> Step:
    """After the tune as planned: text that is given, whatever it is."""
    return place
