"""Options by their text: against log probabilities taken one string at a time."""

from __future__ import annotations

import copy
from typing import Any

import pytest

pytest.importorskip("torch")
import torch

from chatmusician.eval.choice.cloze import ByText
from chatmusician.eval.choice.likelihood import Likelihood
from chatmusician.eval.choice.prompts import open_prompt
from chatmusician.eval.choice.questions import LETTERS, Question


def question(stem: str, *options: str, score: str = "") -> Question:
    first, second, third, fourth = options
    return Question(stem, stem, (first, second, third, fourth), "B", abc_score=score)


@pytest.fixture
def questions() -> list[Question]:
    return [
        question("Which note lies a fifth above C?", "F", "G", "A flat", "a long way up"),
        question("Which meter is it?", "2/4", "3/4", "4/4", "6/8", score="X:1\nK:C\nCDE FGA |]\n"),
        question("What?", "one", "two", "three", "four and more"),
    ]


def by_hand(model: Any, tokenizer: Any, text: str, option: str) -> float:
    """Log probability of the option's tokens, one forward and one softmax each."""
    before = tokenizer(text).input_ids
    whole = tokenizer(f"{text} {option}").input_ids
    assert whole[: len(before)] == before
    total = 0.0
    for at in range(len(before), len(whole)):
        logits = model(input_ids=torch.tensor([whole[:at]])).logits[0, -1]
        total += float(torch.log_softmax(logits, -1)[whole[at]])
    return total


@pytest.mark.parametrize("batch_tokens", [1, 100_000])
def test_the_sums_of_single_steps(
    choice_model: Any, choice_tokenizer: Any, questions: list[Question], batch_tokens: int
) -> None:
    model = copy.deepcopy(choice_model).double()
    engine = Likelihood(model, choice_tokenizer, batch_tokens=batch_tokens)
    given = [open_prompt(one) for one in questions]
    answerer = ByText(engine, name="tiny", model={})
    found = {said.index: said for said in answerer.answers(given, questions, [], lambda at: False)}
    for at, one in enumerate(questions):
        wanted = [by_hand(model, choice_tokenizer, given[at].text, text) for text in one.options]
        assert list(found[at].scores.values()) == pytest.approx(wanted, abs=1e-9)
        assert found[at].letter == LETTERS[wanted.index(max(wanted))]


def test_no_option_stands_in_the_prompt(questions: list[Question]) -> None:
    shot, asked, _ = questions
    text = open_prompt(asked, [shot]).text
    assert text == (
        "Which note lies a fifth above C?\nAnswer: G\n\n"
        "Which meter is it?\nX:1\nK:C\nCDE FGA |]\nAnswer:"
    )


def test_what_is_done_is_left_out_and_what_is_too_long_is_said(
    choice_model: Any, choice_tokenizer: Any, questions: list[Question]
) -> None:
    engine = Likelihood(choice_model, choice_tokenizer, batch_tokens=1)
    long = question("why " * 5000, "1", "2", "3", "4")
    asked = [*questions, long]
    given = [open_prompt(one) for one in asked]
    answerer = ByText(engine, name="tiny", model={})
    found = list(answerer.answers(given, asked, [], lambda at: at == 1))
    assert {said.index for said in found} == {0, 2, 3}
    assert [said.what for said in found if said.index == 3] == [{"problem": "too long"}]
