"""Questions answered from facts, those that notes cannot answer, and those for a model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from types import SimpleNamespace
from typing import Any, Protocol

import pytest

from chatmusician.asking import Interview, cited, numbered, told
from chatmusician.model.chat_format import Turn
from chatmusician.transcription.facts import describe
from chatmusician.transcription.facts.answers import answer

JIG = """X:1
T:A Jig
M:6/8
L:1/8
Q:3/8=116
K:D
A|:"D"d2A "A7"AFA|"D"d2e f3|"G"g2e "A7"f2e|"D"d3 d2A:|
|:"G"B2G "D"A2F|"Em"E2G "A7"FEC|"G"B2d "A7"c2e|"D"d3 d2A:|
"""


class Run(Protocol):
    def __call__(
        self, *arguments: str, stdin: str | bytes = b"", code: int | None = None
    ) -> CompletedProcess[str]: ...


@pytest.fixture
def facts(tmp_path: Path) -> dict[str, Any]:
    (tmp_path / "jig.abc").write_text(JIG)
    return describe(tmp_path / "jig.abc").as_dict()


@pytest.mark.parametrize(
    ("question", "part", "bars"),
    [
        ("What key is this tune in?", "D major", ()),
        ("In which key is the piece written?", "D major", ()),
        ("Is it in a major or minor key?", "D major", ()),
        ("What is the time signature?", "6/8", ()),
        ("how many beats are in each bar?", "2 beats", ()),
        ("What's the tempo of this song?", "116", ()),
        ("How fast is it?", "116", ()),
        ("What is the range of the melody?", "C#4 to G5", ()),
        ("What is the highest note of the tune?", "G5, first in bar 3", (3,)),
        ("Which chords are used in bar 3?", "G, A7", (3,)),
        ("What chords does it have?", "Em (first in bar 6)", (1, 3, 6)),
        ("What notes are in measure 2?", "D5, E5, F#5", (2,)),
        ("How many bars does it have?", "8 bars as written, 16 as played", ()),
        ("What is its form?", "AABB", (0, 5)),
        ("How many sections are there?", "2 sections", (0, 5)),
        ("Does it begin with a pickup?", "Yes", (0,)),
        ("How long does it last?", "seconds", ()),
        ("What is the last note?", "A4", (8,)),
        ("What is it called?", "A Jig", ()),
    ],
)
def test_facts_answer(
    facts: dict[str, Any], question: str, part: str, bars: tuple[int, ...]
) -> None:
    found = answer(question, facts)
    assert found is not None
    assert found.source == "facts"
    assert part in found.text
    assert set(bars) <= set(found.bars)
    assert found.method


@pytest.mark.parametrize(
    "question",
    [
        "Who is the singer?",
        "Which band plays this?",
        "Who composed it?",
        "What is the timbre like?",
        "Is it a male or a female voice?",
        "Which instruments are heard?",
    ],
)
def test_what_notes_cannot_tell(facts: dict[str, Any], question: str) -> None:
    found = answer(question, facts)
    assert found is not None
    assert found.source == "cannot tell"


def test_named_instruments_are_told(facts: dict[str, Any]) -> None:
    found = answer("Which instruments are heard?", facts | {"instruments": ["flute", "harp"]})
    assert found is not None
    assert found.source == "facts"
    assert "flute, harp" in found.text


@pytest.mark.parametrize(
    "question",
    [
        "Why is it in this key?",
        "What would you change to make it sadder?",
        "Describe the mood of the piece.",
        "What key is it in, and how does that fit a fiddle?",
        "Which instrument would suit it best?",
        "What chords are in bar 99?",
    ],
)
def test_the_rest_is_for_a_model(facts: dict[str, Any], question: str) -> None:
    assert answer(question, facts) is None


class Talk:
    """Stands for a conversation with a model; keeps what it was asked."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self.asked: list[tuple[list[Turn], str]] = []
        self.backend = SimpleNamespace(name="a model")

    def ask(self, question: str, on_text: Callable[[str], None] | None = None) -> Any:
        self.asked.append((list(self.turns), question))
        return SimpleNamespace(text="It leaps up in bar 3 and bars 5-6, as in bar 70.")


def test_a_model_is_given_facts_abc_and_the_conversation(facts: dict[str, Any]) -> None:
    opened: list[Talk] = []

    def talk() -> Any:
        opened.append(Talk())
        return opened[-1]

    interview = Interview(facts, talk)
    assert interview.ask("What key is it in?").source == "facts"
    assert not opened
    found = interview.ask("Where does it leap?")
    assert found.source == "model"
    assert found.bars == (3, 5, 6)
    interview.ask("And why?")
    assert len(opened) == 1
    (before, asked), (later, _) = opened[0].asked
    assert before == [Turn("What key is it in?", "It is in D major.")]
    assert later[1] == Turn("Where does it leap?", found.text)
    assert asked.endswith("Question: Where does it leap?")
    assert '"key": "D major"' in asked
    assert "bars 1-4" in asked or "bars 0-3" in asked


def test_bars_are_numbered_as_in_scores(facts: dict[str, Any]) -> None:
    lines = numbered(facts["abc"]).split("\n")
    (first,) = (line for line in lines if line.startswith("bars 0-3:"))
    assert '"G" g2' in first.replace('"G"g2', '"G" g2')
    assert len(told(facts)) < 6000


def test_cited_bars_are_bars_it_has(facts: dict[str, Any]) -> None:
    assert cited("see bar 2, bars 3 to 5 and measure 8; not bar 100", facts) == (2, 3, 4, 5, 8)


def test_the_command(chatmusician: Run, tmp_path: Path) -> None:
    (tmp_path / "jig.abc").write_text(JIG)
    done = chatmusician("ask", "jig.abc", "What key is it in?", "Who sings?", "--json", code=0)
    rows = json.loads(done.stdout)
    assert [row["source"] for row in rows] == ["facts", "cannot tell"]
    talked = chatmusician("ask", "jig.abc", stdin="What is the meter?\n\nHow fast is it?\n", code=0)
    assert "6/8" in talked.stdout
    assert "116" in talked.stdout
    assert "from the facts" in talked.stdout
    lost = chatmusician("ask", "jig.abc", "Why is it so?", "-m", "no/such/folder/model")
    assert lost.returncode in (1, 3)
    assert "Traceback" not in lost.stderr
