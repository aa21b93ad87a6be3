"""Chord symbols: ``F#m7/C#`` to the notes it stands for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_KINDS: Final[dict[str, tuple[int, ...]]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "5": (0, 7),
    "6": (0, 4, 7, 9),
    "m6": (0, 3, 7, 9),
    "69": (0, 4, 7, 9, 14),
    "7": (0, 4, 7, 10),
    "m7": (0, 3, 7, 10),
    "maj7": (0, 4, 7, 11),
    "mmaj7": (0, 3, 7, 11),
    "9": (0, 4, 7, 10, 14),
    "m9": (0, 3, 7, 10, 14),
    "maj9": (0, 4, 7, 11, 14),
    "add9": (0, 4, 7, 14),
    "madd9": (0, 3, 7, 14),
    "11": (0, 4, 7, 10, 14, 17),
    "m11": (0, 3, 7, 10, 14, 17),
    "13": (0, 4, 7, 10, 14, 21),
    "7b5": (0, 4, 6, 10),
    "7#5": (0, 4, 8, 10),
    "7b9": (0, 4, 7, 10, 13),
    "7#9": (0, 4, 7, 10, 15),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "7sus4": (0, 5, 7, 10),
    "9sus4": (0, 5, 7, 10, 14),
    "dim": (0, 3, 6),
    "dim7": (0, 3, 6, 9),
    "m7b5": (0, 3, 6, 10),
    "aug": (0, 4, 8),
    "aug7": (0, 4, 8, 10),
}
# Other spellings of a kind, tried in this order on its beginning.
_SPELLINGS: Final = (
    ("minor", "m"),
    ("major", "maj"),
    ("min", "m"),
    ("mi", "m"),
    ("-", "m"),
    ("ma", "maj"),
    ("Ma", "maj"),
    ("M", "maj"),
    ("Δ", "maj7"),
    ("ø7", "m7b5"),
    ("ø", "m7b5"),
    ("°", "dim"),
    ("o", "dim"),
    ("+", "aug"),
)
_WHOLE: Final = {
    "maj": "",
    "maj77": "maj7",
    "maj6": "6",
    "mM7": "mmaj7",
    "dom7": "7",
    "sus": "sus4",
    "7sus": "7sus4",
    "9sus": "9sus4",
    "m7-5": "m7b5",
    "7+": "aug7",
    "7-5": "7b5",
    "7+5": "7#5",
    "7-9": "7b9",
    "7+9": "7#9",
    "6/9": "69",
    "2": "add9",
    "4": "sus4",
    # As in the Nottingham collection.
    "d": "dim",
    "a": "aug",
    "a7": "aug7",
}
_SYMBOL: Final = re.compile(r"([A-G])([#b♯♭]?)([^/\s]*)(?:/([A-Ga-g])([#b♯♭+]?)|/.*)?$")
_BASS_ONLY: Final = re.compile(r"/([A-G])([#b♯♭]?)$")
_STEPS: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
# A sharp bass is also written D/f+, as in the Nottingham collection.
_SIGNS: Final = {"": 0, "#": 1, "♯": 1, "+": 1, "b": -1, "♭": -1}
_SILENCE: Final = frozenset({"n.c.", "nc", "n.c", "tacet", "no chord"})


@dataclass(frozen=True)
class ChordKind:
    """``root`` and ``bass`` are pitch classes; ``intervals`` semitones above the root.

    Without a root only the bass changes (``/F#``); without intervals nothing is played.
    """

    root: int | None
    intervals: tuple[int, ...]
    bass: int | None


@lru_cache(maxsize=1024)
def parse_chord(symbol: str) -> ChordKind | None:
    """The chord a symbol names; None for a text that is no chord (``Fine``)."""
    text = symbol.strip()
    if text.lower() in _SILENCE:
        return ChordKind(None, (), None)
    if len(text) > 1 and not text.startswith("("):
        # An alternative in brackets, as in G(Em), is not played (4.18).
        text = re.sub(r"\((?!maj|add|sus|[#b+\d-]).*$", "", text).strip()
    text = text.replace("(", "").replace(")", "").replace(" ", "")
    bass = _BASS_ONLY.match(text)
    if bass:
        return ChordKind(None, (), _pitch_class(bass[1], bass[2]))
    found = _SYMBOL.match(text.replace("6/9", "69"))
    if not found:
        return None
    intervals = _KINDS.get(_kind(found[3]))
    if intervals is None:
        return None
    root = _pitch_class(found[1], found[2])
    low = _pitch_class(found[4].upper(), found[5]) if found[4] else root
    return ChordKind(root, intervals, low)


def _pitch_class(letter: str, sign: str) -> int:
    return (_STEPS[letter] + _SIGNS[sign]) % 12


def _kind(text: str) -> str:
    if text in _WHOLE:
        return _WHOLE[text]
    if text in _KINDS:
        return text
    for written, meant in _SPELLINGS:
        if text.startswith(written):
            rest = text[len(written) :]
            rest = "maj" + rest[1:] if rest.startswith("M") else rest
            text = meant + (rest if meant != "maj7" else rest.removeprefix("7"))
            break
    return _WHOLE.get(text, text)
