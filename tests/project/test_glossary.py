"""The glossary: its words are defined once, its names exist, its table can be read."""

from __future__ import annotations

import importlib
import importlib.util
from collections import Counter

import pytest

from tests.project.glossary import (
    Phrase,
    name_as_words,
    names_in_code,
    phrases,
    violations,
    words,
)


def test_each_word_is_defined_once() -> None:
    assert len(words()) >= 60
    assert [word for word, count in Counter(words()).items() if count > 1] == []


def resolve(name: str) -> object:
    """The module, class or function of a dotted name in the package."""
    found: object = importlib.import_module("chatmusician")
    path = "chatmusician"
    for part in name.split("."):
        path = f"{path}.{part}"
        found = importlib.import_module(path) if _is_module(path) else getattr(found, part)
    return found


def _is_module(path: str) -> bool:
    try:
        return importlib.util.find_spec(path) is not None
    except ModuleNotFoundError:  # its parent is a module, not a package
        return False


@pytest.mark.parametrize("name", sorted(set(names_in_code())))
def test_names_in_code_exist(name: str) -> None:
    assert resolve(name)


def test_a_name_that_does_not_exist_is_noticed() -> None:
    with pytest.raises(AttributeError, match="NoSuchClass"):
        resolve("abc.tune.NoSuchClass")


def test_each_phrase_is_listed_once_with_a_replacement() -> None:
    listed = phrases()
    assert len(listed) >= 100
    assert [text for text, n in Counter(p.text for p in listed).items() if n > 1] == []
    assert all(phrase.instead for phrase in listed)
    assert all(len(phrase.text.split()) > 1 for phrase in listed), "phrases, not single words"


@pytest.mark.parametrize(
    ("text", "matching", "other"),
    [
        ("so many", ["so many tunes", "Of  so\nmany"], ["so  manyfold", "also many"]),
        ("is/are told", ["it is told", "they ARE told"], ["this are", "he told", "is  untold"]),
        ("one * a line", ["one result a line"], ["one a line", "one long result a line"]),
        ("1: not", ["less likely; 1: not"], ["11: not", "1: nothing", "1 not"]),
        ("of this x:", ["the tune of this X: alone"], ["of this X alone"]),
    ],
)
def test_patterns(text: str, matching: list[str], other: list[str]) -> None:
    phrase = Phrase(text, "better")
    assert all(len(violations(one, [phrase])) == 1 for one in matching)
    assert not any(violations(one, [phrase]) for one in other)


@pytest.mark.parametrize("name", ["told_beats", "ToldBeats", "--told-beats", "_told_beats"])
def test_names_are_read_as_words(name: str) -> None:
    assert name_as_words(name) == "told beats"
