"""Chords: the symbols above a melody, the intervals of each kind, and their names.

Definitions
-----------
kind
    What follows the root of a chord symbol, in one spelling: ``""`` for a major triad, ``m7b5``
    for a half-diminished seventh. ``KINDS`` holds the semitones of each above the root.
symbol
    Root, kind in any spelling, and a bass after a slash: ``F#m7/C#``, ``B♭maj7``, ``D-7``.

Departures
----------
mir_eval's ``chord.encode`` reads Harte's shorthand (``F#:min7/5``, the bass as a degree); these
are the spellings of lead sheets and ABC collections, the bass as a note. Kinds agree with
mir_eval's in their pitch classes. An alternative in brackets (``G(Em)``) is left out, as ABC 2.1
has it (section 4.18).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from chatmusician.music.intervals import names_of
from chatmusician.music.pitch import pitch_class

KINDS: Final[dict[str, tuple[int, ...]]] = {
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
"""Semitones above the root, of each kind of chord."""

CHORD_INTERVALS: Final[dict[str, tuple[str, ...]]] = {
    "major triad": names_of("M3 P5"),
    "minor triad": names_of("m3 P5"),
    "diminished triad": names_of("m3 d5"),
    "augmented triad": names_of("M3 A5"),
    "dominant seventh chord": names_of("M3 P5 m7"),
    "major seventh chord": names_of("M3 P5 M7"),
    "minor seventh chord": names_of("m3 P5 m7"),
    "half-diminished seventh chord": names_of("m3 d5 m7"),
    "diminished seventh chord": names_of("m3 d5 d7"),
}
"""Spelled intervals above the root, by the names that textbooks use."""

MUSICXML_KINDS: Final[dict[str, tuple[str, ...]]] = {
    "major": ("", "M", "maj", "Maj", "ma"),
    "minor": ("m", "min", "Min", "mi", "-"),
    "augmented": ("+", "aug"),
    "diminished": ("dim", "°", "o"),
    "dominant": ("7", "dom7"),
    "major-seventh": ("maj7", "Maj7", "M7", "ma7", "Δ", "Δ7", "^7", "^"),
    "minor-seventh": ("m7", "min7", "mi7", "-7", "Min7"),
    "diminished-seventh": ("dim7", "°7", "o7"),
    "augmented-seventh": ("+7", "aug7", "7+", "7#5"),
    "half-diminished": ("m7b5", "ø", "ø7", "Ø", "m7(b5)", "-7b5", "min7b5"),
    "major-minor": ("m(maj7)", "mM7", "mmaj7", "mMaj7", "minmaj7"),
    "major-sixth": ("6", "maj6", "M6"),
    "minor-sixth": ("m6", "min6", "-6"),
    "dominant-ninth": ("9",),
    "major-ninth": ("maj9", "M9", "Maj9"),
    "minor-ninth": ("m9", "min9", "-9"),
    "dominant-11th": ("11",),
    "major-11th": ("maj11", "M11"),
    "minor-11th": ("m11", "min11"),
    "dominant-13th": ("13",),
    "major-13th": ("maj13", "M13"),
    "minor-13th": ("m13", "min13"),
    "suspended-second": ("sus2",),
    "suspended-fourth": ("sus4", "sus"),
    "power": ("5",),
}
"""MusicXML's names for kinds, each with the spellings that mean it; the first is written."""

# Other spellings of a kind, tried in this order on its beginning.
_SPELLINGS: Final = (
    ("minor", "m"),
    ("major", "maj"),
    ("min", "m"),
    ("mi", "m"),
    ("-", "m"),
    ("ma", "maj"),
    ("Maj", "maj"),
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
    """The chord that a symbol names.

    Returns
    -------
    ChordKind or None
        None for a text that is no chord, such as ``Fine``. ``N.C.`` and its like give a kind
        without root, intervals and bass; ``/F#`` gives a bass only.

    >>> parse_chord("F#m7/C#")
    ChordKind(root=6, intervals=(0, 3, 7, 10), bass=1)
    """
    text = symbol.strip()
    if text.lower() in _SILENCE:
        return ChordKind(None, (), None)
    if len(text) > 1 and not text.startswith("("):
        # An alternative in brackets, as in G(Em), is not played (4.18).
        text = re.sub(r"\((?!maj|add|sus|[#b+\d-]).*$", "", text).strip()
    text = text.replace("(", "").replace(")", "").replace(" ", "")
    bass = _BASS_ONLY.match(text)
    if bass:
        return ChordKind(None, (), pitch_class(bass[1] + bass[2]))
    found = _SYMBOL.match(text.replace("6/9", "69"))
    if not found:
        return None
    intervals = KINDS.get(_kind(found[3]))
    if intervals is None:
        return None
    root = pitch_class(found[1] + found[2])
    # A sharp bass is also written D/f+, as in the Nottingham collection.
    low = pitch_class(found[4] + found[5].replace("+", "#")) if found[4] else root
    return ChordKind(root, intervals, low)


def third_of(intervals: tuple[int, ...]) -> str:
    """``min`` for a chord with a minor third and no major one, else ``maj``.

    This is how chord recognisers reduce any chord to two kinds.
    """
    return "min" if 3 in intervals and 4 not in intervals else "maj"


def _kind(text: str) -> str:
    if text in _WHOLE:
        return _WHOLE[text]
    if text in KINDS:
        return text
    for written, meant in _SPELLINGS:
        if text.startswith(written):
            rest = text[len(written) :]
            rest = "maj" + rest[1:] if rest.startswith("M") else rest
            text = meant + (rest if meant != "maj7" else rest.removeprefix("7"))
            break
    return _WHOLE.get(text, text)
