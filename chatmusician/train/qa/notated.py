"""Readers of the sets that state notes, keys, tempos or instruments of their sounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chatmusician.errors import ChatMusicianError, InputError, MissingDependency
from chatmusician.train.qa.track import Track, json_of, number, rows, sounds, text_of

_MUSICNET_RATE = 44_100
Notes = dict[str, list[tuple[float, float, int]]]


def giantsteps(folder: Path) -> Iterator[Track]:
    """GiantSteps key and tempo: a ``.key`` or ``.bpm`` file for each sound."""
    stated: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.rglob("*.key")):
        words = text_of(path).split("\t")[0].split()
        if len(words) >= 2 and words[1] in ("major", "minor"):
            stated.setdefault(path.stem, {})["key"] = f"{words[0]} {words[1]}"
    for path in sorted(folder.rglob("*.bpm")):
        tempo = number(text_of(path).split()[0])
        if tempo is not None:
            stated.setdefault(path.stem, {})["tempo"] = tempo
    for id, audio in sounds(folder).items():
        if id in stated:
            yield Track(id, audio, stated[id])


def musicnet(folder: Path) -> Iterator[Track]:
    """``musicnet_metadata.csv``; ``*_data/ID.wav`` with ``*_labels/ID.csv``, in samples."""
    from chatmusician.transcription.facts.times import program_name

    found = sounds(folder)
    labels = {path.stem: path for path in folder.rglob("*_labels/*.csv")}
    for row in rows(folder / "musicnet_metadata.csv"):
        audio = found.get(row["id"])
        if audio is None:
            continue
        stated: dict[str, Any] = {k: row[k] for k in ("composition", "movement", "ensemble")}
        notes: Notes = {}
        for note in rows(labels[row["id"]]) if row["id"] in labels else ():
            name = program_name(int(note["instrument"]) - 1)
            start, end = (int(note[part]) / _MUSICNET_RATE for part in ("start_time", "end_time"))
            notes.setdefault(name, []).append((start, end, int(note["note"])))
        yield Track(row["id"], audio, stated | {"notes": notes, "instruments": sorted(notes)})


def slakh(folder: Path) -> Iterator[Track]:
    """``TrackNNNNN/`` with ``mix.flac`` (or .wav), ``metadata.yaml``, and a MIDI file for each
    stem in ``MIDI/``."""
    try:
        import yaml
    except ImportError as error:
        raise MissingDependency("PyYAML", how='pip install ".[train]"') from error
    for path in sorted(folder.rglob("metadata.yaml")):
        audio = sounds(path.parent).get("mix")
        if audio is None:
            continue
        try:
            stems = yaml.safe_load(text_of(path)).get("stems", {}).items()
            kinds = {name: stem["inst_class"] for name, stem in stems if _is_heard(stem)}
        except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
            raise InputError("is no Slakh metadata", path=str(path)) from error
        notes: Notes = {}
        for name, kind in kinds.items():
            midi = path.parent / "MIDI" / f"{name}.mid"
            if kind != "Drums" and midi.is_file():
                notes.setdefault(kind, []).extend(_notes(midi))
        stated: dict[str, Any] = {"instruments": sorted(set(kinds.values()))}
        if notes:
            stated["notes"] = {kind: sorted(played) for kind, played in notes.items()}
        yield Track(path.parent.name, audio, stated)


def _is_heard(stem: dict[str, Any]) -> bool:
    return bool(stem.get("audio_rendered", 1))


def _notes(path: Path) -> list[tuple[float, float, int]]:
    """The notes of a stem; none of one that cannot be read."""
    from chatmusician.transcription.performed_midi import read_performance

    try:
        played = read_performance(path.read_bytes()).notes
    except ChatMusicianError:
        return []
    return [(round(note.onset, 4), round(note.end, 4), note.pitch) for note in played]


def freesound_loops(folder: Path) -> Iterator[Track]:
    """The Freesound Loop Dataset (FSL10K): ``annotations/WHO/sound-ID.json`` for a sound
    ``ID_USER.wav``; what most annotators say, of loops that none discards."""
    votes: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(folder.glob("annotations/*/sound-*.json")):
        votes.setdefault(path.stem.removeprefix("sound-"), []).append(json_of(path))
    for id, audio in sounds(folder).items():
        said = votes.get(id.split("_")[0], [])
        if said and not any(vote.get("discard") for vote in said):
            yield Track(id, audio, _loop(said))


def _loop(votes: list[dict[str, Any]]) -> dict[str, Any]:
    stated: dict[str, Any] = {}
    keys = [f"{v.get('key')} {v.get('mode')}" for v in votes if v.get("mode") in ("major", "minor")]
    meters = [v["signature"] for v in votes if "/" in str(v.get("signature", ""))]
    tempos = [tempo for v in votes if (tempo := number(v.get("bpm"))) is not None]
    for name, values in (("key", keys), ("meter", meters), ("tempo", tempos)):
        if values:
            stated[name] = Counter(values).most_common(1)[0][0]
    genres = sorted({str(genre) for v in votes for genre in v.get("genres") or ()})
    parts = Counter(name for v in votes for name, on in _parts(v).items() if on)
    tags = sorted(name for name, count in parts.items() if 2 * count > len(votes))
    return stated | {name: found for name, found in (("genres", genres), ("tags", tags)) if found}


def _parts(vote: dict[str, Any]) -> dict[str, Any]:
    """``percussion``, ``bass``, ``chords`` and the like: roles rather than instruments."""
    found = vote.get("instrumentation")
    return found if isinstance(found, dict) else {}
