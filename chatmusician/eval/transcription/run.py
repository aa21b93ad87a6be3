"""The benchmark itself: tunes drawn, played, heard, written down by each program, scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any

from chatmusician.errors import ChatMusicianError, UsageError
from chatmusician.eval.intervals import mean, share_of
from chatmusician.eval.plots import Points, draw
from chatmusician.eval.provenance import fingerprint, provenance
from chatmusician.eval.results import Item, Result, Row, Run, read_result
from chatmusician.eval.tables import Column, by_metric, by_row, markdown, percent
from chatmusician.eval.transcription.asap import pairs, read_pair
from chatmusician.eval.transcription.engines import ENGINES
from chatmusician.eval.transcription.measure import of_text, of_written
from chatmusician.eval.transcription.outside import PROGRAMS, midi_of, text_by
from chatmusician.eval.transcription.performer import Played, drawn_player, perform
from chatmusician.eval.transcription.scores import meter_class, same_meter
from chatmusician.eval.transcription.truth import Truth
from chatmusician.eval.transcription.tunes import Tune, drawn_tunes
from chatmusician.transcription.beat_sources import numbered
from chatmusician.transcription.score import ScoreOptions, write_score

VERSION = "3"
Told = Callable[[int, int], None]
OURS = "chatmusician"
GIVEN = "chatmusician, meter and tempo given"
BEATS = "chatmusician, meter and beats given"
ALWAYS = "always 4/4"
NOTES = {
    "strict": percent("strict note F1"),
    "level_free": percent("level-free note F1"),
    "bars": percent("bar F1"),
    "recall": percent("melody recall, strict"),
    "level_free_recall": percent("melody recall, level-free"),
    "chords": percent("chords, root and third"),
    "chord_roots": percent("chord roots"),
    "note_f1": percent("note F1, onsets"),
    "note_offset_f1": percent("note F1, with offsets"),
}
TIME = {
    "meter": percent("meter"),
    "meter_class": percent("meter class"),
    "acc1": percent("tempo ACC1"),
    "acc2": percent("tempo ACC2"),
    "beat_f1": percent("beat F1"),
    "downbeat_f1": percent("downbeat F1"),
}
KEYS = {"signature": percent("key signature"), "mirex": percent("key, MIREX weight")}
VALID = {"valid": percent("ABC without an error")}
COLUMNS: dict[str, Column] = NOTES | TIME | KEYS | VALID
_SHARES = ("meter", "meter_class", "acc1", "acc2", "valid")
_IN_GROUPS = ("strict", "level_free", "bars", "recall", "meter", "acc1", "signature")
# What not every tune has: counted over those that do.
_NOT_ALWAYS = ("mirex", "chords", "chord_roots")


@dataclass(frozen=True)
class Job:
    """``tunes`` is an ABC file; ``n`` melodies and ``chords`` tunes with their chords are drawn
    from it. Or ``pairs`` is a folder of performances with their scores, which are all taken.
    ``engine`` says how they are heard; ``programs`` are run beside."""

    tunes: str
    output: str
    pairs: str = ""
    n: int = 200
    chords: int = 60
    seed: int = 0
    engine: str = "midi"
    programs: tuple[str, ...] = tuple(PROGRAMS)
    fresh: bool = False


@dataclass(frozen=True)
class Task:
    """Something to play: ``play`` gives the performance, and what is true of it."""

    id: str
    group: str
    play: Callable[[], Played]


def evaluate(job: Job, *, told: Told = lambda done, of: None) -> dict[str, Any]:
    """Run the benchmark, or what is left of it, and write its folder; returns the result."""
    if job.engine not in ENGINES:
        known = ", ".join(ENGINES)
        raise UsageError(f"no way of hearing is called {job.engine}", hint=f"known: {known}")
    tasks = tasks_of(job)
    data = {"pairs": job.pairs} if job.pairs else {"tunes": fingerprint(job.tunes)["sha256"]}
    drawn = {} if job.pairs else {"n": job.n, "chords": job.chords}
    settings = {
        **data,
        **drawn,
        "seed": job.seed,
        "engine": job.engine,
        "programs": list(job.programs),
    }
    with Run(job.output, settings, fresh=job.fresh) as run:
        for done, task in enumerate(tasks):
            told(done, len(tasks))
            if task.id not in run.items:
                run.add(_item(job, task))
        told(len(tasks), len(tasks))
        return _report(job, tasks, run)


def tasks_of(job: Job) -> list[Task]:
    if job.pairs:
        return [
            Task(str(path.relative_to(job.pairs)), "pairs", partial(read_pair, path))
            for path in pairs(job.pairs)
        ]
    found = []
    if job.n:
        found += _played_tunes(job, "melody", drawn_tunes(job.tunes, job.n, job.seed))
    if job.chords:
        tunes = drawn_tunes(job.tunes, job.chords, job.seed + 1, chords=True)
        found += _played_tunes(job, "melody with chords", tunes)
    return found


def _played_tunes(job: Job, group: str, tunes: Sequence[Tune]) -> list[Task]:
    chords = group != "melody"
    short = "chords" if chords else group
    return [
        Task(
            id := f"{short} {tune.id}",
            group,
            partial(played, tune.truth, f"{job.seed}:{id}", chords=chords),
        )
        for tune in tunes
    ]


def played(truth: Truth, seed: str, *, chords: bool = False) -> Played:
    """The tune as the player of this seed plays it."""
    random = Random(seed)
    return perform(truth, drawn_player(truth, random), random, chords=chords)


def _item(job: Job, task: Task) -> Item:
    own = task.play()
    truth = own.truth
    heard = ENGINES[job.engine].hear(own)
    tempo = own.tempo
    scores: dict[str, Any] = {}
    texts: dict[str, str] = {}
    known: dict[str, Any]
    beats = numbered(own.beats, own.downbeats)
    for name, known in (
        (OURS, {}),
        (GIVEN, {"meter": truth.meter, "tempo": tempo}),
        (BEATS, {"meter": truth.meter, "beats": beats}),
    ):
        try:
            written = write_score(heard, ScoreOptions(**known))
        except ChatMusicianError as error:
            scores[name] = {"error": str(error)}
            continue
        texts[name] = written.abc
        scores[name] = of_written(own, heard, written)
    midi = midi_of(heard)
    for name in job.programs:
        texts[name] = text_by(name, midi)
        scores[name] = of_text(own, texts[name])
    answer = {"meter": truth.meter, "fifths": truth.fifths, "bpm": round(tempo, 2)}
    return Item(task.id, texts, answer, scores)


def _report(job: Job, tasks: Sequence[Task], run: Run) -> dict[str, Any]:
    rows: list[Row] = []
    for group in dict.fromkeys(task.group for task in tasks):
        own = [task for task in tasks if task.group == group]
        items = [run.items[task.id] for task in own]
        for name in (OURS, GIVEN, BEATS, *job.programs):
            found = _metrics([item.scores[name] for item in items], job.seed)
            rows.append(Row(f"{name}, {group}", found, "run" if name == OURS else "baseline"))
        always = [_always(item.answer["meter"]) for item in items]
        rows.append(Row(f"{ALWAYS}, {group}", _metrics(always, job.seed), "baseline"))
        for meter in sorted({item.answer["meter"] for item in items}):
            some = [item.scores[OURS] for item in items if item.answer["meter"] == meter]
            kept = {k: v for k, v in _metrics(some, job.seed).items() if k in _IN_GROUPS}
            rows.append(Row(OURS, kept, group=f"{group}, {meter}"))
    causes = {
        group: dict(
            Counter(
                run.items[task.id].scores[OURS].get("cause", "error")
                for task in tasks
                if task.group == group
            ).most_common()
        )
        for group in dict.fromkeys(task.group for task in tasks)
    }
    result = Result(
        benchmark="transcription",
        version=VERSION,
        settings=run.settings,
        rows=rows,
        counts={"items": len(tasks)},
        details={"causes": causes, "engine": ENGINES[job.engine].name},
        provenance=provenance(
            clock=run.clock,
            data={} if job.pairs else {"tunes": fingerprint(job.tunes)},
            seeds=[job.seed],
        ),
    )
    title = f"Transcription of {ENGINES[job.engine].name}, {len(tasks)} pieces, seed {job.seed}"
    run.finish(result, [t.id for t in tasks], _table(title, rows, causes), _plot(title, rows))
    return read_result(job.output)


def _always(meter: str) -> dict[str, Any]:
    return {
        "meter": same_meter("4/4", meter),
        "meter_class": meter_class("4/4") == meter_class(meter),
    }


def _metrics(scores: Sequence[dict[str, Any]], seed: int) -> dict[str, Any]:
    """A failure to write anything counts as nothing right."""
    found: dict[str, Any] = {}
    for name in COLUMNS:
        if not any(name in s for s in scores):
            continue
        if name in _SHARES:
            found[name] = share_of([bool(s.get(name, False)) for s in scores])
        else:
            kept = [s.get(name, 0.0) for s in scores if name not in _NOT_ALWAYS or name in s]
            found[name] = mean([float(value) for value in kept], seed=seed)
    return found


def _table(title: str, rows: Sequence[Row], causes: dict[str, dict[str, int]]) -> str:
    text = f"# {title}\n\nIn brackets: 95 % intervals over tunes.\n"
    whole = [(row.name, row.metrics) for row in rows if not row.group]
    text += "\n" + by_row(whole, COLUMNS, first="program")
    groups = [(row.group, row.metrics) for row in rows if row.group]
    kept = {name: COLUMNS[name] for name in _IN_GROUPS}
    text += f"\n## By meter\n\n{by_row(groups, kept, first='tunes')}"
    lines = [["tunes", "what is wrong first", "pieces"]]
    lines += [[g, cause, str(n)] for g, found in causes.items() for cause, n in found.items()]
    return text + f"\n## What goes wrong\n\n{markdown(lines)}"


def _plot(title: str, rows: Sequence[Row]) -> bytes:
    whole = [(row.name, row.kind, row.metrics) for row in rows if not row.group]
    return draw(title, [Points("shares, %", whole, NOTES | TIME | KEYS)])


__all__ = ["Job", "Task", "by_metric", "evaluate", "played", "tasks_of"]
