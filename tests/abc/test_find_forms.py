"""Finding tunes in text such as models and people write it."""

from __future__ import annotations

from typing import Any

import pytest

from chatmusician.abc import read, to_events
from chatmusician.abc.find import find_tunes, to_lines, to_one_line

HEAD = "X:1\nT:Test\nL:1/8\nM:4/4\nK:G\n"
BODY = '|:"G"G2BG A2cA|B2dB "C"c2e2:|\n|:"D"d2fd g4|a2 f2 d4:|\n'
TUNE = HEAD + BODY
SECOND = TUNE.replace("X:1", "X:2")
ONE_LINE = "X:1 L:1/8 M:4/4 K:G " + " ".join(BODY.split("\n")).strip()


def notes(text: str) -> Any:
    (tune,) = to_events(read(text))["tunes"]
    return tune["voices"][0]["notes"]


FORMS = {
    "as it is": (TUNE, 1),
    "prose around": (f"Sure! Here is a tune:\n\n{TUNE}\nI hope you enjoy it: K is for key.", 1),
    "prose directly after": (f"Here: a tune.\n{TUNE}This piece is in G major, in two parts.\n", 1),
    "code fence": (f"Text\n```abc\n{TUNE}```\nmore text: x | y\n", 1),
    "open code fence": (f"```\n{TUNE}", 1),
    "indented": ("1. A tune:\n\n   " + TUNE.replace("\n", "\n   "), 1),
    "quoted": ("> " + TUNE.replace("\n", "\n> "), 1),
    "blanks after the colon": (TUNE.replace("X:1", "X: 1").replace("K:G", "K: G"), 1),
    "no X:": (TUNE.replace("X:1\n", ""), 1),
    "no X: and no T:": (TUNE.replace("X:1\nT:Test\n", ""), 1),
    "on one line": (ONE_LINE, 1),
    "on one line in a chat": (f"Human: write </s> Assistant: {ONE_LINE} </s>", 1),
    "on one line with a title": (ONE_LINE.replace("X:1", "X:1 T:My Tune"), 1),
    "escaped line ends": (TUNE.replace("\n", "\\n"), 1),
    "HTML line ends": (TUNE.replace("\n", "<br>"), 1),
    "fields in brackets": (f"[L:1/8][M:4/4][K:G]\n{BODY}", 1),
    "empty lines inside": (TUNE.replace("K:G\n", "K:G\n\n").replace("e2:|\n", "e2:|\n\n"), 1),
    "CRLF": (TUNE.replace("\n", "\r\n"), 1),
    "typographer's quotes": (TUNE.replace('"G"', "\u201cG\u201d"), 1),
    "two": (f"{TUNE}\n{SECOND}", 2),
    "two without a gap": (TUNE + SECOND, 2),
    "two with prose between": (f"{TUNE}And another one:\n{SECOND}", 2),
}


@pytest.mark.parametrize(("text", "count"), FORMS.values(), ids=FORMS)
def test_tunes_are_found_whole(text: str, count: int) -> None:
    found = find_tunes(text)
    assert len(found) == count
    for tune in found:
        assert notes(tune.abc) == notes(TUNE)
        assert tune.complete


def test_a_tune_cut_short_is_found_and_said_to_be() -> None:
    (tune,) = find_tunes(TUNE[:-12])
    assert not tune.complete
    assert notes(tune.abc) == notes(TUNE)[: len(notes(tune.abc))]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Dear Bob: A | B | C\nBest: D",
        "| a | b |\n|---|---|\n| 1 | 2 |",
        "From: bob\nTo: ann\nSubject: Music\nDate: today\n\nHello: A",
        "def f(x):\n    return a[b|c]\n",
        "Bed a cab | Dad had a bag | face",
        " K: the key\nM: the meter\nare fields",
        '{"a": [1, 2]} | x',
        "A: yes\nB: no\nC: maybe\nD: none\nAnswer: A",
    ],
)
def test_what_is_no_tune_is_not_found(text: str) -> None:
    assert find_tunes(text) == ()


def test_one_line_and_back() -> None:
    line = to_one_line(TUNE)
    assert "\n" not in line.strip()
    assert notes(to_lines(line)) == notes(TUNE)
