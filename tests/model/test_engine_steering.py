"""A brief as the decoder's constraints, and decoding held to it from end to end."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("chatmusician.model.decoding.constraint")

from chatmusician.errors import UsageError
from chatmusician.model.brief.read import read_request
from chatmusician.model.compose import ComposeOptions, Composition, compose
from chatmusician.model.generation import Sampling
from chatmusician.model.load import load_model
from chatmusician.model.chat_format import Turn
from chatmusician.model.plans import plan
from chatmusician.model.steering import steer
from tests.model.engine_models import JIG, taught_folder


def asked(text: str) -> Any:
    return plan("brief", read_request(text).brief).constraints


def test_headers_stand_in_the_order_of_the_canonical_form() -> None:
    found = asked("a jig in E minor, 3/8 = 100 bpm, called 'Old Tom'")
    assert [letter for letter, _ in found.headers] == ["T", "R", "M", "L", "Q", "K"]
    assert dict(found.headers)["K"] == "Em"
    assert asked("").headers == (("M", None), ("L", "1/8"), ("K", None))


def test_sections_are_repeats_or_written_out() -> None:
    repeats = asked("AABB, 16 bars").sections
    assert [(s.bars, s.repeated, s.same_as) for s in repeats] == [(8, True, None), (8, True, None)]
    written = asked("AABA, 16 bars").sections
    assert [(s.bars, s.same_as) for s in written] == [(4, None), (4, 0), (4, None), (4, 0)]
    motifs = asked('ABA, motif "DFA"').sections
    assert [s.motif for s in motifs] == ["DFA", "", ""]
    assert [s.motif for s in asked('motif "DFA"').sections] == ["DFA"]


def test_chords_are_repeated_over_the_bars() -> None:
    found = asked("8 bars with chords C G")
    assert (found.chords, found.bars) == (("C", "G") * 4, 8)
    assert asked("chords C G").chords == ("C", "G")


def test_levels() -> None:
    brief = read_request("a jig").brief
    assert plan("bars", brief).constraints.level == "bars"
    backend = load_model(str(taught_folder()))
    how = (backend, (Turn("A jig."),), Sampling())
    assert steer("off", brief, *how).start is None
    assert steer("brief", brief, *how).start is not None
    with pytest.raises(UsageError, match="unknown level"):
        steer("strict", brief, *how)


def made(text: str, **options: Any) -> Composition:
    free = Sampling(temperature=1.0, top_k=0, top_p=1.0, repetition_penalty=1, max_new_tokens=400)
    chosen = ComposeOptions(seed=1, **{"sampling": free, **options})
    return compose(read_request(text), load_model(str(taught_folder())), chosen)


def test_what_the_model_would_say_anyway_is_not_changed() -> None:
    assert made("a jig in D", sampling=Sampling()).candidates[0].answer.abc == JIG


@pytest.mark.parametrize(
    "text", ["a polka in A minor, AABB, 16 bars", "a jig in D, 8 bars, chords D G A D"]
)
def test_a_model_that_knows_two_tunes_keeps_what_is_asked(text: str) -> None:
    found = made(text, candidates=3)
    assert found.held
    assert len(found.candidates) == 3
    for candidate in found.candidates:
        assert not candidate.answer.errors, candidate.lines()
        assert all(row.kept for row in candidate.kept), candidate.lines()
