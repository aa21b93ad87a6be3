"""A conversation with a model: turns remembered, the last one asked again, a seed each."""

from __future__ import annotations

import random
from collections.abc import Callable

from chatmusician.errors import UsageError
from chatmusician.model.answer import Answer, read_answer
from chatmusician.model.chat_format import Turn
from chatmusician.model.generation import Backend, Completion, Request, Sampling
from chatmusician.model.prompts import encode_prompt

_SEEDS = 2**31


class Conversation:
    """`seed` is that of the next answer; each answer adds one to it."""

    def __init__(self, backend: Backend, sampling: Sampling, *, seed: int | None = None) -> None:
        self.backend = backend
        self.sampling = sampling
        self.seed = random.randrange(_SEEDS) if seed is None else seed
        self.turns: list[Turn] = []
        self.forgotten = 0

    def ask(self, question: str, on_text: Callable[[str], None] | None = None) -> Completion:
        """The answer; interrupted, what there is of it. An empty answer is not remembered."""
        turns = (*self.turns, Turn(question))
        request = Request(turns, self.seed)
        tokens = self.backend.tokens
        if tokens is not None:
            context = self.backend.can.context
            prompt = encode_prompt(request, tokens, context, self.sampling)
            self.forgotten = prompt.forgotten
        told = None if on_text is None else lambda _, text: on_text(text)
        (done,) = self.backend.generate([request], self.sampling, on_text=told)
        self.seed = (self.seed + 1) % _SEEDS
        if done.text:
            self.turns.append(Turn(question, done.text.strip(" ")))
        return done

    def retry(self, on_text: Callable[[str], None] | None = None) -> Completion:
        """Another answer to the last question, drawn with the next seed."""
        if not self.turns:
            raise UsageError("there is nothing to ask again")
        return self.ask(self.turns.pop().question, on_text)

    def last_tune(self) -> Answer:
        """The tune that was said last."""
        for turn in reversed(self.turns):
            found = read_answer(turn.answer or "")
            if found.abc:
                return found
        raise UsageError("no tune has been said yet")

    def text(self) -> str:
        """All turns, to be read by people."""
        return "\n\n".join(f"You: {t.question}\n\nModel: {t.answer}" for t in self.turns) + "\n"
