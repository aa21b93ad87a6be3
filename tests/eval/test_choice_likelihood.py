"""One forward for each question against four whole strings, computed here on their own."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from chatmusician.errors import EngineError
from chatmusician.eval.choice.prompts import Prompt, build_prompt, letters
from chatmusician.eval.choice.questions import Question
from chatmusician.eval.choice.tasks import load_task
from chatmusician.eval.choice.theory import make_questions, shots

torch: Any = pytest.importorskip("torch")
pytest.importorskip("transformers")

from chatmusician.eval.choice.likelihood import Likelihood, Scored  # noqa: E402

TASK = load_task("mtb")
FOUR = letters(TASK.wording)


@pytest.fixture(scope="module")
def questions() -> list[Question]:
    return make_questions(5, per_kind=1)


def prompts(questions: Sequence[Question], count: int) -> list[Prompt]:
    return [build_prompt(TASK.wording, question, shots()[:count]) for question in questions]


def four_strings(model: Any, tokenizer: Any, text: str) -> list[float]:
    """Mean cross-entropy of each whole string, in 64 bits."""
    losses = []
    for letter in ("A", "B", "C", "D"):
        ids = tokenizer(f"{text} {letter}").input_ids
        with torch.no_grad():
            logits = model(torch.tensor([ids])).logits[0].double().numpy()
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        followed = [chances[at, token] for at, token in enumerate(ids[1:])]
        losses.append(-float(np.log(followed).mean()))
    return losses


def agreement(found: dict[int, Scored], losses: list[list[float]]) -> None:
    assert len(found) == len(losses)
    for index, loss in enumerate(losses):
        assert found[index].best == int(np.argmin(loss)), index


def scored(engine: Likelihood, given: Sequence[Prompt], **more: Any) -> dict[int, Scored]:
    return {one.index: one for one in engine.score(given, FOUR, **more)}


@pytest.mark.parametrize("count", [0, 5])
def test_the_same_letter_as_four_strings(
    choice_model: Any, choice_tokenizer: Any, questions: list[Question], count: int
) -> None:
    given = prompts(questions[:: 3 if count else 1], count)
    losses = [four_strings(choice_model, choice_tokenizer, one.text) for one in given]
    found = scored(Likelihood(choice_model, choice_tokenizer, batch_tokens=3000), given)
    assert all(one.one_token for one in found.values())
    agreement(found, losses)
    # Were one letter always the answer, the comparison would prove little.
    assert len({one.best for one in found.values()}) > 2


def test_cache_and_batches_change_nothing(
    choice_model: Any, choice_tokenizer: Any, questions: list[Question]
) -> None:
    given = prompts(questions[::5], 5)
    model = copy.deepcopy(choice_model).double()
    together = scored(Likelihood(model, choice_tokenizer), given)
    alone = scored(Likelihood(model, choice_tokenizer, batch_tokens=1, share=False), given)
    for index, one in alone.items():
        assert together[index].scores == pytest.approx(one.scores, abs=1e-9)


class Splitting:
    """A tokenizer of characters that needs two tokens for a D at the end."""

    def __call__(self, texts: list[str] | str, add_special_tokens: bool = True) -> Any:
        rows = [self._ids(text) for text in ([texts] if isinstance(texts, str) else texts)]
        return Ids(rows[0] if isinstance(texts, str) else rows)

    def _ids(self, text: str) -> list[int]:
        ids = [1 + ord(char) % 250 for char in text]
        return [*ids[:-1], 251, 252] if text.endswith("D") else ids


class Ids(dict[str, Any]):
    def __init__(self, ids: Any) -> None:
        super().__init__(input_ids=ids)
        self.input_ids = ids


def test_letters_that_are_split_are_scored_as_whole_strings(
    choice_model: Any, questions: list[Question]
) -> None:
    given = prompts(questions[:12], 0)
    found = scored(Likelihood(choice_model, Splitting()), given)
    assert not any(one.one_token for one in found.values())
    losses = []
    for one in given:
        row = four_strings(choice_model, Splitting(), one.text)
        counts = [len(Splitting()(f"{one.text} {letter}").input_ids) for letter in "ABCD"]
        # As the reference: the first token has no loss, and is counted.
        losses.append([loss * (n - 1) / n for loss, n in zip(row, counts, strict=True)])
    agreement(found, losses)


def test_a_letter_that_melts_into_the_prompt_is_seen(choice_model: Any) -> None:
    class Melting(Splitting):
        def _ids(self, text: str) -> list[int]:
            ids = [1 + ord(char) % 250 for char in text]
            return [*ids[:-2], 253] if text.endswith("B") else ids

    (found,) = Likelihood(choice_model, Melting()).score([Prompt("", "Which?\nAnswer:")], FOUR)
    assert not found.one_token


def test_no_numbers_are_no_answer(choice_model: Any, choice_tokenizer: Any) -> None:
    broken = copy.deepcopy(choice_model)
    with torch.no_grad():
        broken.model.norm.weight[0] = float("nan")
    for tokenizer in (choice_tokenizer, Splitting()):
        with pytest.raises(EngineError, match="no numbers"):
            list(Likelihood(broken, tokenizer).score([Prompt("", "Q\nAnswer:")], FOUR))


def test_a_prompt_too_long_is_no_answer(choice_model: Any, choice_tokenizer: Any) -> None:
    engine = Likelihood(choice_model, choice_tokenizer)
    engine.context = 60
    given = [Prompt("", "Q\nAnswer:"), Prompt("", "Q " * 90 + "\nAnswer:")]
    found = scored(engine, given)
    assert found[0].best is not None
    assert (found[1].best, found[1].scores) == (None, ())


def test_ties_go_to_the_first_letter() -> None:
    assert Scored(0, (-1.0, -0.5, -0.5, -2.0)).best == 1


def test_what_is_done_is_not_computed_again(
    choice_model: Any, choice_tokenizer: Any, questions: list[Question]
) -> None:
    given = prompts(questions, 0)
    engine = Likelihood(choice_model, choice_tokenizer, batch_tokens=600)
    whole = scored(engine, given)
    first = set(list(whole)[:15])
    rest = scored(engine, given, done=lambda index: index in first)
    assert len(rest) < len(whole)
    assert set(rest) | first == set(whole)
    for index, one in rest.items():
        assert one.scores == whole[index].scores
