"""A brief's prompt against the rows that models are trained on."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from chatmusician import abc
from chatmusician.model.brief.brief import Brief
from chatmusician.model.brief.prompt import chord_plan, wording
from chatmusician.model.brief.read import read_request
from chatmusician.model.wording import WORDINGS
from chatmusician.train.tasks import compose
from chatmusician.train.tasks.change import continuation, harmonise, infill
from chatmusician.train.tasks.piece import Piece, prepare
from chatmusician.train.tasks.rows import row

TUNE = """X:1
R:jig
M:6/8
L:1/8
K:D
|:"D"DFA dfa|"G"gfe "D"dAF|"D"DFA dfa|"A"gec "D"d3:|
|:"G"Bcd "A"efg|"D"fdA FAd|"G"Bcd "A"efg|"A"fec "D"d3:|
"""


@pytest.fixture
def piece() -> Piece:
    made = prepare(abc.read(TUNE).tunes[0], id="t", src="s")
    assert isinstance(made, Piece)
    return made


def asked_by(text: str) -> list[str]:
    return text.split("\n", 1)[1].splitlines()


def brief_of(piece: Piece, **changed: Any) -> Brief:
    values: dict[str, Any] = {"key": "D", "meter": "6/8", "unit": "1/8", "rhythm": "jig"}
    return Brief(**{**values, **changed})


def test_header_fields_are_asked_for_as_in_the_rows(piece: Piece) -> None:
    theirs = compose.text_to_music(piece, Random(1))
    ours = wording(brief_of(piece))
    assert sorted(asked_by(ours.text)) == sorted(theirs.given.splitlines())
    assert ours.text.split("\n")[0] == WORDINGS["text-to-music"][0]
    assert (ours.task, ours.unsaid) == ("text-to-music", ())


def test_chords_are_asked_for_as_in_the_rows(piece: Piece) -> None:
    theirs = compose.chords_to_music(piece, Random(1))
    assert theirs is not None
    ours = wording(brief_of(piece, chords=tuple(piece.chords)))
    assert ours.text == f"{WORDINGS['chords-to-music'][0]}\n{theirs.given}"
    assert set(ours.unsaid) == {"key", "meter", "note length", "rhythm"}


def test_form_and_motifs_are_asked_for_as_in_the_rows(piece: Piece) -> None:
    theirs = compose.letters_motif_to_music(piece, Random(1))
    assert theirs is not None
    motifs = tuple(compose.motifs(piece))
    ours = wording(brief_of(piece, form="AABB", motifs=motifs))
    assert ours.text == f"{WORDINGS['letters-motif-to-music'][0]}\n{theirs.given}"
    by_terms = compose.terms_motif_to_music(piece, Random(1))
    assert by_terms is not None
    ours = wording(brief_of(piece, terms=piece.form.terms, motifs=motifs))
    assert ours.text == f"{WORDINGS['terms-motif-to-music'][0]}\n{by_terms.given}"
    form = compose.form_to_music(piece, Random(1))
    assert form is not None
    assert asked_by(wording(Brief(form="AABB")).text) == [form.given]


def test_tunes_are_given_as_in_the_rows(piece: Piece) -> None:
    for task, make in (("harmonise", harmonise), ("infill", infill)):
        theirs = make(piece, Random(1))
        assert theirs is not None
        ours = wording(Brief(task=task, given=theirs.given))
        assert ours.text == f"{WORDINGS[task][0]}\n{theirs.given.strip()}"


@pytest.mark.parametrize("seed", range(4))
def test_a_beginning_is_given_as_in_the_rows(piece: Piece, seed: int) -> None:
    theirs = continuation(piece, Random(seed))
    assert theirs is not None
    ours = wording(Brief(task="continue", given=theirs.given))
    assert ours.text.split("\n", 1)[1] == theirs.given.strip()


def test_a_prompt_with_its_marks_is_the_beginning_of_a_row(piece: Piece) -> None:
    from chatmusician.model.chat_format import prompt

    theirs = compose.chords_to_music(piece, Random(3))
    assert theirs is not None
    made = row(WORDINGS["chords-to-music"][0], theirs.given, theirs.answer, src="s", id="i")
    ours = wording(brief_of(piece, chords=tuple(piece.chords)))
    text = made.instruction + made.input + made.output
    assert text.startswith(prompt(ours.text))


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("a jig in D", "text-to-music"),
        ("a jig with chords D G A D", "chords-to-music"),
        ("AABB", "form-to-music"),
        ('AABB, motif "DFA"', "letters-motif-to-music"),
        ('binary form, motif "DFA"', "terms-motif-to-music"),
        ("something like Bach", "bach"),
        ("", "text-to-music"),
    ],
)
def test_the_task_that_says_most_is_chosen(text: str, task: str) -> None:
    assert wording(read_request(text).brief).task == task


def test_a_row_of_chords_is_repeated_where_there_are_bars_for_it() -> None:
    row = ("C", "Am", "F", "G")
    assert chord_plan(Brief(chords=row)) == row
    assert chord_plan(Brief(chords=row, bars=9)) == row * 2
    assert chord_plan(Brief(chords=("C", "G", "C"), bars=8)) == ("C", "G", "C", "G", "C")
