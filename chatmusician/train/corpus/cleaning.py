"""From an item to rows: converted, checked, mended, in canonical form, with its signature."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from chatmusician import abc
from chatmusician.abc import Tune
from chatmusician.abc.analysis import melody
from chatmusician.conversion import BY_NAME
from chatmusician.errors import ChatMusicianError
from chatmusician.model.score_text import plain_chords
from chatmusician.train.corpus import tidy
from chatmusician.train.corpus.families import runs_of
from chatmusician.train.corpus.line_ends import with_bar_lines
from chatmusician.train.corpus.performance import off_grid
from chatmusician.train.corpus.reading import Item
from chatmusician.train.corpus.recipe import Cleaning, Duplicates
from chatmusician.train.corpus.signature import melody_shingles, note_count, text_shingles

if TYPE_CHECKING:
    from chatmusician.train.corpus.signature import Hashes

_ABOUT = re.compile(r"^(?:[XTCO]:.*\n)+", re.M)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffd]")


@dataclass(frozen=True)
class Row:
    """A text of the corpus; `exact` is equal where only title, number or layout differ.

    `runs` and `titles` tell a tune's family.
    """

    id: str
    text: str
    is_tune: bool
    exact: int
    shingles: Hashes
    runs: tuple[int, ...] = ()
    titles: tuple[str, ...] = ()


@dataclass
class Counts:
    """How many came this far, and which were dropped and why."""

    steps: Counter[str] = field(default_factory=Counter)
    dropped: list[dict[str, str]] = field(default_factory=list)

    def drop(self, at: str, reason: str, detail: str = "") -> None:
        self.dropped.append({"id": at, "reason": reason, "detail": detail[:300]})


@dataclass(frozen=True)
class Cleaner:
    cleaning: Cleaning
    duplicates: Duplicates
    families: bool = False

    def rows(self, item: Item, counts: Counts) -> Iterator[Row]:
        counts.steps["items"] += 1
        if item.problem:
            counts.drop(item.id, item.problem, item.detail)
        elif item.format == "text":
            yield from self._text(item, counts)
        else:
            yield from self._tunes(item, counts)

    def _text(self, item: Item, counts: Counts) -> Iterator[Row]:
        assert isinstance(item.data, str)
        text = item.data.replace("\r\n", "\n").strip()
        counts.steps["texts"] += 1
        signs = len(_CONTROL.findall(text))
        if signs * 100 > len(text):
            counts.drop(item.id, "not text", f"{signs} control signs in {len(text)} characters")
        elif len(text) < self.cleaning.min_characters:
            counts.drop(item.id, "too short", f"{len(text)} characters")
        elif len(text) > self.cleaning.max_characters:
            counts.drop(item.id, "too long", f"{len(text)} characters")
        else:
            shingles = text_shingles(text, self.duplicates.words)
            yield Row(item.id, text, False, _number(" ".join(text.split())), shingles)

    def _tunes(self, item: Item, counts: Counts) -> Iterator[Row]:
        try:
            tunes, mended = self._read(item)
        except ChatMusicianError as error:
            counts.drop(item.id, "cannot be converted", str(error))
            return
        except Exception as error:  # one file that no reader foresaw must not cost the night
            counts.drop(item.id, "cannot be converted", f"{type(error).__name__}: {error}")
            return
        counts.steps["findings mended"] += mended
        if not tunes:
            counts.drop(item.id, "no tune")
        for number, tune in enumerate(tunes, 1):
            at = item.id if len(tunes) == 1 else f"{item.id}#{number}"
            counts.steps["tunes"] += 1
            row = self._tune(tune, at, counts, played=item.format == "mid")
            if row is not None:
                yield row

    def _read(self, item: Item) -> tuple[tuple[Tune, ...], int]:
        if item.format == "prose":
            assert isinstance(item.data, str)
            text = "\n".join(found.abc for found in abc.find_tunes(item.data))
        elif isinstance(item.data, str):
            text = item.data
        else:
            reader = BY_NAME[item.format].read
            assert reader is not None
            text = reader(item.data, item.id).text
        if len(text) > self.cleaning.max_characters * 1000:
            raise ChatMusicianError(f"{len(text)} characters of ABC")
        text, mended = abc.fix(tidy.letters(text))
        return abc.read(text, source=item.id).tunes, len(mended)

    def _tune(self, tune: Tune, at: str, counts: Counts, played: bool) -> Row | None:
        if len(tune.text) > self.cleaning.max_characters:
            counts.drop(at, "too long", f"{len(tune.text)} characters")
            return None
        try:
            return self._checked(tune, at, counts, played)
        except Exception as error:  # see above
            counts.drop(at, "cannot be written", f"{type(error).__name__}: {error}")
            return None

    def _checked(self, tune: Tune, at: str, counts: Counts, played: bool) -> Row | None:
        line = abc.timeline(tune)
        notes = note_count(line)
        if notes < self.cleaning.min_notes:
            counts.drop(at, "too short" if notes else "no music", f"{notes} notes")
            return None
        off = off_grid(line) if played else 0.0
        if off > self.cleaning.max_off_grid:
            counts.drop(at, "a performance", f"{off:.0%} of its notes are off the grid")
            return None
        bad = {"errors": ("error",), "warnings": ("error", "warning"), "none": ()}
        severe = bad[self.cleaning.check]
        findings = abc.check_tune(tune, line)
        if severe and any(f.code == "bar-too-long" for f in findings):
            made = with_bar_lines(tune, line)
            if made is not None:
                counts.steps["findings mended"] += 1
                tune, line = made, abc.timeline(made)
                findings = abc.check_tune(tune, line)
        found = [f for f in findings if f.severity in severe]
        if found:
            counts.drop(at, f"check: {found[0].code}", repr(found[0]))
            return None
        if any(f.severity == "warning" for f in findings):
            counts.steps["tunes kept with warnings"] += 1
        text = plain_chords(tidy.header(abc.canonical(tune)))
        if len(text) > self.cleaning.max_characters:
            counts.drop(at, "too long", f"{len(text)} characters")
            return None
        shingles = melody_shingles(line, self.duplicates.notes)
        row = Row(at, text.strip() + "\n", True, _number(_ABOUT.sub("", text)), shingles)
        if not self.families:
            return row
        runs = sorted(runs_of(melody(line)))
        titles = tuple(field.value for field in tune.fields("T"))
        return replace(row, runs=tuple(runs), titles=titles)


def _number(text: str) -> int:
    """The text as 63 bits: they fit every integer column."""
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
