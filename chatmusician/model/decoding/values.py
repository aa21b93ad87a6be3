"""What may stand in a field or in quotes, character by character: keys, meters, tempos, chords."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from chatmusician.abc.fields import parse_key
from chatmusician.abc.tables import CLEFS, DECORATIONS
from chatmusician.music.meter import parse_meter

TEXT_FIELDS: Final = "ABCDFGHNORSTZ"
_MODES: Final = (
    "",
    *("m", "min", "maj", "dor", "mix", "lyd", "phr", "loc", "aeo", "ion"),
    *("minor", "major", "dorian", "mixolydian", "lydian", "phrygian", "locrian"),
    *("Dor", "Mix", "Lyd", "Phr", "Loc", "Min", "Maj", "Dorian", "Mixolydian"),
)
_TONICS: Final = tuple(
    tonic
    for tonic in (letter + sign for letter in "CDEFGAB" for sign in ("", "#", "b"))
    if tonic not in ("E#", "B#", "Fb")
)
_KEYS: Final = frozenset(
    {t + m for t in _TONICS for m in _MODES}
    | {f"{t} {m}" for t in _TONICS for m in _MODES if len(m) > 2}
    | {"none", "HP", "Hp"}
)
_METERS: Final = frozenset(
    {f"{n}/{d}" for n in range(1, 25) for d in (1, 2, 4, 8, 16, 32)}
    | {f"({groups})/8" for groups in ("2+3", "3+2", "2+2+3", "2+3+2", "3+2+2", "3+3+2", "2+2+2+3")}
    | {"C", "C|"}
)
_UNITS: Final = frozenset(f"1/{d}" for d in (2, 4, 8, 16, 32))
_PROPERTIES: Final = frozenset(
    {f"clef={clef}{shift}" for clef in CLEFS for shift in ("", "-8", "+8")}
    | {f"octave={n}" for n in range(-4, 5)}
    | {f"transpose={n}" for n in range(-24, 25)}
)
_ALTERED: Final = frozenset(a + n for a in ("^", "_", "=", "^^", "__") for n in "abcdefgABCDEFG")
_QUALITIES: Final = (
    "",
    *("m", "7", "m7", "m7b5", "maj7", "M7", "6", "m6", "aug", "+", "aug7", "dim", "dim7"),
    *("9", "m9", "maj9", "M9", "11", "dim9", "sus", "sus4", "sus2", "sus9", "7sus4", "7sus9", "5"),
)
_CHORD_HEADS: Final = frozenset(
    letter + sign + quality
    for letter in "CDEFGAB"
    for sign in ("", "#", "b")
    for quality in _QUALITIES
)
_BASSES: Final = frozenset(
    letter + sign for letter in "ABCDEFGabcdefg" for sign in ("", "#", "b", "+")
)
# Decorations as they are written between ! signs; those with brackets come in pairs.
NAMES: Final = frozenset(
    name
    for name in DECORATIONS
    if not set(name) & set("(){}[]~") and name.isascii() and "=" not in name
)
_TEMPO: Final = re.compile(
    r'"[ !#-$&-\[\]-~]{0,40}\Z|(?:"[ !#-$&-\[\]-~]{1,40}" ?)?'
    r"(?:[1-9]\d?(?:/(?:3|(?:16?|32|[248])(?:=(?:[2-9]\d?|[1-3]\d{0,2})?)?)?)?)?\Z"
)
_WHOLE_TEMPO: Final = re.compile(
    r'(?:"[ !#-$&-\[\]-~]{1,40}"\Z)|(?:(?:"[ !#-$&-\[\]-~]{1,40}" ?)?'
    r"[1-9]\d?/(?:1|2|4|8|16|32)=(?:[2-9]\d|[1-3]\d\d)\Z)"
)
_PARTS: Final = re.compile(r"[A-Z]\d?(?:\.?[A-Z]\d?)*\Z")
_LONGEST_VALUE: Final = 100
_MOST_WORDS: Final = 4


@lru_cache(maxsize=64)
def prefixes(words: frozenset[str]) -> frozenset[str]:
    """Every beginning of every word, the words included."""
    return frozenset(word[:end] for word in words for end in range(len(word) + 1))


@lru_cache(maxsize=50_000)
def begins(letter: str, text: str) -> bool:
    """Whether `text` can go on to a value of the field (other than those of free text)."""
    if len(text) > _LONGEST_VALUE or text.count(" ") > _MOST_WORDS:
        return False
    if letter == "X":
        return len(text) <= 8 and (not text or (text.isdigit() and text.isascii()))
    if letter == "M":
        return text in prefixes(_METERS) or text in prefixes(frozenset({"none"}))
    if letter == "L":
        return text in prefixes(_UNITS)
    if letter == "Q":
        return _TEMPO.match(text) is not None
    if letter == "P":
        return text == "" or _PARTS.match(text.rstrip(".")) is not None
    if letter == "V":
        name, blank, rest = text.partition(" ")
        return _voice_name(name, bool(blank)) and _laid(rest, ())
    return _key_begins(text)


@lru_cache(maxsize=50_000)
def complete(letter: str, text: str) -> bool:
    """Whether `text` is a whole value of the field."""
    if not text or not begins(letter, text):
        return False
    if letter == "M":
        return text == "none" or (text in _METERS and parse_meter(text).valid)
    if letter == "L":
        return text in _UNITS
    if letter == "Q":
        return _WHOLE_TEMPO.match(text) is not None
    if letter == "P":
        return _PARTS.match(text) is not None
    if letter == "V":
        return _whole_words(text.split(" ")[1:])
    if letter == "K":
        words = text.split(" ")
        key = words[0] if words[0] + " " + "".join(words[1:2]) not in _KEYS else " ".join(words[:2])
        rest = words[len(key.split(" ")) :]
        return key in _KEYS and parse_key(text).valid and _whole_words(rest, _ALTERED)
    return True


def _voice_name(name: str, closed: bool) -> bool:
    if not name:
        return not closed
    return len(name) <= 12 and name.isascii() and name.isalnum()


def _whole_words(words: list[str], more: frozenset[str] = frozenset()) -> bool:
    return all(word in _PROPERTIES or word in more for word in words)


def _laid(rest: str, more: tuple[frozenset[str], ...]) -> bool:
    """Whether the words after a key or voice begin properties (or one of the sets given)."""
    *whole, last = rest.split(" ")
    known = (_PROPERTIES, *more)
    if any(not any(word in words for words in known) for word in whole):
        return False
    return any(last in prefixes(words) for words in known)


def _key_begins(text: str) -> bool:
    if text in prefixes(_KEYS):
        return True
    first, _, rest = text.partition(" ")
    if first not in _KEYS:
        return False
    second, blank, tail = rest.partition(" ")
    if blank and f"{first} {second}" in _KEYS:
        return _laid(tail, (_ALTERED,))
    return _laid(rest, (_ALTERED,))


@lru_cache(maxsize=10_000)
def chord_begins(text: str) -> bool:
    head, slash, bass = text.partition("/")
    if slash:
        return head in _CHORD_HEADS and bass in prefixes(_BASSES)
    return head in prefixes(_CHORD_HEADS)


@lru_cache(maxsize=10_000)
def chord_complete(text: str) -> bool:
    head, slash, bass = text.partition("/")
    return head in _CHORD_HEADS and (not slash or bass in _BASSES)


@lru_cache(maxsize=16)
def words(letter: str) -> tuple[str, ...]:
    """Whole values of a field, and whole words that may stand in it."""
    if letter == "K":
        return (*sorted(_KEYS), *sorted(_PROPERTIES | _ALTERED))
    if letter == "M":
        return (*sorted(_METERS), "none")
    if letter == "L":
        return tuple(sorted(_UNITS))
    return tuple(sorted(_PROPERTIES)) if letter == "V" else ()


@lru_cache(maxsize=10_000)
def chord_ends(text: str) -> tuple[str, ...]:
    """What may be added to make a whole chord symbol, the shortest first."""
    if "/" in text:
        return ("", "C", "A")
    tails = {head[len(text) :] for head in _CHORD_HEADS if head.startswith(text)}
    return tuple(sorted(tails, key=lambda tail: (len(tail), tail))[:4])
