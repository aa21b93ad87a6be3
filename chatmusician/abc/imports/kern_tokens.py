"""Humdrum **kern tokens: one note, chord or rest; bar lines; keys, meters and clefs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from chatmusician.abc.fields import parse_key
from chatmusician.abc.key_values import explicit_key, key_name
from chatmusician.abc.pieces import Head
from chatmusician.errors import InputError
from chatmusician.music.pitch import STEP_LETTERS
from chatmusician.music.spelling import respelled

_RECIP: Final = re.compile(r"(\d{1,5})(?:%(\d{1,5}))?(\.{0,8})")
_PITCH: Final = re.compile(r"([a-g]{1,7}|[A-G]{1,7})(#{1,4}|-{1,4}|n?)")
_MARKS: Final = {
    "'": ".",
    "`": "!wedge!",
    "~": "!tenuto!",
    "^": "!accent!",
    ";": "!fermata!",
    "T": "!trill!",
    "t": "!trill!",
    "M": "!uppermordent!",
    "m": "!uppermordent!",
    "W": "!lowermordent!",
    "w": "!lowermordent!",
    "S": "!turn!",
    "$": "!invertedturn!",
    "v": "!upbow!",
    "u": "!downbow!",
    ":": "!arpeggio!",
    ",": "!breath!",
    "z": "!sfz!",
}
_CLEFS: Final = {
    "G2": "treble",
    "G1": "treble1",
    "F4": "bass",
    "F3": "bass3",
    "F5": "bass",
    "C1": "soprano",
    "C2": "mezzosoprano",
    "C3": "alto",
    "C4": "tenor",
    "C5": "baritone",
    "X": "perc",
}
_MODES: Final = frozenset({"dor", "phr", "lyd", "mix", "aeo", "ion", "loc"})
_SHARPS: Final = "fcgdaeb"


@dataclass
class Token:
    """What a token of a **kern spine says."""

    length: Fraction
    heads: list[Head] = field(default_factory=list)
    grace: str = ""
    hidden: bool = False
    marks: list[str] = field(default_factory=list)
    opens: int = 0
    closes: int = 0


def read_token(text: str) -> Token:
    """One note, chord (its notes set off by spaces) or rest."""
    subtokens = text.split(" ")
    first = subtokens[0]
    token = Token(_length(first) or Fraction(0))
    if found := re.search(r"q+", text):
        token.grace = found[0]
    if not token.length and not token.grace:
        raise InputError(f"the token {text[:20]!r} has no length")
    for each in subtokens:
        if "r" not in each and (head := _head(each)):
            own = _length(each)
            head.length = own if own and own != token.length else None
            token.heads.append(head)
    if not token.heads and "r" not in first:
        raise InputError(f"the token {text[:20]!r} is neither a note nor a rest")
    token.hidden = not token.heads and "yy" in text
    token.opens, token.closes = text.count("("), text.count(")")
    for char in first if len(subtokens) == 1 else "".join(sorted(set(text), key=text.index)):
        mark = _MARKS.get(char)
        if mark and mark not in token.marks:
            token.marks.append(mark)
    return token


def _length(text: str) -> Fraction | None:
    """Quarter notes of a reciprocal length: ``4.``, ``0`` (two wholes), ``3%2``."""
    found = _RECIP.search(text)
    if not found:
        return None
    digits, below, dots = found.groups()
    if not int(digits):
        value = Fraction(4 * 2 ** min(len(digits), 4))
    else:
        value = Fraction(4 * int(below or 1), int(digits))
    if below == "0" or value > 256 or value < Fraction(1, 256):
        raise InputError(f"the length in {text[:20]!r} makes no sense")
    return value * (2 - Fraction(1, 2 ** len(dots)))


def _head(text: str) -> Head | None:
    found = _PITCH.search(text)
    if not found:
        return None
    letters, sign = found.groups()
    if letters != letters[0] * len(letters):
        raise InputError(f"the token {text[:20]!r} names two pitches")
    octave = len(letters) - 1 if letters.islower() else -len(letters)
    alter = sign.count("#") - sign.count("-")
    step = STEP_LETTERS.index(letters[0].upper())
    tied = "[" in text or "_" in text
    return Head(*respelled(step, alter, octave), tied=tied)


def bar_signs(text: str) -> list[str]:
    """The signs of a bar line token: ``=12:|!|:`` closes and opens a repeat."""
    body = re.sub(r"^=+\d*[a-z]?", "", text)
    signs = []
    if re.search(r":[|!]", body):
        signs.append(":|")
    if re.search(r"[|!]:", body):
        signs.append("|:")
    if not signs:
        if text.startswith("==") or "|!" in body:
            signs.append("|]")
        elif "!|" in body:
            signs.append("[|")
        elif "||" in body:
            signs.append("||")
        elif "-" in body:
            signs.append("[|]")
    return signs


def signature_text(text: str) -> list[tuple[str, int]]:
    """``*k[f#c#]`` as steps and alterations."""
    pairs = re.findall(r"([a-g])(#{1,2}|-{1,2}|n)", text)
    return [(step, sign.count("#") - sign.count("-")) for step, sign in pairs]


def key_of(signature: list[tuple[str, int]] | None, designation: str) -> str:
    """A K: value from a signature and a key as Humdrum names it (``G:``, ``a:``, ``d:dor``),
    which counts where the two agree."""
    named = _named(designation)
    if signature is None:
        return named or "C"
    steps = [0] * 7
    for step, alter in signature:
        steps[STEP_LETTERS.index(step.upper())] = alter
    if named and parse_key(named).accidentals == tuple(steps):
        return named
    count = len(signature)
    if signature == [(s, 1) for s in _SHARPS[:count]]:
        return key_name(count, "")
    if signature == [(s, -1) for s in _SHARPS[::-1][:count]]:
        return key_name(-count, "")
    return explicit_key([(step.upper(), alter) for step, alter in signature])


def _named(designation: str) -> str:
    found = re.fullmatch(r"([A-Ga-g])([#-]?):([a-z]{3})?.*", designation)
    if not found:
        return ""
    letter, sign, mode = found.groups()
    tonic = letter.upper() + sign.replace("-", "b")
    if mode in _MODES:
        return tonic + {"ion": "", "aeo": "m"}.get(mode, mode)
    return tonic + ("m" if letter.islower() else "")


def clef_of(text: str) -> tuple[str, int]:
    """``*clefGv2`` as ABC's name and octaves."""
    body = text.removeprefix("*clef")
    octaves = body.count("^") - body.count("v")
    name = _CLEFS.get(re.sub(r"[v^]", "", body), "treble")
    return name, max(-2, min(2, octaves))
