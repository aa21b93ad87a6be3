"""Questions in a model's words: kept where they ask for the same thing, else ours stand."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from chatmusician.model.generation import Sampling
from chatmusician.train.qa.pairs import CAPTION, MIR, REASONING, Pair
from chatmusician.train.qa.wording import Wording, same_question

OURS = (
    Pair(CAPTION, "Describe the audio", "A waltz."),
    Pair(MIR, "What key is it in?", "It is in D major."),
    Pair(MIR, "Which notes are in bar 2?", "The melody in bar 2: D4."),
    Pair(MIR, "What is the tempo in beats per minute?", "About 90 beats per minute."),
    Pair(REASONING, "Could a choir sing its melody, and why?", "Most voices can sing that."),
)


class Says:
    """A model that says what it is told to say, and remembers what it was asked."""

    defaults = Sampling()

    def __init__(self, *answers: str) -> None:
        self.answers = answers
        self.asked: list[Any] = []
        self.closed = False

    def generate(self, requests: Sequence[Any], sampling: Sampling) -> list[Any]:
        self.asked += requests
        assert sampling.max_new_tokens < 100
        return [SimpleNamespace(text=text) for text in self.answers]

    def close(self) -> None:
        self.closed = True


def test_wordings_that_ask_for_the_same_are_kept_with_our_answers() -> None:
    model: Any = Says(
        'Question: "Which key does this composition use?"',
        "Which notes does bar 3 hold?",
        "I am a language model.",
        "Sure!\nMight a chorus perform this tune, and what makes you say so?",
    )
    wording = Wording(lambda: model)
    found, count = wording.of(OURS, "1:a")
    assert count == 2
    assert [pair.question for pair in found] == [
        "Describe the audio",
        "Which key does this composition use?",
        "Which notes are in bar 2?",
        "What is the tempo in beats per minute?",
        "Might a chorus perform this tune, and what makes you say so?",
    ]
    assert [pair.answer for pair in found] == [pair.answer for pair in OURS]
    wording.close()
    assert model.closed


def test_the_same_seed_asks_the_same() -> None:
    one: Any = Says("", "", "", "")
    other: Any = Says("", "", "", "")
    Wording(lambda: one).of(OURS, "1:a")
    Wording(lambda: other).of(OURS, "1:a")
    assert one.asked == other.asked
    assert len({request.seed for request in one.asked}) == 4


@pytest.mark.parametrize(
    ("text", "ours", "same"),
    [
        ("In which key is this written?", "What key is it in?", True),
        ("What is the tempo?", "What key is it in?", False),
        ("Which key is it in, and is it sad?  And why?", "What key is it in?", False),
        ("The key is D major.", "What key is it in?", False),
        ("Who is the artist?", "What key is it in?", False),
        ("Which notes does one hear in measure 2?", "Which notes are in bar 2?", True),
        ("How should a beginner practise it?", "How would one learn to play this music?", True),
        ("What is it about?", "How would one learn to play this music?", False),
    ],
)
def test_same_question(text: str, ours: str, same: bool) -> None:
    assert same_question(text, ours) is same
