"""The values of information fields: keys, meters, unit lengths, tempos, voices, parts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from math import gcd
from typing import Final

from chatmusician.abc.tables import CLEFS, MODES
from chatmusician.music.keys import signature, tonic_fifths
from chatmusician.music.meter import Meter
from chatmusician.music.pitch import STEP_LETTERS, STEP_SEMITONES

NATURALS: Final = (0, 0, 0, 0, 0, 0, 0)


@dataclass(frozen=True)
class Properties:
    """What K: and V: may say about a voice; None where nothing is said."""

    clef: str | None = None
    octave: int | None = None
    transpose: int | None = None
    clef_octave: int = 0
    other: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Key:
    """A key. ``accidentals`` are those of the steps C to B; ``None`` tonic for K:none.

    ``stated`` is False where the field only names a clef or the like, so that the
    key before it goes on.
    """

    tonic: str
    mode: str
    accidentals: tuple[int, ...] = NATURALS
    explicit: tuple[tuple[int, int], ...] = ()
    properties: Properties = field(default_factory=Properties)
    stated: bool = True
    valid: bool = True

    @property
    def name(self) -> str:
        """``D mixolydian``, ``D exp``, ``HP`` or ``none``."""
        if self.mode in ("HP", "Hp"):
            return self.mode
        return f"{self.tonic} {self.mode}" if self.tonic else "none"


@dataclass(frozen=True)
class Tempo:
    """``beats`` per minute; a beat's length in whole notes, 0 where not stated.

    ``loose`` is True where words were read that are not in quotes.
    """

    beat: Fraction
    bpm: Fraction | None
    text: str
    deprecated: bool = False
    valid: bool = True
    loose: bool = False

    @property
    def numbered(self) -> bool:
        """Whether it is written as ABC writes it, and says how many beats a minute."""
        return self.valid and not self.loose and self.bpm is not None

    @property
    def qpm(self) -> Fraction | None:
        """Quarter notes per minute."""
        return None if self.bpm is None or not self.beat else self.bpm * self.beat * 4


@dataclass(frozen=True)
class Voice:
    id: str
    properties: Properties = field(default_factory=Properties)


_WORD: Final = re.compile(r'((?!exp\b)[a-z][\w-]*)\s*=\s*("[^"]*"?|\S+)|"[^"]*"?|\S+')
_TONIC: Final = re.compile(r"([A-G])([#b\u266f\u266d]?)(.*)", re.S)
_ACCIDENTAL: Final = re.compile(r"(\^\^|\^|__|_|==|=)([A-Ga-g])[,']*")
_CLEF: Final = re.compile(r"([A-Za-z]+)([1-5]?)(?:([+^-])(8|15)|_(8|15))?$")
_SHIFT: Final = re.compile(r"(\^{0,2}|_{0,2}|=)([A-Ga-g])([,']{0,5})" * 2)
_ACCIDENTAL_VALUE: Final = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0, "==": 0}


_LOOSE_KEY: Final = re.compile(
    r"(?P<tonic>[a-g])"
    r"(?P<sign>[#b\u266f\u266d]|[ -]{0,2}(?:sharp|flat)(?![a-z])"
    r"|[ -]{1,2}(?:[#\u266f\u266d]|(?-i:b)(?=[ -]{1,2}(?:min|maj)))(?![a-z#]))?"
    r"(?:(?P<gap>[ -]{0,2})"
    r"(?P<mode>m|min|minor|maj|major|(?:mix|dor|phr|lyd|loc|aeo|ion)[a-z]{0,7}))?"
    r"(?=\s|$)",
    re.I,
)
_SHORT_MODES: Final = {"major": "", "minor": "m"}
_SIGNS: Final = {
    "": "",
    "#": "#",
    "\u266f": "#",
    "sharp": "#",
    "b": "b",
    "\u266d": "b",
    "flat": "b",
}


def loose_key(value: str) -> str:
    """A key in another spelling, as ABC writes it: ``emin clef=bass`` → ``Em clef=bass``.

    This is a tonic in lower case (``emin``), a sign as a word or apart from its letter
    (``F sharp minor``, ``B-flat``), or a hyphen before the mode (``F-minor``). Empty for any
    other value, and for ``a`` or ``f#`` alone, which could be major or minor.
    """
    value = value.strip()
    found = _LOOSE_KEY.match(value)
    if found is None:
        return ""
    written = (found["sign"] or "").lower()
    sign = written.strip(" -")
    lower = found["tonic"].islower()
    loose = len(written) > 1 or (found["mode"] is not None and "-" in found["gap"])
    if not loose and (not lower or found["mode"] is None):
        return ""
    mode = _mode(found["mode"] or "")
    if mode is None or (lower and found["mode"] == "M"):
        return ""
    short = _SHORT_MODES.get(mode[0], mode[0][:3])
    return f"{found['tonic'].upper()}{_SIGNS[sign]}{short}{value[found.end() :]}"


@lru_cache(maxsize=2048)
def parse_key(value: str) -> Key:
    """Read a K: value; ``valid`` is False where nothing could be made of its start."""
    value = value.strip()
    words = list(_WORD.finditer(value))
    if not words:
        return Key("", "none")
    first = words[0][0]
    if words[0][1] or (_is_clef(first) and first.lower() != "none"):
        return Key("", "", properties=_properties(words), stated=False)
    capital = loose_key(value)
    if capital:
        return parse_key(capital)
    return _parse_tonic(first, words)


def _parse_tonic(first: str, words: list[re.Match[str]]) -> Key:
    tonic, fifths, mode, used = "", 0, "", 0
    known: tuple[str, int] | None = ("exp", 0)
    found = _TONIC.match(first)
    if first.lower() == "none" or first in ("HP", "Hp"):
        mode, used = ("none" if first.lower() == "none" else first), 1
        fifths = 0 if mode == "none" else 2
        extra = ""
    elif found:
        tonic = found[1] + found[2].replace("\u266f", "#").replace("\u266d", "b")
        rest, used = found[3], 1
        if not rest and len(words) > 1 and not _is_clef(words[1][0]):
            word = words[1][0]
            if _mode(word) is not None:
                rest, used = word, 2
        known = _mode(re.split(r"[\^_=]", rest)[0])
        mode, shift = known or MODES["maj"]
        fifths = tonic_fifths(tonic) + shift
        extra = rest[re.match(r"[^\^_=]*", rest).end() :]  # type: ignore[union-attr]
    elif first.lower() == "exp" or _ACCIDENTAL.match(first):
        mode, used = "exp", 1
        extra = "" if first.lower() == "exp" else first
    else:
        return Key("", "none", valid=False)
    steps = [0] * 7 if mode == "exp" else list(signature(fifths))
    explicit: list[tuple[int, int]] = []
    texts = [extra] + [w[0] for w in words[used:]]
    for text in texts:
        if text.lower() == "exp":
            mode, steps = "exp", [0] * 7
    for text in texts:
        for mark in _ACCIDENTAL.finditer(text) if text[:1] in ("^", "_", "=") else ():
            step = STEP_LETTERS.index(mark[2].upper())
            steps[step] = _ACCIDENTAL_VALUE[mark[1]]
            explicit.append((step, steps[step]))
    properties = _properties(words[used:])
    return Key(tonic, mode, tuple(steps), tuple(explicit), properties, valid=known is not None)


def _mode(word: str) -> tuple[str, int] | None:
    lower = word.lower()
    if word == "M":
        return MODES["maj"]
    if lower == "exp":
        return "exp", 0
    return MODES.get(lower) or (MODES.get(lower[:3]) if len(lower) >= 3 else None)


def _is_clef(word: str) -> bool:
    found = _CLEF.match(word)
    return bool(found) and found[1].lower() in CLEFS  # type: ignore[index]


def _properties(words: list[re.Match[str]]) -> Properties:
    clef: str | None = None
    octave: int | None = None
    transpose: int | None = None
    clef_octave = 0
    other: list[tuple[str, str]] = []
    for word in words:
        name, value = (word[1] or "").lower(), (word[2] or "").strip('"')
        if not word[1]:
            if _is_clef(word[0]):
                name, value = "clef", word[0]
            else:
                continue
        if name in ("clef", "cl"):
            clef, clef_octave = value, _clef_octave(value)
        elif name in ("octave", "oct", "o"):
            octave = _small_int(value, 10)
        elif name in ("transpose", "t"):
            transpose = _small_int(value, 120)
        elif name in ("shift", "sound"):
            shift = _interval(value)
            transpose = transpose if shift is None else shift
        else:
            other.append((name, value))
    return Properties(clef, octave, transpose, clef_octave, tuple(other))


def _interval(value: str) -> int | None:
    """Semitones from the first note to the second of ``shift=CD``; None where there are none."""
    found = _SHIFT.fullmatch(value)
    if found is None:
        return None
    first, second = (_semitones(found[n], found[n + 1], found[n + 2]) for n in (1, 4))
    return max(-120, min(120, second - first))


def _semitones(sign: str, letter: str, marks: str) -> int:
    """A note without a key, in semitones above C4."""
    octave = letter.islower() + marks.count("'") - marks.count(",")
    step = STEP_LETTERS.index(letter.upper())
    return 12 * octave + STEP_SEMITONES[step] + _ACCIDENTAL_VALUE.get(sign, 0)


def _clef_octave(clef: str) -> int:
    """Octaves by which a clef such as ``treble-8`` moves what is played (2.1, 4.6)."""
    found = _CLEF.match(clef)
    if not found or not (found[4] or found[5]):
        return 0
    octaves = 1 if (found[4] or found[5]) == "8" else 2
    return -octaves if found[3] == "-" or found[5] else octaves


def _small_int(value: str, largest: int) -> int | None:
    if not re.fullmatch(r"[+-]?\d{1,4}", value):
        return None
    return max(-largest, min(largest, int(value)))


@lru_cache(maxsize=256)
def parse_unit(value: str) -> tuple[int, int] | None:
    """Read an L: value as (numerator, denominator), None where it makes no sense."""
    found = re.match(r"\s*(\d{1,9})\s*(?:/\s*(\d{1,9}))?\s*$", value)
    if not found:
        return None
    num, den = int(found[1]), int(found[2] or 1)
    if not num or not den:
        return None
    shared = gcd(num, den)
    return num // shared, den // shared


def default_unit(meter: Meter) -> tuple[int, int]:
    """The unit length where no L: is given (2.1, section 3.1.7)."""
    if not meter.free and meter.num * 4 < meter.den * 3:
        return 1, 16
    return 1, 8


@lru_cache(maxsize=512)
def parse_tempo(value: str, unit: Fraction = Fraction(1, 8)) -> Tempo:
    """Read a Q: value; ``unit`` is the beat of the deprecated forms without one."""
    text = " ".join(t for t in re.findall(r'"([^"]*)"?', value))
    rest = re.sub(r'"[^"]*"?', " ", value).strip()
    if not rest:
        return Tempo(Fraction(0), None, text, valid=bool(text))
    found = re.fullmatch(r"((?:\d{1,4}\s*/\s*\d{1,4}\s*)+)=\s*(\d{1,5}(?:\.\d{1,4})?)", rest)
    if found:
        pairs = re.findall(r"(\d+)\s*/\s*(\d+)", found[1])
        if all(int(d) for _, d in pairs):
            beat = sum((Fraction(int(n), int(d)) for n, d in pairs), Fraction(0))
            return _tempo(beat, found[2], text, False)
    found = re.fullmatch(
        r"(?:(C)(\d{0,3})\s*(?:/\s*(\d{1,3}))?\s*=)?\s*(\d{1,5}(?:\.\d{1,4})?)", rest
    )
    if found and found[3] != "0" and found[2] != "0":
        beat = unit * int(found[2] or 1) / int(found[3] or 1)
        return _tempo(beat, found[4], text, True)
    plain = plain_tempo(value)
    if plain:
        read = parse_tempo(plain, unit)
        return Tempo(read.beat, read.bpm, read.text, read.deprecated, read.valid, True)
    return Tempo(Fraction(0), None, text, valid=False)


_TEMPO_WORDS: Final = re.compile(r"[^\W\d_][^\d=/\"%\[\]]{0,60}")
_TEMPO_NUMBERS: Final = re.compile(
    r"(?P<before>[^\d=/\"%\[\]]{0,60})(?P<beat>\d{1,3}/\d{1,3})\s*=\s*(?P<about>[^\d=/\"%\[\]]{0,20})"
    r"(?P<bpm>\d{1,4})(?P<after>[^\d=/\"%\[\]]{0,60})"
)


def plain_tempo(value: str) -> str:
    """A Q: value with its words in quotes: ``1/4=ca. 80`` → ``"ca." 1/4=80``.

    Empty where the value has no such words, or where it is unclear what it means.
    """
    text = value.strip()
    if _TEMPO_WORDS.fullmatch(text):
        return f'"{text}"'
    found = _TEMPO_NUMBERS.fullmatch(text)
    if not found:
        return ""
    before = " ".join(filter(None, (found["before"].strip(), _about(found["about"]))))
    after = found["after"].strip()
    if (before + after).strip("~ ") == "" or any(c in "-+*" for c in after[:1]):
        return ""
    quoted = [f'"{words}"' if words else "" for words in (before, after)]
    numbers = f"{found['beat']}={found['bpm']}"
    return " ".join(filter(None, (quoted[0], numbers, quoted[1])))


def _about(words: str) -> str:
    words = words.strip()
    return "ca." if words in ("~", "\u2248") else words


def _tempo(beat: Fraction, bpm: str, text: str, deprecated: bool) -> Tempo:
    speed = Fraction(bpm)
    if not speed or not beat:
        return Tempo(Fraction(0), None, text, valid=False)
    return Tempo(beat, speed, text, deprecated)


@lru_cache(maxsize=512)
def parse_voice(value: str) -> Voice:
    """Read a V: value: an id, then properties."""
    words = list(_WORD.finditer(value.strip()))
    if not words:
        return Voice("")
    # A bracket would end the inline field that names the voice.
    name = re.split(r"[][]", words[0][0].strip('"'))[0]
    return Voice(name[:20], _properties(words[1:]))
