"""Tunes of people, from the collections of the benchmarks, scored as if a model wrote them."""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from random import Random

import pytest

from benchmarks.corpora import CORPORA
from chatmusician import abc
from chatmusician.eval.generation.asked import Asked
from chatmusician.eval.generation.copies import Index
from chatmusician.eval.generation.features import measure
from chatmusician.eval.generation.outside import Abc2midi
from chatmusician.eval.generation.report import metrics
from chatmusician.train.tasks.piece import Piece, prepare

FOLDER = Path(
    os.environ.get("CHATMUSICIAN_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data"
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="no folder of tune collections"),
]
# A bar of plain notes between two plain bar lines, no ending behind it: it can be no pickup.
_SIMPLE_BAR = re.compile(r'(?<= )\| (?:"[^"]*")?([a-gA-G][a-gA-G ]{4,}) (?=\| [^\[])')


@cache
def pieces(collection: str) -> list[Piece]:
    """The tunes of a collection that rows are made of: canonical, every bar right."""
    made = []
    for found in CORPORA[collection].pieces():
        for tune in abc.read(found.data).tunes[:1]:
            piece = prepare(tune, id=found.id, src=collection)
            if isinstance(piece, Piece):
                made.append(piece)
    return made


def asked(piece: Piece) -> Asked:
    return Asked(piece.id, "bach", "", piece.text)


@pytest.mark.parametrize("collection", ["nottingham", "ryans"])
def test_tunes_of_people(collection: str) -> None:
    program = Abc2midi()
    chosen = Random(1).sample(pieces(collection), 150)
    found = metrics([measure(p.text, asked(p), program=program) for p in chosen])
    assert found["clean"].value == 1.0
    assert found["bars_right"].value == 1.0
    # abc2midi knows no pickups inside a tune, and takes quoted words for chords.
    assert (found["bars_unwarned"].value or 0) > 0.93
    assert (found["abc2midi"].value or 0) > 0.5
    assert (found["key_agrees"].value or 0) > 0.6
    assert (found["repeat_sign"].value or 0) > 0.5


def test_damage_is_counted_one_by_one() -> None:
    """A note taken out of one bar in the middle: one bar fewer adds up, by both programs."""
    program, random = Abc2midi(), Random(2)
    damaged = 0
    for piece in pieces("nottingham")[:300]:
        places = list(_SIMPLE_BAR.finditer(piece.body))
        if not places:
            continue
        place = random.choice(places)
        at = len(piece.head) + place.start(1)
        text = piece.text[:at] + piece.text[at + 1 :]
        before, after = (measure(t, asked(piece), program=program) for t in (piece.text, text))
        damaged += 1
        assert after["bars_wrong"] == before["bars_wrong"] + 1, text
        assert after["bar_warnings"] >= before["bar_warnings"], text
        assert after["bars"] == before["bars"]
    assert damaged > 50


def test_planted_copies_in_other_keys_are_found() -> None:
    known, fresh = pieces("oneills"), pieces("nottingham")[:200]
    index = Index(piece.line for piece in known)
    random = Random(3)
    for piece in random.sample(known, 100):
        moved = abc.transpose(piece.tune, random.choice([-5, -2, 3, 7]))
        found = index.copied(abc.timeline(moved))
        assert found.copied == found.spans, piece.id
    copies = [index.copied(piece.line) for piece in fresh]
    assert sum(c.copied for c in copies) <= 0.05 * sum(c.spans for c in copies)
