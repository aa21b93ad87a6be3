"""Held-out bits of tunes: in all, and by what the bits are spent on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from chatmusician.model.home.vocabulary import Vocabulary
from chatmusician.train.home.net import attention_mask
from chatmusician.train.home.rows import tag_of

CLASSES = ("header", "tags", "relations", "bars", "notes", "first endings")


def class_of(word: str, inside_first: bool) -> str:
    """What the bits of a word are counted under."""
    tag = tag_of(word)
    if tag == "relations":
        return tag
    if tag:
        return "tags"
    if word[1:2] == ":" and word[0].isalpha() and word[0] != "p":
        return "header"
    if inside_first:
        return "first endings"
    if word.startswith("|") or word in (":|", "[1", "[2", "</s>") or word[0] == "<":
        return "bars"
    return "notes"


@torch.no_grad()  # type: ignore[untyped-decorator]
def bits(net: Any, vocabulary: Vocabulary, texts: Sequence[Sequence[str]]) -> dict[str, float]:
    """Mean bits a text, by class and in all (``total``); ``tokens`` is the mean length."""
    spent = dict.fromkeys(CLASSES, 0.0)
    count = 0
    encoded = [vocabulary.encode(list(words)) for words in texts]
    for batch in _batches(encoded):
        losses = _losses(net, [encoded[i] for i in batch], vocabulary.pad)
        for row, index in enumerate(batch):
            inside = False
            for at, number in enumerate(encoded[index]):
                word = vocabulary.words[number][0]
                inside = (inside or word == "[1") and word != "[2"
                if at:
                    spent[class_of(word, inside)] += float(losses[row, at - 1])
            count += len(encoded[index])
    result = {name: value / math.log(2) / len(texts) for name, value in spent.items()}
    return {**result, "total": sum(result.values()), "tokens": count / len(texts)}


def _batches(encoded: Sequence[list[int]], size: int = 24) -> list[list[int]]:
    order = sorted(range(len(encoded)), key=lambda index: len(encoded[index]))
    return [order[at : at + size] for at in range(0, len(order), size)]


def _losses(net: Any, rows: Sequence[list[int]], pad: int) -> Any:
    length = max(len(row) for row in rows)
    tokens = np.full((len(rows), length), pad, dtype=np.int64)
    for at, row in enumerate(rows):
        tokens[at, : len(row)] = row
    given = torch.from_numpy(tokens)
    dtype = next(net.parameters()).dtype
    places = torch.arange(length).expand(len(rows), -1)
    mask = attention_mask(torch.zeros_like(given), dtype)
    logits = net(given[:, :-1], places[:, :-1], mask[:, :, :-1, :-1]).float()
    return torch.nn.functional.cross_entropy(logits.transpose(1, 2), given[:, 1:], reduction="none")
