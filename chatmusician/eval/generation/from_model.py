"""Texts from a model: each prompt held to its brief, checked, and asked again where it must."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from chatmusician.errors import ChatMusicianError, LimitError, UsageError
from chatmusician.eval.generation.asked import Asked
from chatmusician.eval.generation.briefs import brief_of
from chatmusician.eval.generation.outputs import Output
from chatmusician.eval.models import Opened
from chatmusician.model.answer import read_answer
from chatmusician.model.brief.brief import Brief
from chatmusician.model.candidates import Candidate, judge
from chatmusician.model.chat_format import Turn
from chatmusician.model.compose import bolder, seed_of, tries
from chatmusician.model.decoding.plan import BARS, BRIEF, LEVELS, OFF
from chatmusician.model.generation import Completion, Request, Sampling
from chatmusician.model.prompts import answer_room
from chatmusician.model.steering import Steering, steer

TOO_LONG: Final = "too long"


@dataclass
class _Asking:
    """One prompt while it is answered; ``held`` is the level its decoding was held to."""

    asked: Asked
    seed: int
    brief: Brief
    steering: Steering
    turns: tuple[Turn, ...]
    held: str
    tries: int = 0
    tokens: int = 0
    seconds: float = 0.0
    best: Candidate | None = None

    def request(self) -> Request:
        start = self.steering.start
        seed = seed_of(self.seed, self.tries)
        return Request(self.turns, seed, self.steering.prefix, start() if start else None)

    def take(self, completion: Completion) -> None:
        found = judge(completion, read_answer(completion.text), self.brief)
        self.tries += 1
        self.tokens += completion.tokens
        if self.best is None or found.total > self.best.total:
            self.best = found

    def output(self) -> Output:
        assert self.best is not None
        done = self.best.completion
        return Output(
            self.asked.id,
            done.text,
            self.tokens,
            finish=done.finish,
            took=self.seconds,
            held=self.held,
            tries=self.tries,
        )


class FromModel:
    """A model at one level of constraint, asked in batches that are the same every time."""

    def __init__(
        self, opened: Opened, level: str, sampling: Sampling, *, batch: int = 8, tries: int = 6
    ) -> None:
        if level not in LEVELS:
            raise UsageError(f"unknown level {level!r}", hint=f"one of {', '.join(LEVELS)}")
        self.name = opened.name
        self.level = level
        self.fingerprint = opened.fingerprint
        self.backend = opened.backend
        self.sampling = sampling
        self.batch = batch
        self.tries = tries
        self.settings: dict[str, Any] = {
            **opened.settings,
            "sampling": asdict(sampling),
            "batch": batch,
            "tries": tries,
        }

    def generate(self, prompts: Sequence[Asked], seeds: Sequence[int]) -> Iterator[Output]:
        """One output for each prompt, in order, all of them at once."""
        made = [self._asking(asked, seed) for asked, seed in zip(prompts, seeds, strict=True)]
        waiting = [one for one in made if isinstance(one, _Asking)]
        while waiting:
            self._round(waiting)
            waiting = [one for one in waiting if self._again(one)]
        for one in made:
            yield one.output() if isinstance(one, _Asking) else one

    def _asking(self, asked: Asked, seed: int) -> _Asking | Output:
        """How a prompt is asked; at once its output where it does not fit the context."""
        turns = (Turn(asked.prompt),)
        brief = brief_of(asked) if self.level == BRIEF else Brief()
        try:
            answer_room(turns, self.backend, self.sampling)
        except LimitError:
            return Output(asked.id, "", 0, finish=TOO_LONG)
        for held, holds in self._holds(brief):
            try:
                steering = steer(held, holds, self.backend, turns, self.sampling)
                if steering.start is not None:
                    steering.start()
            except ChatMusicianError:
                continue  # it cannot be held to so much in so little room
            named = _named(held, steering, whole=holds == brief)
            return _Asking(asked, seed, brief, steering, turns, named)
        return _Asking(asked, seed, brief, Steering(OFF), turns, OFF)

    def _holds(self, brief: Brief) -> Iterator[tuple[str, Brief]]:
        """What to hold the decoding to, the most first."""
        yield self.level, brief
        if self.level == BRIEF:
            if brief.motifs:
                yield BRIEF, replace(brief, motifs=())
            if brief.given:
                yield BRIEF, replace(brief, task="variation")
            yield BRIEF, Brief(key=brief.key, meter=brief.meter, unit=brief.unit)
            yield BARS, Brief()

    def _round(self, waiting: Sequence[_Asking]) -> None:
        begun = time.monotonic()
        # All that wait have been asked equally often.
        turn = waiting[0].tries if waiting[0].steering.start else 0
        sampling = bolder(self.sampling, turn)
        done = self.backend.generate([one.request() for one in waiting], sampling)
        share = (time.monotonic() - begun) / len(waiting)
        if any(completion.finish == "cancelled" for completion in done):
            raise KeyboardInterrupt
        for one, completion in zip(waiting, done, strict=True):
            one.take(completion)
            one.seconds += share

    def _again(self, one: _Asking) -> bool:
        assert one.best is not None
        return not one.best.perfect and one.tries < tries(one.steering, self.tries)


def _named(held: str, steering: Steering, *, whole: bool) -> str:
    """What was held, for the items: a level, a part of one, or nothing but the check behind."""
    if steering.retry:
        return "checked"
    return held if held != BRIEF or (whole and steering.whole) else f"{held} in part"


def text_likelihood(opened: Opened) -> Callable[[Sequence[str]], Sequence[float]]:
    """The bits of texts, each with its end, under the model."""
    from chatmusician.eval.generation.likelihood import text_bits

    model, tokenizer = opened.model, opened.tokenizer
    bos = tokenizer.bos_token_id
    begins = bos is not None and tokenizer("X").input_ids[:1] == [bos]

    def encode(text: str) -> list[int]:
        return list(tokenizer(text, add_special_tokens=False).input_ids)

    def bits(texts: Sequence[str]) -> list[float]:
        return text_bits(
            model,
            encode,
            texts,
            start=bos if begins else None,
            end=tokenizer.eos_token_id,
            window=opened.backend.can.context,
        )

    return bits
