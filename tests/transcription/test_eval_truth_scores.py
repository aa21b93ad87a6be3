"""Truths and metrics, worked out by hand."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest

pytest.importorskip("numpy")

from chatmusician import abc
from chatmusician.eval.transcription.performer import Player, drawn_player, perform
from chatmusician.eval.transcription.scores import (
    meter_class,
    note_scores,
    read_score,
    same_meter,
    tempo_scores,
)
from chatmusician.eval.transcription.truth import Truth, truth_of

HEAD = "X:1\nM:{meter}\nL:1/8\nK:D\n"
TUNE = HEAD.format(meter="3/4") + "|:A2|d2 e2 f2|g4 A2|f2 e2 d2|d4:|\n"


def truth(text: str) -> Truth:
    found = truth_of(abc.read(text).tunes[0])
    assert found is not None
    return found


def test_a_pickup_is_counted_back_from_the_bar_line() -> None:
    found = truth(TUNE)
    assert found.bars[0] == -2
    assert found.pickup == 1
    assert [n.bar for n in found.notes[:3]] == [0, 1, 1]
    assert [int(n.place) for n in found.notes[:3]] == [2, 0, 1]
    # The second time the pickup completes the short last bar of the first.
    again = found.notes[10]
    assert (again.pitch, again.bar, int(again.place)) == (69, 4, 2)
    assert len(found.notes) == 20


def test_what_has_no_single_meter_has_no_truth() -> None:
    assert truth_of(abc.read(HEAD.format(meter="none") + "abc|]\n").tunes[0]) is None
    two = HEAD.format(meter="3/4") + "d2e2f2|[M:4/4]d2e2f2g2|]\n"
    assert truth_of(abc.read(two).tunes[0]) is None


def test_the_tune_itself_scores_1() -> None:
    found = note_scores(truth(TUNE), read_score(TUNE))
    assert found == {"strict": 1.0, "level_free": 1.0, "bars": 1.0}


def test_doubled_values_are_level_free_right_and_strictly_wrong() -> None:
    plain = HEAD.format(meter="4/4") + "cdef gabc'|c'bag fedc|]\n"
    halved = HEAD.format(meter="2/4") + "c/d/e/f/ g/a/b/c'/|c'/b/a/g/ f/e/d/c/|]\n"
    assert note_scores(truth(plain), read_score(halved)) == {
        # In each bar the first note is in its place, but half as long.
        "strict": 0.0,
        "level_free": 1.0,
        "bars": 0.0,
    }


def test_one_wrong_duration_costs_one_note_and_one_bar() -> None:
    plain = HEAD.format(meter="2/4") + "cdef|gabc'|c'bag|fedc|]\n"
    other = HEAD.format(meter="2/4") + "cdez|gabc'|c'bag|fedc|]\n"
    found = note_scores(truth(plain), read_score(other))
    # 15 of 16 notes are there, all of them right: F1 = 30 / 31; three bars of four.
    assert found["strict"] == pytest.approx(30 / 31)
    assert found["bars"] == pytest.approx(3 / 4)


def test_meters_and_tempos() -> None:
    assert meter_class("2/4") == meter_class("4/4") != meter_class("3/4")
    assert meter_class("6/8") == meter_class("12/8") != meter_class("9/8")
    assert same_meter("2/2", "4/4")
    assert not same_meter("2/4", "4/4")
    assert tempo_scores(100, 103.9) == {"acc1": True, "acc2": True}
    assert tempo_scores(100, 51) == {"acc1": False, "acc2": True}
    assert tempo_scores(100, 75) == {"acc1": False, "acc2": False}
    assert tempo_scores(100, None) == {"acc1": False, "acc2": False}


def test_a_player_is_the_same_for_a_seed_and_never_near_120() -> None:
    tune = truth(TUNE)
    first = perform(tune, drawn_player(tune, Random(4)), Random(5))
    again = perform(tune, drawn_player(tune, Random(4)), Random(5))
    assert first == again
    for seed in range(200):
        assert not 114 <= drawn_player(tune, Random(seed)).qpm <= 126


def test_an_even_player_keeps_time() -> None:
    tune = truth(TUNE)
    player = Player(qpm=100, drift=0, jitter=0, slowing=0, begin=1, semitones=2)
    played = perform(tune, player, Random(0))
    onsets = [n.onset for n in played.performance.notes]
    assert onsets[:4] == pytest.approx([1.0, 1.6, 2.2, 2.8])
    assert played.downbeats[:2] == pytest.approx((1.6, 3.4))
    assert played.truth.fifths == 4
    assert played.truth.notes[0].pitch == tune.notes[0].pitch + 2
    assert played.truth.notes[0].onset == Fraction(0)
