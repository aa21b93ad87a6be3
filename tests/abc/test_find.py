"""Tunes found in texts, and that what is found reads with the expected events."""

from __future__ import annotations

import pytest

from chatmusician import abc
from chatmusician.abc.find import FoundTune, find_tunes, to_lines, to_one_line
from tests.abc.cases import events, flat
from tests.abc.generated import sounding

TUNE = "X:1\nT:t\nM:4/4\nL:1/4\nK:C\nCDEF|G4|]\n"
READING = "C4 D4 E4 F4 G4*4"


def only(text: str) -> FoundTune:
    (found,) = find_tunes(text)
    return found


@pytest.mark.parametrize(
    "text",
    [
        TUNE,
        f"Here is a tune for you:\n\n{TUNE}\nI hope you like it!\n",
        f"Here it is: {TUNE}",
        f"Sure.\n\n```abc\n{TUNE}```\nEnjoy.\n",
        f"~~~\n{TUNE}~~~",
        f"{TUNE}This tune is in C major and has two bars.\n",
        f"{TUNE}Note: it ends on G.\nKey: C major.\n",
        TUNE.replace("\n", "\r\n"),
        TUNE.replace("\n", "\r"),
        TUNE.replace(":", ": "),
        TUNE.replace("\n", "\n\n"),
        TUNE.replace("\n", " "),
        "> " + TUNE.replace("\n", "\n> "),
        "- " + TUNE.replace("\n", "\n- ", 4),
        TUNE.replace("\n", "<br>"),
        TUNE.replace("\n", "\\n"),
        f"Human: a tune please\nAssistant: {TUNE.strip()}</s>",
        TUNE.replace("X:1\n", ""),
        TUNE.replace("X:1\nT:t\n", ""),
        TUNE.replace("CDEF|", "\u201cC\u201dCDEF|"),
        "[M:4/4][L:1/4][K:C] CDEF|G4|]",
    ],
)
def test_one_tune_whatever_is_around_it(text: str) -> None:
    found = only(text)
    assert found.complete
    assert flat(sounding(found.abc)) == events(READING)
    assert [f.code for f in abc.check(abc.read(found.abc)) if f.severity != "info"] in (
        [],
        ["missing-title"],
    )


def test_a_tune_in_prose_is_as_it_was_and_where_it_was() -> None:
    text = f"Before.\n\n{TUNE}\nAfter.\n"
    found = only(text)
    assert found == FoundTune(9, 9 + len(TUNE) - 1, TUNE)
    assert text[found.start : found.end] == TUNE.rstrip()


def test_a_tune_in_one_line() -> None:
    found = only("X:1 L:1/8 M:2/4 K:G G2BG A2cA |")
    assert found.abc == "X:1\nL:1/8\nM:2/4\nK:G\nG2BG A2cA |\n"
    assert found.mended == ("split a line that held several",)
    assert flat(sounding(found.abc)) == events("G4 B4*1/2 G4*1/2 A4 C5*1/2 A4*1/2")


def test_one_line_with_title_and_changes() -> None:
    found = only("X:2 T:The Title L:1/8 M:2/4 K:D mix G2BG | B2 [K:G] d2|]")
    assert found.abc == "X:2\nT:The Title\nL:1/8\nM:2/4\nK:D mix\nG2BG | B2 [K:G] d2|]\n"


@pytest.mark.parametrize(
    "text",
    [
        TUNE + TUNE.replace("X:1", "X:2"),
        TUNE.rstrip() + TUNE.replace("X:1", "X:2"),
        TUNE + "\n\n" + TUNE.replace("X:1", "X:2"),
        TUNE.replace("\n", " ") + TUNE.replace("\n", " ").replace("X:1", "X:2"),
        f"```\n{TUNE}```\nand\n```\n{TUNE.replace('X:1', 'X: 2')}```",
    ],
)
def test_two_tunes(text: str) -> None:
    one, two = find_tunes(text)
    assert one.end <= two.start
    for found, number in ((one, "1"), (two, "2")):
        assert abc.read(found.abc).tunes[0].x == number
        assert flat(sounding(found.abc)) == events(READING)


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        (TUNE.replace("G4|]\n", "GA"), "C4 D4 E4 F4 G4 A4"),
        (TUNE.replace("|G4|]\n", ""), "C4 D4 E4 F4"),
        (TUNE.replace("CDEF|G4|]\n", ""), ""),
    ],
)
def test_cut_short(text: str, reading: str) -> None:
    found = only(text)
    assert not found.complete
    assert flat(sounding(found.abc)) == events(reading)


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        (TUNE, ()),
        (TUNE.replace("X:1\n", ""), ("added X:1",)),
        (TUNE.replace("K:C\n", ""), ("added K:C",)),
        (TUNE.replace("X:1", "X: 1"), ("removed blanks before and after a field's letter",)),
        (TUNE.replace("M:", "M : "), ("removed blanks before and after a field's letter",)),
        (TUNE.replace("K:C\n", "K:C\n\n"), ("removed blank lines inside the tune",)),
        ("CDEF GABc|cBAG FEDC|\n", ("added X:1", "added K:C")),
    ],
)
def test_what_was_mended_is_told(text: str, mended: tuple[str, ...]) -> None:
    assert only(text).mended == mended
    if not mended:
        assert only(text).abc == text


def test_words_voices_and_comments_belong_to_the_tune() -> None:
    text = (
        "X:1\nL:1/4\nV:1\nV:2\n% remark\nK:C\n[V:1] CDEF|\nw: a b c d\n"
        "%%vskip 1\n[V:2] C4|\nW: more of it\n"
    )
    assert only(text + "The end.\n").abc == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Just prose. Key: C major is nice.\n",
        "Q: What is a jig?\nA: A dance in 6/8.\n",
        "See http://example.org: a|b\n",
        "| a | table |\n|---|---|\n| 1 | 2 |\n",
        "X:1\n",
        "T: 21 C, K: 294\n",
        "def f(a): return a[0:1]\n",
    ],
)
def test_no_tune(text: str) -> None:
    assert find_tunes(text) == ()


def test_one_line_and_back() -> None:
    line = to_one_line(TUNE + "% remark\n")
    assert line == "X:1 T:t M:4/4 L:1/4 K:C CDEF|G4|]"
    assert to_lines(line) == TUNE
    assert to_lines(line, bars_per_line=1) == TUNE.replace("|G", "|\nG")
