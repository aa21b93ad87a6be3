"""The benchmark of answers: from gold MIDI, from transcribed sound, and from the wrong track."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from chatmusician import abc
from chatmusician.abc.midi import Options, midi_bytes, performance
from chatmusician.abc.sound import render_sound
from chatmusician.abc.tune import Tune
from chatmusician.errors import ChatMusicianError, InputError
from chatmusician.eval.intervals import Measure, share_of
from chatmusician.eval.plots import Points, draw
from chatmusician.eval.provenance import fingerprint, provenance
from chatmusician.eval.qa.overlap import overlap
from chatmusician.eval.qa.questions import KINDS, AskedTune, asked_tunes
from chatmusician.eval.results import Item, Result, Row, Run, read_result
from chatmusician.eval.tables import Column, by_row, percent
from chatmusician.files import read_bytes
from chatmusician.transcription.facts import describe
from chatmusician.transcription.facts.answers import answer

VERSION = "2"
Told = Callable[[int, int], None]
GOLD, HEARD, WRONG, FLOOR = "gold MIDI", "sound, heard", "wrong track", "shuffled answers"
RIGHT = {"right": percent("right")}
OVERLAP = {
    "bleu": Column("BLEU", 3),
    "meteor": Column("METEOR", 3),
    "rouge_l": Column("ROUGE-L", 3),
    "bertscore": Column("BERTScore", 3),
    "mu_llama_bleu": Column("BLEU as MU-LLaMA's", 3),
    "mu_llama_rouge": Column("ROUGE-L as MU-LLaMA's", 3),
}


@dataclass(frozen=True)
class Job:
    """``n`` questions about the tunes of an ABC file, at most ``per_tune`` of each;
    ``sound`` answers them from piano sound too; ``bert`` names a model for BERTScore."""

    tunes: str
    output: str
    n: int = 300
    per_tune: int = 6
    seed: int = 0
    sound: bool = True
    bert: str | None = None
    fresh: bool = False


def evaluate(job: Job, *, told: Told = lambda done, of: None) -> dict[str, Any]:
    """Run the benchmark, or what is left of it, and write its folder; returns the result."""
    tunes = list(asked_tunes(read_bytes(job.tunes), job.n, job.per_tune, job.seed))
    if len(tunes) < 2:
        raise InputError("fewer than two tunes of which something can be asked", path=job.tunes)
    settings = {
        "tunes": fingerprint(job.tunes)["sha256"],
        "n": job.n,
        "per_tune": job.per_tune,
        "seed": job.seed,
        "sound": job.sound,
    }
    with Run(job.output, settings, fresh=job.fresh) as run:
        for at, one in enumerate(tunes):
            told(at, len(tunes))
            if any(_id(one, number) not in run.items for number in range(len(one.questions))):
                # Each tune's wrong track is the one before it in the order drawn.
                for item in _items(job, one, tunes[at - 1]):
                    if item.id not in run.items:
                        run.add(item)
        told(len(tunes), len(tunes))
        return _report(
            job, [run.items[_id(t, n)] for t in tunes for n in range(len(t.questions))], run
        )


def _id(one: AskedTune, number: int) -> str:
    return f"{one.id} ({number + 1})"


def _items(job: Job, one: AskedTune, other: AskedTune) -> list[Item]:
    facts = {GOLD: _facts(one, sound=False), WRONG: _facts(other, sound=False)}
    if job.sound:
        facts[HEARD] = _facts(one, sound=True)
    items = []
    for number, question in enumerate(one.questions):
        said = {way: _said(question.text, found) for way, found in facts.items()}
        scores = {
            way: {"right": bool(text) and question.kind.same(question.answer, text)}
            for way, text in said.items()
        }
        row = {"kind": question.kind.name, "question": question.text, "answer": question.answer}
        items.append(Item(_id(one, number), said, row, scores))
    return items


def _facts(one: AskedTune, *, sound: bool) -> dict[str, Any]:
    """The facts of a tune's MIDI, or of its piano sound; none where nothing can be heard."""
    midi = gold_midi(one.tune)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tune.wav" if sound else "tune.mid")
        path.write_bytes(render_sound(midi).data if sound else midi)
        try:
            return describe(path).facts
        except ChatMusicianError:
            return {}


def gold_midi(tune: Tune) -> bytes:
    """The notes of a tune as a MIDI file without ornaments, in bars that are the tune's: before
    a pickup the first bar is silent, as in a sequencer."""
    line = abc.timeline(tune)
    made = performance(tune, Options(swing=False, graces=False, ornaments=False), line)
    first = line.voices[0].measures[0]
    silent = int(line.quarters(int(first.want - first.length)) * made.division)
    if silent <= 0 or not first.length:
        return midi_bytes(made)

    def later(rows: list[Any]) -> list[Any]:
        return [(tick + silent * (tick > 0), *rest) for tick, *rest in rows]

    for part in made.parts:
        part.notes = [(a + silent, b + silent, pitch, loud) for a, b, pitch, loud in part.notes]
    made.tempos, made.meters, made.keys = later(made.tempos), later(made.meters), later(made.keys)
    made.length += silent
    return midi_bytes(made)


def _said(question: str, facts: dict[str, Any]) -> str:
    found = answer(question, facts) if facts else None
    return found.text if found is not None and found.source == "facts" else ""


def shuffled(items: Sequence[Item], seed: int) -> list[str]:
    """For each question the reference answer of another one of its kind."""
    chance = Random(seed)
    by_kind: dict[str, list[int]] = {}
    for at, item in enumerate(items):
        by_kind.setdefault(item.answer["kind"], []).append(at)
    found = [""] * len(items)
    for places in by_kind.values():
        order = places[:]
        chance.shuffle(order)
        for place, other in zip(order, order[1:] + order[:1], strict=True):
            found[place] = items[other].answer["answer"] if other != place else ""
    return found


def _report(job: Job, items: Sequence[Item], run: Run) -> dict[str, Any]:
    ways = [GOLD, *([HEARD] if job.sound else []), WRONG]
    true = [item.answer["answer"] for item in items]
    floor = shuffled(items, job.seed)
    kinds = {kind.name: kind for kind in KINDS}
    right = {way: [bool(item.scores[way]["right"]) for item in items] for way in ways}
    right[FLOOR] = [
        bool(text) and kinds[item.answer["kind"]].same(item.answer["answer"], text)
        for item, text in zip(items, floor, strict=True)
    ]
    said = {way: [item.prediction[way] for item in items] for way in ways} | {FLOOR: floor}
    rows = []
    for way, texts in said.items():
        metrics: dict[str, Measure] = {"right": share_of(right[way])}
        for name, value in overlap(true, texts, bert=job.bert).items():
            metrics[name] = Measure(value, n=len(items), method="corpus")
        rows.append(Row(way, metrics, "run" if way in (GOLD, HEARD) else "baseline"))
    for kind in kinds:
        places = [at for at, item in enumerate(items) if item.answer["kind"] == kind]
        for way in right:
            if places:
                share = share_of([right[way][at] for at in places])
                rows.append(Row(way, {"right": share}, group=kind))
    result = Result(
        benchmark="qa",
        version=VERSION,
        settings=run.settings,
        rows=rows,
        counts={"items": len(items)},
        provenance=provenance(
            clock=run.clock, data={"tunes": fingerprint(job.tunes)}, seeds=[job.seed]
        ),
    )
    title = f"Answers to {len(items)} questions, seed {job.seed}"
    plot = draw(
        title, [Points("right, %", [(r.name, r.kind, r.metrics) for r in rows[: len(said)]], RIGHT)]
    )
    run.finish(result, [item.id for item in items], _table(title, rows, list(said)), plot)
    return read_result(job.output)


def _table(title: str, rows: Sequence[Row], ways: Sequence[str]) -> str:
    text = f"# {title}\n\nIn brackets: 95 % intervals. Words are compared with those of the "
    text += "notation's answers.\n"
    whole = [(row.name, row.metrics) for row in rows if not row.group]
    columns = {name: c for name, c in (RIGHT | OVERLAP).items() if any(name in m for _, m in whole)}
    text += f"\n{by_row(whole, columns, first='answers from')}\n## By kind\n\n"
    groups = dict.fromkeys(row.group for row in rows if row.group)
    table = []
    for group in groups:
        own = {row.name: row.metrics["right"] for row in rows if row.group == group}
        table.append((f"{group}, n {own[ways[0]].n}", own))
    return text + by_row(table, {way: percent(way) for way in ways}, first="right, %")
