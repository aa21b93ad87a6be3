"""Who answers: a model by its likelihoods, or any model in its own words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from chatmusician.eval.choice.modes import LIKELIHOOD, asked_in_words, read_letter
from chatmusician.eval.choice.prompts import Prompt
from chatmusician.eval.choice.questions import LETTERS, Question

if TYPE_CHECKING:
    from chatmusician.eval.choice.likelihood import Likelihood

Done = Callable[[int], bool]
# The replies to prompts, as many as there are prompts; None where one was too long to be read.
Generate = Callable[[Sequence[str]], Sequence[str | None]]
TOO_LONG: Final = "too long"


@dataclass(frozen=True)
class Said:
    """The answer to the prompt `index`: a letter of the options as shown, or empty for none.

    `scores` are of the letters; `what` is anything else worth keeping.
    """

    index: int
    letter: str
    scores: dict[str, float]
    what: dict[str, Any]


class Answerer(Protocol):
    """`settings` is all of it that decides answers; `model` its fingerprint for the result."""

    name: str
    mode: str
    settings: dict[str, Any]
    model: dict[str, Any]

    def answers(
        self,
        prompts: Sequence[Prompt],
        questions: Sequence[Question],
        letters: Sequence[str],
        done: Done,
    ) -> Iterator[Said]:
        """In any order; what is done already may be left out."""
        ...


class ByLikelihood:
    """The letter that a model finds likeliest (`likelihood.Likelihood`)."""

    mode = LIKELIHOOD

    def __init__(
        self,
        engine: Likelihood,
        *,
        name: str,
        model: dict[str, Any],
        settings: dict[str, Any] | None = None,
    ) -> None:
        self.engine = engine
        self.name = name
        self.model = model
        self.settings = {**(settings or {}), "chat": engine.wrap is not None}

    def answers(
        self,
        prompts: Sequence[Prompt],
        questions: Sequence[Question],
        letters: Sequence[str],
        done: Done,
    ) -> Iterator[Said]:
        for scored in self.engine.score(prompts, letters, done):
            best = scored.best
            if best is None:
                yield Said(scored.index, "", {}, {"problem": TOO_LONG})
                continue
            form = "one token" if scored.one_token else "whole strings"
            scores = dict(zip(LETTERS, scored.scores, strict=True))
            yield Said(scored.index, LETTERS[best], scores, {"form": form})


class InWords:
    """The letter that a reply gives, read strictly; a reply without one is no answer."""

    def __init__(
        self,
        generate: Generate,
        *,
        mode: str,
        name: str,
        model: dict[str, Any],
        settings: dict[str, Any] | None = None,
        together: int = 1,
    ) -> None:
        self.generate = generate
        self.together = together
        self.mode = mode
        self.name = name
        self.model = model
        self.settings = dict(settings or {})

    def answers(
        self,
        prompts: Sequence[Prompt],
        questions: Sequence[Question],
        letters: Sequence[str],
        done: Done,
    ) -> Iterator[Said]:
        """Batches are the same whatever is done, as with likelihoods."""
        for start in range(0, len(prompts), self.together):
            batch = range(start, min(start + self.together, len(prompts)))
            if all(done(index) for index in batch):
                continue
            replies = self.generate([asked_in_words(self.mode, prompts[i].text) for i in batch])
            for index, reply in zip(batch, replies, strict=True):
                yield self._said(index, reply, questions[index])

    def _said(self, index: int, reply: str | None, question: Question) -> Said:
        if reply is None:
            return Said(index, "", {}, {"problem": TOO_LONG})
        letter = read_letter(reply, question, self.mode)
        what = {"reply": reply} if letter else {"reply": reply, "problem": "no letter"}
        return Said(index, letter, {}, what)
