"""From an annotated set to crops, annotations and rows; track by track, so that it can go on.

The folder has ``crops/`` (the sound that is asked about), ``annotations.jsonl`` (LLark's record
and more), ``musicqa.json``, ``llark.jsonl`` and ``sft.jsonl``. While it works, ``tracks/`` holds a
line for each track that is done; the rest is made from it at the end, and is the same however
often the work was stopped, and in however many parts it was done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chatmusician.errors import InputError, OutputError, UsageError
from chatmusician.train.qa.annotate import annotated
from chatmusician.train.qa.journal import Journal
from chatmusician.train.qa.records import write
from chatmusician.train.qa.sets import find_set
from chatmusician.train.qa.track import Track
from chatmusician.train.qa.wording import Wording

LONGEST = 30.0
EXECUTORS = ("local", "slurm", "ray")
Told = Callable[[str, str | None], None]


@dataclass(frozen=True)
class Job:
    """``name`` is that of the set where its folder does not tell. With ``model`` that model words
    the questions. More than one worker, Slurm and Ray run on datatrove; ``partition`` is
    Slurm's."""

    folder: str
    output: str
    name: str | None = None
    seed: int = 0
    seconds: float = LONGEST
    fresh: bool = False
    model: str | None = None
    executor: str = "local"
    workers: int = 1
    partition: str = ""
    time: str = "12:00:00"


@dataclass(frozen=True)
class Made:
    """``worded`` counts the questions in a model's words. ``submitted``: the work was given to
    Slurm, and the records are not there yet."""

    tracks: int
    resumed: int
    pairs: int
    failed: dict[str, str]
    worded: int = 0
    submitted: bool = False


def build(job: Job, told: Told = lambda id, error: None) -> Made:
    """Make all records of a set, or what is left of them."""
    if job.executor not in EXECUTORS:
        raise UsageError(
            f"unknown executor {job.executor!r}", hint=f"known: {', '.join(EXECUTORS)}"
        )
    if job.workers < 1:
        raise UsageError(f"workers must be at least 1, not {job.workers}")
    tracks = tracks_of(job)
    journal = journal_of(job)
    try:
        (Path(job.output) / "crops").mkdir(parents=True, exist_ok=True)
        journal.begin(fresh=job.fresh)
        resumed = len(journal.done())
        if job.executor == "local" and job.workers == 1:
            part(job, told=told)
        else:
            from chatmusician.train.qa.pipeline import run

            if not run(job, min(len(tracks), 4 * job.workers)):
                return Made(len(tracks), resumed, 0, {}, submitted=True)
        return finish(job, resumed)
    except OSError as error:
        raise OutputError(error.strerror or str(error), path=job.output) from error


def tracks_of(job: Job) -> list[Track]:
    """The tracks of the set by their ids, each once."""
    folder = Path(job.folder)
    one = find_set(folder, job.name)
    found: dict[str, Track] = {}
    for track in one.read(folder):
        found.setdefault(track.id, track)
    if not found:
        raise InputError(f"has no sound that {one.name} annotates", path=job.folder)
    return [found[id] for id in sorted(found)]


def journal_of(job: Job) -> Journal:
    name = find_set(Path(job.folder), job.name).name
    return Journal(Path(job.output), [name, job.seed, job.seconds, job.model])


def part(job: Job, rank: int = 0, of: int = 1, *, told: Told = lambda id, error: None) -> None:
    """Every ``of``-th track that is not done yet, from number ``rank`` on."""
    name = find_set(Path(job.folder), job.name).name
    journal = journal_of(job)
    done = journal.done()
    wording = _wording(job)
    try:
        with journal.part(rank) as own:
            for track in tracks_of(job)[rank::of]:
                if track.id in done:
                    continue
                made = annotated(
                    track,
                    name,
                    Path(job.output),
                    seed=job.seed,
                    seconds=job.seconds,
                    wording=wording,
                )
                own.add(made)
                told(track.id, made.get("error"))
    finally:
        if wording is not None:
            wording.close()


def finish(job: Job, resumed: int = 0) -> Made:
    """The records of what the parts have done."""
    done = journal_of(job).done()
    ids = [track.id for track in tracks_of(job) if track.id in done]
    write(Path(job.output), lambda: (done[id] for id in ids))
    failed: dict[str, str] = {}
    count = worded = 0
    for made in (done[id] for id in ids):
        count += len(made.get("pairs", ()))
        worded += made.get("worded", 0)
        if "error" in made:
            failed[made["id"]] = made["error"]
    return Made(len(ids), resumed, count, failed, worded)


def _wording(job: Job) -> Wording | None:
    if job.model is None:
        return None
    from chatmusician.model.load import load_model

    name = job.model
    return Wording(lambda: load_model("" if name == "bundled" else name))
