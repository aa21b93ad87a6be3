"""What a tune kept of a brief, and the scores of candidates, on tunes judged by hand."""

from __future__ import annotations

from typing import Any

import pytest

from chatmusician import abc
from chatmusician.model.answer import read_answer
from chatmusician.model.brief.adherence import adherence
from chatmusician.model.brief.brief import Brief
from chatmusician.model.brief.form import written_sections
from chatmusician.model.candidates import Candidate, judge, rank, repeated_share
from chatmusician.model.generation import Completion

TUNE = """X:1
T:A Test
R:jig
M:6/8
L:1/8
Q:3/8=100
K:Ador
|:"Am"A2B cde|"G"d2B GAB|"Am"A2B cde|"G"dBG "Am"A3:|
|:"Am"efg "G"dBG|"Am"c2A "Em"E3|"Am"efg "G"dBG|"Em"BGE "Am"A3:|
"""
CHORDS = ("Am", "G", "Am", "G", "Am", "G", "Am", "Em", "Am", "G", "Em", "Am")


def tune(text: str = TUNE) -> abc.Tune:
    return abc.read(text).tunes[0]


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ({"key": "Ador"}, True),
        ({"key": "A dorian"}, True),
        ({"key": "Am"}, False),
        ({"key": "G"}, False),
        ({"meter": "6/8"}, True),
        ({"meter": "3/4"}, False),
        ({"unit": "1/8"}, True),
        ({"unit": "1/4"}, False),
        ({"rhythm": "Jig"}, True),
        ({"rhythm": "reel"}, False),
        ({"title": "a test"}, True),
        ({"tempo": "3/8=100"}, True),
        ({"tempo": "1/4=150"}, True),
        ({"tempo": "1/4=100"}, False),
        ({"bars": 8}, True),
        ({"bars": 16}, False),
        ({"form": "AABB"}, True),
        ({"form": "AB"}, True),
        ({"form": "AABBCC"}, False),
        ({"form": "ABA"}, False),
        ({"terms": ("Binary",)}, True),
        ({"terms": ("Ternary",)}, False),
        ({"chords": CHORDS}, True),
        ({"chords": CHORDS[:6]}, False),
        ({"motifs": ("A2B cde",)}, True),
        ({"motifs": ("efg d",)}, True),
        ({"motifs": ("efg d2",)}, False),
        ({"motifs": ("A2B", "e2g")}, False),
    ],
)
def test_one_thing_asked_for(asked: dict[str, Any], kept: bool) -> None:
    (row,) = adherence(Brief(**asked), tune())
    assert row.kept is kept


def test_a_row_of_chords_may_stand_several_times() -> None:
    text = 'X:1\nM:4/4\nL:1/4\nK:C\n"C"CEGc|"G"GBdg|"C"CEGc|"G"GBdg|]\n'
    for asked, kept in ((("C", "G"), True), (("C", "G", "C", "G"), True), (("G", "C"), False)):
        (row,) = adherence(Brief(chords=asked), tune(text))
        assert row.kept is kept, asked
    (row,) = adherence(Brief(chords=("C",)), tune("X:1\nM:4/4\nL:1/4\nK:C\nCEGc|]\n"))
    assert not row.kept


def test_everything_at_once_in_a_fixed_order() -> None:
    brief = Brief(key="Ador", meter="6/8", bars=8, form="AABB", rhythm="jig", title="A Test")
    rows = adherence(brief, tune())
    assert [row.name for row in rows] == ["key", "meter", "rhythm", "bars", "form", "title"]
    assert all(row.kept for row in rows)
    assert adherence(Brief(), tune()) == []


def test_sections_of_a_form() -> None:
    assert written_sections("AABB") == [("A", True), ("B", True)]
    assert written_sections("AABA") == [(letter, False) for letter in "AABA"]
    assert written_sections("AA'B") == [("A", False), ("A'", False), ("B", False)]
    assert written_sections("") == []


# -- answers and candidates -----------------------------------------------------


def done(text: str, seed: int = 0) -> Completion:
    return Completion(text, 10, "end", 0.1, seed)


def judged(text: str, seed: int = 0, brief: Brief | None = None) -> Candidate:
    return judge(done(text, seed), read_answer(text), brief or Brief())


def scores(candidate: Candidate) -> dict[str, float]:
    return {score.name: score.value for score in candidate.scores}


def test_a_tune_is_found_in_what_was_said_and_what_was_mended_is_told() -> None:
    found = read_answer("Here you are:\nX: 1 L:1/8 M:6/8 K:D DFA dfa | gfe d3 |\nEnjoy!")
    assert found.abc.startswith("X:1\nL:1/8\nM:6/8\nK:D\n")
    assert any("blanks" in remark for remark in found.mended)
    assert found.complete
    assert read_answer("I cannot do that.").abc == ""
    assert read_answer("").tune is None


def test_a_right_tune_with_odd_lines_is_taken_as_it_is() -> None:
    odd = 'X:1\nM:2/4\nL:1/8\nK:D\n|:"^ :| a dance, please"D4|z4|"_no"x4:|\n'
    assert read_answer(odd).abc == odd
    assert read_answer(f"{odd}\nI hope you like it.").abc.startswith("X:1\nM:2/4\n")


def test_a_good_tune_scores_well_and_says_why() -> None:
    card = judged(TUNE, brief=Brief(key="Ador", bars=8))
    assert scores(card)["correct"] == scores(card)["asked"] == scores(card)["cadence"] == 1.0
    assert scores(card)["range"] == 1.0
    assert card.perfect
    assert "kept  key: A dorian" in "\n".join(card.lines())
    assert card.card()["asked"][1]["kept"] is True


def test_each_score_falls_where_it_should() -> None:
    best = scores(judged(TUNE))
    off_key = TUNE.replace("cde", "^c^d^e").replace("GAB", "^G^A=B")
    assert scores(judged(off_key))["key"] < best["key"]
    assert scores(judged(TUNE.replace('"Am"A3', '"Am"^G3')))["cadence"] < best["cadence"]
    flat = "X:1\nM:6/8\nL:1/8\nK:D\n" + "DDD DDD|" * 8 + "]\n"
    assert scores(judged(flat))["range"] < best["range"]
    assert scores(judged(flat))["repetition"] < best["repetition"]
    assert scores(judged(TUNE.replace("cde|", "cdefg|", 1)))["correct"] == 0.0
    assert scores(judged(TUNE[:-20]))["correct"] < 1.0


def test_candidates_are_ranked_best_first() -> None:
    worse = TUNE.replace('"Am"A3', '"Am"^G3')
    ranked = rank([judged("no tune", 1), judged(worse, 2), judged(TUNE, 4), judged(TUNE, 3)])
    assert [one.completion.seed for one in ranked] == [3, 4, 2, 1]
    assert [one.rank for one in ranked] == [1, 2, 3, 4]
    assert ranked[-1].total == 0.0
    assert not ranked[-1].perfect


def test_the_share_of_bars_that_stood_before() -> None:
    from chatmusician.abc.analysis import melody

    line = abc.timeline(tune("X:1\nM:2/4\nL:1/8\nK:C\nCDEF|GABc|CDEF|C4|CDEF|]\n"))
    assert repeated_share(melody(line)) == 2 / 5
