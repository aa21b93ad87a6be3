"""What stands before a note: marks, grace notes, texts in quotes; and whether they may."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from chatmusician.model.decoding.place import (
    ANNOTATED,
    CHORDED,
    DECORATED,
    DOTTED,
    GAP,
    GRACED,
    MARKED,
    NEEDS_NOTE,
    NEEDS_SOUND,
    PENDING,
    TRILLED,
    TWICE,
    Event,
    Place,
    Step,
)
from chatmusician.model.decoding.values import NAMES, chord_begins, chord_complete, prefixes

LETTERS: Final = "ABCDEFGabcdefg"
MARKS: Final = ".~HLMOPSTuv"
# Fingerings are written without a sign; abc2midi takes any other word for a chord.
_FINGERS: Final = "012345"
# abc2midi takes ; in quotes for the end of an annotation; after a bar line in quotes a model
# writes the rest of its tune there.
_NOT_QUOTED: Final = '"\\%&;|'
ACCIDENTALS: Final = ("^", "^^", "_", "__", "=")
_GRACE_LENGTHS: Final = ("", "2", "3", "4", "/", "/2", "/4", "3/2", "3/", "3/4")
_MOST_GRACES: Final = 8
# UTF-8: what follows each leading byte, and the second bytes that are narrowed down.
_LEADS: Final[dict[int, int]] = {
    **dict.fromkeys(range(0xC2, 0xE0), 1),
    **dict.fromkeys((*range(0xE1, 0xED), 0xEE, 0xEF), 2),
    **dict.fromkeys(range(0xF1, 0xF4), 3),
    0xE0: 4,
    0xED: 5,
    0xF0: 6,
    0xF4: 7,
}
_NARROW: Final = {4: (0xA0, 0xBF, 1), 5: (0x80, 0x9F, 1), 6: (0x90, 0xBF, 2), 7: (0x80, 0x8F, 2)}


def pitch_fits(letter: str, marks: str) -> bool:
    """Whether letter and octave marks name a pitch between C,, and c'''."""
    if not marks:
        return True
    if marks[0] == ",":
        return letter.isupper() and marks in (",", ",,")
    return letter.islower() and (marks in ("'", "''") or (marks == "'''" and letter == "c"))


def mark_fits(place: Place) -> bool:
    """Whether a mark may stand here: some write one after the last note too."""
    if not place.frame.strict:
        return True
    # abc2midi takes a mark within a broken rhythm for unequal notes.
    return not (place.broken or place.ahead & TWICE) and note_begins(place)


def trill_fits(place: Place, mark: str) -> bool:
    """abc2midi loses ties at a dot, plays rolls as grace notes, and trills no chords.

    The pairs it swings in a hornpipe must not have a dotted note.
    """
    if not place.frame.strict or mark not in (".", "staccato", "T", "~", "trill", "roll"):
        return True
    if mark in (".", "staccato") and place.frame.hornpipe:
        return False
    return not place.tie and not (mark == "~" and place.ahead & GRACED)


def slur_fits(place: Place) -> bool:
    return place.slurs < (1 if place.frame.strict else 3) and not place.broken


def grace_fits(place: Place) -> bool:
    """Whether grace notes may stand here: in abc2midi not after a mark, another grace or a tie."""
    if not place.frame.strict:
        return True
    return not (place.tie or place.ahead & (MARKED | GRACED)) and note_begins(place)


def marked(place: Place, mark: str) -> Place:
    """The place after a mark, which belongs to the note that must follow."""
    ahead = DECORATED if len(mark) > 1 else MARKED
    if mark in ("T", "~", "trill ", "roll "):
        ahead |= TRILLED
    elif mark in (".", "staccato ", "breath "):
        ahead |= DOTTED
    if place.frame.strict:
        ahead |= NEEDS_NOTE | (TWICE if place.ahead & (MARKED | DECORATED) else 0)
    return place.but(mode=GAP, arg=(), ahead=place.ahead | ahead, last=0)


def note_begins(place: Place) -> bool:
    """Whether a note can begin here at all."""
    return bool(place.lengths())


def in_grace(place: Place, char: str) -> Step:
    """Between { and }; arg: notes read, the one being read, its length (or an accidental)."""
    count, note, tail = place.arg
    assert isinstance(count, int)
    assert isinstance(note, str)
    assert isinstance(tail, str)
    if char == "/" and not count and not note and not tail:
        return place.but(arg=(0, "", "/"))
    if note:
        if char in ",'" and not tail:
            fits = pitch_fits(note[0], note[1:] + char)
            return place.but(arg=(count, note + char, "")) if fits else None
        if tail + char in prefixes(frozenset(_GRACE_LENGTHS)):
            return place.but(arg=(count, note, tail + char))
        if tail not in _GRACE_LENGTHS:
            return None
        count, note, tail = count + 1, "", ""
    sign = "" if tail == "/" else tail
    if char == "}" and count and not sign:
        ahead = GRACED | NEEDS_NOTE if place.frame.strict else 0
        return place.but(mode=GAP, arg=(), ahead=place.ahead | ahead)
    if count >= _MOST_GRACES:
        return None
    if char in "^_=":
        return place.but(arg=(count, "", sign + char)) if sign + char in ACCIDENTALS else None
    return place.but(arg=(count, char, "")) if char in LETTERS else None


def quote_fits(place: Place) -> bool:
    """Whether a chord symbol or an annotation may stand here: one of each before a note.

    Where chord symbols are asked for, quotes are for them alone: a model that wanted another
    chord would write anything.
    """
    frame = place.frame
    if not frame.strict:
        return True
    if frame.chord is None and frame.bare:
        return not place.ahead & PENDING and _chord_fits(place)
    if frame.chord is None:
        return not place.ahead & ANNOTATED
    some = bool(frame.chord or (frame.again and not place.at))
    return some and not place.ahead & PENDING and _chord_fits(place)


def _chord_fits(place: Place) -> bool:
    return not place.ahead & CHORDED and bool(place.frame.owed or note_begins(place))


def in_quote(place: Place, char: str) -> Step:
    """In quotes; arg: the text (of an annotation only its sign), bytes missing of a letter."""
    text, missing = place.arg
    assert isinstance(text, str)
    assert isinstance(missing, int)
    frame = place.frame
    if text == "^":
        if char == '"' and not missing:
            return place.but(mode=GAP, arg=())
        left = text_byte(char, missing)
        return None if left is None or char in _NOT_QUOTED else place.but(arg=("^", left))
    ahead = place.ahead | ANNOTATED
    if not text and char in ("^_<>" if frame.strict else "^_<>@"):
        refused = place.ahead & ANNOTATED or frame.chord is not None or frame.bare
        return None if frame.strict and refused else place.but(arg=("^", 0), ahead=ahead)
    if not text and char in _FINGERS and frame.strict and frame.chord is None and not frame.bare:
        return place.but(arg=("1", 0), ahead=ahead)
    if text == "1" and frame.strict:
        return place.but(mode=GAP, arg=()) if char == '"' else None
    if frame.strict and not _chord_fits(place):
        return None
    if frame.chord is not None:
        return _asked_chord(place, text, char)
    if not frame.strict:
        if char == '"' and text:
            return place.but(mode=GAP, arg=())
        left = text_byte(char, missing)
        return None if left is None or char in '"\\%' else place.but(arg=(".", left))
    if char == '"':
        ahead = place.ahead | NEEDS_SOUND | CHORDED
        return place.but(mode=GAP, arg=(), ahead=ahead) if chord_complete(text) else None
    return place.but(arg=(text + char, 0)) if chord_begins(text + char) else None


def _asked_chord(place: Place, text: str, char: str) -> Step:
    """The chord symbol that is due, or once more the one before it."""
    frame = place.frame
    # Anywhere else a model that has its chord symbol refused would write the old one and go on.
    asked, again = frame.chord or "", frame.again if not place.at and note_begins(place) else ""
    if place.ahead & PENDING:
        return None
    if char != '"':
        fits = asked.startswith(text + char) or again.startswith(text + char)
        return place.but(arg=(text + char, 0)) if fits else None
    if asked and text == asked:
        return Event("chord")
    if not again or text != again:
        return None
    return place.but(mode=GAP, arg=(), ahead=place.ahead | NEEDS_SOUND | CHORDED)


def text_byte(char: str, missing: int) -> int | None:
    """What is missing of a letter (UTF-8) after this byte; None where it cannot stand.

    Up to 3 it is the number of bytes, above that a key of `_NARROW`.
    """
    code = ord(char)
    if missing:
        low, high, left = _NARROW.get(missing, (0x80, 0xBF, missing - 1))
        return left if low <= code <= high else None
    if code < 0x80:
        return 0 if 0x20 <= code < 0x7F else None
    return _LEADS.get(code)


def in_mark(place: Place, char: str) -> Step:
    text = str(place.arg[0])
    if char == "!":
        found = marked(place, text + " ")
        return found if text in NAMES and trill_fits(place, text) else None
    tied = place.frame.strict and bool(place.tie)
    names = _names(tied, place.frame.strict and (tied or place.frame.hornpipe))
    return place.but(arg=(text + char,)) if text + char in prefixes(names) else None


@lru_cache(maxsize=8)
def _names(untrilled: bool, undotted: bool) -> frozenset[str]:
    """The decorations without those that `trill_fits` refuses."""
    less = (("trill", "roll") if untrilled else ()) + (("staccato",) if undotted else ())
    return NAMES - frozenset(less)


_PITCHES: Final = tuple(
    letter + marks
    for letter in LETTERS
    for marks in ("", ",", ",,", "'", "''", "'''")
    if pitch_fits(letter, marks)
)


def is_new(
    place: Place,
    sign: str,
    text: str,
    notes: tuple[object, ...],
    among: set[str] | None = None,
) -> bool:
    """Whether the text begins a pitch that a chord with a tie does not have yet.

    `among`: it must be one of those.
    """
    if not (place.frame.strict and place.tie):
        return among is None or any(pitch.startswith(text) for pitch in among)
    taken = {*notes, *place.tie} if sign else set(notes)
    choice = _PITCHES if among is None else among
    return any(pitch.startswith(text) and pitch not in taken for pitch in choice)


def chord_ties(place: Place, notes: tuple[str, ...]) -> bool:
    if place.frame.strict:
        return set(place.tie) <= set(notes)
    return not place.tie or bool(set(place.tie) & set(notes))
