"""The annotated audio sets that can be asked about, and how each is told by its files.

A new set is a row of ``SETS``: how it is told, and what reads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from chatmusician.errors import InputError
from chatmusician.train.qa import captioned, notated
from chatmusician.train.qa.track import Track


@dataclass(frozen=True)
class AudioSet:
    """``mark`` is a pattern of a file or folder that only this set has, or that a set before it
    in the list would have had."""

    name: str
    mark: str
    read: Callable[[Path], Iterator[Track]]


SETS = (
    AudioSet("musiccaps", "musiccaps-public.csv", captioned.musiccaps),
    AudioSet("magnatagatune", "annotations_final.csv", captioned.magnatagatune),
    AudioSet("musicnet", "musicnet_metadata.csv", notated.musicnet),
    AudioSet("fma", "**/tracks.csv", captioned.fma),
    AudioSet("mtg-jamendo", "**/autotagging*.tsv", captioned.jamendo),
    AudioSet("slakh", "**/metadata.yaml", notated.slakh),
    AudioSet("fsl10k", "annotations/*/sound-*.json", notated.freesound_loops),
    AudioSet("wavcaps", "**/*_final.json", captioned.wavcaps),
    AudioSet("giantsteps", "**/*.[kb][ep][ym]", notated.giantsteps),
    AudioSet("youtube8m-musictextclips", "t*.csv", captioned.youtube8m),
)


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
