"""The tunes of a corpus folder in their home form, with what was left out and why."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from chatmusician import abc
from chatmusician.errors import ChatMusicianError
from chatmusician.model.home.reading import home_tune, settle_octave
from chatmusician.model.home.tune import (
    HomePart,
    HomeTune,
    length_text,
    sound,
    timed,
)
from chatmusician.model.home.writing import abc_text
from chatmusician.train.home.forms import in_parts
from chatmusician.train.home.rhythms import rhythm_of

_KEY: Final = re.compile(r"^K:.*$", re.M)
_TONIC_STEPS: Final = {
    # From the tonic that K: names up to the real one: the mode that the signature then has.
    ("major", 1): "dorian",
    ("major", 4): "mixolydian",
    ("major", 5): "minor",
    ("minor", 2): "major",
    ("minor", 3): "dorian",
    ("minor", 6): "mixolydian",
}
_SUFFIX: Final = {"major": "", "minor": "m", "dorian": "dor", "mixolydian": "mix"}
_TONICS: Final = {"major": 0, "mixolydian": 0, "lydian": 0, "minor": 1, "dorian": 1, "phrygian": 1}


@dataclass
class Tunes:
    """``rows`` are (identifier, tune); ``left_out`` counts the reasons by source."""

    rows: list[tuple[str, HomeTune]] = field(default_factory=list)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)


def read_tunes(folder: Path, without: Collection[str] = ()) -> Tunes:
    """The tunes of a folder of parquet files (``id``, ``text``, ``src``) that `corpus build`
    wrote, but for the sources in ``without``."""
    import pyarrow.parquet as pq

    result = Tunes()
    for file in sorted(folder.glob("*.parquet")):
        for row in pq.read_table(file).to_pylist():
            if row["src"] in without:
                continue
            add_tune(result, row["id"], row["text"], row["src"])
    return result


def add_tune(result: Tunes, identifier: str, text: str, source: str, rhythm: str = "") -> None:
    try:
        result.rows.append((identifier, home_of(text, identifier, source, rhythm)))
    except ChatMusicianError as error:
        result.left_out[(source, re.sub(r"\d+", "N", str(error)))] += 1


def home_of(text: str, identifier: str, source: str, rhythm: str = "") -> HomeTune:
    """One tune's home form, with its rhythm, its real tonic, and eighths as its pulse."""
    tune = abc.read(text).tunes[0]
    home = home_tune(tune, source=source)
    better = real_key(home, tune)
    if better:
        tune = abc.read(_KEY.sub(f"K:{better}", text, count=1)).tunes[0]
        home = home_tune(tune, source=source)
    home = in_eighths(in_parts(home))
    if not rhythm:
        rhythm = rhythm_of(tune.value("R"), identifier, home.meter, str(tune.x))
    home = replace(home, rhythm=rhythm)
    check_home(home)
    return home


def check_home(home: HomeTune) -> None:
    """What is learnt must read back without a finding."""
    findings = abc.check_tune(abc.read(abc_text(home, title="x")).tunes[0])
    if findings:
        raise ChatMusicianError(f"check: {findings[0].code}")


def real_key(home: HomeTune, tune: Any) -> str:
    """The key that a tune is in where its signature is right and its mode is not; or nothing.

    Every part must end on another note of the scale, and the triad on that note must sound
    longer than the triad on the tonic that ``K:`` names.
    """
    tonic = _TONICS[home.mode]
    ends = {_end(part) for part in home.parts}
    if len(ends) != 1 or None in ends:
        return ""
    degree = ((ends.pop() or 0) - tonic) % 7
    mode = _TONIC_STEPS.get((home.mode, degree))
    if mode is None or _triad(home, tonic + degree) <= _triad(home, tonic):
        return ""
    key = abc.timeline(tune).key
    step = ("CDEFGAB".index(key.tonic[0]) + degree) % 7
    sign = {-1: "b", 0: "", 1: "#"}[key.accidentals[step]]
    return "CDEFGAB"[step] + sign + _SUFFIX[mode]


def _end(part: HomePart) -> int | None:
    sounds = [sound(word) for word, _ in timed(part.path[-1])]
    notes = [s for s in sounds if s and not s.is_rest]
    return None if not notes or notes[-1].accidental else notes[-1].step % 7


def _triad(home: HomeTune, root: int) -> Fraction:
    members = {root % 7, (root + 2) % 7, (root + 4) % 7}
    total = Fraction(0)
    for part in home.parts:
        for words in part.path:
            for word, time in timed(words):
                meaning = sound(word)
                if meaning and not meaning.is_rest and meaning.step % 7 in members:
                    total += time * (2 if meaning.step % 7 == root % 7 else 1)
    return total


def in_eighths(home: HomeTune) -> HomeTune:
    """Reels, hornpipes and marches printed in 2/4 with sixteenths, in 4/4 with eighths."""
    if home.meter != "2/4":
        return home
    lengths = [time for part in home.parts for words in part.path for _, time in timed(words)]
    short = sum(1 for time in lengths if time <= Fraction(1, 2))
    if 2 * short < len(lengths):
        return home

    def bar(words: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_doubled(word) for word in words)

    def bars(group: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        return tuple(bar(words) for words in group)

    parts = tuple(
        HomePart(bar(p.pickup), bars(p.bars), p.repeated, bars(p.first), bars(p.second))
        for p in home.parts
    )
    return settle_octave(replace(home, meter="4/4", parts=parts))


@lru_cache(maxsize=65536)
def _doubled(word: str) -> str:
    meaning = sound(word)
    if meaning is None or meaning.lower:
        return word
    tie = "-" if meaning.tie else ""
    old = length_text(meaning.length) + tie
    head = word[: len(word) - len(old)] if old else word
    return head + length_text(meaning.length * 2) + tie
