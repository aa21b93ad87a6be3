"""Attributes and bar lines of MusicXML: keys, meters, clefs, transposition, repeats, endings."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final
from xml.etree.ElementTree import Element

from chatmusician.abc.imports.draft import Clef
from chatmusician.abc.imports.musicxml_cursor import Cursor
from chatmusician.abc.imports.musicxml_marks import text_of, text_of_self
from chatmusician.abc.key_values import explicit_key, key_name, our_key
from chatmusician.music.keys import signature
from chatmusician.music.pitch import STEP_LETTERS

_CLEFS: Final = {
    ("G", "2"): "treble",
    ("G", "1"): "treble1",
    ("F", "4"): "bass",
    ("F", "3"): "bass3",
    ("C", "1"): "soprano",
    ("C", "2"): "mezzosoprano",
    ("C", "3"): "alto",
    ("C", "4"): "tenor",
    ("C", "5"): "baritone",
}
_STYLES: Final = {
    "regular": "|",
    "light-light": "||",
    "light-heavy": "|]",
    "heavy-light": "[|",
    "heavy-heavy": "|]",
    "heavy": "|]",
    "dotted": ".|",
    "dashed": ".|",
    "none": "[|]",
}
# The id that our own MusicXML gives a key which the format cannot name.
_OUR_KEY: Final = re.compile(r"key-([A-G](?:sharp|b)?|)-([A-Za-z]+)(?:-\d+)?")
_MOST_FIFTHS: Final = 7


class Attributes(Cursor):
    """What holds from a place on, and the lines between measures."""

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.staves = 1

    def attributes(self, element: Element) -> None:
        for child in element:
            staff = self.integer(child.get("number", "0"), "staff", 100)
            match child.tag:
                case "divisions":
                    self.set_divisions(child)
                case "key":
                    self.measure.keys.append((self.now, staff, self.key(child)))
                case "time":
                    self.time(child, staff)
                case "staves":
                    self.staves = self.integer((child.text or "").strip() or "1", "staves", 32)
                case "clef":
                    self.measure.clefs.append((self.now, staff or 1, self.clef(child)))
                case "transpose":
                    shift = self.number(text_of(child, "chromatic") or "0", "chromatic")
                    octaves = self.integer(text_of(child, "octave-change") or "0", "octave", 9)
                    semitones = max(-120, min(120, round(shift) + 12 * octaves))
                    self.measure.transposes.append((self.now, staff, semitones))

    def key(self, element: Element) -> str:
        steps = [(e.text or "").strip().upper() for e in element.findall("key-step")]
        told = _OUR_KEY.fullmatch(element.get("id", ""))
        if steps:
            alters = [text_of_self(e) for e in element.findall("key-alter")]
            values = [round(self.number(a or "0", "key-alter")) for a in alters]
            named = list(zip(steps, values, strict=False))
            return our_key(told[1], told[2], named) if told else explicit_key(named)
        fifths = self.integer(text_of(element, "fifths") or "0", "fifths", 14)
        if told and abs(fifths) <= _MOST_FIFTHS:
            return our_key(
                told[1], told[2], list(zip(STEP_LETTERS, signature(fifths), strict=True))
            )
        return key_name(fifths, text_of(element, "mode").lower())

    def time(self, element: Element, staff: int) -> None:
        beats = [text_of_self(e).replace(" ", "") for e in element.findall("beats")]
        types = [text_of_self(e) for e in element.findall("beat-type")]
        text = _meter(beats, types, element.get("symbol", ""))
        self.measure.meters.append((self.now, staff, text))
        whole = sum(
            (
                Fraction(sum(int(n) for n in b.split("+")), int(t))
                for b, t in zip(beats, types, strict=False)
                if text != "none"
            ),
            Fraction(0),
        )
        self.full = whole * 4 or self.full
        if not self.now:
            self.measure.nominal = self.full

    def clef(self, element: Element) -> Clef:
        sign, line = text_of(element, "sign"), text_of(element, "line")
        octave = self.integer(text_of(element, "clef-octave-change") or "0", "octave", 9)
        if sign == "percussion":
            return Clef(self.now, "perc")
        default = {"G": "2", "F": "4", "C": "3"}.get(sign, "")
        name = _CLEFS.get((sign, line or default), "none" if sign == "none" else "treble")
        return Clef(self.now, name, max(-2, min(2, octave)) if name != "none" else 0)

    def barline(self, element: Element) -> None:
        location = element.get("location", "right")
        offset = Fraction(0) if location == "left" else self.now
        out: list[str] = []
        ending, repeat = element.find("ending"), element.find("repeat")
        if repeat is not None:
            times = self.integer(repeat.get("times", "2"), "times", 20)
            colons = ":" * max(1, times - 1)
            out.append(f"|{colons}" if repeat.get("direction") == "forward" else f"{colons}|")
        elif style := _STYLES.get(text_of(element, "bar-style"), ""):
            out.append("" if location == "left" and style == "|" else style)
        if ending is not None:
            self.ending(ending, offset, out)
        if location == "right":
            self.measure.right += [sign for sign in out if sign]
        else:
            self.measure.signs += [(offset, sign) for sign in out if sign]

    def ending(self, element: Element, offset: Fraction, out: list[str]) -> None:
        numbers = _numbers(element.get("number", "")) or _numbers(element.text or "")
        if element.get("type") == "start" and numbers:
            self.measure.signs.append((offset, "|" + ",".join(map(str, numbers))))
        elif element.get("type") in ("stop", "discontinue"):
            out.append("end")


def _numbers(text: str) -> list[int]:
    """``1, 2`` or ``1-3`` as numbers."""
    found: list[int] = []
    for first, last in re.findall(r"(\d{1,2})(?:\s*-\s*(\d{1,2}))?", text):
        found += range(int(first), min(int(last or first), int(first) + 20) + 1)
    return [n for n in dict.fromkeys(found) if n]


def _meter(beats: list[str], types: list[str], symbol: str) -> str:
    pairs = list(zip(beats, types, strict=False))
    usual = all(re.fullmatch(r"\d{1,3}(\+\d{1,3})*", b) for b in beats)
    if (
        not pairs
        or not usual
        or any(t not in ("1", "2", "4", "8", "16", "32", "64") for t in types)
    ):
        return "none"
    if symbol == "common" and pairs == [("4", "4")]:
        return "C"
    if symbol == "cut" and pairs == [("2", "2")]:
        return "C|"
    finest = max(int(t) for t in types)
    counts = [str(int(n) * finest // int(t)) for b, t in pairs for n in b.split("+")]
    if all(c == "0" for c in counts):
        return "none"
    return f"({'+'.join(counts)})/{finest}" if len(counts) > 1 else f"{counts[0]}/{finest}"
