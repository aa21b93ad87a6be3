"""Key and tempo heard in sound, against sets that state them in a file beside each sound.

The shape is that of GiantSteps key and tempo: below a folder ``NAME.key`` (``D minor``) and
``NAME.bpm`` (a number) for a sound ``NAME.mp3``, wherever each lies. GTZAN's lists have the
same shape once they are such files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatmusician.errors import ChatMusicianError, InputError
from chatmusician.eval.intervals import Measure, mean, share_of
from chatmusician.eval.plots import Points, draw
from chatmusician.eval.provenance import provenance
from chatmusician.eval.results import Item, Result, Row, Run, read_result
from chatmusician.eval.tables import by_row, percent
from chatmusician.eval.transcription.scores import tempo_scores

VERSION = "1"
Told = Callable[[int, int], None]
SOUNDS = frozenset((".wav", ".mp3", ".flac", ".ogg", ".m4a"))
OURS, USUAL = "chatmusician", "the commonest key and the middle tempo, always"
COLUMNS = {
    "key": percent("key, MIREX weight"),
    "exact": percent("key right"),
    "acc1": percent("tempo ACC1"),
    "acc2": percent("tempo ACC2"),
}
_SHARES = ("exact", "acc1", "acc2")
_FLATS = {"C#": "Db", "D#": "Eb", "F#": "Gb", "G#": "Ab", "A#": "Bb", "Cb": "B", "E#": "F"}


@dataclass(frozen=True)
class Job:
    data: str
    output: str
    limit: int | None = None
    fresh: bool = False


@dataclass(frozen=True)
class Stated:
    sound: Path
    key: str = ""
    tempo: float = 0.0


def stated(folder: str) -> dict[str, Stated]:
    """What is stated of each sound below a folder, by the sound's name."""
    keys, tempos, sounds = {}, {}, {}
    for path in sorted(Path(folder).rglob("*")):
        if path.suffix == ".key":
            keys[path.stem] = key_name(path.read_text(errors="replace"))
        elif path.suffix == ".bpm":
            tempos[path.stem] = _number(path)
        elif path.suffix.lower() in SOUNDS:
            sounds[path.stem] = path
    found = {
        name: Stated(sounds[name], keys.get(name, ""), tempos.get(name, 0.0))
        for name in sorted(sounds)
        if keys.get(name) or tempos.get(name)
    }
    if not found:
        raise InputError("no sound with a .key or .bpm file of its name", path=folder)
    return found


def key_name(text: str) -> str:
    """A key as mir_eval writes it (``Db major``), nothing where the text names none. Modes
    count as the nearer of major and minor."""
    words = text.replace("\t", " ").replace("♯", "#").replace("♭", "b").split()
    if len(words) < 2 or words[0][:1].upper() not in tuple("ABCDEFG"):
        return ""
    tonic = words[0][0].upper() + words[0][1:2].replace("s", "#")
    minor = words[1].lower() in ("minor", "min", "m", "dorian", "aeolian", "phrygian")
    major = words[1].lower() in ("major", "maj", "mixolydian", "lydian", "ionian")
    if not (minor or major):
        return ""
    return f"{_FLATS.get(tonic, tonic)} {'minor' if minor else 'major'}"


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

    said: dict[str, Any] = {"key": "", "tempo": None}
    try:
        facts = describe(one.sound).facts
        said = {"key": key_name(facts["key"] or ""), "tempo": facts["tempo"]}
    except ChatMusicianError as error:
        said["error"] = str(error)
    answer = {"key": one.key, "tempo": one.tempo}
    return Item(name, said, answer, {OURS: scores(answer, said)})


def scores(answer: dict[str, Any], said: dict[str, Any]) -> dict[str, Any]:
    """What is not stated is not scored; what is not found is wrong."""
    import mir_eval

    found: dict[str, Any] = {}
    if answer["key"]:
        heard = said["key"]
        found["key"] = float(mir_eval.key.weighted_score(answer["key"], heard)) if heard else 0.0
        found["exact"] = heard == answer["key"]
    if answer["tempo"]:
        found.update(tempo_scores(answer["tempo"], said["tempo"]))
    return found


def _usual(items: Sequence[Item]) -> dict[str, Any]:
    """What a system would say that hears nothing but knows the set."""
    keys = Counter(item.answer["key"] for item in items if item.answer["key"])
    tempos = sorted(item.answer["tempo"] for item in items if item.answer["tempo"])
    return {
        "key": keys.most_common(1)[0][0] if keys else "",
        "tempo": tempos[len(tempos) // 2] if tempos else None,
    }


def _report(job: Job, names: Sequence[str], run: Run) -> dict[str, Any]:
    items = [run.items[name] for name in names]
    usual = _usual(items)
    rows = [
        Row(OURS, _metrics([item.scores[OURS] for item in items])),
        Row(USUAL, _metrics([scores(item.answer, usual) for item in items]), "baseline"),
    ]
    failed = sum("error" in item.prediction for item in items)
    result = Result(
        benchmark="audio",
        version=VERSION,
        settings=run.settings,
        rows=rows,
        counts={"items": len(items), "failed": failed},
        provenance=provenance(clock=run.clock, data={}, seeds=[]),
    )
    title = f"Key and tempo of {len(items)} sounds, {failed} without an answer"
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


def _number(path: Path) -> float:
    try:
        return float(path.read_text(errors="replace").split()[0])
    except (ValueError, IndexError):
        raise InputError("holds no tempo", path=str(path)) from None
