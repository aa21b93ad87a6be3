"""The automaton of bar-exact decoding: what it lets stand, what not, and that it never sticks."""

from __future__ import annotations

import random

import pytest

from chatmusician import abc
from chatmusician.abc.check import check
from chatmusician.errors import UsageError
from chatmusician.model.decoding.automaton import Automaton
from chatmusician.model.decoding.finish import ending
from chatmusician.model.decoding.plan import BARS, SYNTAX, Constraints, Section
from chatmusician.music.meter import parse_meter

HEAD = "X:1\nM:4/4\nL:1/8\nK:C\n"


def spelled(text: str, plan: Constraints | None = None) -> tuple[bool, str]:
    """Whether the whole text may stand as a tune, and how far it was read."""
    automaton = Automaton(plan or Constraints(level=BARS))
    state, read = automaton.spell(text)
    data = text.encode()
    return read == len(data) and automaton.accepting(state), data[:read].decode(errors="ignore")


@pytest.mark.parametrize(
    "body",
    [
        "C8|]",
        "C2D2E2F2|G8|]\n",
        "C>D E<F G>>A B2|c8|]",
        '"Am"A4 "E7"^G4|A8|]',
        "(3ABc (3:2:2d2e (3:2:4fe/d/c E2|C8|]",
        "(5:4CDEFG (6CDEFGA C2|C8|]",
        "[CEG]4-[CEG]4|C8|]",
        "A8-|A8|]",
        "{/g}f4 {abc}d4|C8|]",
        ".C2~D2!trill!E2uF2|C8|]",
        "(CDEF GAB)c|(c8|C8)|]",
        "|:C8|D8:|",
        "|:C8|[1D8:|[2E8|]",
        "C8|1D8:|2E8|]",
        "|:C8::D8:|",
        "C8||D8|]",
        "Z|C8|]",
        "C8|Z4|C8|]",
        "G2|C8|D6:|",
        "G2|C8|D6|]",
        "|:G2|C8|D6::G2|C8|D6:|",
        "C8|[K:G]D8|[M:3/4]E6|[L:1/16]F12|]",
        '"^slow"C8|]',
        "C8|\nD8|]",
        "x8|]",
        "C8|D8||",
        "C8|D8|",
        "C8|D8|] ",
        "G2|C8|D6||G2|C8|D6|]",
        "C8|D6||G2|C8|]",
        "C8|D4[1E4:|[2F4|]",
        "[CC]8|]",
        '"4"C8|]',
        "[P:A]C8|[P:B]D8|]",
        "z8:|",
    ],
)
def test_right_tunes_may_stand_and_check_agrees(body: str) -> None:
    text = HEAD + body
    assert spelled(text) == (True, text)
    assert not [p for p in check(abc.read(text)) if p.severity == "error"]


@pytest.mark.parametrize(
    ("body", "until"),
    [
        ("C7|]", "C7|"),
        ("C8|C9|", "C8|C9"),
        ("C4D4E", "C4D4"),
        ("C8|D6|E8|", "C8|D6|"),
        ("C6>D", "C6"),
        ("C8|(3ABc E2 F3|E8|", "C8|(3ABc E2 F3|"),
        ("C8|(3ABc E2|E8|", "C8|(3ABc E2|"),
        ("A8-|B", "A8-|"),
        ("A8-|]", "A8-|"),
        ("(C8|]", "(C8|"),
        ("C8)", "C8"),
        ("|:C8|]", "|:C8|"),
        ("|:C8|1D8|]", "|:C8|1D8|"),
        ("C8|[2D8", "C8|["),
        ("c''''", "c'''"),
        ("C,,,", "C,,"),
        ('"H', '"'),
        ("C8|]C8|\n\n", "C8|]C8|\n"),
        ("|:C8|[M:3/4]", "|:C8|["),
        ("C8|D8|]  ", "C8|D8|] "),
        ("z:|", "z"),
        ('"Sign"C8|', '"'),
        ("C8-|]", "C8-|"),
        ('"^a|C8|', '"^a'),
        ('"^a""^b"C8|', '"^a"'),
        ('"C""G"C8|', '"C""'),
        ("|:C2|D8|D4||E2:|", "|:C2|D8|D4||E2"),
        ("C8|D4|| |:E4|", "C8|D4|| "),
        ("C8:|[P:B]D2|E8|", "C8:|[P:B]D2|"),
        ("|:C8-|1C8:|2z8|]", "|:C8-|"),
        ("|:C4-[1C4:|[2z4|]", "|:C4-["),
        ("C8|D8", "C8|D8"),
        ("uvMC8|", "uv"),
        ("!f!!p!!mf!C8|", "!f!!p!"),
    ],
)
def test_wrong_tunes_stop_where_they_go_wrong(body: str, until: str) -> None:
    fine, read = spelled(HEAD + body)
    assert not fine
    assert read.removeprefix(HEAD) == until


@pytest.mark.parametrize(
    "meter", ["2/4", "3/4", "4/4", "6/8", "9/8", "12/8", "5/8", "7/16", "C", "C|"]
)
def test_a_bar_holds_the_meter_exactly(meter: str) -> None:
    sixteenths = int(parse_meter(meter).num * 16 / parse_meter(meter).den)
    head = f"X:1\nM:{meter}\nL:1/16\nK:D\n"
    assert spelled(f"{head}z{sixteenths}|z{sixteenths}|]")[0]
    for wrong in (sixteenths - 1, sixteenths + 1):
        assert not spelled(f"{head}z{sixteenths}|z{wrong}|]")[0]


def test_syntax_alone_lets_bars_be_of_any_length() -> None:
    text = HEAD + "C7|D9|E|]"
    assert spelled(text, Constraints(level=SYNTAX))[0]
    assert not spelled(text)[0]
    assert not spelled(HEAD + "(C7|D9|E|]", Constraints(level=SYNTAX))[0]


def test_what_check_accepts_may_stand_where_asked() -> None:
    loose = Constraints(level=BARS, strict=False)
    text = HEAD + "C8:|G2|C8|D6|"
    assert not spelled(text)[0]
    assert spelled(text, loose)[0]
    assert not [p for p in check(abc.read(text)) if p.severity == "error"]


def test_an_annotation_a_chord_symbol_and_two_marks_before_every_note() -> None:
    bar = """"G""^so"!f!vC4"_p"uMD4|"""
    assert spelled(f"{HEAD}{bar}{bar[:-1]}|]\n") == (True, f"{HEAD}{bar}{bar[:-1]}|]\n")


def test_one_line() -> None:
    plan = Constraints(level=BARS, one_line=True)
    text = "X:1 L:1/16 M:2/4 K:G G2BG A2cA | B4 G4 |]"
    assert spelled(text, plan)[0]
    assert not spelled(text.replace(" M:", "\nM:"), plan)[0]


def test_headers_as_asked() -> None:
    plan = Constraints(headers=(("T", None), ("M", "6/8"), ("L", "1/8"), ("K", "Em")))
    assert spelled("X:1\nT:Any title\nM:6/8\nL:1/8\nK:Em\nEFG ABc|e6|]", plan)[0]
    assert spelled("X:1\nT:Any title\nM:4/4", plan)[1] == "X:1\nT:Any title\nM:"
    assert spelled("X:1\nM", plan)[1] == "X:1\n"
    assert spelled("X:1\nT:Schöne Müllerin\nM:6/8\nL:1/8\nK:Em\ne6|]", plan)[0]


def test_a_hornpipe_has_a_meter_of_its_own() -> None:
    assert spelled("X:1\nR:hornpipe\nM:3")[1] == "X:1\nR:hornpipe\nM:"
    assert spelled("X:1\nM:3/4\nR:hornpipe")[1] == "X:1\nM:3/4\nR:hornpip"
    assert spelled("X:1\nM:2/4\nR:hornpipe\nL:1/8\nK:D\nD4|]")[0]


def test_a_hornpipe_asked_for_in_another_meter_is_written_so_that_abc2midi_reads_it() -> None:
    plan = Constraints(headers=(("R", "hornpipe"), ("M", "2/2"), ("L", "1/8"), ("K", "D")))
    assert spelled("X:1\nR:HORNPIPE\nM:2/2\nL:1/8\nK:D\nD8|]", plan)[0]


def test_what_the_brief_settles_does_not_change_in_the_tune() -> None:
    plan = Constraints(headers=(("M", "4/4"), ("L", None), ("K", "C")))
    assert spelled(HEAD + "C8|[K:G]", plan)[1] == HEAD + "C8|["
    assert spelled(HEAD + "C8|[M:3/4]", plan)[1] == HEAD + "C8|["
    free = Constraints(headers=(("M", None), ("K", None)))
    head = "X:1\nM:4/4\nK:C\n"
    assert spelled(head + "C8||[K:G]D8|]", free)[0]
    for wrong in ("[K:G]", "C8|[K:G]", "C8||[M:3/4]", "C8||[L:1/16]"):
        assert not spelled(head + wrong, free)[0]
        assert spelled(head + wrong, free)[1] != head + wrong


def test_nobody_asks_for_annotations() -> None:
    plan = Constraints(headers=(("M", None), ("K", None)))
    head = "X:1\nM:4/4\nK:C\n"
    assert spelled(head + '"Am"C8|]', plan)[0]
    for text in ('"^slow', '"1"', '"Am""', '"H'):
        assert spelled(head + text, plan)[1] != head + text
    assert spelled(head + '"^slow"C8|]', Constraints(level=BARS))[0]
    assert not spelled(head + '"^slow"C8|]', Constraints(level=BARS, plain=True))[0]
    assert not spelled(head + "C8|[M:3/4]C6|]", Constraints(level=BARS, plain=True))[0]
    assert spelled(head + "C8||[M:3/4]C6|]", Constraints(level=BARS, plain=True))[0]


def test_chord_symbols_due_in_a_motif_are_woven_into_it() -> None:
    form = (Section(bars=2, motif="CDEF"),)
    headers = (("M", "4/4"), ("L", "1/8"), ("K", "C"))
    plan = Constraints(headers=headers, sections=form, chords=("C", "F", "G7", "C"))
    text = HEAD + '"C"CD"F"EF G4 |"G7"G4 "C"C4|]'
    assert spelled(text, plan) == (True, text)
    assert not spelled(HEAD + 'CDEF "C"G2"F"A2 |"G7"G4 "C"C4|]', plan)[0]


def test_number_of_bars() -> None:
    plan = Constraints(bars=2)
    assert spelled(HEAD + "C8|D8|]", plan)[0]
    assert spelled(HEAD + "G2|C8|D6|]", plan)[0]
    assert not spelled(HEAD + "C8|]", plan)[0]
    assert not spelled(HEAD + "C8|D8|E8|]", plan)[0]


def test_chord_symbols_in_order_and_none_left() -> None:
    plan = Constraints(bars=2, chords=("C", "G7"))
    assert spelled(HEAD + '"C"C8|"G7"D8|]', plan)[0]
    assert spelled(HEAD + '"C"C4"G7"D4|E8|]', plan)[0]
    assert not spelled(HEAD + '"G7"C8|"C"D8|]', plan)[0]
    assert not spelled(HEAD + '"C"C8|D8|]', plan)[0]
    assert not spelled(HEAD + '"C"C4"G7"D4|"C"E8|]', plan)[0]


def test_form_and_motif() -> None:
    form = (Section(2, repeated=True, motif="CDEF G4"), Section(1, repeated=False))
    plan = Constraints(sections=form)
    assert (
        spelled(HEAD + "|:CDEF G4 |C8:|D8|]", plan)[0]
        or spelled(HEAD + "CDEF G4 |C8:|D8|]", plan)[0]
    )
    assert not spelled(HEAD + "CDEF A4 |C8:|D8|]", plan)[0]
    assert not spelled(HEAD + "CDEF G4 |C8||D8|]", plan)[0]
    assert not spelled(HEAD + "CDEF G4 |C8:|D8|E8|]", plan)[0]


def test_a_section_told_to_be_the_same_is_the_same() -> None:
    form = (Section(1), Section(1), Section(1, same_as=0))
    plan = Constraints(sections=form)
    assert spelled(HEAD + "CDEF G4 ||A8||CDEF G4 |]", plan)[0]
    assert not spelled(HEAD + "CDEF G4 ||A8||CDEF A4 |]", plan)[0]


@pytest.mark.parametrize(
    "plan",
    [
        Constraints(level=SYNTAX),
        Constraints(level=BARS),
        Constraints(level=BARS, one_line=True),
        Constraints(bars=4, chords=("C", "F", "G7", "C")),
        Constraints(bars=3, chords=("C", "F", "G7", "C", "F", "C")),
        Constraints(sections=(Section(2, repeated=True), Section(2))),
        Constraints(sections=(Section(1), Section(1, same_as=0))),
        Constraints(sections=(Section(1), Section(1), Section(1, same_as=0), Section(1))),
        Constraints(headers=(("M", "7/8"), ("L", "1/4"), ("K", "Bb")), bars=3),
    ],
)
def test_from_everywhere_an_end_is_reached(plan: Constraints) -> None:
    """Characters at random; after each, the text that ends the tune is found, and ends it."""
    automaton = Automaton(plan)
    chance = random.Random(7)
    characters = [chr(code) for code in range(0x20, 0x7F)] + ["\n"] * 4 + list("||::[]CDEz2(3-") * 2
    for _ in range(3):
        state = automaton.start()
        for _ in range(60):
            choices = [(c, s) for c in characters if (s := automaton.advance(state, c))]
            if not choices:
                break
            # Often the same again, so that the walk gets through headers to bars.
            likely = [(c, s) for c, s in choices if c in '"|:CFG']
            state = chance.choice(likely if likely and chance.random() < 0.5 else choices)[1]
            text = ending(automaton, state)
            assert text is not None
            end, read = automaton.spell_bytes(text, state)
            assert read == len(text)
            assert automaton.accepting(end)


@pytest.mark.parametrize(
    "wrong",
    [
        {"level": "strict"},
        {"bars": 0},
        {"sections": (Section(1, same_as=0),)},
        {"sections": (Section(0),)},
        {"chords": ('A"',)},
    ],
)
def test_plans_that_contradict_themselves(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Constraints(**wrong)  # type: ignore[arg-type]


def test_asked_chords_stand_on_the_downbeat_and_may_be_written_again() -> None:
    headers = (("M", "4/4"), ("L", "1/8"), ("K", "C"))
    longer = Constraints(headers=headers, bars=4, chords=("C", "G7"))
    music = '"C"c8 | "C"c4 e4 | "G7"d8 | d8 |]'
    assert spelled(HEAD + music, longer) == (True, HEAD + music)
    plan = Constraints(headers=headers, bars=2, chords=("C", "G7"))
    for music in ('"C"c4 e4 | "G7"d8 |]', '"C"c4 "G7"e4 | d8 |]'):
        assert spelled(HEAD + music, plan) == (True, HEAD + music)
    for wrong, until in (
        ("c4", ""),
        ("z8", ""),
        ('"C""G7"', '"C"'),
        ('"C"c8 | d', '"C"c8 | '),
        ('"C"c8 | "C"d', '"C"c8 | "'),
        ('"C"c4 "C"d', '"C"c4 "'),
        ('"C"c4 "^so"', '"C"c4 "'),
    ):
        assert spelled(HEAD + wrong, plan) == (False, HEAD + until)


def test_a_rhythm_of_the_models_own_fits_the_meter_that_is_asked() -> None:
    headers = (("M", "2/2"), ("L", "1/8"), ("K", "G"))
    automaton = Automaton(Constraints(headers=headers, more=True))
    _, read = automaton.spell("X:1\nR:Hornpipe\nM:2/2\n")
    assert read < len("X:1\nR:Hornpipe")
    _, read = automaton.spell("X:1\nR:reel\nM:2/2\n")
    assert read == len("X:1\nR:reel\nM:2/2\n")


def test_a_field_changes_once_in_a_bar() -> None:
    for body, until in (
        ("[K:D][K:G]", "[K:D]["),
        ("[M:3/4][K:D][M:", "[M:3/4][K:D]["),
        ("[K:D]C4[K:G]", "[K:D]C4["),
    ):
        fine, read = spelled(HEAD + body)
        assert not fine
        assert read == HEAD + until
    assert spelled(HEAD + "[M:3/4][K:D]d6|[K:G]d6|]")[0]


def test_a_hornpipe_behind_a_blank_is_one() -> None:
    headers = (("M", "2/2"), ("L", "1/8"), ("K", "G"))
    automaton = Automaton(Constraints(headers=headers, more=True))
    _, read = automaton.spell("X:1\nR: Hornpipe\n")
    assert read == len("X:1\nR: Hornpip")


def test_no_pickup_where_a_motif_fills_its_section() -> None:
    def plan(bars: int) -> Constraints:
        return Constraints(sections=(Section(2), Section(bars, same_as=0, motif="CDEF GABc | G8")))

    assert spelled(HEAD + "C4 | D8 | E4 ||", plan(3))[1] == HEAD + "C4 | D8 | E4 ||"
    assert spelled(HEAD + "C4 |", plan(2))[1] == HEAD + "C4 "
