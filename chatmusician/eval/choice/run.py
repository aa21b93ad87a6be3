"""One benchmark of multiple choice from its questions to its result, resumable."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from chatmusician.errors import UsageError
from chatmusician.eval.choice.answering import Answerer, Said
from chatmusician.eval.choice.facts import question_facts
from chatmusician.eval.choice.prompts import (
    Prompt,
    build_prompt,
    letters,
    open_prompt,
    option_order,
    reordered,
)
from chatmusician.eval.choice.questions import LETTERS, Loaded, Question
from chatmusician.eval.choice.tasks import Task
from chatmusician.eval.provenance import provenance, texts_hash
from chatmusician.eval.results import Item, Result, Run

Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Job:
    """What is asked. `orders` are the seeds of option shuffles; none: as the data has them.
    Options are `shown`, or (cloze mode) not.

    With `facts` every question with ABC is asked a second time, with computed facts in its
    prompt; the two are reported side by side. `dev` are the rows that shots are taken from.
    """

    task: Task
    questions: Loaded
    dev: tuple[Question, ...] = ()
    shots: int = 0
    orders: tuple[int, ...] = ()
    shown: bool = True
    facts: bool = False
    seeds: tuple[int, ...] = ()
    against: tuple[str, ...] = ()
    fresh: bool = False

    def shots_of(self, subject: str) -> tuple[Question, ...]:
        own = [q for q in self.dev if q.subject == subject or not self.task.own_shots]
        if len(own) < self.shots:
            of = f" of {subject}" if self.task.own_shots else ""
            raise UsageError(
                f"{self.shots} shots are asked for, and there are {len(own)} dev rows{of}",
                hint="give them with --dev FILE, or fewer: --shots N",
            )
        return tuple(own[: self.shots])


@dataclass(frozen=True)
class Asked:
    """One question in one order of its options, with or without facts."""

    id: str
    question: Question
    shown: Question
    order: tuple[int, ...]
    seed: int | None
    prompt: Prompt
    facts: bool = False

    def item(self, said: Said) -> Item:
        """The answer in the letters of the data, whatever the order was."""
        prediction = self._own(said.letter) if said.letter else None
        scores: dict[str, Any] = {"right": prediction == self.question.answer}
        scores |= dict(sorted((self._own(at), score) for at, score in said.scores.items()))
        if self.seed is not None:
            scores["shown"] = "".join(LETTERS[at] for at in self.order)
        return Item(self.id, prediction, self.question.answer, scores | said.what)

    def _own(self, letter: str) -> str:
        return LETTERS[self.order[LETTERS.index(letter)]]


def everything_asked(job: Job) -> list[Asked]:
    """Every prompt of a run, in the order of the result's items."""
    made = []
    facts = _Facts()
    for with_facts in (False, True) if job.facts else (False,):
        for question in job.questions.questions:
            if with_facts and not question.abc_score:
                continue
            shots = job.shots_of(question.subject)
            for seed in job.orders or (None,):
                made.append(_asked(job, question, shots, seed, facts if with_facts else None))
    return made


@dataclass
class _Facts:
    """Facts by question, each computed once."""

    known: dict[str, str] = field(default_factory=dict)

    def of(self, question: Question) -> str:
        if question.id not in self.known:
            self.known[question.id] = question_facts(question)
        return self.known[question.id]


def _asked(
    job: Job,
    question: Question,
    shots: tuple[Question, ...],
    seed: int | None,
    facts: _Facts | None,
) -> Asked:
    order = list(range(len(LETTERS))) if seed is None else option_order(question, seed)
    shown = reordered(question, order)
    told = facts.of(question) if facts else ""
    shot_facts = [facts.of(shot) for shot in shots] if facts else []
    if job.shown:
        prompt = build_prompt(job.task.wording, shown, shots, facts=told, shot_facts=shot_facts)
    else:
        prompt = open_prompt(shown, shots, facts=told, shot_facts=shot_facts)
    name = question.id if seed is None else f"{question.id}#{seed}"
    name += "+facts" if facts else ""
    return Asked(name, question, shown, tuple(order), seed, prompt, facts is not None)


def evaluate(
    job: Job, answerer: Answerer, folder: str, told: Told = lambda done, of: None
) -> dict[str, Any]:
    """Ask what is not answered yet, then write the result; what `result.json` holds."""
    from chatmusician.eval.choice.report import report

    asked = everything_asked(job)
    with Run(folder, settings_of(job, answerer, asked), fresh=job.fresh) as run:
        answer_all(asked, answerer, job, run, told)
    made = report(job, answerer, asked, run.items)
    result = Result(
        benchmark=job.task.name,
        version=job.task.full_version,
        settings=run.settings,
        rows=made.rows,
        counts=made.counts,
        comparisons=made.comparisons,
        details=made.details,
        provenance=provenance(
            clock=run.clock,
            model=answerer.model,
            data={"questions": _data(job)},
            prompts=[one.prompt.text for one in asked],
            seeds=job.orders or job.seeds,
        ),
    )
    run.finish(result, [one.id for one in asked], made.table, made.plot)
    return result.as_dict()


def settings_of(job: Job, answerer: Answerer, asked: Sequence[Asked]) -> dict[str, Any]:
    return {
        "benchmark": job.task.name,
        "version": job.task.full_version,
        "model": answerer.name,
        "weights": answerer.model.get("sha256"),
        "mode": answerer.mode,
        "shots": job.shots,
        "shuffles": list(job.orders),
        "seeds": list(job.seeds),
        "facts": job.facts,
        "questions": len(job.questions.questions),
        "prompts": texts_hash(one.prompt.text for one in asked),
        **answerer.settings,
    }


def _data(job: Job) -> Mapping[str, Any]:
    loaded = job.questions
    texts = [str(question) for question in (*loaded.questions, *job.dev)]
    return {
        "name": loaded.source or job.task.full_version,
        "sha256": texts_hash(texts),
        "method": "questions as read",
    }


def answer_all(asked: Sequence[Asked], answerer: Answerer, job: Job, run: Run, told: Told) -> None:
    waiting = sum(one.id not in run.items for one in asked)
    if not waiting:
        return
    finished = len(asked) - waiting
    for said in answerer.answers(
        [one.prompt for one in asked],
        [one.shown for one in asked],
        letters(job.task.wording),
        lambda index: asked[index].id in run.items,
    ):
        one = asked[said.index]
        if one.id in run.items:
            continue
        run.add(one.item(said))
        finished += 1
        told(finished, len(asked))


def limited(loaded: Loaded, limit: int) -> Loaded:
    """So many questions of each subject, evenly from its first to its last."""
    if limit <= 0:
        return loaded
    places: dict[str, list[int]] = {}
    for at, question in enumerate(loaded.questions):
        places.setdefault(question.subject, []).append(at)
    kept = {
        found[step * len(found) // min(limit, len(found))]
        for found in places.values()
        for step in range(min(limit, len(found)))
    }
    chosen = tuple(q for at, q in enumerate(loaded.questions) if at in kept)
    return replace(loaded, questions=chosen)
