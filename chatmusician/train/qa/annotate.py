"""One track of a set: its crop, what is heard in it and stated of it, and its pairs."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

from chatmusician.errors import ChatMusicianError
from chatmusician.train.qa.pairs import pairs
from chatmusician.train.qa.track import Track
from chatmusician.train.qa.wording import Wording

RATE = 22_050
# A file that is longer than its annotated clip by more than this holds more than the clip.
_ROOM = 1.0
# What a set may state of a fact that is also heard: the set's word stands.
_FACTS = ("key", "tempo", "meter", "instruments")


def annotated(
    track: Track,
    name: str,
    output: Path,
    *,
    seed: int,
    seconds: float,
    wording: Wording | None = None,
) -> dict[str, Any]:
    """The line of the journal for a track of the set ``name``; what cannot be read is an error
    of its own."""
    from chatmusician.transcription.facts import describe
    from chatmusician.transcription.facts.caption import caption

    chance = Random(f"{seed}:{track.id}")
    crop = output / "crops" / f"{plain(track.id)}.wav"
    try:
        start = cut(track.audio, crop, seconds, chance, track.clip)
        found = describe(crop)
    except ChatMusicianError as error:
        return {"id": track.id, "set": name, "error": error.message}
    facts = found.facts | {"file": crop.name}
    stated = dict(track.stated)
    notes = stated.pop("notes", None)
    for fact in _FACTS:
        if stated.get(fact):
            facts[fact] = stated[fact]
            facts["how"][fact] = {"method": f"stated by {name}", "confidence": 1.0}
    if notes:
        facts["notes"] = within(notes, start, seconds)
    made = pairs(facts, caption(facts), stated, chance)
    worded = 0
    if wording is not None:
        made, worded = wording.of(made, f"{seed}:{track.id}")
    return {
        "id": track.id,
        "set": name,
        "audio": crop.name,
        "start": round(start, 3),
        "stated": stated,
        "facts": facts,
        "worded": worded,
        "pairs": [[pair.family, pair.question, pair.answer] for pair in made],
    }


def cut(
    source: Path,
    target: Path,
    seconds: float,
    chance: Random,
    clip: tuple[float, float] | None = None,
) -> float:
    """Write a crop of a sound, mono, and return where it begins; a short one is taken whole. Of a
    file that holds more than its ``clip`` only the clip is taken."""
    import numpy as np

    from chatmusician.transcription.audio import open_recording

    soundfile: Any = import_module("soundfile")
    kept: list[Any] = []
    passed = 0
    with open_recording(str(source)) as recording:
        low, high = 0.0, recording.seconds
        if clip and clip[0] < high and high > clip[1] - clip[0] + _ROOM:
            low, high = clip[0], min(clip[1], high)
            seconds = min(seconds, high - low)
        first = int(chance.uniform(low, max(low, high - seconds)) * RATE)
        size = int(seconds * RATE)
        for block in recording.blocks(RATE):
            kept.append(block[max(0, first - passed) : max(0, first + size - passed)])
            passed += len(block)
            if passed >= first + size:
                break
    sound = np.concatenate(kept) if kept else np.zeros(0, np.float32)
    soundfile.write(target, sound, RATE, subtype="PCM_16")
    return first / RATE


def within(notes: dict[str, Any], start: float, seconds: float) -> dict[str, Any]:
    """The notes that begin within a crop, by its own time."""
    return {
        name: [
            {"start": round(a - start, 3), "end": round(min(b - start, seconds), 3), "pitch": p}
            for a, b, p in played
            if start <= a < start + seconds
        ]
        for name, played in notes.items()
    }


def plain(id: str) -> str:
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in id)
