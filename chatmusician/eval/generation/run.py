"""The benchmark itself: prompts drawn, texts made or read, scored, and reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

from chatmusician.errors import InputError, UsageError
from chatmusician.eval.generation import report
from chatmusician.eval.generation.asked import Asked
from chatmusician.eval.generation.bits import MODEL, Likelihood, bit_rates
from chatmusician.eval.generation.copies import Index
from chatmusician.eval.generation.features import measure
from chatmusician.eval.generation.outputs import Generator, Output
from chatmusician.eval.generation.outside import Abc2midi
from chatmusician.eval.generation.prompts import draw, kind, load_rows, spread
from chatmusician.eval.generation.training import timelines, tune_texts
from chatmusician.eval.intervals import Measure, mean
from chatmusician.eval.provenance import fingerprint, provenance, texts_hash
from chatmusician.eval.results import Item, Result, Row, Run, read_items, read_result

VERSION = "4"
PEOPLE = "people"
# Different held-out tunes that are looked at: more change little and cost time.
_MOST_PEOPLE = 2000
Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Job:
    """``prompts`` are rows of `corpus tasks`; ``train`` those or a corpus, ``held_out`` what
    was kept out of it, for bits per character; ``against`` are folders of runs."""

    prompts: str
    output: str
    train: str = ""
    n: int = 500
    seed: int = 0
    against: tuple[str, ...] = ()
    held_out: str = ""
    fresh: bool = False


@dataclass
class _Work:
    """What the parts of a run share."""

    job: Job
    rows: list[dict[str, Any]]
    drawn: list[Asked]
    program: Abc2midi
    training: list[str] = field(default_factory=list)
    index: Index | None = None

    def measure(self, text: str, asked: Asked) -> dict[str, Any]:
        return measure(text, asked, program=self.program, index=self.index)


def evaluate(
    job: Job,
    generator: Generator,
    *,
    likelihood: Likelihood | None = None,
    told: Told = lambda done, of: None,
) -> dict[str, Any]:
    """Run the benchmark, or what is left of it, and write its folder; returns the result."""
    check_job(job)
    others = [_other(folder) for folder in job.against]
    rows = load_rows(job.prompts)
    drawn = drawn_prompts(job, rows)
    work = _Work(job, rows, drawn, Abc2midi())
    settings = _settings(work, generator)
    with Run(job.output, settings, fresh=job.fresh) as run:
        if job.train:
            work.training = list(tune_texts(job.train))
            work.index = Index(timelines(work.training))
        _score(work, generator, run, told)
        return _report(work, generator, run, others, likelihood)


def check_job(job: Job) -> None:
    """What can be told to be wrong before a model is loaded."""
    if job.held_out and not job.train:
        raise UsageError("bits per character need --train: the baselines learn from it")
    for path in (job.prompts, job.train, job.held_out):
        if path and not Path(path).exists():
            raise InputError("no such file or folder", path=path)


def drawn_prompts(job: Job, rows: list[dict[str, Any]]) -> list[Asked]:
    drawn = draw(rows, job.n, seed=job.seed)
    if not drawn:
        raise UsageError(f"{job.prompts} has no row whose answer is a tune")
    return drawn


def seeds(job: Job, count: int) -> list[int]:
    """The seed of each prompt: the job's, and on by one."""
    return [job.seed + at for at in range(count)]


def _settings(work: _Work, generator: Generator) -> dict[str, Any]:
    job = work.job
    return {
        "model": generator.name,
        "fingerprint": generator.fingerprint.get("sha256"),
        "level": generator.level,
        **generator.settings,
        "n": job.n,
        "seed": job.seed,
        "prompts": texts_hash(asked.prompt for asked in work.drawn),
        "train": fingerprint(job.train)["sha256"] if job.train else None,
        "abc2midi": work.program.version,
    }


def _score(work: _Work, generator: Generator, run: Run, told: Told) -> None:
    """Ask for the texts that are not there yet and write each with its scores."""
    drawn = seeds(work.job, len(work.drawn))
    numbers = {asked.id: seed for asked, seed in zip(work.drawn, drawn, strict=True)}
    told(len(run.items), len(work.drawn))
    for block in _blocks(work.drawn, generator.batch):
        if all(asked.id in run.items for asked in block):
            continue
        known = {asked.id: asked for asked in block}
        # The whole block, though some of it may be there: the same batch gives the same texts.
        for output in generator.generate(block, [numbers[asked.id] for asked in block]):
            if output.id in run.items:
                continue
            asked = known[output.id]
            scores = work.measure(output.text, asked)
            scores |= {**_cost(output), "seed": numbers[asked.id]}
            if output.took is not None:
                run.took(asked.id, output.took)
            run.add(Item(asked.id, output.text, asked.reference, scores))
            told(len(run.items), len(work.drawn))


def _blocks(drawn: Sequence[Asked], size: int) -> Iterator[list[Asked]]:
    """Prompts of like length together, the longest first."""
    ordered = iter(sorted(drawn, key=lambda asked: (-len(asked.prompt), asked.id)))
    while block := list(islice(ordered, size)):
        yield block


def _cost(output: Output) -> dict[str, Any]:
    names = ("tokens", "seconds", "finish", "held", "tries")
    found = {name: getattr(output, name) for name in names}
    return {name: value for name, value in found.items() if value not in (None, "")}


def _other(folder: str) -> tuple[dict[str, Any], dict[str, Item]]:
    result = read_result(folder)
    if result["benchmark"] != "generation":
        raise UsageError(f"{folder} is a result of {result['benchmark']}, not of generation")
    return result, {item.id: item for item in read_items(folder)}


def _report(
    work: _Work,
    generator: Generator,
    run: Run,
    others: list[tuple[dict[str, Any], dict[str, Item]]],
    likelihood: Likelihood | None,
) -> dict[str, Any]:
    job = work.job
    items = {asked.id: run.items[asked.id] for asked in work.drawn}
    scores = [item.scores for item in items.values()]
    name = _name(generator.name, generator.level)
    people = _people(work)
    answers = [work.measure(asked.reference, asked) for asked in work.drawn]
    rows = [Row(name, _metrics(scores, answers, job.seed))]
    earlier, comparisons = _beside(rows[0], items, others, job.seed)
    different = report.metrics(people, seed=job.seed)
    human = _metrics(answers, answers, job.seed)
    human |= {metric: different[metric] for metric in _OF_DIFFERENT if metric in different}
    rows += [*earlier, Row(PEOPLE, human, kind="baseline")]
    if job.held_out:
        rates = bit_rates(job.train, job.held_out, likelihood, seed=job.seed)
        rows[0] = Row(name, {**rows[0].metrics, **rates.pop(MODEL, {})})
        rows += [Row(who, found, kind="baseline") for who, found in rates.items()]
    for groups in (
        [f"task {asked.task}" for asked in work.drawn],
        [f"meter {kind(asked)['meter']}" for asked in work.drawn],
    ):
        rows += report.by_group(name, scores, groups, seed=job.seed)
    drawn = {name: report.histograms(scores)}
    drawn |= {
        row.name: report.histograms([item.scores for item in theirs.values()])
        for row, (_, theirs) in zip(earlier, others, strict=True)
    }
    drawn[PEOPLE] = report.histograms(answers)
    result = Result(
        benchmark="generation",
        version=VERSION,
        settings=run.settings,
        rows=rows,
        comparisons=comparisons,
        counts={"items": len(items), "people": len(people)},
        details={
            "prompts": spread(work.drawn),
            "errors": report.errors(scores),
            "distributions": drawn,
            "training_tunes": len(work.training),
        },
        provenance=provenance(
            clock=run.clock,
            took=list(run.times.values()),
            model={"name": generator.name, "sha256": None, **generator.fingerprint},
            data=_data(job),
            prompts=(asked.prompt for asked in work.drawn),
            seeds=[job.seed],
            programs={"abc2midi": work.program.version},
        ),
    )
    title = f"Generation: {name}, {len(items)} prompts, seed {job.seed}"
    text = report.table(title, _timed(rows, run), comparisons)
    run.finish(result, [asked.id for asked in work.drawn], text, report.plot(title, rows, drawn))
    return read_result(job.output)


def _timed(rows: list[Row], run: Run) -> list[Row]:
    """The rows for people to read, with what the clock said of this run."""
    if not run.times:
        return rows
    seconds = {"seconds": mean(list(run.times.values()))}
    return [replace(rows[0], metrics={**rows[0].metrics, **seconds}), *rows[1:]]


def _metrics(
    scores: list[dict[str, Any]], answers: list[dict[str, Any]], seed: int
) -> dict[str, Measure]:
    return report.metrics(scores, seed=seed) | report.distances(scores, answers, seed=seed)


def _beside(
    ours: Row,
    items: dict[str, Item],
    others: list[tuple[dict[str, Any], dict[str, Item]]],
    seed: int,
) -> tuple[list[Row], list[dict[str, Any]]]:
    """The rows of earlier runs, and what differs on the prompts that both have."""
    rows: list[Row] = []
    comparisons: list[dict[str, Any]] = []
    for result, theirs in others:
        found = Row.from_dict(next(row for row in result["rows"] if not row["group"]))
        row = Row(_apart(found.name, [ours, *rows]), found.metrics)
        compared = report.compare(ours.name, items, row.name, theirs, seed=seed)
        if not compared:
            raise UsageError(f"the run to compare with ({found.name}) has none of these prompts")
        rows.append(row)
        comparisons += compared
    return rows, comparisons


# Taken over different tunes by people, not over the prompts, whose tunes come several times.
_OF_DIFFERENT = ("distinct", "copied", "longest_copy")


def _people(work: _Work) -> list[dict[str, Any]]:
    """The scores of the different held-out tunes by people."""
    found: dict[str, dict[str, Any]] = {}
    for text in islice(tune_texts(work.job.prompts), _MOST_PEOPLE):
        scores = measure(text, Asked("", PEOPLE, "", text), index=work.index)
        found.setdefault(scores.get("melody", ""), scores)
    return [scores for melody, scores in found.items() if melody]


def _data(job: Job) -> dict[str, dict[str, Any]]:
    files = {"prompts": job.prompts, "train": job.train, "held_out": job.held_out}
    return {name: fingerprint(path) for name, path in files.items() if path}


def _name(model: str, level: str) -> str:
    return f"{Path(model).name or model}, {level}" if level else model


def _apart(name: str, rows: Sequence[Row]) -> str:
    """Another name for a run that is called as one that is there."""
    taken = {row.name for row in rows}
    return next(n for n in (name, *(f"{name} ({at})" for at in range(2, 99))) if n not in taken)


def prompts_of(job: Job) -> list[dict[str, Any]]:
    """The prompts as JSON rows, for texts to be made elsewhere."""
    drawn = drawn_prompts(job, load_rows(job.prompts))
    return [
        {"id": asked.id, "instruction": asked.prompt, "seed": seed}
        for asked, seed in zip(drawn, seeds(job, len(drawn)), strict=True)
    ]
