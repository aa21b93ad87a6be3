"""Annotated audio sets as they are published: where their sounds are, and what is said of them.

A new set is a row of ``SETS``: how it is told, and what reads it.
"""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chatmusician.errors import InputError, MissingDependency
from chatmusician.files import read_bytes

SOUNDS = (".wav", ".mp3", ".flac", ".ogg", ".m4a")
# As in MU-LLaMA: a MagnaTagATune clip with fewer tags says too little.
FEWEST_TAGS = 5
_MUSICNET_RATE = 44_100


@dataclass(frozen=True)
class Track:
    """One sound and what its set states: ``caption``, ``tags``, ``key``, ``tempo``,
    ``instruments``, ``notes`` (by instrument, as start, end, pitch), and whatever names it."""

    id: str
    audio: Path
    stated: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class AudioSet:
    """``mark`` is a pattern of a file or folder that only this set has."""

    name: str
    mark: str
    read: Callable[[Path], Iterator[Track]]


def find_set(folder: Path, name: str | None = None) -> AudioSet:
    """The set of that name, or the one that a folder looks like."""
    if not folder.is_dir():
        raise InputError("is no folder", path=str(folder))
    known = {one.name: one for one in SETS}
    if name is not None:
        return known[name]
    for one in SETS:
        if next(folder.glob(one.mark), None) is not None:
            return one
    hint = "known are " + ", ".join(f"{one.name} ({one.mark})" for one in SETS)
    raise InputError("looks like no annotated audio set", path=str(folder), hint=hint)


def _rows(path: Path, delimiter: str = ",") -> Iterator[dict[str, str]]:
    text = read_bytes(str(path)).decode("utf-8-sig", "replace")
    yield from csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)


def _sounds(folder: Path) -> dict[str, Path]:
    """The sounds below a folder, by their names without endings."""
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in SOUNDS)
    return {path.stem: path for path in paths}


def musiccaps(folder: Path) -> Iterator[Track]:
    """``musiccaps-public.csv``; sounds by their YouTube id, with or without brackets."""
    sounds = _sounds(folder)
    for row in _rows(folder / "musiccaps-public.csv"):
        id = row["ytid"]
        audio = sounds.get(id) or sounds.get(f"[{id}]")
        if audio is not None:
            yield Track(id, audio, {"caption": row["caption"], "tags": _list(row["aspect_list"])})


def magnatagatune(folder: Path) -> Iterator[Track]:
    """``annotations_final.csv``, a column for each tag; clips with five tags at least."""
    plain = {"clip_id", "mp3_path"}
    for row in _rows(folder / "annotations_final.csv", "\t"):
        tags = [name for name, value in row.items() if name not in plain and value == "1"]
        audio = _below(folder, row["mp3_path"])
        if len(tags) >= FEWEST_TAGS and audio is not None:
            yield Track(row["clip_id"], audio, {"tags": tags})


def giantsteps(folder: Path) -> Iterator[Track]:
    """GiantSteps key and tempo: a ``.key`` or ``.bpm`` file for each sound."""
    stated: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.rglob("*.key")):
        words = _text(path).split("\t")[0].split()
        if len(words) >= 2 and words[1] in ("major", "minor"):
            stated.setdefault(path.stem, {})["key"] = f"{words[0]} {words[1]}"
    for path in sorted(folder.rglob("*.bpm")):
        stated.setdefault(path.stem, {})["tempo"] = float(_text(path).split()[0])
    for id, audio in _sounds(folder).items():
        if id in stated:
            yield Track(id, audio, stated[id])


def musicnet(folder: Path) -> Iterator[Track]:
    """``musicnet_metadata.csv``; ``*_data/ID.wav`` with ``*_labels/ID.csv``, in samples."""
    from chatmusician.transcription.facts.times import program_name

    sounds = _sounds(folder)
    labels = {path.stem: path for path in folder.rglob("*_labels/*.csv")}
    for row in _rows(folder / "musicnet_metadata.csv"):
        audio = sounds.get(row["id"])
        if audio is None:
            continue
        stated: dict[str, Any] = {k: row[k] for k in ("composition", "movement", "ensemble")}
        notes: dict[str, list[tuple[float, float, int]]] = {}
        for note in _rows(labels[row["id"]]) if row["id"] in labels else ():
            name = program_name(int(note["instrument"]) - 1)
            start, end = (int(note[part]) / _MUSICNET_RATE for part in ("start_time", "end_time"))
            notes.setdefault(name, []).append((start, end, int(note["note"])))
        yield Track(row["id"], audio, stated | {"notes": notes, "instruments": sorted(notes)})


def slakh(folder: Path) -> Iterator[Track]:
    """``TrackNNNNN/`` with ``mix.flac`` (or .wav), ``metadata.yaml`` and ``all_src.mid``."""
    try:
        import yaml
    except ImportError as error:
        raise MissingDependency("PyYAML", how='pip install ".[train]"') from error
    for path in sorted(folder.rglob("metadata.yaml")):
        audio = _sounds(path.parent).get("mix")
        if audio is None:
            continue
        try:
            stems = yaml.safe_load(_text(path)).get("stems", {}).values()
            names = sorted({stem["inst_class"] for stem in stems if stem.get("audio_rendered", 1)})
        except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
            raise InputError("is no Slakh metadata", path=str(path)) from error
        yield Track(path.parent.name, audio, {"instruments": names})


SETS = (
    AudioSet("musiccaps", "musiccaps-public.csv", musiccaps),
    AudioSet("magnatagatune", "annotations_final.csv", magnatagatune),
    AudioSet("musicnet", "musicnet_metadata.csv", musicnet),
    AudioSet("slakh", "**/metadata.yaml", slakh),
    AudioSet("giantsteps", "**/*.[kb][ep][ym]", giantsteps),
)


def _list(text: str) -> list[str]:
    """A list as Python prints it."""
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return []
    return [str(one) for one in found] if isinstance(found, list) else []


def _below(folder: Path, name: str) -> Path | None:
    """A file that a table names, if it lies below the folder."""
    for path in (folder / name, folder / "mp3" / name, folder / Path(name).name):
        if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
            return path
    return None


def _text(path: Path) -> str:
    return read_bytes(str(path)).decode("utf-8", "replace").strip()
