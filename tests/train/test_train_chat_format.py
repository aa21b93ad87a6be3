"""The chat format byte for byte, and markers that are accepted and never doubled."""

from __future__ import annotations

import pytest

from chatmusician.model.chat_format import Turn, answer_spans, conversation, prompt, row_turns

ONE = "Human: Write a jig. </s> Assistant: "


@pytest.mark.parametrize(
    "text",
    [
        "Write a jig.",
        "Human: Write a jig.",
        "Human: Write a jig. </s> ",
        "Write a jig. </s>",
        "Write a jig. </s> Assistant:",
        ONE,
    ],
)
def test_prompt_has_each_marker_once(text: str) -> None:
    assert prompt(text) == ONE


def test_several_turns() -> None:
    turns = [Turn("q1", "a1"), Turn("q2")]
    assert conversation(turns) == "Human: q1 </s> Assistant: a1 </s> Human: q2 </s> Assistant: "


@pytest.mark.parametrize(
    ("instruction", "given", "output"),
    [
        ("Human: Develop a tune.", "'Dm', 'C' </s> ", "Assistant: X:1\nK:D\nA </s> "),
        ("Develop a tune.", "'Dm', 'C'", "X:1\nK:D\nA"),
        ("Human: Develop a tune.'Dm', 'C' </s> ", "", "Assistant: X:1\nK:D\nA </s>"),
        ("Develop a tune.", "'Dm', 'C' </s> ", "X:1\nK:D\nA </s> "),
    ],
)
def test_rows_with_and_without_markers_are_one(instruction: str, given: str, output: str) -> None:
    expected = "Human: Develop a tune.'Dm', 'C' </s> Assistant: X:1\nK:D\nA </s> "
    assert conversation(row_turns(instruction, given, output)) == expected


def test_earlier_turns_in_a_row() -> None:
    turns = row_turns(
        "Human: q1 </s> Assistant: a1 </s> Human: q2 </s> ", "", "Assistant: a2 </s> "
    )
    assert turns == [Turn("q1", "a1"), Turn("q2", "a2")]


def test_words_that_look_like_markers_stay() -> None:
    text = "Who said Human: and Assistant: first?"
    assert prompt(text) == f"Human: {text} </s> Assistant: "


def test_spans_are_the_answers_with_their_ends() -> None:
    turns = [Turn("q1", "a1"), Turn("q2", "a2")]
    text = conversation(turns, end="<|im_end|>")
    found = [text[start:stop] for start, stop in answer_spans(text, turns, end="<|im_end|>")]
    assert found == ["Assistant: a1 <|im_end|>", "Assistant: a2 <|im_end|>"]
