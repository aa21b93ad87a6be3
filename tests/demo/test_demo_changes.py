"""The tune in the editor as the beginning of another."""

from __future__ import annotations

import pytest

from chatmusician import abc
from chatmusician.demo.changes import named, reading, transposed
from chatmusician.errors import UsageError

TEXT = 'X:3\nT:Mine\nC:Me\nM:6/8\nL:1/8\nK:D\n"D"DFA dfa|"A"c3 e3|GFE EFG|D6|]\n'


def tune(text: str = TEXT) -> abc.Tune:
    return abc.read(text).tunes[0]


def test_continue_keeps_the_bars_before() -> None:
    brief = reading("continue", tune(), 2).brief
    assert brief.task == "continue"
    assert brief.given.splitlines()[-1] == '"D"DFA dfa | "A"c3 e3 |'
    assert "T:" not in brief.given


def test_continue_from_the_end_keeps_all() -> None:
    assert "D6 |]" in reading("continue", tune(), 4).brief.given


def test_infill_blanks_bars() -> None:
    given = reading("infill", tune(), 2, 3).brief.given
    assert given.splitlines()[-1] == '"D"DFA dfa | x6 | x6 | D6 |]'


def test_infill_in_other_meters() -> None:
    given = reading("infill", tune("X:1\nM:3/4\nL:1/4\nK:C\nCDE|c3|CDE|]\n"), 2, 2).brief.given
    assert given.splitlines()[-1].split(" | ")[1] == "x6"  # in eighths: the canonical unit


def test_harmonise_takes_the_chords_out() -> None:
    assert '"' not in reading("harmonise", tune()).brief.given


def test_variation_gives_it_all() -> None:
    assert '"A"' in reading("variation", tune()).brief.given


@pytest.mark.parametrize(
    ("task", "first", "last"),
    [("continue", 0, 0), ("continue", 5, 0), ("infill", 3, 2), ("infill", 0, 1), ("eat", 1, 1)],
)
def test_what_makes_no_sense(task: str, first: int, last: int) -> None:
    with pytest.raises(UsageError):
        reading(task, tune(), first, last)


def test_a_tune_with_errors_or_voices_is_refused() -> None:
    with pytest.raises(UsageError, match="bar-too-short"):
        reading("variation", tune("X:1\nM:4/4\nL:1/4\nK:C\nCDEF|C|CDEF|C4|]\n"))
    with pytest.raises(UsageError, match="one voice"):
        reading("variation", tune("X:1\nM:4/4\nL:1\nK:C\nV:1\nC|]\nV:2\nE|]\n"))


def test_transposed() -> None:
    assert "K:E\n" in transposed(tune(), 2)
    assert '"E"' in transposed(tune(), 2)
    with pytest.raises(UsageError):
        transposed(tune(), 99)


def test_titles_come_back() -> None:
    assert named("X:1\nK:D\nD6|]\n", tune()) == "X:1\nT:Mine\nK:D\nD6|]\n"
    assert named("X:1\nT:Its own\nK:D\n", tune()) == "X:1\nT:Its own\nK:D\n"
    assert named("X:1\nK:D\n", tune("X:1\nK:C\nC|]\n")) == "X:1\nK:D\n"
