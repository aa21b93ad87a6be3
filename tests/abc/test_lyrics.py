"""Words: cutting a w: line into syllables."""

from __future__ import annotations

import pytest

from chatmusician import abc
from chatmusician.abc.lyrics import BAR, HOLD, SKIP, Syllable, split_words


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
