from __future__ import annotations

import random
from collections import Counter
from itertools import product
from math import log2
from typing import Any

import pytest

from chatmusician.eval.generation.likelihood import text_bits
from chatmusician.eval.generation.ngram import NGram, xz_bits

WORDS = ["abac", "GABc|dBGB|", "z2|:[CEG]", "abacus|", "d2|"]


def test_witten_bell_by_hand() -> None:
    """Trained on ``aab`` and its end $: single characters a 2, b 1, $ 1, three kinds, and one
    more for the unknown.

    P(a) = (2 + 3/4) / 7 = 11/28, P(b) = P($) = (1 + 3/4) / 7 = 1/4. At the border only ``a`` was
    seen: P(a) = (1 + 11/28) / 2 = 39/56. After ``a``: P(b) = (1 + 2/4) / 4 = 3/8. After ``b``
    only the end: P($) = (1 + 1/4) / 2 = 5/8, P(a) = (11/28) / 2 = 11/56. After ``a`` no end was
    seen: P($) = (2/4) / 4 = 1/8.
    """
    model = NGram(["aab"], order=2)
    assert model.bits(["ab"]) == [pytest.approx(-log2(39 / 56) - log2(3 / 8) - log2(5 / 8))]
    assert model.bits(["aba", ""]) == [
        pytest.approx(-log2(39 / 56) - log2(3 / 8) - log2(11 / 56) - log2(1 / 8)),
        # At the border: (0 + 1 * 1/4) / 2.
        pytest.approx(-log2(1 / 8)),
    ]
    # Unknown: P = (0 + 1 * (3/4)/7) / 2 at the border, and which of all characters it is; behind
    # it nothing is known: P($) = 1/4.
    assert model.bits(["\u00e9"]) == [pytest.approx(-log2(3 / 56) + log2(0x110000) - log2(1 / 4))]


def slow_chance(texts: list[str], order: int, history: str, character: str) -> float:
    """The formula, recursively, with plain counting; texts have their ends."""
    vocabulary = len({c for text in texts for c in text}) + 1
    if order == 0:
        return 1 / vocabulary
    wanted = history[len(history) - (order - 1) :] if order > 1 else ""
    after: Counter[str] = Counter()
    for text in texts:
        padded = "\0" * 6 + text
        for at in range(6, len(padded)):
            if padded[at - order + 1 : at] == wanted:
                after[padded[at]] += 1
    shorter = slow_chance(texts, order - 1, history, character)
    if not after:
        return shorter
    kinds = len(after)
    return (after[character] + kinds * shorter) / (after.total() + kinds)


@pytest.mark.parametrize("order", [1, 3, 7])
def test_the_fast_model_is_the_formula(order: int) -> None:
    chance = random.Random(order)
    texts = ["".join(chance.choices("abc|", k=chance.randint(1, 30))) for _ in range(12)]
    model = NGram(texts, order=order)
    ended = [f"{text}$" for text in texts]
    for text in ("abca|bb", "ccccccccc", "|"):
        expected = 0.0
        for at, character in enumerate(f"{text}$"):
            history = ("\0" * 6 + text)[: at + 6]
            expected -= log2(slow_chance(ended, order, history, character))
        assert model.bits([text])[0] == pytest.approx(expected)


def test_chances_of_all_texts_add_up_to_one() -> None:
    """Of texts that mostly end soon, all up to eight characters are nearly all there are."""
    model = NGram(["ab", "a", "b", "", "", ""], order=3)
    texts = ["".join(t) for size in range(9) for t in product("ab\u1234", repeat=size)]
    chances = [
        2.0 ** -(bits - text.count("\u1234") * log2(0x110000))
        for text, bits in zip(texts, model.bits(texts), strict=True)
    ]
    assert 0.999 < sum(chances) < 1


def test_texts_do_not_see_each_other() -> None:
    model = NGram(WORDS)
    assert model.bits(["abac", "dz"]) == pytest.approx(model.bits(["abac"]) + model.bits(["dz"]))


def test_xz_knows_the_training() -> None:
    chance = random.Random(1)
    text = "".join(chance.choices("ABCDEFGabcdefg|", k=3000))
    fresh = "".join(chance.choices("ABCDEFGabcdefg|", k=3000))
    assert xz_bits([text], [text]) < 0.1 * xz_bits([text], [fresh])
    # Fifteen letters at random cannot be packed below their entropy.
    assert xz_bits([text], [fresh]) > 3000 * log2(15)


@pytest.fixture(scope="module")
def model() -> Any:
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from tests.model.engine_models import random_model

    return random_model(vocab_size=128, initializer_range=0.25)


def encode(text: str) -> list[int]:
    return list(text.encode("ascii"))


def brute_force(model: Any, tokens: list[int], first: int, window: int) -> float:
    """Token by token, each with what the windows let it see."""
    import torch

    bits = 0.0
    for at in range(first, len(tokens)):
        past = 0
        end = window
        while at >= end:
            past = end - window // 2
            end = past + window
        with torch.inference_mode():
            logits = model(torch.tensor([tokens[past:at]])).logits[0, -1]
        bits -= float(torch.log_softmax(logits, -1)[tokens[at]]) / 0.6931471805599453
    return bits


@pytest.mark.parametrize("window", [512, 16, 10])
def test_bits_are_those_of_every_token(model: Any, window: int) -> None:
    texts = [*WORDS, "ab" * 20, ""]
    found = text_bits(model, encode, texts, start=1, window=window)
    for text, bits in zip(texts, found, strict=True):
        assert bits == pytest.approx(brute_force(model, [1, *encode(text)], 1, window), abs=1e-2)


def test_a_prefix_is_seen_and_not_counted(model: Any) -> None:
    (found,) = text_bits(model, encode, ["abac"], start=1, prefix="GA")
    assert found == pytest.approx(brute_force(model, [1, *encode("GAabac")], 3, 512), abs=1e-3)


def test_without_a_beginning_the_first_token_is_charged(model: Any) -> None:
    (found,) = text_bits(model, encode, ["abac"])
    assert found == pytest.approx(log2(128) + brute_force(model, encode("abac"), 1, 512), abs=1e-3)


def test_a_model_of_no_opinion_needs_the_size_of_its_vocabulary(model: Any) -> None:
    import copy

    import torch

    flat = copy.deepcopy(model)
    with torch.no_grad():
        flat.lm_head.weight.zero_()
    assert text_bits(flat, encode, ["abcdefgh"], start=1) == [pytest.approx(8 * log2(128))]


def test_nan_is_refused(model: Any) -> None:
    import copy

    import torch

    from chatmusician.errors import EngineError

    broken = copy.deepcopy(model)
    with torch.no_grad():
        broken.lm_head.weight.fill_(float("nan"))
    with pytest.raises(EngineError, match="no number"):
        text_bits(broken, encode, ["abc"], start=1)
