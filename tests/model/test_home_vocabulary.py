"""The vocabulary: greedy splitting, its file, and the same split by the tokenizers library."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from chatmusician.errors import InputError
from chatmusician.model.home.text import tune_of, words_of
from chatmusician.model.home.tune import HomePart, HomeTune
from chatmusician.model.home.vocabulary import Vocabulary, load_vocabulary
from chatmusician.train.home.merges import learn_vocabulary, runs

LINE = (
    "<s> R:reel M:4/4 K:major S:ryans E:all.held P:2r g:mid1 o:through <A> p:1 G "
    "|2 n A2 B c A3 B/ c/ d |1 =1 A2 B c A3 B/ c/ d :| </s>"
)
TEXT = LINE.split()
BARS = [("A2", "B", "c", "A3", "B/", "c/", "d")] * 5 + [("A2", "B", "c"), ("B/", "c/")]


@pytest.fixture
def vocabulary() -> Vocabulary:
    return learn_vocabulary([TEXT] * 5, BARS, size=80, least=2)


def test_every_word_and_some_runs_are_tokens(vocabulary: Vocabulary) -> None:
    assert vocabulary.knows(TEXT)
    assert any(len(words) > 1 for words in vocabulary.words)
    assert max(len(words) for words in vocabulary.words) <= 4
    assert vocabulary.words[0] == ("<pad>",)


def test_text_comes_back(vocabulary: Vocabulary) -> None:
    numbers = vocabulary.encode(TEXT)
    assert vocabulary.decode(numbers) == TEXT
    assert len(numbers) < len(TEXT)


def test_runs_never_cross_a_bar(vocabulary: Vocabulary) -> None:
    for words in vocabulary.words:
        assert len(words) == 1 or not any(word[0] in "|<:[" for word in words)


def test_shorter_splits_are_the_same_text(vocabulary: Vocabulary) -> None:
    draw = random.Random(1)
    splits = {tuple(vocabulary.encode(TEXT, lambda: draw.random() < 0.5)) for _ in range(20)}
    assert len(splits) > 1
    assert all(vocabulary.decode(split) == TEXT for split in splits)


def test_an_unknown_word_is_named(vocabulary: Vocabulary) -> None:
    with pytest.raises(InputError, match="word 2: 'a9'"):
        vocabulary.encode(["A2", "a9"])


def test_file_and_the_tokenizers_library(vocabulary: Vocabulary, tmp_path: Path) -> None:
    tokenizers = pytest.importorskip("tokenizers")
    path = tmp_path / "tokenizer.json"
    vocabulary.save(path)
    assert load_vocabulary(path).tokens == vocabulary.tokens
    outside = tokenizers.Tokenizer.from_file(str(path))
    text = " ".join(TEXT) + " "
    assert outside.encode(text).ids == vocabulary.encode(TEXT)
    assert outside.decode(vocabulary.encode(TEXT)[1:-1]).split() == TEXT[1:-1]


def test_equal_lengths_are_not_mistaken(vocabulary: Vocabulary) -> None:
    """A3 is no beginning of A3/2: words end with a space."""
    known = Vocabulary(["<pad>", "<s>", "</s>", "A3", "A3/2", "B A3", "B"])
    assert known.encode(["B", "A3/2"]) == [6, 4]


def test_runs_by_pairs() -> None:
    assert runs([("A", "B", "c")] * 3 + [("A", "B")], 2, 2) == [("A", "B"), ("A", "B", "c")]


@pytest.mark.parametrize(
    "text",
    [
        "R:reel M:4/4 <A> p:0 |1 C8 ||",
        "R:reel M:4/4 K:major P:1 <A> |1 C8 ||",
        "R:reel M:4/4 K:major P:1 <A> p:0 |1 C8",
        "R:reel M:4/4 K:major P:1 <A> p:0 || </s>",
        "R:reel M:4/4 K:major P:1 <A> p:0 |1 C8 [1 |1 D8 :| |1 E8 ||",
        "R:reel M:4/4 K:major P:1 <A> p:0 |1 C8 || <B> oops",
    ],
)
def test_what_is_no_home_text_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(InputError, match="home text, word"):
        tune_of(text.split())


def test_too_many_parts_and_too_long_ones_are_refused() -> None:
    part = HomePart((), (("C8",),), False)
    with pytest.raises(InputError, match="9 parts"):
        words_of(HomeTune("reel", "4/4", "major", "", (part,) * 9))
    long = HomePart((), (("C8",),) * 33, False)
    with pytest.raises(InputError, match="33 bars"):
        words_of(HomeTune("reel", "4/4", "major", "", (long,)))
