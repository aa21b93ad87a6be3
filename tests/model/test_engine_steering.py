"""A brief as the decoder's constraints, and decoding held to it from end to end."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("chatmusician.model.decoding.constraint")

from chatmusician import abc
from chatmusician.abc.analysis import form_terms, melody
from chatmusician.errors import UsageError
from chatmusician.model.brief.brief import Brief
from chatmusician.model.brief.motif import in_bars
from chatmusician.model.brief.read import read_request
from chatmusician.model.chat_format import Turn
from chatmusician.model.compose import ComposeOptions, Composition, compose
from chatmusician.model.decoding.automaton import Automaton
from chatmusician.model.generation import Request, Sampling
from chatmusician.model.load import load_model
from chatmusician.model.plans import letters, plan
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


TUNE = "X:1\nM:6/8\nL:1/8\nK:D\nDFA dfa | gfe dAF | GBd Ace | dAF D3 |]\n"


def given(task: str, text: str, **more: Any) -> Brief:
    return Brief(task=task, given=text, **more)


def test_a_beginning_is_kept_by_beginning_with_it() -> None:
    start = TUNE[: TUNE.index("GBd")].strip()
    found = plan("brief", given("continue", start))
    assert found.prefix == start
    assert dict(found.constraints.headers or ())["K"] == "D"
    # abc2midi does not take this rhythm in this meter, so it is no beginning of ours.
    odd = start.replace("X:1\n", "X:1\nR:hornpipe\n")
    assert plan("brief", given("continue", odd)).prefix == ""


def test_blank_bars_are_all_that_is_left_open() -> None:
    blank = TUNE.replace("gfe dAF", "x6").replace("GBd Ace", "x6")
    found = plan("brief", given("infill", blank))
    assert found.prefix.endswith("DFA dfa |")
    assert found.constraints.suffix == " dAF D3 |]"
    assert found.constraints.bars == 3
    apart = TUNE.replace("gfe dAF", "x6").replace("dAF D3", "x6")
    assert plan("brief", given("infill", apart)).prefix == ""
    assert plan("brief", given("infill", apart)).constraints.bars == 4


@pytest.mark.parametrize(("task", "start"), [("continue", 2), ("infill", 1)])
def test_a_given_tune_comes_back(task: str, start: int) -> None:
    bars = TUNE.split("|")
    text = "|".join(bars[:start]) + "|"
    if task == "infill":
        text += " x6 |" + "|".join(bars[2:])
    backend = load_model(str(taught_folder()))
    free = Sampling(temperature=1.5, top_k=0, top_p=1.0, repetition_penalty=1, max_new_tokens=300)
    brief = given(task, text)
    (held,) = [steer("brief", brief, backend, (Turn(text),), free)]
    assert held.start
    for seed in range(4):
        request = Request((Turn(text),), seed, held.prefix, held.start())
        made = backend.generate([request], free)[0]
        assert made.text.startswith(text.split(" x6")[0]), made.text
        assert made.text.endswith("|".join(bars[2:]).rstrip()) or task == "continue", made.text
        tune = abc.read(made.text).tunes[0]
        assert not [d for d in abc.check_tune(tune) if d.severity == "error"], made.text
        assert len(melody(abc.timeline(tune))) == 4 or task == "continue", made.text


def test_forms_behind_their_terms() -> None:
    assert letters(("Binary",)) == ("A", "B")
    assert letters(("Ternary", "Sectional: American Popular")) == tuple("AABA")
    assert letters(("Sectional: Verse/Chorus",)) == tuple("ABAB")
    assert letters(("Variational",)) == letters(()) == ()
    for terms in (("Compound Binary",), ("Compound Ternary",), ("Through Composed",)):
        assert form_terms(letters(terms)) == terms
    one = plan("brief", Brief(terms=("Only One Section",))).constraints.sections
    assert [section.repeated for section in one] == [True]


def test_letters_as_written_have_a_motif_for_each_section() -> None:
    brief = Brief(form="A B A B'", motifs=("D F A", "d2 A", "A F", "e e"), meter="6/8")
    found = plan("brief", brief).constraints.sections
    assert [section.motif for section in found] == ["DFA AF", "d2A", "", "ee"]
    assert [section.same_as for section in found] == [None, None, 0, None]
    assert [section.repeated for section in found] == [None] * 4


def test_a_motif_opens_the_tune_behind_a_header_that_is_asked_for() -> None:
    brief = Brief(form="A B", motifs=("D F A", "d2 A"), meter="6/8", key="D", bars=4)
    automaton = Automaton(plan("brief", brief).constraints)
    head = "X:1\nM:6/8\nL:1/8\nK:D\n"
    for body, spelled in (
        ("DFA d3 |", True),
        ("DFA d3 | D6 ||\nd2A G3 | D6 |]", True),
        ("GFA d3 |", False),
        ("DFA d3 | D6 ||\ne2A G3 | D6 |]", False),
    ):
        assert (automaton.spell(head + body)[1] == len(head + body)) is spelled, body


@pytest.mark.parametrize(
    ("meter", "motifs", "written"),
    [
        ("4/4", ("d2 c B A2 G2 | F4",), "d2 c B A2 G2 | F4"),
        ("4/4", ("d c B A", "G4 F2"), "dc BA G4 | F2"),
        ("6/8", ("d3 e f g a3",), "d3 efg | a3"),
        ("2/4", ("^c3 d3",), "^c^c3 | d3"),
        ("2/4", ("d5",), ""),
        ("", ("d e",), "d e"),
    ],
)
def test_motifs_get_bar_lines(meter: str, motifs: tuple[str, ...], written: str) -> None:
    assert in_bars(motifs, Brief(meter=meter)) == written


def test_to_harmonise_is_to_keep_the_melody() -> None:
    given = "X:1\nL:1/8\nM:2/4\nK:G\n[P:A]GA Bc | d2 B2 :|\n"
    found = plan("brief", Brief(task="harmonise", given=given))
    assert found.prefix == "X:1\nM:2/4\nL:1/8\nK:G\n"
    assert found.constraints.melody == "GA Bc | d2 B2 :|"
    chorded = Brief(task="harmonise", given=given.replace("d2", '"G"d2'))
    assert plan("brief", chorded).constraints.melody == ""


@pytest.mark.parametrize(
    ("form", "sections"), [("AABB", 2), ("AABA", 4), ("AABBCC", 3), ("A B", 2)]
)
def test_a_form_without_a_length_has_sections_of_eight_bars(form: str, sections: int) -> None:
    """AABB is written as two sections with repeats, AABA written out: 32 bars, as in songs."""

    def bars(**more: Any) -> list[int | None]:
        made = plan("brief", Brief(form=form, meter="4/4", **more))
        return [section.bars for section in made.constraints.sections]

    assert bars() == [8] * sections
    assert bars(bars=4 * sections) == [4] * sections
    assert bars(chords=("C", "G")) == [None] * sections
    assert bars(motifs=("CDEF GABc" * 9,)) == [None] * sections


def test_a_tune_without_a_length_is_as_long_as_the_model_should_be_told() -> None:
    assert plan("brief", Brief(key="D")).constraints.bars is None
    assert plan("brief", Brief(key="D"), 16).constraints.bars == 16
    assert plan("brief", Brief(key="D", bars=5), 16).constraints.bars == 5
    assert plan("brief", Brief(chords=("C", "G")), 16).constraints.bars is None
    assert plan("bars", Brief(key="D"), 16).constraints.bars is None
    (section,) = plan("brief", Brief(motifs=("CDEF",), meter="4/4"), 16).constraints.sections
    assert section.bars == 16
