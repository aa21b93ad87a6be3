"""Facts about a tune, and questions about it: of the recording it comes from, or of its ABC."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from typing import Any

from chatmusician.asking import Interview
from chatmusician.demo.desk import Desk
from chatmusician.demo.stream import Events, Told, stream
from chatmusician.demo.studio import SEEDS
from chatmusician.errors import UsageError
from chatmusician.model.chat_format import Turn
from chatmusician.model.conversation import Conversation
from chatmusician.transcription.facts.answers import Answered

LONGEST = 2000
Facts = dict[str, Any]


@dataclass(frozen=True)
class Question:
    """`heard` names the recording whose ABC it is; an edited ABC speaks for itself."""

    text: str
    abc: str
    heard: str = ""
    turns: tuple[tuple[str, str], ...] = ()
    seed: int = 0


def facts_of(abc: str, heard: str, desk: Desk, cancel: threading.Event | None = None) -> Facts:
    """Those of the recording as long as its ABC is as it was written, else those of the ABC."""
    found = desk.ears.find(heard) if heard else None
    if found is not None and found.abc.strip() == abc.strip():
        return found.facts
    facts: Facts = desk.work("describe", abc, cancel=cancel)
    return facts


def asking(question: Question, desk: Desk) -> Events[Answered]:
    """What the model says as it says it, if it is asked, then the answer."""
    if not question.text.strip():
        raise UsageError("there is no question")
    if len(question.text) > LONGEST:
        raise UsageError(f"a question has {LONGEST:,} characters at most")
    if len(question.turns) >= desk.limits.turns:
        raise UsageError(f"the conversation has more than {desk.limits.turns} turns", hint="new")

    def work(told: Told) -> Answered:
        with contextlib.ExitStack() as stack:

            def talk() -> Conversation:
                model = stack.enter_context(desk.model(told.cancel, told.wait))
                return Conversation(model, model.defaults, seed=question.seed % SEEDS)

            interview = Interview(facts_of(question.abc, question.heard, desk, told.cancel), talk)
            interview.turns = [Turn(asked, said) for asked, said in question.turns]
            return interview.ask(question.text.strip(), lambda text: told.text(0, text))

    return stream(work, desk.gone)
