"""Words: cutting a w: line into syllables."""

from __future__ import annotations

from random import Random

import pytest

from chatmusician import abc
from chatmusician.abc.lyrics import (
    BAR,
    HOLD,
    SKIP,
    Syllable,
    align,
    split_words,
    surplus,
    syllable_kinds,
)


@pytest.mark.parametrize(
    ("source", "syllables"),
    [
        ("", []),
        ("   ", []),
        ("one two", [Syllable("one"), Syllable("two")]),
        ("syl-la", [Syllable("syl", hyphen=True), Syllable("la")]),
        ("syl- la", [Syllable("syl", hyphen=True), Syllable("la")]),
        ("syl -la", [Syllable("syl"), Syllable("", hyphen=True), Syllable("la")]),
        ("a--b", [Syllable("a", hyphen=True), Syllable("", hyphen=True), Syllable("b")]),
        ("a_", [Syllable("a"), Syllable("", HOLD)]),
        ("*a*", [Syllable("", SKIP), Syllable("a"), Syllable("", SKIP)]),
        ("a|b", [Syllable("a"), Syllable("", BAR), Syllable("b")]),
        ("of~the", [Syllable("of the")]),
        ("a\\-b", [Syllable("a-b")]),
        ("\\'e", [Syllable("\u00e9")]),
        ("a\\", [Syllable("a\\")]),
        ("1.~La", [Syllable("1. La")]),
    ],
)
def test_syllables(source: str, syllables: list[Syllable]) -> None:
    assert split_words(source) == syllables


def test_a_word_for_every_note_and_none_for_rests() -> None:
    text = "X:1\nT:t\nM:4/4\nL:1/4\nK:C\nCzDz|z2EF|\nw: a b|c d\n"
    (voice,) = abc.to_events(abc.read(text))["tunes"][0]["voices"]
    assert voice["lyrics"] == [["0", "a"], ["2", "b"], ["6", "c"], ["7", "d"]]


def test_words_below_nothing() -> None:
    text = "X:1\nT:t\nM:4/4\nL:1/4\nK:C\nw: a b\nCDEF|\n"
    (tune,) = abc.to_events(abc.read(text))["tunes"]
    assert [found["code"] for found in tune["diagnostics"]] == ["lyrics-without-notes"]
    assert tune["voices"][0]["lyrics"] == []


def test_kinds_alone_are_those_of_the_syllables() -> None:
    random = Random(1)
    for _ in range(5000):
        text = "".join(random.choice("ab~-_*|\\ \t\u00e9") for _ in range(random.randrange(12)))
        assert syllable_kinds(text) == [syllable.kind for syllable in split_words(text)], text


def test_words_that_do_not_fit_are_found_without_aligning_them() -> None:
    random = Random(2)
    for _ in range(300):
        words = "".join(random.choice("ab -_*|") for _ in range(random.randrange(30)))
        tune = abc.read(f"X:1\nT:t\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\nw: {words}\n").tunes[0]
        line = abc.timeline(tune)
        assert surplus(line, line.voices[0]) == align(line, line.voices[0])[1], words
