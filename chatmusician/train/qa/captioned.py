"""Readers of the sets that say in words what their sounds are: captions, tags, genres, moods."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chatmusician.errors import InputError
from chatmusician.train.qa.track import (
    Track,
    below,
    json_of,
    number,
    plain_rows,
    rows,
    sounds,
)

# As in MU-LLaMA: a MagnaTagATune clip with fewer tags says too little.
FEWEST_TAGS = 5
# What a caption of WavCaps must speak of; most of that set is not music.
_MUSIC = re.compile(
    r"\b(music|musical|songs?|sing(?:s|ing|er|ers)?|melod(?:y|ies|ic)|chords?|jingle|band|orchestra"
    r"|ensemble|choir|instruments?|piano|organ|accordion|harpsichord|guitars?|banjo|harp|sitar"
    r"|violins?|fiddle|viola|cello|strings|bass|flute|clarinet|oboe|saxophone|trumpet|trombone|tuba"
    r"|horns?|brass|harmonica|bagpipes?|xylophone|marimba|synth(?:esi[sz]er)?s?|drums?|drumming"
    r"|percussion|cymbals?|jazz|rock|techno|folk|classical|hip hop)\b"
)


def musiccaps(folder: Path) -> Iterator[Track]:
    """``musiccaps-public.csv``; sounds by their YouTube id, with or without brackets."""
    found = sounds(folder)
    for row in rows(folder / "musiccaps-public.csv"):
        id = row["ytid"]
        audio = found.get(id) or found.get(f"[{id}]")
        if audio is not None:
            stated = {"caption": row["caption"], "tags": _list(row["aspect_list"])}
            yield Track(id, audio, stated, _clip(row["start_s"], row["end_s"]))


def youtube8m(folder: Path) -> Iterator[Track]:
    """YouTube8M-MusicTextClips: ``train.csv`` and ``test.csv``; sounds by their YouTube id."""
    found = sounds(folder)
    for path in sorted(folder.glob("t*.csv")):
        for row in rows(path):
            if not {"video_id", "text"} <= row.keys():
                raise InputError("has no columns video_id and text", path=str(path))
            audio = found.get(row["video_id"]) or found.get(f"[{row['video_id']}]")
            if audio is not None:
                clip = _clip(row.get("start", ""), row.get("end", ""))
                yield Track(row["video_id"], audio, {"caption": row["text"]}, clip)


def magnatagatune(folder: Path) -> Iterator[Track]:
    """``annotations_final.csv``, a column for each tag; clips with five tags at least."""
    plain = {"clip_id", "mp3_path"}
    for row in rows(folder / "annotations_final.csv", "\t"):
        tags = [name for name, value in row.items() if name not in plain and value == "1"]
        audio = below(folder, row["mp3_path"])
        if len(tags) >= FEWEST_TAGS and audio is not None:
            yield Track(row["clip_id"], audio, {"tags": tags})


def jamendo(folder: Path) -> Iterator[Track]:
    """MTG-Jamendo: ``autotagging.tsv``, its tags (``genre---rock``) in columns of their own from
    the sixth on; sounds by PATH, of which the low ones end in ``.low.mp3``."""
    found = sounds(folder)
    table = min(folder.rglob("autotagging*.tsv"), key=lambda path: (len(path.name), str(path)))
    for row in list(plain_rows(table, "\t"))[1:]:
        if len(row) < 6:
            continue
        kinds: dict[str, list[str]] = {}
        for tag in row[5:]:
            kind, _, names = tag.partition("---")
            kinds.setdefault(kind, []).extend(name for name in names.split(",") if name)
        stem = Path(row[3]).stem
        audio = below(folder, row[3]) or found.get(stem) or found.get(f"{stem}.low")
        if audio is not None:
            stated = {
                "genres": sorted(set(kinds.get("genre", ()))),
                "instruments": sorted(set(kinds.get("instrument", ()))),
                "moods": sorted(set(kinds.get("mood/theme", ()))),
            }
            yield Track(row[0], audio, {name: value for name, value in stated.items() if value})


def fma(folder: Path) -> Iterator[Track]:
    """The Free Music Archive: ``tracks.csv``, whose first two rows name its columns together, and
    ``genres.csv``; sounds by the track's number in six digits."""
    table = _first(folder, "tracks.csv")
    names = {row["genre_id"]: row["title"] for row in rows(_first(folder, "genres.csv"))}
    found = sounds(folder)
    lines = plain_rows(table)
    columns = {pair: at for at, pair in enumerate(zip(next(lines), next(lines), strict=False))}
    try:
        all_genres, top = columns["track", "genres_all"], columns["track", "genre_top"]
    except KeyError as error:
        raise InputError(
            "has no columns track genres_all and genre_top", path=str(table)
        ) from error
    for row in lines:
        audio = found.get(row[0].zfill(6)) if row and row[0].isdigit() else None
        if audio is None or len(row) <= max(all_genres, top):
            continue
        own = [names[id] for id in re.findall(r"\d+", row[all_genres]) if id in names]
        genres = list(dict.fromkeys([row[top], *own] if row[top] else own))
        yield Track(row[0], audio, {"genres": genres} if genres else {})


def wavcaps(folder: Path) -> Iterator[Track]:
    """WavCaps: the ``*_final.json`` of its sources; only what a caption calls music."""
    found = sounds(folder)
    for path in sorted(folder.rglob("*_final.json")):
        for row in json_of(path).get("data", ()):
            id = str(row.get("id", "")).removesuffix(".wav")
            caption = str(row.get("caption", ""))
            if id in found and _MUSIC.search(caption.lower()):
                yield Track(id, found[id], {"caption": caption})


def _first(folder: Path, name: str) -> Path:
    path = min(folder.rglob(name), default=None)
    if path is None:
        raise InputError(f"has no {name}", path=str(folder))
    return path


def _clip(start: str, end: str) -> tuple[float, float] | None:
    until = number(end)
    begin = number(start) or 0.0
    return (begin, until) if until is not None and until > begin else None


def _list(text: str) -> list[str]:
    """A list as Python prints it."""
    try:
        found: Any = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return []
    return [str(one) for one in found] if isinstance(found, list) else []
