"""A brief as the decoder's constraints, and decoding held to it from end to end."""

from __future__ import annotations

from dataclasses import replace
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
from chatmusician.model.decoding.finish import ending
from chatmusician.model.generation import Request, Sampling
from chatmusician.model.load import load_model
from chatmusician.model.plans import plan
from chatmusician.model.sections import letters, letters_for
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
    loose = plan("brief", given("continue", odd))
    assert loose.prefix == odd
    automaton = Automaton(loose.constraints)
    assert automaton.spell(f"{odd} GBd Ace | dAF D3 |]")[1] == len(f"{odd} GBd Ace | dAF D3 |]")
    assert automaton.spell(f"{odd} GBd Acef |")[1] == len(f"{odd} GBd Ace")


def test_blank_bars_are_all_that_is_left_open() -> None:
    blank = TUNE.replace("gfe dAF", "x6").replace("GBd Ace", "x6")
    found = plan("brief", given("infill", blank))
    assert found.prefix.endswith("DFA dfa |")
    automaton = Automaton(found.constraints)
    for first, second, spelled in (
        (" gfe dAF ", " GBd Ace ", True),
        (" g6 ", " z3 (3ABc A ", True),
        (" gfe dA ", " GBd Ace ", False),
        (" gfe dAFA", " GBd Ace ", False),
        (' "^up"gfe dAF ', " GBd Ace ", False),
    ):
        text = TUNE.strip().replace(" gfe dAF ", first).replace(" GBd Ace ", second)
        state, read = automaton.spell(text)
        assert (read == len(text) and automaton.accepting(state)) is spelled, text


def test_blank_bars_apart_and_in_a_tune_that_is_not_written_our_way() -> None:
    head = "X:1\nR:hornpipe\nP:AB\nM:6/8\nL:1/8\nK:D\n"
    text = head + "[P:A]u(DFA d)fa- | x6 :| [P:B]x3 Ace | dAF D3 ||"
    found = plan("brief", given("infill", text))
    assert found.prefix == text[: text.index(" x6")]
    automaton = Automaton(found.constraints)
    for bar, half, spelled in (
        ("agf edc", "DFA", True),
        ("bgf edc", "DFA", False),  # the tie before it
        ("agf edc", "DFA2", False),
    ):
        whole = text.replace("x6", bar).replace("x3 Ace", f"{half} Ace")
        state, read = automaton.spell(whole)
        assert (read == len(whole) and automaton.accepting(state)) is spelled, whole


def test_chord_symbols_go_where_notes_begin_in_any_tune() -> None:
    text = 'X:1\nP:AB\nM:6/8\nL:1/8\nK:D\n[P:A] "D"!trill!D{e}FA d>fa | [M:9/8] (3gfe dAF G3 |]'
    found = plan("brief", given("harmonise", text))
    assert found.prefix.endswith("K:D\n")
    automaton = Automaton(found.constraints)
    bare = text.replace('"D"', '"G/B"')
    for spelled, changed in (
        (True, bare),
        (False, text.replace('"D"', "")),  # at least every second bar has one
        (True, bare.replace("(3gfe", '"A7"(3gfe')),
        (True, bare.replace("{e}FA", '"Em"{e}F"A"A')),
        (True, bare.replace("d>fa", 'd>"Bm"fa')),
        (False, bare.replace("dAF", '"A""G"dAF')),
        (False, bare.replace("dAF", '"no chord"dAF')),
        (False, bare.replace("dAF", '"^soft"dAF')),
        (False, bare.replace("|]", '"G"|]')),
        (False, bare.replace("dAF", "dAG")),
    ):
        state, read = automaton.spell(changed)
        assert (read == len(changed) and automaton.accepting(state)) is spelled, changed
    begun, _ = automaton.spell(found.prefix)
    rest = ending(automaton, begun)
    assert rest is not None
    assert automaton.accepting(automaton.spell(rest, begun)[0])


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
    assert letters(("Variational",)) == ("A", "A'")
    assert letters(()) == ()
    for terms in (("Compound Binary",), ("Compound Ternary",), ("Through Composed",)):
        assert form_terms(letters(terms)) == terms
    one = plan("brief", Brief(terms=("Only One Section",))).constraints.sections
    assert [section.repeated for section in one] == [True]


def test_letters_as_written_have_a_motif_for_each_section() -> None:
    brief = Brief(form="A B A B'", motifs=("D F A", "d2 A", "A F", "e e"), meter="6/8")
    found = plan("brief", brief).constraints.sections
    assert [section.motif for section in found] == ["DFA", "d2A", "AF", "ee"]
    assert [section.same_as for section in found] == [None, None, 0, 1]
    assert [section.varied for section in found] == [False, False, False, True]
    assert [section.repeated for section in found] == [None] * 4


def test_terms_have_a_section_for_each_motif() -> None:
    one, two, three = ("D", "F"), ("A", "d"), ("e",)
    assert letters_for(("Binary",), (one, one, two, two)) == tuple("AABB")
    assert letters_for(("Ternary",), (one, two, two, three)) == ("A", "B", "B", "A'")
    assert letters_for(("Variational",), (one, two)) == ("A", "A'")
    assert letters_for(("Binary",), (one,)) == ()
    made = plan("brief", Brief(terms=("Binary",), motifs=("D F", "D F", "A d"), meter="6/8"))
    sections = made.constraints.sections
    assert [section.same_as for section in sections] == [None, 0, None]
    assert [section.motif for section in sections] == ["DF", "", "Ad"]


def test_a_variation_has_most_of_the_section_and_goes_on_otherwise() -> None:
    brief = Brief(form="A A'", meter="6/8", key="D", bars=8)
    automaton = Automaton(plan("brief", brief).constraints)
    head = "X:1\nM:6/8\nL:1/8\nK:D\n"
    first = "DFA d3 | G6 | A6 | B3 c3 ||\n"
    for second, spelled in (
        ("DFA d3 | G6 | A6 | d6 |]", True),
        ("DFA d3 | G6 | d6 | A6 |]", False),  # a half of the third bar comes back too
        ("DFA d3 | A6 | A6 | d6 |]", False),
    ):
        text = head + first + second
        assert (automaton.spell(text)[1] == len(text)) is spelled, second
    motif = replace(brief, motifs=("D F A", "e f g"))
    automaton = Automaton(plan("brief", motif).constraints)
    text = head + first + "efg d3 | G6 | A6 | B3 d3 |]"
    assert automaton.spell(text)[1] == len(text)
    assert automaton.spell(head + first + "efg d3 | A")[1] == len(head + first + "efg d3 | ")


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
    text = "X:1\nL:1/8\nM:2/4\nK:G\n[P:A]GA Bc | d2 B2 :|\n"
    found = plan("brief", Brief(task="harmonise", given=text))
    assert found.prefix == "X:1\nM:2/4\nL:1/8\nK:G\n"
    chorded = plan("brief", Brief(task="harmonise", given=text.replace("d2", '"G"d2')))
    assert chorded == found


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


def test_a_repeat_that_is_open_closes_where_it_began() -> None:
    text = "X:1\nR:hornpipe\nM:6/8\nL:1/8\nK:D\nA | DFA dfa | gfe dA :: B | cde fga |"
    found = plan("brief", given("continue", text))
    automaton = Automaton(found.constraints)
    for rest, spelled in ((" d6 | DFA dA :|", True), (" d6 | DFA d3 :|", False)):
        whole = found.prefix + rest
        state, read = automaton.spell(whole)
        assert (read == len(whole) and automaton.accepting(state)) is spelled, rest


def test_a_tune_is_gone_on_with_to_the_end_of_a_section() -> None:
    start = TUNE[: TUNE.index("GBd")].strip()
    assert plan("brief", given("continue", start), 16).constraints.bars == 16
    assert plan("brief", given("continue", start, bars=12)).constraints.bars == 12
    assert plan("brief", given("continue", start)).constraints.bars is None
    assert plan("brief", given("variation", TUNE), 16).constraints.bars == 4
