"""What the page and the REST API both do: compose, change a tune, chat. Plain data in and out."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field
from typing import Any

from chatmusician.demo.changes import TASKS, named, reading
from chatmusician.demo.desk import Desk
from chatmusician.demo.scores import first_tune
from chatmusician.demo.settings import Limits
from chatmusician.demo.stream import Events, Told, stream
from chatmusician.errors import UsageError
from chatmusician.model.brief.brief import Reading
from chatmusician.model.brief.read import read_request
from chatmusician.model.chat_format import Turn
from chatmusician.model.compose import ComposeOptions, Composition, compose, refuse_conflicts
from chatmusician.model.generation import Completion, Request, Sampling

SEEDS = 2**31


@dataclass(frozen=True)
class Order:
    """One request to the model, whole: the same order gives the same tunes.

    `wanted` are fields of the brief. With `change` (see `changes`) the model works on `abc`,
    from bar `first` to bar `last`.
    """

    request: str = ""
    wanted: dict[str, Any] = field(default_factory=dict)
    change: str = ""
    abc: str = ""
    first: int = 0
    last: int = 0
    candidates: int = 1
    seed: int | None = None
    temperature: float | None = None

    def with_seed(self) -> Order:
        seed = random.randrange(SEEDS) if self.seed is None else self.seed % SEEDS
        return Order(**{**asdict(self), "seed": seed})


def understood(order: Order, limits: Limits) -> Reading:
    """What an order asks for; UsageError where it contradicts itself or goes too far."""
    if not 1 <= order.candidates <= limits.candidates:
        raise UsageError(f"from 1 to {limits.candidates} candidates, not {order.candidates}")
    if order.change:
        if order.change not in TASKS:
            raise UsageError(f"no such change: {order.change!r}", hint=", ".join(TASKS))
        return reading(order.change, first_tune(order.abc, limits), order.first, order.last)
    found = read_request(order.request, order.wanted)
    refuse_conflicts(found)
    return found


def composing(order: Order, desk: Desk, found: Reading | None = None) -> Events[Composition]:
    """The text of each candidate as it comes, then the composition."""
    asked = found or understood(order, desk.limits)

    def work(told: Told) -> Composition:
        with desk.model(told.cancel, told.wait) as model:
            options = ComposeOptions(
                candidates=order.candidates,
                seed=order.seed,
                sampling=_sampling(model.defaults, order.temperature),
            )
            return compose(
                asked,
                model,
                options,
                request=order.request,
                on_text=told.text,
                cancel=told.cancel,
            )

    return stream(work, desk.gone)


def _sampling(defaults: Sampling, temperature: float | None) -> Sampling:
    if temperature is None:
        return defaults
    return Sampling(**{**asdict(defaults), "temperature": temperature})


def result(order: Order, made: Composition, limits: Limits) -> dict[str, Any]:
    """A composition as data: what `compose --json` prints, titles of a changed tune put back."""
    data = made.as_dict()
    if order.change:
        tune = first_tune(order.abc, limits)
        for candidate in data["candidates"]:
            candidate["abc"] = named(candidate["abc"], tune) if candidate["abc"] else ""
    return data


def chatting(turns: list[Turn], seed: int, desk: Desk) -> Events[Completion]:
    """The answer to the last of some turns."""
    if len(turns) > desk.limits.turns:
        raise UsageError(f"the conversation has more than {desk.limits.turns} turns", hint="new")

    def work(told: Told) -> Completion:
        with desk.model(told.cancel, told.wait) as model:
            request = Request(tuple(turns), seed % SEEDS)
            (done,) = model.generate(
                [request], model.defaults, on_text=told.text, cancel=told.cancel
            )
            return done

    return stream(work, desk.gone)
