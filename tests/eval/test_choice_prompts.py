"""Prompts to the byte, shuffles of options, and letters read from replies."""

from __future__ import annotations

from itertools import permutations

import pytest

from chatmusician.eval.choice.modes import CHAIN, DIRECT, asked_in_words, read_letter
from chatmusician.eval.choice.prompts import build_prompt, letters, option_order, reordered
from chatmusician.eval.choice.questions import LETTERS, Question
from chatmusician.eval.choice.tasks import load_task

HINT = (
    "Read the following questions from the four options (A, B, C and D) given in each question. "
    "Choose the best option.\n"
)
PLAIN = Question("1", " Which note? ", ("D", "G", "F", "A"), "B", "knowledge")
MUSIC = Question(
    "2",
    "Use the example below to answer the question that follows. Which key?",
    ("C", "{D}", "E\n", "F"),
    "A",
    "reasoning",
    abc_score="X:1\nK:C\nCDEF|\n",
)
MTB, MMLU = load_task("mtb"), load_task("mmlu")


def test_musictheorybench_zero_shot() -> None:
    assert build_prompt(MTB.wording, PLAIN).text + letters(MTB.wording)[2] == (
        f"{HINT} Which note? \nA. D\nB. G\nC. F\nD. A\nAnswer: C"
    )
    assert build_prompt(MTB.wording, MUSIC).text == (
        f"{HINT}Which key?\nX:1\nK:C\nCDEF|\n\nA. C\nB. {{D}}\nC. E\n\nD. F\nAnswer:"
    )


def test_musictheorybench_five_shot() -> None:
    shot = "Which key?\nX:1\nK:C\nCDEF|\n\nA. C\nB. {D}\nC. E\n\nD. F\nAnswer: A\n"
    prompt = build_prompt(MTB.wording, PLAIN, [MUSIC] * 5)
    assert prompt.text == f"{HINT}{shot * 5} Which note? \nA. D\nB. G\nC. F\nD. A\nAnswer:"
    assert prompt.shared == HINT + shot * 5


def test_mmlu_five_shot() -> None:
    """Two spaces before the subject, and none of its underscores."""
    question = Question("1", "2 + 2 =", ("1", "2", "3", "4"), "D", "abstract_algebra")
    shot = "2 + 2 =\nA. 1\nB. 2\nC. 3\nD. 4\nAnswer: D\n"
    assert build_prompt(MMLU.wording, question, [question] * 2).text == (
        "The following are multiple choice questions (with answers) about  abstract algebra.\n\n"
        + shot * 2
        + shot.removesuffix(" D\n")
    )
    assert len(MMLU.subjects) == 57


def test_an_order_keeps_the_right_option_right() -> None:
    for order in permutations(range(4)):
        shown = reordered(PLAIN, order)
        assert shown.right == "G"
        assert [PLAIN.options[at] for at in order] == list(shown.options)


def test_orders_depend_on_seed_and_question_alone() -> None:
    questions = [Question(str(n), "s", ("a", "b", "c", "d"), "A") for n in range(400)]
    orders = [tuple(option_order(q, 3)) for q in questions]
    assert orders == [tuple(option_order(q, 3)) for q in questions]
    assert orders != [tuple(option_order(q, 4)) for q in questions]
    assert set(orders) == set(permutations(range(4)))


REPLIES = [
    ("B", "B"),
    ("b", ""),
    ("(B)", "B"),
    ("**B.**", "B"),
    ("B)", "B"),
    ("B. G", "B"),
    ("B. F", ""),
    ("G", "B"),
    ("g.", "B"),
    ("A", "A"),
    ("The answer is B.", "B"),
    ("Answer: B", "B"),
    ("answer is **(B)**", "B"),
    ("The answer is B, not option C.", ""),
    ("Answer: B\n\nThe answer is B because ...", "B"),
    ("A fifth above C is G", ""),
    ("The answer is a fifth", ""),
    ("The answer is A's neighbour", ""),
    ("Answer: Bb", ""),
    ("", ""),
    ("E", ""),
    ("I think it could be B or C", ""),
    ("Option D", "D"),
    ("The correct answer would be: D", "D"),
]


@pytest.mark.parametrize(("reply", "letter"), REPLIES, ids=[reply for reply, _ in REPLIES])
def test_a_reply_is_read_strictly(reply: str, letter: str) -> None:
    assert read_letter(reply, PLAIN, DIRECT) == letter


def test_the_last_word_counts_in_chain_of_thought() -> None:
    reply = "First I thought the answer is A, but D E F G is a fourth step.\nAnswer: B"
    assert read_letter(reply, PLAIN, CHAIN) == "B"
    assert read_letter(reply, PLAIN, DIRECT) == ""
    assert read_letter("So many steps, and then no end", PLAIN, CHAIN) == ""


def test_the_request_for_words_has_no_dangling_answer() -> None:
    text = asked_in_words(DIRECT, build_prompt(MTB.wording, PLAIN).text)
    assert text.startswith(HINT)
    assert text.endswith("\nD. A\nAnswer with one letter, A, B, C or D, and nothing else.")
    assert set(LETTERS) <= set(text)
