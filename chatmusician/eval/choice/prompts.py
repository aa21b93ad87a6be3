"""What a model is asked, to the byte: the published prompts, shots, and shuffled options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from chatmusician.eval.choice.modes import ANSWER
from chatmusician.eval.choice.questions import EXAMPLE, LETTERS, Question


@dataclass(frozen=True)
class Wording:
    """The fixed text around questions.

    A prompt is `hint`, then `item` and `answer` and `shot_end` for each shot, then `item`,
    which a letter completes as `answer` puts it. `{subject}` in the hint is the question's
    own, with spaces for underscores.
    """

    hint: str
    item: str
    answer: str = " {letter}"
    shot_end: str = "\n"


@dataclass(frozen=True)
class Prompt:
    """`shared` begins the prompts of other questions too; the whole text is both joined."""

    shared: str
    own: str

    @property
    def text(self) -> str:
        return self.shared + self.own


def question_text(question: Question) -> str:
    """The stem; where there is ABC, below the stem without the sentence that announces it.

    As the reference does: the stem is stripped only where there is ABC.
    """
    if not question.abc_score:
        return question.stem
    return f"{question.stem.replace(EXAMPLE, '').strip()}\n{question.abc_score}"


def item_text(wording: Wording, question: Question, facts: str = "") -> str:
    options = dict(zip(LETTERS, question.options, strict=True))
    asked = question_text(question)
    return wording.item.format(input=f"{asked}\n{facts}" if facts else asked, **options)


def build_prompt(
    wording: Wording,
    question: Question,
    shots: Sequence[Question] = (),
    *,
    facts: str = "",
    shot_facts: Sequence[str] = (),
) -> Prompt:
    hint = wording.hint.format(subject=question.subject.replace("_", " "))
    given = list(shot_facts) or [""] * len(shots)
    examples = "".join(
        item_text(wording, shot, fact)
        + wording.answer.format(letter=shot.answer)
        + wording.shot_end
        for shot, fact in zip(shots, given, strict=True)
    )
    return Prompt(hint + examples, item_text(wording, question, facts))


def open_prompt(
    question: Question,
    shots: Sequence[Question] = (),
    *,
    facts: str = "",
    shot_facts: Sequence[str] = (),
) -> Prompt:
    """The question without its options, to be completed by the text of one (cloze mode)."""
    given = list(shot_facts) or [""] * len(shots)
    examples = "".join(
        f"{_open_text(shot, fact)}{open_answer(shot.right)}\n\n"
        for shot, fact in zip(shots, given, strict=True)
    )
    return Prompt(examples, _open_text(question, facts))


def _open_text(question: Question, facts: str) -> str:
    asked = question_text(question).rstrip()
    return f"{asked}\n{facts}\n{ANSWER}" if facts else f"{asked}\n{ANSWER}"


def open_answer(option: str) -> str:
    return f" {option.strip()}"


def letters(wording: Wording) -> list[str]:
    """What follows a prompt for A, B, C and D."""
    return [wording.answer.format(letter=letter) for letter in LETTERS]


def option_order(question: Question, seed: int) -> list[int]:
    """Which of the question's options stands at A, B, C, D under a seed.

    It depends on the seed and the question's id alone, not on the other questions.
    """
    order = list(range(len(LETTERS)))
    Random(f"{seed}:{question.id}").shuffle(order)
    return order


def reordered(question: Question, order: Sequence[int]) -> Question:
    first, second, third, fourth = (question.options[at] for at in order)
    right = LETTERS[list(order).index(LETTERS.index(question.answer))]
    return replace(question, options=(first, second, third, fourth), answer=right)
