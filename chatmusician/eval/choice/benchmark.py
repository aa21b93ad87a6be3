"""MusicTheoryBench, MMLU and theory questions from options to a result: what to call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chatmusician.errors import UsageError
from chatmusician.eval.choice import USUAL
from chatmusician.eval.choice.models import answerer_of
from chatmusician.eval.choice.modes import CLOZE, LIKELIHOOD
from chatmusician.eval.choice.run import Job, evaluate, limited
from chatmusician.eval.choice.sources import questions_of
from chatmusician.eval.choice.tasks import load_task
from chatmusician.eval.models import open_model

if TYPE_CHECKING:
    from chatmusician.model.load import LoadOptions


@dataclass(frozen=True)
class ChoiceOptions:
    """``shuffles`` orders of the options, the first by ``seed``; ``seeds`` are the questions' own
    (theory). Shots and shuffles that are None are the benchmark's usual ones."""

    data: str = ""
    dev: str = ""
    shots: int | None = None
    shuffles: int | None = None
    seed: int = 0
    seeds: tuple[int, ...] = (0,)
    mode: str = LIKELIHOOD
    chat: bool = False
    facts: bool = False
    limit: int = 0
    skip_bad: bool = False
    against: tuple[str, ...] = ()
    batch_tokens: int = 8192
    fresh: bool = False


@dataclass(frozen=True)
class Outcome:
    """``result`` as in result.json; ``remarks`` of loading, and the rows left out."""

    result: dict[str, Any]
    remarks: tuple[str, ...] = ()


def run_choice(
    name: str,
    output: str,
    options: ChoiceOptions,
    *,
    model: str = "",
    load: LoadOptions | None = None,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> Outcome:
    """The questions are read and checked before the model is loaded."""
    job = job_of(name, options)
    opened = open_model(model, load, whole=True)
    try:
        answerer = answerer_of(
            opened, mode=options.mode, chat=options.chat, batch_tokens=options.batch_tokens
        )
        result = evaluate(job, answerer, output, told)
    finally:
        opened.backend.close()
    left_out = [f"left out: {bad}" for bad in job.questions.bad]
    return Outcome(result, (*opened.backend.remarks, *left_out))


def job_of(name: str, options: ChoiceOptions) -> Job:
    usual_shots, usual_shuffles = USUAL[name]
    shots = usual_shots if options.shots is None else options.shots
    shuffles = usual_shuffles if options.shuffles is None else options.shuffles
    shown = options.mode != CLOZE
    if not shown:
        # Options that are not shown have no order.
        shuffles = 0
    for option, value in (("shots", shots), ("shuffles", shuffles)):
        if value < 0:
            raise UsageError(f"{option} is at least 0")
    if options.batch_tokens < 1:
        raise UsageError("the tokens of a batch are at least 1")
    task = load_task(name)
    seeds = options.seeds if name == "theory" else ()
    found = questions_of(
        task,
        data=options.data,
        dev=options.dev,
        seeds=seeds,
        shots=shots,
        skip_bad=options.skip_bad,
    )
    return Job(
        task=task,
        questions=limited(found.questions, options.limit),
        dev=found.dev,
        shots=shots,
        orders=tuple(range(options.seed, options.seed + shuffles)),
        shown=shown,
        facts=options.facts,
        seeds=seeds,
        against=options.against,
        fresh=options.fresh,
    )
