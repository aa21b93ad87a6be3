"""One character further in a field: the header's lines, inline fields, lines of words."""

from __future__ import annotations

from chatmusician.model.decoding.marks import text_byte
from chatmusician.model.decoding.place import VALUE, Event, Place, Step
from chatmusician.model.decoding.plan import HORNPIPE_METERS
from chatmusician.model.decoding.values import (
    TEXT_FIELDS,
    begins,
    complete,
    prefixes,
)

_HORNPIPE = "hornpipe"


def at_line(place: Place, char: str) -> Step:
    """At the start of a header line: which fields may stand is the whole tune's affair."""
    if char in " \n" and place.arg:
        # A model may begin its answer with a blank.
        return place.but(arg=())
    return Event("letter", char) if char.isalpha() and char.isascii() else None


def after_letter(place: Place, char: str) -> Step:
    """After a field's letter; arg: the letter, what will end the value, where it leads."""
    if char != ":":
        return None
    letter, end, back = place.arg
    return place.but(mode=VALUE, arg=(letter, "", end, back))


def in_value(place: Place, char: str) -> Step:
    """In a field's value; arg: letter, text, what ends it, and where it leads."""
    letter, text, end, back = place.arg
    assert isinstance(letter, str)
    assert isinstance(text, str)
    assert isinstance(end, str)
    assert isinstance(back, int)
    if letter == "P" and back >= 0 and place.frame.strict:
        return _in_part(place, text, end, back, char)
    if letter in TEXT_FIELDS or letter in "wWs" or (letter == "P" and back >= 0):
        return _in_text(place, letter, text, end, back, char)
    if char == end:
        value = text.strip(" ")
        if not complete(letter, value) or text.endswith(" "):
            return None
        if letter == "Q" and place.frame.strict and "=" not in value:
            # abc2midi knows no tempo in words alone.
            return None
        return Event("field", letter + value, at=back)
    if char == " " and not text and end == "\n":
        return place.but(arg=(letter, " ", end, back))
    longer = (text + char).removeprefix(" ")
    if letter == "Q" and '"' in longer:
        if back >= 0 and place.frame.strict:
            return None
        if longer.count('"') == 1 and len(longer) > 1 and begins(letter, '"' + char):
            # Which words they are is not kept: they end as they like.
            return place.but(arg=(letter, '"w', end, back))
    if letter == "M" and place.frame.strict:
        # Within a tune the meter cannot be set free; a hornpipe has two meters.
        if back >= 0 and longer.startswith("n"):
            return None
        if place.frame.doubtful and back < 0 and longer not in prefixes(HORNPIPE_METERS):
            return None
    return place.but(arg=(letter, text + char, end, back)) if begins(letter, longer) else None


def _in_part(place: Place, text: str, end: str, back: int, char: str) -> Step:
    """The name of a part in the tune: a capital, and a digit at most."""
    if char == end and text:
        return Event("field", f"P{text}", at=back)
    fits = (char.isdigit() if text else char.isupper()) and char.isascii() and len(text) < 2
    return place.but(arg=("P", text + char, end, back)) if fits else None


def _in_text(place: Place, letter: str, text: str, end: str, back: int, char: str) -> Step:
    """Free text; kept are the bytes missing of a letter, and how much R: says of a hornpipe."""
    missing = int(text[0]) if text else 0
    said = text[1:]
    if char == end:
        if missing or not text:
            return None
        return Event("field", letter + (_HORNPIPE if said == _HORNPIPE else "."), at=back)
    left = text_byte(char, missing)
    if left is None or char in "%\\" or (end == "]" and char == "]"):
        return None
    if place.frame.strict and (char == "|" or (char == ":" and not text.strip("0"))):
        # It could be taken for music.
        return None
    if letter == "R":
        said = _heard(said, char)
        if said == _HORNPIPE and place.frame.doubtful:
            return None
    return place.but(arg=(letter, f"{left}{said}", end, back))


def _heard(said: str, char: str) -> str:
    """How much of `hornpipe` the text has spelled, blanks before it left out; "." where it says
    something else."""
    if said in (_HORNPIPE, "."):
        return said
    if char == " " and not said:
        return ""
    # In capitals abc2midi does not know it.
    longer = said + (char if said else char.lower())
    return longer if _HORNPIPE.startswith(longer) else "."
