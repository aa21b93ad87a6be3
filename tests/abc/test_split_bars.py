"""Bars that line ends cut in pieces: one finding, and the same bars after every writer."""

from __future__ import annotations

from typing import Any

import pytest

from chatmusician import abc
from chatmusician.abc.events import tune_events
from chatmusician.abc.imports import from_musicxml
from chatmusician.abc.musicxml import to_musicxml
from tests.abc.cases import agree, flat
from tests.abc.conftest import Outside
from tests.abc.scores import measures, score

HEAD = "X:1\nT:t\nM:4/4\nL:1/4\nK:C\n"
NOTAGEN = "[V:1]CDEF|[V:2]C4|\n[V:1]CDE|[V:2]C3|\n[V:1]F|[V:2]C|\n[V:1]CDEF|[V:2]C4|"

# The music, the place of the one finding, and the lengths of the bars.
SPLIT = {
    "one voice": (HEAD + "CDE|\nF|\nGABc|]", "6:1", "3 1 4"),
    "not the first bar": (HEAD + "CDEF|GA|\nBc|c4|]", "6:6", "4 2 2 4"),
    "the last bar": (HEAD + "CDEF|GA|\nBc|]", "6:6", "4 2 2"),
    "three pieces": (HEAD + "CDEF|CD|\nE|\nF|c4|]", "6:6", "4 2 1 1 4"),
    "voices in turn on a line": (HEAD + NOTAGEN, "7:6", "4 3 1 4"),
    "voices line by line": (
        HEAD + "[V:1]CDEF|CDE|\n[V:2]C4|C3|\n[V:1]F|c4|\n[V:2]C|c4|",
        "6:11",
        "4 3 1 4",
    ),
    "voices in blocks": (
        HEAD + "V:1\nCDEF|CDE|\nF|c4|\nV:2\nC4|C3|\nC|c4|",
        "7:6",
        "4 3 1 4",
    ),
    "a voice that has ended": (HEAD + "V:1\nCDEF|CDE|\nF|\nV:2\nC4|", "7:6", "4 3 1"),
    "in a repeat": (HEAD + "|:CDEF|GA|\nBc:|", "6:8", "4 2 2"),
    "tied": (HEAD + "CDEF|CDE-|\nE|c4|", "6:6", "4 3 1 4"),
    "words": (HEAD + "CDEF|CDE|\nw: a b c d e f g\nF|c4|\nw: h i", "6:6", "4 3 1 4"),
    "with an accidental": (HEAD + "CDEF|CD^F|\nF|F4|", "6:6", "4 3 1 4"),
    "a comment and a directive between": (
        HEAD + "CDEF|CDE| % one\n%%vskip 2\nF|c4|",
        "6:6",
        "4 3 1 4",
    ),
    "carriage returns": ((HEAD + "CDEF|CDE|\nF|c4|\n").replace("\n", "\r\n"), "6:6", "4 3 1 4"),
    "old Macintosh": ((HEAD + "CDEF|CDE|\nF|c4|\n").replace("\n", "\r"), "6:6", "4 3 1 4"),
    "6/8 in a flat key": (
        "X:1\nT:t\nM:6/8\nL:1/8\nK:Eb\nEFGABc|EFGA|\nBc|e6|]",
        "6:8",
        "3 2 1 3",
    ),
    "3/4 with a tuplet": (
        "X:1\nT:t\nM:3/4\nL:1/8\nK:Dm\n(3ABc d2|\ne2|d6|]",
        "6:1",
        "2 1 3",
    ),
    "a bar of the meter in force": (HEAD + "CDEF|\nM:3/4\nCDE|CD|\nE|E3|", "8:5", "4 3 2 1 3"),
}  # fmt: skip

# Bars that are no pieces of one: the errors stay.
WHOLE = {
    "not at a line end": "CDEF|CDE|F|c4|]",
    "too much together": "CDEF|CDE|\nFG|c4|]",
    "too little together": "CDEF|CD|\nE|c4|]",
    "another voice has one bar": "V:1\nCDEF|CDE|\nF|c4|\nV:2\nC4|C4|c4|",
    "another voice is cut elsewhere": "V:1\nCDEF|CDE|\nF|c4|\nV:2\nC4|C|\nC3|c4|",
    "another meter between": "CDEF|CDE|\n[M:2/4]F|E2|",
    "only one cut is at a line end": "CDEF|CD|E|\nF|c4|]",
}


def codes(text: str) -> list[str]:
    return [found.code for found in abc.check(abc.read(text))]


@pytest.mark.parametrize("name", SPLIT)
def test_one_finding_of_no_weight(name: str) -> None:
    text, place, bars = SPLIT[name]
    book = abc.read(text)
    found = [f for f in abc.check(book) if f.kind in ("bar-length", "syntax", "tie", "voice")]
    assert [(f.code, f.severity, f"{f.line}:{f.column}") for f in found] == [
        ("split-bar", "info", place)
    ]
    assert tune_events(book.tunes[0])["bars"] == bars.split()


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_no_split_bar(name: str) -> None:
    found = codes(HEAD + WHOLE[name] + "\n")
    assert "split-bar" not in found
    assert "bar-too-short" in found or "bar-too-long" in found


def test_a_double_bar_begins_anew() -> None:
    assert codes(HEAD + "CDEF|GAB||\nc|defg|abc|]\n") == []


def test_the_message_names_the_bars() -> None:
    (found,) = abc.check(abc.read(HEAD + "CDEF|CDE|\nF|c4|\n"))
    assert found.message.endswith("bars 2 to 3 hold 3/4 + 1/4")


def facts(text: str) -> list[Any]:
    events = tune_events(abc.read(text).tunes[0])
    return [[v["notes"], v["bars"], v["lyrics"]] for v in events["voices"]] + [events["expanded"]]


@pytest.mark.parametrize("name", SPLIT)
def test_the_canonical_form_keeps_the_pieces(name: str) -> None:
    source = SPLIT[name][0]
    written = abc.canonical(abc.read(source))
    assert abc.canonical(abc.read(written)) == written
    assert facts(written) == facts(source)
    assert "split-bar" in codes(written)
    assert "bar-too-short" not in codes(written)


# MusicXML fills every part up to the length of the longest.
@pytest.mark.parametrize("name", [name for name in SPLIT if name != "a voice that has ended"])
def test_musicxml_and_json_bring_the_pieces_back(name: str) -> None:
    source = SPLIT[name][0]
    book = abc.read(source)
    for back in (
        from_musicxml(to_musicxml(book.tunes[0])),
        abc.from_events(abc.to_events(book)),
    ):
        assert facts(back) == facts(source)
        assert codes(back).count("split-bar") == 1
        assert "bar-too-short" not in codes(back)


def test_in_a_score_later_pieces_are_not_counted() -> None:
    root = score("C8|CDEF|\nGA|\nBc|c8|")
    assert [(m.get("number"), m.get("implicit")) for m in measures(root)] == [
        ("1", None), ("2", None), ("X1", "yes"), ("X2", "yes"), ("3", None),
    ]  # fmt: skip
    parts = score(NOTAGEN, HEAD)
    for part in range(2):
        numbers = [m.get("number") for m in measures(parts, part)]
        assert numbers == ["1", "2", "X1", "3"]


@pytest.mark.parametrize("name", SPLIT)
def test_abc2midi_plays_the_same(name: str, abc2midi: Outside) -> None:
    source = SPLIT[name][0].replace("\r\n", "\n").replace("\r", "\n") + "\n"
    ours = tune_events(abc.read(source).tunes[0])["expanded"]
    assert agree(flat(ours), abc2midi(source))
