"""Prepared data: home texts of every split, and the vocabulary learnt from the training side.

A folder holds ``train.jsonl.gz`` (dance tunes), ``more.jsonl.gz`` (songs, hymns, carols), their
held-out families, and ``tokenizer.json``. Rows: ``id``, ``source``, ``words``.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from chatmusician.errors import ChatMusicianError
from chatmusician.model.home.text import words_of
from chatmusician.model.home.tune import HomeTune
from chatmusician.train.home.merges import learn_vocabulary
from chatmusician.train.home.songs import apart_from, read_songs
from chatmusician.train.home.tunes import Tunes, read_tunes

Row = tuple[str, HomeTune, list[str]]
# The share of families of songs that is held out, as the corpus recipe has for dance tunes.
HELD_OUT_SHARE = 0.05


def prepare_data(
    corpus: Path,
    output: Path,
    *,
    songs: Path | None = None,
    without: Collection[str] = (),
    size: int = 1088,
    least: int = 3,
) -> None:
    """Writes the prepared data of a corpus folder and, from ``songs``, a data folder.

    Sources in ``without`` are left out of all splits. ``size`` is the number of tokens,
    ``least`` how often a word must occur; tunes with rarer words are left out.
    """
    splits = {
        "train": _texts(read_tunes(corpus / "data", without)),
        "held-out": _texts(read_tunes(corpus / "held-out", without)),
    }
    if songs is not None:
        found = read_songs(songs)
        held = [(name, tune) for name, tune, _ in splits["held-out"]]
        kept, apart = apart_from(found, held, HELD_OUT_SHARE, 0)
        splits["more"] = _texts(Tunes([found.rows[at] for at in kept], found.left_out))
        splits["held-out-more"] = _texts(Tunes([found.rows[at] for at in apart]))
    learnt = splits["train"] + splits.get("more", [])
    bars = [bar for _, tune, _ in learnt for bar in bars_of(tune)]
    vocabulary = learn_vocabulary([text for *_, text in learnt], bars, size=size, least=least)
    output.mkdir(parents=True, exist_ok=True)
    vocabulary.save(output / "tokenizer.json")
    for name, rows in splits.items():
        known = [row for row in rows if vocabulary.knows(row[2])]
        write_rows(output / f"{name}.jsonl.gz", known)
        tokens = sum(len(vocabulary.encode(text)) for *_, text in known) / max(1, len(known))
        print(f"{name}: {len(known)} of {len(rows)} tunes, {tokens:.1f} tokens a tune")
    print(f"vocabulary: {len(vocabulary)} tokens")


def _texts(tunes: Tunes) -> list[Row]:
    rows = []
    for identifier, tune in tunes.rows:
        try:
            rows.append((identifier, tune, words_of(tune)))
        except ChatMusicianError as error:
            tunes.left_out[(tune.source, str(error))] += 1
    reasons: Counter[str] = Counter()
    for (source, reason), count in tunes.left_out.items():
        reasons[f"{source}: {reason}"] += count
    print(f"{len(rows)} tunes; left out: {dict(reasons.most_common(12))}", flush=True)
    return rows


def bars_of(tune: HomeTune) -> list[tuple[str, ...]]:
    """Pickups, bars and endings of a tune."""
    return [
        bar for part in tune.parts for bar in (part.pickup, *part.bars, *part.first, *part.second)
    ]


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    with gzip.open(path, "wt", encoding="utf-8") as file:
        for identifier, tune, words in rows:
            row = {"id": identifier, "source": tune.source, "words": " ".join(words)}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def read_rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
