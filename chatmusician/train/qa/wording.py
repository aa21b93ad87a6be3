"""Questions put in other words by a model; their answers stay as the facts give them.

A model's wording is kept where it is one question about the same thing; else ours stands.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from chatmusician.train.qa.pairs import CAPTION, Pair, kept
from chatmusician.transcription.facts.answers import kind_of

if TYPE_CHECKING:
    from chatmusician.model.generation import Backend

_ASK = (
    "Put this question about a piece of music in other words. It must ask for the same thing. "
    "Write only the question.\n\nQuestion: {question}"
)
_LONGEST, _MOST_WORDS = 48, 30
# What must be in another wording of the questions that no single fact answers.
_ABOUT = (
    (r"learn to play", r"\b(learn|practi[sc]e|study|master|prepare)"),
    (r"another mood", r"\b(moods?|feel|feeling|atmosphere|character)\b"),
    (r"choir", r"\b(choir|chorus|sing|sung|singers?|voices?)\b"),
    (r"words describe", r"\b(words?|tags?|terms?|adjectives?|describe)\b"),
    (r"genre", r"\bgenres?\b"),
    (r"mood", r"\bmoods?\b"),
)


class Wording:
    """``load`` opens the model when the first question needs it."""

    def __init__(self, load: Callable[[], Backend]) -> None:
        self._load = load
        self._backend: Backend | None = None

    def of(self, made: Sequence[Pair], seed: str) -> tuple[list[Pair], int]:
        """The pairs with the model's questions, and how many those are. MU-LLaMA's fixed
        questions stay."""
        from chatmusician.model.chat_format import Turn
        from chatmusician.model.generation import Request

        if self._backend is None:
            self._backend = self._load()
        backend = self._backend
        asked = [at for at, pair in enumerate(made) if pair.family != CAPTION]
        sampling = replace(backend.defaults, min_new_tokens=1, max_new_tokens=_LONGEST)
        requests = [
            Request((Turn(_ASK.format(question=made[at].question)),), _number(f"{seed}:{at}"))
            for at in asked
        ]
        found, count = list(made), 0
        for at, done in zip(asked, backend.generate(requests, sampling), strict=True):
            text = _question(done.text)
            pair = replace(made[at], question=text)
            if text != made[at].question and same_question(text, made[at].question) and kept(pair):
                found[at], count = pair, count + 1
        return found, count

    def close(self) -> None:
        if self._backend is not None:
            self._backend.close()


def same_question(text: str, ours: str) -> bool:
    """Whether a model's wording is one question that asks for the same thing."""
    whole = text.endswith("?") and text.count("?") == 1 and len(text.split()) <= _MOST_WORDS
    if not whole or re.findall(r"\d+", text) != re.findall(r"\d+", ours):
        return False
    for about, needed in _ABOUT:
        if re.search(about, ours, re.I):
            return re.search(needed, text, re.I) is not None
    kind = kind_of(ours)
    return kind is not None and kind_of(text) is kind


def _question(text: str) -> str:
    """The first line with a question mark, without a label or quotation marks."""
    lines = [line for line in text.splitlines() if "?" in line] or [""]
    found = re.sub(r"^\W*(?:question|q)\s*:\s*", "", lines[0].strip(), flags=re.I)
    return found[: found.index("?") + 1].strip(" \"'*") if "?" in found else ""


def _number(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
