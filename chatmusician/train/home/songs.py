"""The melodies of songs, hymns and carols: one voice of a score, without its harmony."""

from __future__ import annotations

import gzip
import json
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from chatmusician import abc
from chatmusician.abc.analysis import melody
from chatmusician.abc.tune import Tune
from chatmusician.errors import ChatMusicianError
from chatmusician.model.home.reading import home_tune, settle_octave
from chatmusician.model.home.tune import HomePart, HomeTune
from chatmusician.model.home.writing import abc_text
from chatmusician.train.corpus.families import families, held_out, runs_of
from chatmusician.train.home.forms import in_parts
from chatmusician.train.home.tunes import Tunes, check_home, in_eighths


@dataclass(frozen=True)
class Collection:
    """A folder of scores; ``rhythm`` is what its tunes are, ``source`` their tag."""

    path: str
    source: str
    rhythm: str


COLLECTIONS: Final = (
    Collection("openhymnal/hymns_abc.tar.gz", "openhymnal", "hymn"),
    Collection("ly_bbcarols/abc.jsonl.gz", "carols", "carol"),
    Collection("ly_bbsongs/abc.jsonl.gz", "songs", "song"),
    Collection("ly_musikpiraten/abc.jsonl.gz", "songs", "song"),
    Collection("openewld/abc.jsonl.gz", "songs", "song"),
    Collection("ly_slavesongs/abc.jsonl.gz", "songs", "song"),
    Collection("ly_psalms/abc.jsonl.gz", "psalms", "hymn"),
)


def read_songs(data: Path) -> Tunes:
    """The melodies of all ``COLLECTIONS`` that are in the data folder."""
    result = Tunes()
    for collection in COLLECTIONS:
        path = data / collection.path
        if not path.is_file():
            continue
        allowed = _allowed(path.parent / "pd_check.tsv")
        for name, text in _scores(path):
            if allowed is not None and name not in allowed:
                result.left_out[collection.source, "not published by 1930"] += 1
                continue
            _add(result, f"{path.parent.name}/{name}", text, collection)
    return result


def _add(result: Tunes, identifier: str, text: str, collection: Collection) -> None:
    try:
        tune = single_line(abc.read(text).tunes[0])
        home = in_eighths(in_parts(home_tune(tune, source=collection.source)))
        home = settle_octave(melody_only(replace(home, rhythm=collection.rhythm)))
        check_home(home)
        result.rows.append((identifier, home))
    except (ChatMusicianError, IndexError) as error:
        result.left_out[collection.source, str(error)[:40]] += 1


def single_line(tune: Tune) -> Tune:
    """The tune's first voice with words, or its first voice; others are left out."""
    line = abc.timeline(tune)
    voices = [voice for voice in line.voices if voice.tones]
    if len(voices) <= 1:
        return tune
    sung = [voice for voice in voices if voice.words]
    return abc.take_voices(tune, [(sung or voices)[0].id])


def melody_only(home: HomeTune) -> HomeTune:
    """The upper notes of stops."""

    def bars(group: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        return tuple(tuple(w for w in words if not w.endswith("+")) for words in group)

    parts = tuple(
        HomePart(bars((p.pickup,))[0], bars(p.bars), p.repeated, bars(p.first), bars(p.second))
        for p in home.parts
    )
    return replace(home, parts=parts)


def _allowed(table: Path) -> set[str] | None:
    """Of lead sheets only those published by 1930, where a table says so."""
    if not table.is_file():
        return None
    lines = [line.split("\t") for line in table.read_text(encoding="utf-8").splitlines()]
    at = lines[0].index("published_by_1930")
    return {line[0] for line in lines[1:] if line[at] == "yes"}


def _scores(path: Path) -> Iterator[tuple[str, str]]:
    if path.name.endswith(".jsonl.gz"):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                yield row["file"], row["abc"]
        return
    with tarfile.open(path) as archive:
        for member in archive.getmembers():
            file = archive.extractfile(member) if member.name.endswith(".abc") else None
            if file is not None:
                yield member.name, file.read().decode("utf-8", errors="replace")


def apart_from(
    songs: Tunes, held: Sequence[tuple[str, HomeTune]], share: float, seed: int
) -> tuple[list[int], list[int]]:
    """Which songs may be trained on, and which are held out; neither holds relatives of the
    tunes in ``held``."""
    rows = [*held, *songs.rows]
    runs = [
        runs_of(melody(abc.timeline(abc.read(abc_text(t)).tunes[0], trace=True))) for _, t in rows
    ]
    numbers = families(runs)
    known = set(numbers[: len(held)])
    names = [name for name, _ in rows]
    drawn = held_out(numbers, names, share, seed)
    rest = [i for i in range(len(held), len(rows)) if numbers[i] not in known]
    train = [i - len(held) for i in rest if not drawn[i]]
    return train, [i - len(held) for i in rest if drawn[i]]
