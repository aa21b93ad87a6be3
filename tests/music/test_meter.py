"""Meters against music21, against hand-computed cases, and what follows for every meter."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmusician.music.meter import (
    Meter,
    beat_in_quarters,
    beat_length,
    click_length,
    is_compound,
    parse_meter,
)

PLAIN = [f"{num}/{den}" for den in (1, 2, 4, 8, 16, 32) for num in range(1, 25)]
# music21 counts one dotted beat in these; see the departures in the module.
ONE_TO_A_BAR = ("3/8", "3/16", "3/32")


@pytest.mark.parametrize("text", [text for text in PLAIN if text not in ONE_TO_A_BAR])
def test_beat_is_music21s(text: str) -> None:
    meter21 = pytest.importorskip("music21.meter").TimeSignature(text)
    meter = parse_meter(text)
    assert meter.beat * 4 == Fraction(meter21.beatDuration.quarterLength)
    assert len(meter.beats) == meter21.beatCount
    assert meter.length * 4 == Fraction(meter21.barDuration.quarterLength)
    assert meter.compound == meter21.classification.startswith("Compound")


@pytest.mark.parametrize("text", ONE_TO_A_BAR)
def test_short_triple_meters_have_three_beats_and_one_click(text: str) -> None:
    meter21 = pytest.importorskip("music21.meter").TimeSignature(text)
    meter = parse_meter(text)
    assert not meter.compound
    assert meter.beats == (meter.length / 3,) * 3
    assert click_length(meter.num, meter.den) == meter.length
    assert Fraction(meter21.beatDuration.quarterLength) == meter.length * 4


@pytest.mark.parametrize("text", PLAIN)
def test_beats_are_pretty_midis(text: str) -> None:
    """Its tempo in beats a minute, of 60 quarters a minute, is the quarters of a beat inverted."""
    utilities = pytest.importorskip("pretty_midi.utilities")
    num, den = map(int, text.split("/"))
    theirs = utilities.qpm_to_bpm(60.0, num, den)
    assert beat_length(num, den) * 4 == 60 / Fraction(theirs).limit_denominator(1000)


@pytest.mark.parametrize("text", PLAIN)
def test_beats_fill_the_bar(text: str) -> None:
    meter = parse_meter(text)
    assert sum(meter.beats) == meter.length
    assert beat_in_quarters(text) == meter.beat * 4
    assert meter.name == text


@pytest.mark.parametrize(
    ("text", "beat"),
    [("15/8", "3/2"), ("18/8", "3/2"), ("21/16", "3/4"), ("6/4", "3"), ("9/2", "6"), ("3/4", "1")],
)
def test_beats_in_quarters_by_hand(text: str, beat: str) -> None:
    assert beat_in_quarters(text) == Fraction(beat)


@pytest.mark.parametrize(
    ("text", "beats"),
    [
        ("2+3+2/8", "2 3 2"),
        ("(2+3+2)/8", "2 3 2"),
        ("3+2/8", "3 2"),
        ("2+2+2+3/8", "2 2 2 3"),
        ("4+3/16", "4 3"),
        ("3+3/8", "3 3"),
        ("2+2+2/8", "2 2 2"),
        ("0+3+2/8", "3 2"),
    ],
)
def test_additive_meters_beat_by_their_groups(text: str, beats: str) -> None:
    meter = parse_meter(text)
    den = int(text.split("/")[1])
    assert meter.beats == tuple(Fraction(int(beat), den) for beat in beats.split())
    assert sum(meter.beats) == meter.length
    assert meter.name == f"{meter.num}/{den}"
    assert meter.text == text


@pytest.mark.parametrize("text", ["3+3/8", "2+2+2/8", "4+4/8", "3+3+3/16"])
def test_equal_groups_are_music21s_beat(text: str) -> None:
    meter21 = pytest.importorskip("music21.meter").TimeSignature(text)
    meter = parse_meter(text)
    assert meter.beat * 4 == Fraction(meter21.beatDuration.quarterLength)
    assert len(meter.beats) == meter21.beatCount
    assert meter.compound == (meter21.classification.split()[0] == "Compound")


def test_unequal_groups_count_units() -> None:
    meter = parse_meter("2+3+2/8")
    assert meter.beat == Fraction(1, 8)
    assert not meter.compound
    assert not parse_meter("3+3+2/8").compound


def test_a_single_group_is_no_additive_meter() -> None:
    assert parse_meter("0+6/8").groups == ()
    assert parse_meter("0+6/8").beat == Fraction(3, 8)


@pytest.mark.parametrize(
    ("text", "name", "beat"),
    [
        ("C", "4/4", "1/4"),
        ("c", "4/4", "1/4"),
        ("C|", "2/2", "1/2"),
        ("c|", "2/2", "1/2"),
        (" 6 / 8 ", "6/8", "3/8"),
        ("4", "4/4", "1/4"),
        ("none", "none", "1/4"),
        ("NONE", "none", "1/4"),
        ("free", "none", "1/4"),
        ("", "none", "1/4"),
        ("256/128", "256/128", "1/128"),
    ],
)
def test_signs_and_words(text: str, name: str, beat: str) -> None:
    meter = parse_meter(text)
    assert (meter.name, meter.beat, meter.valid) == (name, Fraction(beat), True)
    assert meter.free == (name == "none")


@pytest.mark.parametrize(
    "text",
    ["x", "3/5", "0/4", "0+0/4", "4/0", "257/4", "3/256", "-3/4", "3//4", "3/4/4", "+3/4", "3+/4"],
)
def test_no_meter(text: str) -> None:
    meter = parse_meter(text)
    assert not meter.valid
    assert meter.free
    assert meter.length == 0
    assert meter.beats == ()
    assert meter.accent == 0
    assert not meter.compound


@pytest.mark.parametrize(
    ("text", "beam"),
    [
        *(("6/8", "3/8"), ("15/8", "3/8"), ("3/8", "1/4"), ("6/4", "1/4"), ("2/2", "1/4")),
        *(("9/16", "1/4"), ("4/4", "1/4"), ("none", "1/4"), ("2+2+2/8", "1/4")),
    ],
)
def test_beams(text: str, beam: str) -> None:
    assert parse_meter(text).beam == Fraction(beam)


@pytest.mark.parametrize(
    ("text", "accent"),
    [
        *(("4/4", "1/2"), ("2/4", "1/2"), ("3/4", "3/4"), ("6/8", "3/8"), ("9/8", "3/8")),
        *(("12/8", "3/8"), ("5/8", "5/8"), ("7/8", "7/8"), ("8/8", "1/4"), ("1/4", "1/4")),
    ],
)
def test_accents(text: str, accent: str) -> None:
    assert parse_meter(text).accent == Fraction(accent)


@pytest.mark.parametrize(
    ("num", "den", "clocks"),
    [
        *((4, 4, 24), (6, 8, 36), (15, 8, 36), (3, 8, 36), (3, 4, 24), (2, 2, 48)),
        *((3, 16, 18), (3, 32, 9), (7, 8, 12), (6, 4, 72)),
    ],
)
def test_midi_clocks_of_a_click(num: int, den: int, clocks: int) -> None:
    assert click_length(num, den) * 96 == clocks


@given(st.lists(st.integers(1, 12), min_size=2, max_size=8), st.sampled_from((1, 2, 4, 8, 16, 32)))
def test_any_additive_meter_fills_its_bar(groups: list[int], den: int) -> None:
    meter = parse_meter(f"{'+'.join(map(str, groups))}/{den}")
    assert meter.groups == tuple(groups)
    assert sum(meter.beats) == meter.length == Fraction(sum(groups), den)
    assert all((beat / meter.beat).denominator == 1 for beat in meter.beats)


@given(st.integers(1, 256), st.sampled_from((1, 2, 4, 8, 16, 32, 64, 128)))
def test_any_plain_meter(num: int, den: int) -> None:
    meter = parse_meter(f"{num}/{den}")
    assert meter == Meter(f"{num}/{den}", num, den)
    assert meter.beat * len(meter.beats) == meter.length
    assert (len(meter.beats) * 3 == num) == is_compound(num) == meter.compound
    assert (meter.length / meter.accent).denominator == 1


@given(st.text(max_size=20))
def test_any_text_is_read(text: str) -> None:
    meter = parse_meter(text)
    assert meter.text == text.strip()
    assert meter.valid or meter.free
