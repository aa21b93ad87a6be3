"""Chord symbols, words, repeats and endings stand in the score where the events have them."""

from __future__ import annotations

from fractions import Fraction
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest

from chatmusician import abc
from chatmusician.abc.events import tune_events
from chatmusician.abc.musicxml import to_musicxml
from chatmusician.abc.musicxml.write_harmony import parse_chord
from tests.abc.cases import Case, case_id
from tests.abc.scores import text, voices_by_staff
from tests.abc.test_conformance import CASES

Placed = list[tuple[Fraction, str]]


class Reader:
    """Adds up the durations of a part."""

    def __init__(self, part: Element) -> None:
        self.divisions = 1
        self.now = Fraction(0)
        self.chords: Placed = []
        self.words: Placed = []
        self.signs: Placed = []
        for measure in part.iterfind("measure"):
            self.measure(measure)

    def measure(self, measure: Element) -> None:
        end = start = last = self.now
        for child in measure:
            if child.tag == "attributes":
                self.divisions = int(text(child, "divisions") or self.divisions)
            elif child.tag == "harmony":
                self.chords.append((self.now, _root(child)))
            elif child.tag == "barline":
                self.bar_line(child, start, end)
            elif child.tag in ("note", "backup", "forward") and child.find("grace") is None:
                length = Fraction(int(text(child, "duration")), self.divisions)
                if child.find("chord") is None:
                    last = self.now
                    self.now += -length if child.tag == "backup" else length
                    end = max(end, self.now)
                found = [one for one in child.iterfind("lyric") if _verse(one) == "1"]
                self.words += [(last, text(one, "text")) for one in found if text(one, "text")]
        self.now = end

    def bar_line(self, line: Element, start: Fraction, end: Fraction) -> None:
        left = line.get("location") == "left"
        for ending in line.iterfind("ending"):
            if left:
                self.signs.append((start, f"|{ending.get('number')}"))
        for repeat in line.iterfind("repeat"):
            times = int(repeat.get("times", "2"))
            self.signs.append((start, "|:") if left else (end, ":" * (times - 1) + "|"))


def _verse(lyric: Element) -> str | None:
    return lyric.get("name") or lyric.get("number")


def _root(harmony: Element) -> str:
    return text(harmony, "root/root-step") + {"1": "#", "-1": "b"}.get(
        text(harmony, "root/root-alter"), ""
    )


def expected(voice: dict[str, Any]) -> tuple[Placed, Placed, Placed]:
    chords: Placed = []
    for onset, name in voice["chord_symbols"]:
        chord = parse_chord(name)
        if chord is not None:
            chords.append((Fraction(onset), chord.root + chord.sign))
    words = [(Fraction(onset), word) for onset, word in voice["lyrics"]]
    signs = [
        (Fraction(onset), "|:" if sign.startswith("|:") else sign)
        for onset, sign in voice["signs"]
        if sign != "||" and not sign.startswith("P:")
    ]
    return chords, words, signs


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_everything_stands_at_its_time(case: Case) -> None:
    for tune in abc.read(case.text).tunes:
        by_id = {v["id"]: v for v in tune_events(tune)["voices"] if v["bars"]}
        voices = [[by_id[id] for id in staff] for staff in voices_by_staff(tune)]
        parts = fromstring(to_musicxml(tune)).findall("part")
        for staff, part in zip(voices, parts, strict=bool(voices)):
            found = Reader(part)
            chords = [chord for voice in staff for chord in expected(voice)[0]]
            words = [word for voice in staff for word in expected(voice)[1]]
            voice = staff[0]
            signs = expected(voice)[2]
            assert sorted(found.chords) == sorted(chords)
            assert sorted(found.words) == sorted(words)
            # A repeat that ABC has go back to a double bar is opened there.
            doubles = [(Fraction(at), "|:") for at, sign in voice["signs"] if sign == "||"]
            told = [sign for sign in found.signs if sign in signs or sign not in doubles]
            assert sorted(told) == sorted(signs)
