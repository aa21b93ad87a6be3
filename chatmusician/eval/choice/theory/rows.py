"""Generated questions as rows of a file: to be asked, or to be trained on."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

from chatmusician.eval.choice.modes import ANSWER, DIRECT, asked_in_words
from chatmusician.eval.choice.prompts import build_prompt, open_answer, open_prompt
from chatmusician.eval.choice.questions import LETTERS, Question
from chatmusician.eval.choice.tasks import load_task
from chatmusician.train.tasks.rows import row

_SOURCE: Final = "theory"


def question_row(question: Question) -> dict[str, Any]:
    """The columns of MusicTheoryBench."""
    options = dict(zip(LETTERS, question.options, strict=True))
    return asdict(question) | {"options": options}


def text_row(question: Question) -> dict[str, Any]:
    """For pre-training: the prompt of likelihood mode and its answer, as one text."""
    wording = load_task("theory").wording
    text = build_prompt(wording, question).text + wording.answer.format(letter=question.answer)
    return {"id": question.id, "text": text, "src": _SOURCE}


def sft_row(question: Question) -> dict[str, Any]:
    """For instructions: half as cloze mode asks in a chat, a quarter each as direct mode and as
    likelihood mode in a chat do."""
    wording = load_task("theory").wording
    asked = build_prompt(wording, question).text
    match zlib.crc32(question.id.encode()) % 4:
        case 0:
            asked, answer = asked_in_words(DIRECT, asked), question.answer
        case 1:
            asked = asked.removesuffix(ANSWER).rstrip()
            answer = ANSWER + wording.answer.format(letter=question.answer)
        case _:
            asked = open_prompt(question).text.removesuffix(ANSWER).rstrip()
            answer = ANSWER + open_answer(question.right)
    instruction, _, given = asked.partition("\n")
    return row(instruction, given, answer, src=_SOURCE, id=question.id).as_dict()


FORMS: Final[dict[str, Callable[[Question], dict[str, Any]]]] = {
    "questions": question_row,
    "text": text_row,
    "sft": sft_row,
}
