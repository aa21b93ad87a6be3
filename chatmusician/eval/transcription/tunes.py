"""The tunes of a benchmark: those of a file that have a truth, drawn by a seed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from chatmusician import abc
from chatmusician.errors import InputError
from chatmusician.eval.transcription.truth import Truth, truth_of
from chatmusician.files import read_bytes
from chatmusician.transcription.written import METERS

FEWEST_NOTES, FEWEST_BARS, MOST_NOTES = 16, 6, 1500


@dataclass(frozen=True)
class Tune:
    """``id`` is the title with the number, so that two are never the same."""

    id: str
    truth: Truth


def drawn_tunes(path: str, n: int, seed: int, *, chords: bool = False) -> list[Tune]:
    """``n`` tunes of an ABC file, in an order that depends on the seed alone; with ``chords``
    only those that have chord symbols. Every second one is played without its repeats."""
    book = abc.read(read_bytes(path))
    order = sorted(range(len(book.tunes)), key=lambda at: _drawn(at, seed))
    found: list[Tune] = []
    for at in order:
        if len(found) == n:
            break
        tune = book.tunes[at]
        truth = truth_of(tune, repeats=bool(at % 2))
        if truth is None or not _fits(truth) or (chords and not truth.chords):
            continue
        found.append(Tune(f"{at + 1}: {tune.title}", truth))
    if not found:
        raise InputError("no tune can be played: one meter, whole bars, 16 notes", path=path)
    return found


def _fits(truth: Truth) -> bool:
    return (
        truth.meter in METERS
        and FEWEST_NOTES <= len(truth.notes) <= MOST_NOTES
        and len(truth.bars) >= FEWEST_BARS
    )


def _drawn(at: int, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{at}".encode()).digest()
