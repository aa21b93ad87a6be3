"""The events shape: what docs/events.md says of it."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from chatmusician import abc
from tests.abc.cases import Case, case_id, flat
from tests.abc.test_conformance import CASES

TUNE = """X:7
T:The \\'Elan
M:6/8
Q:"Lively" 3/8=120
K:Dmix
"D"dAF {g}"C"=cGE|1 "D"[DFA]3-[DFA]3:|2 "^end"D6|]
w: la la * so~long
"""


def shape(text: str) -> dict[str, Any]:
    tune: dict[str, Any] = abc.to_events(abc.read(text))["tunes"][0]
    return tune


def test_the_whole_shape() -> None:
    tune = shape(TUNE)
    voice = tune["voices"][0]
    assert tune["x"] == "7"
    assert (tune["key"], tune["meter"], tune["unit"]) == ("D mixolydian", "6/8", "1/8")
    assert tune["tempo"] == {"beat": "3/8", "bpm": 120, "qpm": "180", "text": "Lively"}
    assert tune["text"] == {
        "title": "The \u00c9lan",
        "lyrics": [["la", "la", "", "so long"]],
        "chord_symbols": ["D", "C", "D"],
        "annotations": ["end"],
    }
    assert tune["graces"] == 1
    assert tune["bars"] == voice["bars"] == ["3", "3", "3"]
    assert voice["notes"][-2:] == [["3", "3", [62, 66, 69]], ["6", "3", [62]]]
    assert voice["chord_symbols"] == [["0", "D"], ["3/2", "C"], ["3", "D"]]
    assert voice["lyrics"] == [["0", "la"], ["1/2", "la"], ["3/2", "so long"]]
    assert [onset for onset, _, _ in tune["expanded"]][-1] == "9"
    assert tune["diagnostics"] == []


def test_it_is_json() -> None:
    text = "\n".join(case.text + "\n" for case in CASES)
    assert json.loads(json.dumps(abc.to_events(abc.read(text)))) == abc.to_events(abc.read(text))


def test_nothing_in_nothing() -> None:
    assert abc.to_events(abc.read(""))["tunes"] == []
    assert [d["code"] for d in abc.to_events(abc.read(""))["diagnostics"]] == ["no-tunes"]


def test_a_tune_without_music() -> None:
    tune = shape("X:1\nT:t\nV:1\nV:2\nK:C\n")
    assert tune["bars"] == tune["expanded"] == []
    assert tune["tempo"] is None


def test_a_chord_is_one_entry_for_each_length() -> None:
    (voice,) = shape("X:1\nT:t\nL:1/4\nK:C\n[GC2E]|\n")["voices"]
    assert sorted(voice["notes"]) == [["0", "1", [64, 67]], ["0", "2", [60]]]


def test_verses() -> None:
    (voice,) = shape("X:1\nT:t\nL:1/4\nK:C\nCD|\nw: a b\nw: c d\n")["voices"]
    assert voice["lyrics"] == [["0", "a"], ["1", "b"]]
    assert voice["verses"] == [[["0", "a"], ["1", "b"]], [["0", "c"], ["1", "d"]]]


def test_signs_and_changes() -> None:
    (voice,) = shape("X:1\nT:t\nM:4/4\nL:1/4\nK:C\n|:[P:A]C4|1D4:|2E4||[M:3/4][K:G]G3|]\n")[
        "voices"
    ]
    assert ["0", "|:"] in voice["signs"]
    assert ["0", "P:A"] in voice["signs"]
    assert ["4", "|1"] in voice["signs"]
    assert ["8", ":|"] in voice["signs"]
    assert ["8", "|2"] in voice["signs"]
    assert ["12", "||"] in voice["signs"]
    assert voice["meters"][-1] == ["12", "3/4"]
    assert voice["keys"][-1] == ["12", "G major"]


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_bars_hold_the_notes(case: Case) -> None:
    """Every voice's notes lie in its bars, and what sounds is in order."""
    for tune in abc.to_events(abc.read(case.text))["tunes"]:
        onsets = [Fraction(onset) for onset, _, _ in tune["expanded"]]
        assert onsets == sorted(onsets)
        for voice in tune["voices"]:
            end = sum(Fraction(bar) for bar in voice["bars"])
            assert all(onset < end for onset, _, _ in flat(voice["notes"]))


@pytest.mark.parametrize("case", CASES, ids=case_id)
def test_back_to_abc(case: Case) -> None:
    """ABC made from the shape reads as the same music."""
    wanted = abc.to_events(abc.read(case.text))["tunes"]
    again = abc.to_events(abc.read(abc.from_events({"tunes": wanted})))["tunes"]
    for one, other in zip(wanted, again, strict=True):
        for name in ("key", "meter", "tempo"):
            assert other[name] == one[name]
        notes = [flat(v["notes"]) for v in one["voices"] if v["notes"]]
        assert [flat(v["notes"]) for v in other["voices"] if v["notes"]] == notes
        assert flat(other["expanded"]) == flat(one["expanded"])
