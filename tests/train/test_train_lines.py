"""Encoding by lines and words gives the tokens of the whole text, or is not used."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

pytest.importorskip("tokenizers")
pytest.importorskip("transformers")

from tokenizers import AddedToken, Regex, Tokenizer, models, normalizers, pre_tokenizers
from tokenizers.trainers import BpeTrainer
from transformers import PreTrainedTokenizerFast

from chatmusician.train import lines as module
from chatmusician.train.encode import Encoded, encode_chats, encode_texts
from chatmusician.train.lines import _PATTERNS, Lines, cuts_at_words
from chatmusician.train.tokenizer import train_tokenizer

BITS = [
    *(
        "X:1",
        "K:D",
        "|: DFA dfa :|",
        "w: é ü 日本",
        "😀",
        "don't",
        "it'",
        "1234",
        "A",
        "b2",
        "(",
        "/",
    ),
    *("\n", "\n", "\n", " ", " ", " ", "  ", "\n\n", " \n", "\n ", "\r\n", "\t", "\n\u0301"),
    *('"', '"Am"', '"A b', '"C c d" ', '"D e f g h', "|", ":", "::", " |2 ", "^c2d/", " \u0301"),
    *("Human: ", "Human:", "Assistant: ", " Assistant:", "</s>", " </s> ", "<", "</", "<s>"),
    *("<pad>", "\u00a0", "\u2028"),
]


def soup(rng: Random, longest: int) -> str:
    return "".join(rng.choice(BITS) for _ in range(rng.randint(1, longest)))


def bytes_tokenizer(before: Any, *, normalizer: Any = None, added: Any = ()) -> Any:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = before
    rng = Random(1)
    trainer = BpeTrainer(
        vocab_size=600,
        special_tokens=["<s>", "</s>", "<pad>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([soup(rng, 40) for _ in range(200)], trainer)
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.add_tokens(list(added))
    return fast(tokenizer)


def fast(tokenizer: Any) -> Any:
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="</s>")


def by_bytes(**options: Any) -> Any:
    return pre_tokenizers.ByteLevel(add_prefix_space=False, **options)


def split(pattern: str) -> Any:
    return pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(pattern), "isolated"), by_bytes(use_regex=False)]
    )


KNOWN: dict[str, Callable[[], Any]] = {
    "ours": lambda: train_tokenizer([soup(Random(n), 60) for n in range(200)], 600),
    "gpt2": lambda: bytes_tokenizer(by_bytes()),
    "smollm": lambda: bytes_tokenizer(
        pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), by_bytes()])
    ),
    "llama3": lambda: bytes_tokenizer(split(_PATTERNS[1]), added=["<|x|>"]),
    "qwen2": lambda: bytes_tokenizer(split(_PATTERNS[2]), normalizer=normalizers.NFC()),
    "blanks": lambda: bytes_tokenizer(by_bytes(), added=["  ", "b2 |", " K:D"]),
}


def plain(encoded: Encoded) -> Any:
    samples = [(tokens.tolist(), learned.tolist()) for tokens, learned in encoded.samples]
    return samples, encoded.counts


@pytest.mark.parametrize("name", KNOWN)
def test_the_tokens_are_those_of_the_whole_text(name: str) -> None:
    tokenizer = KNOWN[name]()
    assert cuts_at_words(tokenizer)
    lines = Lines(tokenizer)
    rng = Random(7)
    for _ in range(3):
        texts = [soup(rng, 60) for _ in range(300)]
        whole = encode_texts(texts, tokenizer, 50)
        assert plain(encode_texts(texts, tokenizer, 50, lines)) == plain(whole)
        rows = [(soup(rng, 9), soup(rng, 20), soup(rng, 40)) for _ in range(300)]
        rows += [
            (f"Human: {one} </s> Assistant: {two} </s> Human: q", "", two) for one, two, _ in rows
        ]
        wanted = encode_chats(rows, tokenizer, 60, 40)
        assert plain(encode_chats(rows, tokenizer, 60, 40, lines)) == plain(wanted)


def llama() -> Any:
    pieces = ["<unk>", "<s>", "</s>", "▁", *(f"<0x{byte:02X}>" for byte in range(256))]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>", byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    return fast(tokenizer)


def cut_short() -> Any:
    tokenizer = bytes_tokenizer(by_bytes())
    tokenizer.backend_tokenizer.enable_truncation(8)
    return tokenizer


OTHERS: dict[str, Callable[[], Any]] = {
    "llama 2": llama,
    "unknown pattern": lambda: bytes_tokenizer(split(r"\w+ \w+|.")),
    "blank put before": lambda: bytes_tokenizer(pre_tokenizers.ByteLevel()),
    "no pattern": lambda: bytes_tokenizer(by_bytes(use_regex=False)),
    "lower case": lambda: bytes_tokenizer(by_bytes(), normalizer=normalizers.Lowercase()),
    "blanks taken in": lambda: bytes_tokenizer(by_bytes(), added=[AddedToken("K:", lstrip=True)]),
    "line end in a token": lambda: bytes_tokenizer(by_bytes(), added=["\nK:"]),
    "end in a token": lambda: bytes_tokenizer(by_bytes(), added=["</s>|"]),
    "end half in a token": lambda: bytes_tokenizer(by_bytes(), added=["|<"]),
    "cut short": cut_short,
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_tokenizers_encode_whole_texts(name: str) -> None:
    assert not cuts_at_words(OTHERS[name]())


def test_what_was_seen_is_not_encoded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = Lines(KNOWN["ours"]())
    first = lines.encode(["X:1\nK:D\nDFA d2 |\nA ", "X:1\nK:D\nDFA d2 |\nB "])
    asked: list[str] = []
    real = lines._ask

    def ask(texts: list[str]) -> Any:
        asked.extend(texts)
        return real(texts)

    monkeypatch.setattr(lines, "_ask", ask)
    again = lines.encode(["X:1\nK:D\nDFA d2 |\nB ", "d2 |\nA "])
    assert again[0] == first[1]
    assert asked == ["</s>d2</s>"]  # it began with a blank before


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_KEPT", 50_000)
    lines = Lines(KNOWN["ours"]())
    most = 0
    for number in range(40):
        lines.encode([f"K:{number} {word}\nA{number} {word}" for word in range(50)])
        most = max(most, len(lines._lines) + len(lines._words))
    assert 200 < most < 500
