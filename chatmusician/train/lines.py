"""Chats to tokens line by line: a line that comes again is encoded once, to the same tokens.

Exact for the tokenizers that `cuts_at_lines` knows: by their own rules nothing reaches across
their end token, nor across a line end between two visible ASCII characters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import chain, pairwise, takewhile
from typing import Any

import numpy as np

from chatmusician.model.chat_format import ASSISTANT, HUMAN, Turn
from chatmusician.train.tokenizer import PATTERN

Spans = list[tuple[int, int]]

# Only visible ASCII beside it: blanks, combining marks and other scripts stay where they are.
_LINE_END = re.compile(r"\n(?<=[!-~]\n)(?=[!-~])")

# Patterns of which no match goes on behind such a line end, or looks behind itself: ours,
# Llama 3's, Qwen 2's. GPT-2's, which comes with ByteLevel, is of the same kind.
_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_PATTERNS = (PATTERN, _SPLIT % r"\p{N}{1,3}", _SPLIT % r"\p{N}")

_TOGETHER = 64  # lines in one call's text: a call costs as much as several lines
_KEPT = 64 * 1024 * 1024  # bytes, about
_OVERHEAD = 200  # bytes of Python for each line kept


class Lines:
    """Encodes chats with one tokenizer, and keeps the lines that it has seen."""

    def __init__(self, tokenizer: Any) -> None:
        self._backend = tokenizer.backend_tokenizer
        self._end = tokenizer.eos_token
        self._end_id = tokenizer.eos_token_id
        self._blanks = {
            np.uint32(number).tobytes()
            for piece in (" ", "Ġ")  # as an added token, and as BPE over bytes spells it
            if (number := self._backend.token_to_id(piece)) is not None
        }
        self._known: dict[str, bytes] = {}
        self._room = _KEPT

    def encode(self, chats: Sequence[Sequence[Turn]]) -> list[tuple[Any, Spans]]:
        """Tokens up to the last end token, and the spans of those that are learned."""
        cut = [[_LINE_END.split(text) for text in _sections(turns)] for turns in chats]
        self._learn(chain.from_iterable(chain.from_iterable(cut)))
        return [self._join(sections) for sections in cut]

    def _join(self, sections: Sequence[Sequence[str]]) -> tuple[Any, Spans]:
        """Questions and answers in turn, an end token behind each."""
        known, end = self._known, np.uint32(self._end_id).tobytes()
        parts: list[bytes] = []
        spans: Spans = []
        at = 0
        for number, lines in enumerate(sections):
            tokens = b"".join([known[line] for line in lines])
            parts += tokens, end
            start, at = at, at + len(tokens) // 4 + 1
            if number % 2:
                # The blank before `Assistant:` is learned where it is part of its token.
                spans.append((start + (tokens[:4] in self._blanks), at))
        return np.frombuffer(b"".join(parts), dtype=np.uint32), spans

    def _learn(self, lines: Any) -> None:
        if self._room < 0:
            self._known.clear()
            self._room = _KEPT
        new = [line for line in dict.fromkeys(lines) if line not in self._known]
        groups = [new[start : start + _TOGETHER] for start in range(0, len(new), _TOGETHER)]
        end = self._end
        texts = [f"{end}{end.join(map(_whole, group))}{end}" for group in groups]
        found = self._backend.encode_batch_fast(texts, add_special_tokens=False)
        for group, encoding in zip(groups, found, strict=True):
            tokens = np.array(encoding.ids, dtype=np.uint32)
            ends = np.flatnonzero(tokens == self._end_id).tolist()
            if len(ends) == len(group) + 1:
                parts = [tokens[one + 1 : two].tobytes() for one, two in pairwise(ends)]
            else:  # a line with an end token in it
                parts = self._one_by_one(group)
            self._known.update(zip(group, parts, strict=True))
            self._room -= sum(map(len, chain(group, parts))) + _OVERHEAD * len(group)

    def _one_by_one(self, lines: Sequence[str]) -> list[bytes]:
        texts = [_whole(line) for line in lines]
        found = self._backend.encode_batch_fast(texts, add_special_tokens=False)
        return [np.array(encoding.ids, dtype=np.uint32).tobytes() for encoding in found]


def _sections(turns: Sequence[Turn]) -> list[str]:
    """`conversation(turns)` without its end tokens, as far as questions have answers."""
    texts = []
    before = ""
    for turn in takewhile(lambda turn: turn.answer is not None, turns):
        texts += f"{before}{HUMAN}{turn.question} ", f" {ASSISTANT}{turn.answer} "
        before = " "
    return texts


def _whole(line: str) -> str:
    """With its line end: only the last line of a section ends with a blank."""
    return line if line[-1] == " " else f"{line}\n"


def cuts_at_lines(tokenizer: Any) -> bool:
    backend = tokenizer.backend_tokenizer
    return (
        backend.truncation is None
        and backend.padding is None
        and _spec(backend.normalizer) in (None, {"type": "NFC"})
        and _splits_at_lines(_spec(backend.pre_tokenizer))
        and _spells_bytes(backend)
        and _stays_whole(tokenizer.eos_token, backend.get_added_tokens_decoder().values())
    )


def _spec(part: Any) -> Any:
    return None if part is None else json.loads(part.__getstate__())


def _splits_at_lines(spec: Any) -> bool:
    steps = spec["pretokenizers"] if spec and spec["type"] == "Sequence" else [spec or {}]
    is_split = False
    for step in steps:
        match step:
            case {"type": "Split", "pattern": {"Regex": pattern}, "invert": False} if (
                pattern in _PATTERNS and step["behavior"] == "Isolated"
            ):
                is_split = True
            case {"type": "ByteLevel", "add_prefix_space": False}:
                is_split = is_split or step["use_regex"]
            case {"type": "Digits"}:
                pass
            case _:
                return False
    return is_split


def _spells_bytes(backend: Any) -> bool:
    """Every token stands for its own bytes; those without one are left out, or there are none."""
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel

    model = backend.model
    return (
        isinstance(model, BPE)
        and not (model.dropout or model.end_of_word_suffix or model.continuing_subword_prefix)
        and (
            model.unk_token is None
            or all(backend.token_to_id(byte) is not None for byte in ByteLevel.alphabet())
        )
    )


def _stays_whole(end: str, added: Any) -> bool:
    """No other added token takes in a line end, or a part of the end token."""
    texts = {token.content for token in added}
    return (
        end in texts
        and not any(token.lstrip or token.rstrip or token.single_word for token in added)
        and not any("\n" in text or _overlaps(text, end) for text in texts - {end})
    )


def _overlaps(text: str, end: str) -> bool:
    """Whether `text` can be found where it begins before `end`, or with it and is longer."""
    tails = (text[start:] for start in range(1, len(text)))
    return text.startswith(end) or any(
        end.startswith(tail) or tail.startswith(end) for tail in tails
    )
