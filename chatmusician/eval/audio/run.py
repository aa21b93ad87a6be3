"""The benchmark of what is heard in annotated sounds, ours and what others said in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chatmusician.errors import ChatMusicianError
from chatmusician.eval.audio.answers import (
    genre_in,
    instruments_in,
    key_in,
    plain_instrument,
    read_answers,
    tempo_in,
)
from chatmusician.eval.audio.sets import Stated, key_name, stated
from chatmusician.eval.intervals import Measure, mean, share_of
from chatmusician.eval.plots import Points, draw
from chatmusician.eval.provenance import provenance
from chatmusician.eval.results import Item, Result, Row, Run, read_result
from chatmusician.eval.tables import by_row, percent
from chatmusician.eval.transcription.scores import tempo_scores

VERSION = "2"
Told = Callable[[int, int], None]
OURS, USUAL, ANSWERS = "chatmusician", "the commonest of the set, always", "answers"
COLUMNS = {
    "key": percent("key, MIREX weight"),
    "exact": percent("key right"),
    "acc1": percent("tempo ACC1"),
    "acc2": percent("tempo ACC2"),
    "beat_f1": percent("beat F1"),
    "downbeat_f1": percent("downbeat F1"),
    "genre": percent("genre"),
    "instruments": percent("instruments, F1"),
}
_SHARES = ("exact", "acc1", "acc2", "genre")


@dataclass(frozen=True)
class Job:
    """``answers`` is a file of what another system says of the same sounds."""

    data: str
    output: str
    limit: int | None = None
    fresh: bool = False
    answers: str | None = None


def evaluate(job: Job, *, told: Told = lambda done, of: None) -> dict[str, Any]:
    """Run the benchmark, or what is left of it, and write its folder; returns the result."""
    rows = dict(list(stated(job.data).items())[: job.limit])
    settings = {"data": sorted(rows), "limit": job.limit}
    with Run(job.output, settings, fresh=job.fresh) as run:
        for done, (name, one) in enumerate(rows.items()):
            told(done, len(rows))
            if name not in run.items:
                run.add(_item(name, one))
        told(len(rows), len(rows))
        return _report(job, list(rows), run)


def _item(name: str, one: Stated) -> Item:
    from chatmusician.transcription.facts import describe

    said: dict[str, Any] = {"key": "", "tempo": None, "beats": []}
    try:
        facts = describe(one.sound).facts
        beats = [[round(b["time"], 3), b["beat_number"]] for b in facts["downbeats_madmom"]]
        said = {"key": key_name(facts["key"] or ""), "tempo": facts["tempo"], "beats": beats}
    except ChatMusicianError as error:
        said["error"] = str(error)
    answer = {
        "key": one.key,
        "tempo": one.tempo,
        "beats": [list(beat) for beat in one.beats],
        "genre": one.genre,
        "instruments": sorted({plain_instrument(name) for name in one.instruments}),
    }
    return Item(name, said, answer, {OURS: scores(answer, said)})


def scores(answer: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """What is not stated is not scored; what is not found is wrong. Genre and instruments are
    scored of those who can say something of them: nothing in notes does."""
    found: dict[str, Any] = {}
    if answer.get("key"):
        found["key"] = _mirex(answer["key"], said.get("key") or "")
        found["exact"] = said.get("key") == answer["key"]
    if answer.get("tempo"):
        found.update(tempo_scores(answer["tempo"], said.get("tempo")))
    if answer.get("beats") and "beats" in said:
        found.update(_beats(answer["beats"], said["beats"]))
    if answer.get("genre") and "genre" in said:
        found["genre"] = said["genre"] == answer["genre"]
    if answer.get("instruments") and "instruments" in said:
        true, named = set(answer["instruments"]), set(said["instruments"])
        found["instruments"] = 2 * len(true & named) / (len(true) + len(named))
    return found


def _mirex(true: str, said: str) -> float:
    import mir_eval

    return float(mir_eval.key.weighted_score(true, said)) if said else 0.0


def _beats(true: Sequence[Any], said: Sequence[Any]) -> dict[str, float]:
    """mir_eval's F measure, within 70 ms; of downbeats where the set numbers its beats. As is
    usual there, the first five seconds do not count."""
    import numpy as np
    from mir_eval.beat import f_measure, trim_beats

    def score(mine: Sequence[float], theirs: Sequence[float]) -> float:
        pair = [trim_beats(np.array(sorted(times), float)) for times in (mine, theirs)]
        return float(f_measure(*pair)) if len(pair[0]) else 0.0

    found = {"beat_f1": score([t for t, _ in true], [t for t, _ in said])}
    if any(number for _, number in true):
        first = [[time for time, number in beats if number == 1] for beats in (true, said)]
        found["downbeat_f1"] = score(*first)
    return found


def read(row: dict[str, Any], genres: Sequence[str], instruments: Sequence[str]) -> dict[str, Any]:
    """What an answer in words says; what it does not speak of is not scored."""
    said: dict[str, Any] = {
        "key": key_in(str(row.get("key", ""))),
        "tempo": tempo_in(row.get("tempo", "")),
    }
    if "genre" in row:
        said["genre"] = genre_in(str(row["genre"]), genres)
    if "instruments" in row:
        said["instruments"] = sorted(instruments_in(row["instruments"], instruments))
    return said


def _others(job: Job, items: Sequence[Item]) -> list[dict[str, Any]]:
    """The scores of another system's answers. A sound of which it says nothing is wrong in all
    that it speaks of elsewhere."""
    rows = read_answers(job.answers or "")
    genres = sorted({item.answer["genre"] for item in items} - {""})
    instruments = sorted({name for item in items for name in item.answer["instruments"]})
    spoken = {name for row in rows.values() for name in row}
    empty: dict[str, Any] = {name: "" for name in ("genre", "instruments") if name in spoken}
    found = []
    for item in items:
        answer = {name: v for name, v in item.answer.items() if name in spoken}
        found.append(scores(answer, read(empty | rows.get(item.id, {}), genres, instruments)))
    return found


def _usual(items: Sequence[Item]) -> dict[str, Any]:
    """What a system would say that hears nothing but knows the set."""
    keys, genres = (_commonest(items, name) for name in ("key", "genre"))
    tempos = sorted(item.answer["tempo"] for item in items if item.answer["tempo"])
    lists = [item.answer["instruments"] for item in items if item.answer["instruments"]]
    counts = Counter(name for names in lists for name in names)
    return {
        "key": keys,
        "tempo": tempos[len(tempos) // 2] if tempos else None,
        "genre": genres,
        "instruments": [name for name, count in counts.items() if 2 * count > len(lists)],
    }


def _commonest(items: Sequence[Item], name: str) -> str:
    found = Counter(item.answer[name] for item in items if item.answer[name])
    return found.most_common(1)[0][0] if found else ""


def _report(job: Job, names: Sequence[str], run: Run) -> dict[str, Any]:
    items = [run.items[name] for name in names]
    usual = _usual(items)
    rows = [
        Row(OURS, _metrics([item.scores[OURS] for item in items])),
        Row(USUAL, _metrics([scores(item.answer, usual) for item in items]), "baseline"),
    ]
    if job.answers:
        rows.insert(1, Row(ANSWERS, _metrics(_others(job, items))))
    failed = sum("error" in item.prediction for item in items)
    result = Result(
        benchmark="audio",
        version=VERSION,
        settings=run.settings,
        rows=rows,
        counts={"items": len(items), "failed": failed},
        provenance=provenance(clock=run.clock, data={}, seeds=[]),
    )
    title = f"What is heard in {len(items)} sounds, {failed} without an answer"
    shown = [(row.name, row.metrics) for row in rows]
    table = f"# {title}\n\nIn brackets: 95 % intervals.\n\n{by_row(shown, COLUMNS, first='by')}"
    plot = draw(title, [Points("%", [(r.name, r.kind, r.metrics) for r in rows], COLUMNS)])
    run.finish(result, list(names), table, plot)
    return read_result(job.output)


def _metrics(found: Sequence[dict[str, Any]]) -> dict[str, Measure]:
    metrics: dict[str, Measure] = {}
    for name in COLUMNS:
        own = [row[name] for row in found if name in row]
        if own:
            metrics[name] = share_of(own) if name in _SHARES else mean(own)
    return metrics
