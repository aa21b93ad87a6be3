"""From an annotated set to crops, annotations and rows; track by track, so that it can go on.

The folder has ``crops/`` (the sound that is asked about), ``annotations.jsonl`` (LLark's record
and more), ``musicqa.json``, ``llark.jsonl`` and ``sft.jsonl``. While it works, ``tracks.jsonl``
has a line for each track that is done; the rest is made from it at the end, and is the same
however often the work was stopped.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

from chatmusician.errors import ChatMusicianError, InputError, OutputError, UsageError
from chatmusician.files import write_atomic
from chatmusician.train.qa.pairs import CAPTION, MIR, REASONING, Pair, pairs
from chatmusician.train.qa.sets import Track, find_set
from chatmusician.train.tasks.rows import row

LONGEST = 30.0
RATE = 22_050
_JOURNAL = "tracks.jsonl"
Told = Callable[[str, str | None], None]


@dataclass(frozen=True)
class Job:
    """``name`` is that of the set where its folder does not tell."""

    folder: str
    output: str
    name: str | None = None
    seed: int = 0
    seconds: float = LONGEST
    fresh: bool = False


@dataclass(frozen=True)
class Made:
    tracks: int
    resumed: int
    pairs: int
    failed: dict[str, str]


def build(job: Job, told: Told = lambda id, error: None) -> Made:
    """Make all records of a set, or what is left of them."""
    folder, output = Path(job.folder), Path(job.output)
    one = find_set(folder, job.name)
    tracks = sorted(one.read(folder), key=lambda track: track.id)
    if not tracks:
        raise InputError(f"has no sound that {one.name} annotates", path=job.folder)
    settings = {"settings": [one.name, job.seed, job.seconds]}
    try:
        (output / "crops").mkdir(parents=True, exist_ok=True)
        done = {} if job.fresh else _done(output / _JOURNAL, settings)
        resumed = len(done)
        with (output / _JOURNAL).open("w", encoding="utf-8") as journal:
            for line in (settings, *done.values()):
                journal.write(json.dumps(line, ensure_ascii=False) + "\n")
            for track in tracks:
                if track.id not in done:
                    done[track.id] = made = _track(job, one.name, track, output)
                    journal.write(json.dumps(made, ensure_ascii=False) + "\n")
                    journal.flush()
                    told(track.id, made.get("error"))
        _write(output, [done[track.id] for track in tracks])
    except OSError as error:
        raise OutputError(error.strerror or str(error), path=job.output) from error
    rows = [done[track.id] for track in tracks]
    failed = {made["id"]: made["error"] for made in rows if "error" in made}
    count = sum(len(made.get("pairs", ())) for made in rows)
    return Made(len(rows), resumed, count, failed)


def _done(path: Path, settings: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The whole lines of an earlier run with the same settings."""
    if not path.is_file():
        return {}
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
        try:
            rows.append(json.loads(line) if line.endswith("\n") else None)
        except ValueError:
            rows.append(None)
    if rows and rows[0] != settings:
        raise UsageError(f"{path.parent} holds another run", hint="name another folder, or --fresh")
    return {made["id"]: made for made in rows[1:] if made}


def _track(job: Job, name: str, track: Track, output: Path) -> dict[str, Any]:
    from chatmusician.transcription.facts import describe
    from chatmusician.transcription.facts.caption import caption

    chance = Random(f"{job.seed}:{track.id}")
    crop = output / "crops" / f"{_plain(track.id)}.wav"
    try:
        start = cut(track.audio, crop, job.seconds, chance)
        found = describe(crop)
    except ChatMusicianError as error:
        return {"id": track.id, "set": name, "error": error.message}
    facts = found.facts | {"file": crop.name}
    stated = dict(track.stated)
    notes = stated.pop("notes", None)
    for fact in ("key", "tempo", "instruments"):
        if stated.get(fact):
            facts[fact] = stated[fact]
            facts["how"][fact] = {"method": f"stated by {name}", "confidence": 1.0}
    if notes:
        facts["notes"] = _within(notes, start, job.seconds)
    made = pairs(facts, caption(facts), stated, chance)
    return {
        "id": track.id,
        "set": name,
        "audio": crop.name,
        "start": round(start, 3),
        "stated": stated,
        "facts": facts,
        "pairs": [[pair.family, pair.question, pair.answer] for pair in made],
    }


def cut(source: Path, target: Path, seconds: float, chance: Random) -> float:
    """Write a crop of a sound, mono, and return where it begins; a short one is taken whole."""
    import numpy as np

    from chatmusician.transcription.audio import open_recording

    soundfile: Any = import_module("soundfile")
    size = int(seconds * RATE)
    kept: list[Any] = []
    passed = 0
    with open_recording(str(source)) as recording:
        first = int(chance.uniform(0, max(0.0, recording.seconds - seconds)) * RATE)
        for block in recording.blocks(RATE):
            kept.append(block[max(0, first - passed) : max(0, first + size - passed)])
            passed += len(block)
            if passed >= first + size:
                break
    sound = np.concatenate(kept) if kept else np.zeros(0, np.float32)
    soundfile.write(target, sound, RATE, subtype="PCM_16")
    return first / RATE


def _within(notes: dict[str, Any], start: float, seconds: float) -> dict[str, Any]:
    """The notes that begin within a crop, by its own time."""
    return {
        name: [
            {"start": round(a - start, 3), "end": round(min(b - start, seconds), 3), "pitch": p}
            for a, b, p in played
            if start <= a < start + seconds
        ]
        for name, played in notes.items()
    }


def _plain(id: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in id)


def _write(output: Path, rows: list[dict[str, Any]]) -> None:
    good = [made for made in rows if "error" not in made]
    annotations = [{"id": m["id"], "audio": m["audio"], **m["facts"]} for m in good]
    _lines(output / "annotations.jsonl", iter(annotations))
    text = json.dumps([_musicqa(made) for made in good], ensure_ascii=False, indent=1)
    write_atomic(str(output / "musicqa.json"), text.encode() + b"\n")
    _lines(output / "llark.jsonl", (line for made in good for line in _llark(made)))
    _lines(output / "sft.jsonl", (line for made in good for line in _sft(made)))


def _lines(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in rows)
    write_atomic(str(path), text.encode())


def _pairs(made: dict[str, Any], *families: str) -> list[Pair]:
    found = [Pair(*pair) for pair in made["pairs"]]
    return [pair for pair in found if pair.family in families]


def _musicqa(made: dict[str, Any]) -> dict[str, Any]:
    """MU-LLaMA's: four fixed questions and five open ones."""
    conversation: list[dict[str, str]] = []
    for pair in _pairs(made, CAPTION, MIR):
        conversation.append({"from": "human", "value": pair.question})
        conversation.append({"from": "gpt", "value": pair.answer})
    return {"audio_name": made["audio"], "conversation": conversation}


def _llark(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A line for each family: a list of pairs, of captions one."""
    for family in (MIR, REASONING):
        found = [{"question": p.question, "answer": p.answer} for p in _pairs(made, family)]
        if found:
            yield {"id": made["id"], "audio": made["audio"], "task": family, "response": found}
    captions = _pairs(made, CAPTION)
    if captions:
        said = {"caption": captions[0].answer}
        yield {"id": made["id"], "audio": made["audio"], "task": CAPTION, "response": said}


def _sft(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows for a model that reads text: what was heard, as ABC, and a pair."""
    for number, pair in enumerate(_pairs(made, MIR, CAPTION, REASONING)):
        id = f"{made['set']}/{made['id']}/{number}"
        if "</s>" not in made["facts"]["abc"] + pair.answer:
            yield row(
                pair.question, made["facts"]["abc"], pair.answer, src=made["set"], id=id
            ).as_dict()
