"""Texts to tokens by lines and words, each encoded once: the same tokens, several times faster.

Exact for the tokenizers that `cuts_at_words` knows: by their own rules no token reaches across
their end token, a line end, or the beginning of a blank, where visible ASCII stands beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from itertools import chain, pairwise
from typing import Any

import numpy as np

from chatmusician.train.tokenizer import PATTERN

_PUBLISHED = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|%s| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# A match of these patterns has a blank at its beginning or nothing but blanks; of ours it may
# have some in a chord symbol, see `_BLANK`. None goes on behind a line end, none looks behind
# itself. They are ours, Llama 3's and Qwen 2's; GPT-2's, which ByteLevel brings, is of the kind.
_PATTERNS = (PATTERN, _PUBLISHED % r"\p{N}{1,3}", _PUBLISHED % r"\p{N}")

_LINE_END = r"\n(?<=[{before}]\n)(?=[!-~])"
_BLANK = r"(?<=[{before}])(?= [!-~])(?![^\"\n|]{{0,9}}\")"  # not in a chord symbol

_TOGETHER = 256  # words in one text for the tokenizer: each call costs as much as several
_KEPT = 64 * 1024 * 1024  # bytes, about
_OVERHEAD = 200  # bytes of Python for each line or word kept


class Lines:
    """Encodes with one tokenizer, and keeps the lines and words that it has seen."""

    def __init__(self, tokenizer: Any) -> None:
        self._backend = tokenizer.backend_tokenizer
        self._end = tokenizer.eos_token
        self._end_id = tokenizer.eos_token_id
        before = _visible_before_cuts(self._backend)
        self._line_end = re.compile(_LINE_END.format(before=before))
        self._blank = re.compile(_BLANK.format(before=before))
        self._lines: dict[str, bytes] = {}  # each with its line end
        self._words: dict[str, bytes] = {}
        self._room = _KEPT

    def encode(self, texts: Iterable[str]) -> list[bytes]:
        """The tokens, as uint32, of texts that stand between end tokens."""
        if self._room < 0:
            self._lines.clear()
            self._words.clear()
            self._room = _KEPT
        cut = [self._line_end.split(text) for text in texts]
        lines = dict.fromkeys(chain.from_iterable(lines[:-1] for lines in cut))
        new = [line for line in lines if line not in self._lines]
        tokens = self._by_words([*(f"{line}\n" for line in new), *(lines[-1] for lines in cut)])
        self._lines.update(zip(new, tokens, strict=False))
        self._room -= sum(map(len, chain(new, tokens[: len(new)]))) + _OVERHEAD * len(new)
        known = self._lines
        return [
            b"".join([known[line] for line in lines[:-1]]) + last
            for lines, last in zip(cut, tokens[len(new) :], strict=True)
        ]

    def _by_words(self, texts: Sequence[str]) -> list[bytes]:
        cut = [self._blank.split(text) for text in texts]
        self._learn([w for w in dict.fromkeys(chain.from_iterable(cut)) if w not in self._words])
        known = self._words
        return [b"".join([known[word] for word in words]) for words in cut]

    def _learn(self, words: Sequence[str]) -> None:
        """Many in one text, an end token between them, at which the tokens are parted again."""
        groups = [words[start : start + _TOGETHER] for start in range(0, len(words), _TOGETHER)]
        end = self._end
        for group, tokens in zip(
            groups, self._ask([f"{end}{end.join(group)}{end}" for group in groups]), strict=True
        ):
            ends = np.flatnonzero(tokens == self._end_id).tolist()
            if len(ends) == len(group) + 1:
                parts = [tokens[one + 1 : two].tobytes() for one, two in pairwise(ends)]
            else:  # one of them has an end token in it
                parts = [alone.tobytes() for alone in self._ask(group)]
            self._words.update(zip(group, parts, strict=True))
            self._room -= sum(map(len, chain(group, parts))) + _OVERHEAD * len(group)

    def _ask(self, texts: Sequence[str]) -> list[Any]:
        found = self._backend.encode_batch_fast(texts, add_special_tokens=False)
        return [np.array(encoding.ids, dtype=np.uint32) for encoding in found]


def _visible_before_cuts(backend: Any) -> str:
    """Visible ASCII for a class of `re`, but for what an added token has before a blank."""
    added = [token.content for token in backend.get_added_tokens_decoder().values()]
    held = {one for text in added for one, two in pairwise(text) if two == " "}
    return "".join(re.escape(chr(code)) for code in range(0x21, 0x7F) if chr(code) not in held)


def cuts_at_words(tokenizer: Any) -> bool:
    backend = tokenizer.backend_tokenizer
    return (
        backend.truncation is None
        and backend.padding is None
        and _spec(backend.normalizer) in (None, {"type": "NFC"})
        and _splits_at_words(_spec(backend.pre_tokenizer))
        and _spells_bytes(backend)
        and _stays_whole(tokenizer.eos_token, backend.get_added_tokens_decoder().values())
    )


def _spec(part: Any) -> Any:
    return None if part is None else json.loads(part.__getstate__())


def _splits_at_words(spec: Any) -> bool:
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
    """No other added token takes in a line end, blanks around it, or a part of the end token."""
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
