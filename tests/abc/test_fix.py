"""What --fix mends, and what it leaves alone."""

from __future__ import annotations

import pytest

from chatmusician import abc
from tests.abc.test_conformance import CASES

HEAD = "X:1\nT:t\nM:4/4\nL:1/4\nK:C\n"


@pytest.mark.parametrize(
    ("text", "mended", "codes"),
    [
        (HEAD + "CD?EF|\n", HEAD + "CDEF|\n", ["unknown-character"]),
        (
            HEAD + "C\u00a7DE#F|\n",
            HEAD + "C\u00a7D^EF|\n",
            ["accidental-sign"],
        ),
        ("T:t\nM:4/4\nL:1/4\nK:C\nCDEF|\n", HEAD + "CDEF|\n", ["missing-x"]),
        ("X:1\nT:t\nM:4/4\nL:1/4\nCDEF|\n", HEAD + "CDEF|\n", ["missing-key"]),
        ("X:1\nT:t\nM:4/4\nL:1/4", HEAD.rstrip(), ["missing-key"]),
        ("T:t\nX:1\nM:4/4\nL:1/4\nK:C\nCDEF|\n", HEAD + "CDEF|\n", ["field-order"]),
        (HEAD + "+CEG+2CD|\n", HEAD + "[CEG]2CD|\n", ["old-chord"]),
        (
            HEAD.replace("K:", "Q:120\nK:") + "CDEF|\n",
            HEAD.replace("K:", "Q:1/4=120\nK:") + "CDEF|\n",
            ["old-tempo"],
        ),
    ],
)
def test_mended(text: str, mended: str, codes: list[str]) -> None:
    result, done = abc.fix(text)
    assert result == mended
    assert [finding.code for finding in done] == codes
    assert abc.fix(result) == (result, ())


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_line_ends_stay(end: str) -> None:
    text = end.join(["X:1", "T:t", "M:4/4", "L:1/4", "CDEF|", ""])
    assert abc.fix(text)[0] == text.replace("CDEF", f"K:C{end}CDEF")


def test_only_the_tune_that_needs_it() -> None:
    good = HEAD + "CDEF|% ?\n\nfree ? text\n\n"
    result, done = abc.fix(good + HEAD.replace("X:1", "X:2") + "C?DEF|\n\n" + good)
    assert result == good + HEAD.replace("X:1", "X:2") + "CDEF|\n\n" + good
    assert [finding.tune for finding in done] == ["2"]


@pytest.mark.parametrize(
    "music",
    ["CDEF|CD|C4|", "CDEF-|C4|", "C(DEF|", "CDE[FA|C4|", 'CDE"F|', "CDEF|[1C4:|D4|", "C0DEF|"],
)
def test_what_has_more_than_one_right_answer_is_left(music: str) -> None:
    assert abc.fix(HEAD + music + "\n") == (HEAD + music + "\n", ())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_mending_keeps_the_music(case: object) -> None:
    """Where nothing is mended the text stays; and a mended tune plays the same notes."""
    text = getattr(case, "text", "")
    result, done = abc.fix(text)
    if not done:
        assert result == text
    elif not any(finding.code in ("old-chord", "music-after-blank") for finding in done):
        before, after = (abc.to_events(abc.read(t))["tunes"][0] for t in (text, result))
        assert before["expanded"] == after["expanded"]
