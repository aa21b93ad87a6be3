"""Where a reader of MusicXML stands in its part: exact times, limits, the measure it fills."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Final
from xml.etree.ElementTree import Element

from chatmusician.abc.imports.draft import Clef
from chatmusician.abc.imports.musicxml_marks import text_of
from chatmusician.abc.pieces import Piece
from chatmusician.errors import InputError, LimitError

MAX_DIVISIONS: Final = 1_000_000
MAX_QUARTERS: Final = 256
_FINEST: Final = 3840

_TYPES: Final = {
    "1024th": Fraction(1, 256),
    "512th": Fraction(1, 128),
    "256th": Fraction(1, 64),
    "128th": Fraction(1, 32),
    "64th": Fraction(1, 16),
    "32nd": Fraction(1, 8),
    "16th": Fraction(1, 4),
    "eighth": Fraction(1, 2),
    "quarter": Fraction(1),
    "half": Fraction(2),
    "whole": Fraction(4),
    "breve": Fraction(8),
    "long": Fraction(16),
    "maxima": Fraction(32),
}
# A staff and a voice on it.
Stream = tuple[int, str]
# A length in quarters and the tuplet it stands in.
Length = tuple[Fraction, tuple[int, int] | None]
# Where in its measure, on which staff (0: all), and what.
Change = tuple[Fraction, int, str]


@dataclass
class MeasureDraft:
    """One measure of one part; times from its beginning. ``right`` are the signs at its end."""

    length: Fraction = Fraction(0)
    nominal: Fraction = Fraction(0)
    streams: dict[Stream, list[Piece]] = field(default_factory=dict)
    keys: list[Change] = field(default_factory=list)
    meters: list[Change] = field(default_factory=list)
    symbols: list[Change] = field(default_factory=list)
    inline: list[Change] = field(default_factory=list)
    clefs: list[tuple[Fraction, int, Clef]] = field(default_factory=list)
    transposes: list[tuple[Fraction, int, int]] = field(default_factory=list)
    signs: list[tuple[Fraction, str]] = field(default_factory=list)
    right: list[str] = field(default_factory=list)


class Cursor:
    """A place in time in one part."""

    def __init__(self, id: str) -> None:
        self.id = id
        self.divisions = 1
        self.lengths: dict[tuple[Fraction, str, int, tuple[int, int] | None], Length] = {}
        self.full = Fraction(4)
        self.place = ""
        self.start_measure()

    def start_measure(self) -> None:
        self.measure = MeasureDraft(nominal=self.full)
        self.raw = Fraction(0)
        self.now = Fraction(0)
        self.known: dict[Fraction, Fraction] = {self.raw: self.now}

    def error(self, what: str) -> InputError:
        return InputError(f"{self.place}: {what}")

    def number(self, text: str, what: str) -> Fraction:
        value = _number(text)
        if value is None:
            raise self.error(f"{what} {text[:20]!r} is no number")
        return value

    def integer(self, text: str, what: str, most: int) -> int:
        if len(text) == 1 and text.isdecimal() and text.isascii() and int(text) <= most:
            return int(text)
        value = self.number(text, what)
        if value.denominator != 1 or abs(value) > most:
            raise self.error(f"{what} {text} makes no sense")
        return int(value)

    def duration(self, element: Element) -> Fraction:
        value = self.number(text_of(element, "duration") or "0", "duration")
        if value < 0:
            raise self.error(f"duration {value} is below zero")
        if value > MAX_QUARTERS * self.divisions:
            raise LimitError(f"{self.place}: a duration of more than {MAX_QUARTERS} quarter notes")
        return value

    def move(self, raw: Fraction) -> None:
        self.raw = max(Fraction(0), self.raw + raw)
        self.now = self.position()
        self.reach(min(self.now, self.measure.nominal))

    def reach(self, time: Fraction) -> None:
        """Notes make a measure as long as they are, empty room only as long as its meter."""
        self.measure.length = max(self.measure.length, time)
        if max(self.measure.length, self.now) > 4 * MAX_QUARTERS:
            raise LimitError(f"{self.place}: more than {4 * MAX_QUARTERS} quarter notes long")

    def position(self) -> Fraction:
        """The exact time of the cursor: where notes begin or end there (or a rounded unit
        beside it), theirs."""
        for near in (self.raw, self.raw - 1, self.raw + 1):
            found = self.known.get(near)
            if found is not None and (near == self.raw or found != near / self.divisions):
                return found
        return self.rounded(self.raw / self.divisions)

    def rounded(self, time: Fraction) -> Fraction:
        return time if time.denominator <= _FINEST else time.limit_denominator(_FINEST // 4)

    def exact(self, note: Element, raw: Fraction) -> Length:
        """A note's length and tuplet."""
        kind = (note.findtext("type") or "").strip()
        dots = min(len(note.findall("dot")), 8)
        change = note.find("time-modification")
        ratio = None
        if change is not None:
            p = self.integer(text_of(change, "actual-notes") or "1", "actual-notes", 10_000)
            q = self.integer(text_of(change, "normal-notes") or "1", "normal-notes", 10_000)
            ratio = (p, q) if p > 0 and q > 0 and p != q else None
        key = (raw, kind, dots, ratio)
        if key not in self.lengths:
            self.lengths[key] = self.work_out(raw, kind, dots, ratio)
        return self.lengths[key]

    def work_out(
        self, raw: Fraction, kind: str, dots: int, ratio: tuple[int, int] | None
    ) -> Length:
        """Where divisions cannot hold a tuplet's notes, their durations are rounded: then
        the written type gives the length."""
        length = self.rounded(raw / self.divisions)
        plain = _TYPES.get(kind)
        if plain is None:
            return length, None
        plain *= 2 - Fraction(1, 2**dots)
        written = plain * Fraction(ratio[1], ratio[0]) if ratio else plain
        units = written * self.divisions
        if written == length or (units.denominator != 1 and abs(units - raw) < 1):
            return written, ratio
        return length, None

    def set_divisions(self, element: Element) -> None:
        value = self.number((element.text or "").strip(), "divisions")
        if value <= 0 or value.denominator != 1:
            raise self.error(f"divisions {value} make no sense")
        if value > MAX_DIVISIONS:
            raise LimitError(f"{self.place}: divisions of {value}; at most {MAX_DIVISIONS}")
        self.divisions = int(value)
        self.lengths.clear()
        self.raw = self.now * self.divisions
        self.known = {Fraction(0): Fraction(0), self.raw: self.now}


@lru_cache(maxsize=4096)
def _number(text: str) -> Fraction | None:
    return Fraction(text) if re.fullmatch(r"-?\d{1,12}(\.\d{1,9})?", text) else None
