"""From a request to tunes: brief, prompt, generation, the tune in the answer, its score card."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chatmusician.errors import UsageError
from chatmusician.model.answer import read_answer
from chatmusician.model.brief.brief import Reading
from chatmusician.model.brief.prompt import Wording, wording
from chatmusician.model.candidates import Candidate, judge, rank
from chatmusician.model.chat_format import Turn
from chatmusician.model.decoding.plan import BRIEF
from chatmusician.model.generation import Backend, OnText, Request, Sampling
from chatmusician.model.steering import Steering, steer

MOST_CANDIDATES = 64
_TRIES = 6
_SEEDS = 2**31
# By how much of itself the temperature rises from one try to the next.
_BOLDER = 0.1


@dataclass(frozen=True)
class ComposeOptions:
    """`seed` is the first candidate's, the others follow it; None draws one, and says it.

    With `verbatim` the model gets the request as it is typed instead of its trained wording.
    `tries` is how often a tune is asked for that is not as asked.
    """

    candidates: int = 1
    seed: int | None = None
    level: str = "brief"
    sampling: Sampling | None = None
    verbatim: bool = False
    tries: int = _TRIES


@dataclass(frozen=True)
class Composition:
    """The tunes, best first, and all that led to them. `held`: masks kept them to the level."""

    reading: Reading
    wording: Wording
    level: str
    held: bool
    model: str
    candidates: tuple[Candidate, ...]
    remarks: tuple[str, ...] = ()
    interrupted: bool = False

    @property
    def abc(self) -> str:
        """The best tune; empty where no answer held one."""
        return self.candidates[0].answer.abc if self.candidates else ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "level": self.level,
            "held": self.held,
            "brief": self.reading.brief.as_dict(),
            "understood": [str(one) for one in self.reading.heard],
            "not_understood": list(self.reading.unheard),
            "task": self.wording.task,
            "prompt": self.wording.text,
            "candidates": [{**c.card(), "abc": c.answer.abc} for c in self.candidates],
            "remarks": list(self.remarks),
            "interrupted": self.interrupted,
        }


@dataclass
class _Run:
    """What stays the same over the tries of one composition."""

    backend: Backend
    reading: Reading
    turns: tuple[Turn, ...]
    steering: Steering
    sampling: Sampling
    on_text: OnText | None
    cancel: threading.Event | None
    made: dict[int, Candidate] = field(default_factory=dict)

    def round(self, seeds: Sequence[tuple[int, int]], turn: int) -> bool:
        """One batch of (index, seed); better tunes replace worse. Whether it was interrupted."""
        start = self.steering.start
        sampling = bolder(self.sampling, turn) if start else self.sampling
        requests = [
            Request(self.turns, seed, self.steering.prefix, start() if start else None)
            for _, seed in seeds
        ]
        told = self.on_text
        indices = [index for index, _ in seeds]
        shown = None if told is None else lambda at, text: told(indices[at], text)
        done = self.backend.generate(requests, sampling, on_text=shown, cancel=self.cancel)
        for index, completion in zip(indices, done, strict=True):
            found = judge(completion, read_answer(completion.text), self.reading.brief)
            if index not in self.made or found.total > self.made[index].total:
                self.made[index] = found
        return any(completion.finish == "cancelled" for completion in done)


def compose(
    reading: Reading,
    backend: Backend,
    options: ComposeOptions | None = None,
    *,
    request: str = "",
    on_text: OnText | None = None,
    cancel: threading.Event | None = None,
) -> Composition:
    """Tunes for a brief that does not contradict itself, else UsageError names the conflicts.

    Interrupted, the candidates that were finished remain.
    """
    chosen = options or ComposeOptions()
    refuse_conflicts(reading)
    if not 1 <= chosen.candidates <= MOST_CANDIDATES:
        raise UsageError(f"{chosen.candidates} candidates; from 1 to {MOST_CANDIDATES} are made")
    words = wording(reading.brief)
    if chosen.verbatim:
        words = Wording("verbatim", request, ())
    sampling = chosen.sampling or backend.defaults
    turns = (Turn(words.text),)
    steering = steer(chosen.level, reading.brief, backend, turns, sampling)
    run = _Run(
        backend,
        reading,
        turns,
        steering,
        sampling,
        on_text,
        cancel,
    )
    first = random.randrange(_SEEDS) if chosen.seed is None else chosen.seed
    seeds = [(at, (first + at) % _SEEDS) for at in range(chosen.candidates)]
    interrupted = _rounds(run, seeds, tries(steering, chosen.tries))
    kept = [c for c in run.made.values() if not interrupted or c.completion.finish != "cancelled"]
    return Composition(
        reading,
        words,
        steering.level,
        steering.start is not None,
        backend.name,
        tuple(rank(kept)),
        (*steering.remarks, *backend.remarks),
        interrupted,
    )


def tries(steering: Steering, most: int) -> int:
    """How often a tune may be asked for: masks keep all but what only a whole tune shows, such
    as that two sections are different."""
    return most if steering.retry or steering.level == BRIEF else 1


def bolder(sampling: Sampling, turn: int) -> Sampling:
    """Drawn more freely at later tries: a model that is sure of its tune would write it again."""
    return replace(sampling, temperature=sampling.temperature * (1 + _BOLDER * turn))


def _rounds(run: _Run, seeds: list[tuple[int, int]], tries: int) -> bool:
    """Ask again, with other seeds, for what is not as it should be."""
    for turn in range(tries):
        if run.round([(at, seed_of(seed, turn)) for at, seed in seeds], turn):
            return True
        seeds = [(at, seed) for at, seed in seeds if not run.made[at].perfect]
        if not seeds:
            break
    return False


def seed_of(seed: int, turn: int) -> int:
    """The seed of a later try: far from those of other candidates."""
    return (seed + turn * 1_000_003) % _SEEDS


def refuse_conflicts(reading: Reading) -> None:
    if reading.conflicts:
        raise UsageError(
            f"the request contradicts itself: {'; '.join(reading.conflicts)}",
            hint="change one of the two and ask again",
        )


def numbered(candidate: Candidate) -> Candidate:
    """The candidate with its rank as X:, so that tunes of one request can share a file."""
    text = candidate.answer.abc
    lines = [f"X:{candidate.rank}" if line.startswith("X:") else line for line in text.split("\n")]
    return replace(candidate, answer=replace(candidate.answer, abc="\n".join(lines)))
