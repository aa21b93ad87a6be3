"""Rows of tokens for one pass: tunes with tags hidden anew, packed, in a new order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chatmusician.model.home.text import TAGS
from chatmusician.model.home.vocabulary import Vocabulary
from chatmusician.train.packing import pack

_PREFIXES = {"S:": "source", "E:": "closes", "g:": "register", "o:": "opening"}


@dataclass(frozen=True)
class Text:
    """A tune's whole home text, and how often a pass takes it (1.5: every second time twice)."""

    words: tuple[str, ...]
    weight: float = 1.0


@dataclass(frozen=True)
class Rows:
    """``tokens``, ``pieces`` (number of the tune in the row, -1 for padding) and ``positions``
    (within the tune), all of the shape rows x length."""

    tokens: Any
    pieces: Any
    positions: Any

    def __len__(self) -> int:
        return int(self.tokens.shape[0])


def tag_of(word: str) -> str:
    """Which tag a word is, or nothing: a name of ``TAGS``."""
    if word[:2] in _PREFIXES:
        return _PREFIXES[word[:2]]
    if word == "n" or (word[0] in "=vs" and word[1:].isdigit()):
        return "relations"
    return ""


def without(words: Sequence[str], hidden: frozenset[str]) -> list[str]:
    """The text without the tags that are hidden (``=A`` is a note, ``=4`` a relation)."""
    if not hidden:
        return list(words)
    return [word for word in words if tag_of(word) not in hidden]


def draw_hidden(draw: random.Random, share: float) -> frozenset[str]:
    return frozenset(tag for tag in TAGS if draw.random() < share)


def pass_rows(
    texts: Sequence[Text],
    vocabulary: Vocabulary,
    *,
    length: int,
    draw: random.Random,
    hide: float = 1 / 3,
    shorten: float = 0.0,
) -> Rows:
    """One pass over the texts. ``hide`` is the share of tunes that lose a tag, each tag on its
    own; ``shorten`` the chance that a run of notes is split though it is in the vocabulary."""
    shorter = (lambda: draw.random() < shorten) if shorten else None
    samples = []
    for text in texts:
        for _ in range(int(text.weight) + (draw.random() < text.weight % 1)):
            words = without(text.words, draw_hidden(draw, hide))
            samples.append(vocabulary.encode(words, shorter)[:length])
    return packed(samples, vocabulary.pad, length, draw)


def packed(samples: Sequence[list[int]], pad: int, length: int, draw: random.Random) -> Rows:
    bins = pack([len(sample) for sample in samples], length)
    draw.shuffle(bins)
    tokens = np.full((len(bins), length), pad, dtype=np.int64)
    pieces = np.full((len(bins), length), -1, dtype=np.int64)
    positions = np.zeros((len(bins), length), dtype=np.int64)
    for row, members in enumerate(bins):
        at = 0
        for number, member in enumerate(members):
            size = len(samples[member])
            tokens[row, at : at + size] = samples[member]
            pieces[row, at : at + size] = number
            positions[row, at : at + size] = np.arange(size)
            at += size
    return Rows(tokens, pieces, positions)
