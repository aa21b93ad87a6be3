"""Note values against music21, and by hand."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmusician.music.durations import (
    NOTE_TYPES,
    NOTE_VALUES,
    TYPE_LENGTHS,
    dotted_length,
    note_value,
    value_name,
)

OF_MUSIC21 = {"long": "longa"}


@pytest.mark.parametrize(("type", "dots"), list(NOTE_VALUES))
def test_lengths_are_music21s(type: str, dots: int) -> None:
    duration = pytest.importorskip("music21.duration")
    theirs = duration.Duration(type=OF_MUSIC21.get(type, type), dots=dots)
    assert dotted_length(type, dots) * 4 == Fraction(theirs.quarterLength)
    assert note_value(dotted_length(type, dots)) == (type, dots)


def test_each_type_is_twice_the_one_before() -> None:
    lengths = [TYPE_LENGTHS[name] for name in NOTE_TYPES]
    assert TYPE_LENGTHS["whole"] == 1
    assert all(b == 2 * a for a, b in itertools.pairwise(lengths))


@pytest.mark.parametrize(
    ("length", "value"),
    [
        ("3/8", ("quarter", 1)),
        ("7/8", ("half", 2)),
        ("15/16", ("half", 3)),
        ("1/1024", ("1024th", 0)),
        ("3/1024", ("512th", 1)),
        ("15", ("maxima", 3)),
        ("5/8", None),
        ("31/32", None),
        ("1/2048", None),
        ("1/3", None),
        ("0", None),
        ("16", None),
    ],
)
def test_values_by_hand(length: str, value: tuple[str, int] | None) -> None:
    assert note_value(Fraction(length)) == value


@pytest.mark.parametrize(
    ("length", "name"),
    [
        ("1", "whole note"),
        ("1/4", "quarter note"),
        ("3/8", "dotted quarter note"),
        ("7/16", "double-dotted quarter note"),
        ("1/16", "sixteenth note"),
        ("3/64", "dotted thirty-second note"),
        ("15/16", ""),
        ("1/64", ""),
        ("2", ""),
        ("5/8", ""),
    ],
)
def test_spoken_names(length: str, name: str) -> None:
    assert value_name(Fraction(length)) == name


@given(st.fractions(min_value=0, max_value=16, max_denominator=1024))
def test_a_value_has_its_length(length: Fraction) -> None:
    value = note_value(length)
    if value is not None:
        assert dotted_length(*value) == length
