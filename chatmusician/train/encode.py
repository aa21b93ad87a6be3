"""Rows to tokens and the mask of those that are learned, exact to the character."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

import numpy as np

from chatmusician.model.chat_format import (
    ASSISTANT,
    HUMAN,
    Turn,
    answer_spans,
    conversation,
    row_turns,
)
from chatmusician.train.lines import Lines

Spans = list[tuple[int, int]]


@dataclass
class Encoded:
    """Samples as (tokens, learned) arrays, and what happened on the way by name."""

    samples: list[tuple[Any, Any]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def encode_texts(
    texts: Sequence[str], tokenizer: Any, length: int, lines: Lines | None = None
) -> Encoded:
    """Pre-training rows: the end token behind each, long ones cut into windows."""
    result = Encoded()
    kept = [text for text in texts if text.strip()]
    result.counts["empty"] += len(texts) - len(kept)
    end = np.array([tokenizer.eos_token_id], dtype=np.uint32)
    for found in lines.encode(kept) if lines else _texts_whole(kept, tokenizer):
        tokens = np.concatenate([np.frombuffer(found, dtype=np.uint32), end])
        result.counts["cut into windows"] += len(tokens) > length
        # Windows share one token, so that each token is predicted exactly once.
        for start in range(0, len(tokens) - 1, length - 1):
            window = tokens[start : start + length]
            result.samples.append((window, np.ones(len(window), dtype=bool)))
    return result


def _texts_whole(texts: Sequence[str], tokenizer: Any) -> Iterator[Any]:
    # Without places in the text, which nothing here needs, the tokenizer is half as slow.
    for encoding in tokenizer.backend_tokenizer.encode_batch_fast(texts, add_special_tokens=False):
        yield np.array(encoding.ids, dtype=np.uint32)


def encode_chats(
    rows: Sequence[tuple[str, str, str]],
    tokenizer: Any,
    length: int,
    source_length: int,
    lines: Lines | None = None,
) -> Encoded:
    """Instruction rows: loss from each `Assistant:` to its end token, both included.

    `lines` of a tokenizer that `cuts_at_words` makes it quicker, with the same result.
    """
    result = Encoded()
    chats = [turns for turns in (row_turns(*row) for row in rows) if turns[-1].answer]
    result.counts["empty"] += len(rows) - len(chats)
    # `Human: … </s> Human: …`: a conversation ends at its first question without answer.
    if unanswered := sum(turns[0].answer is None for turns in chats):
        result.counts["first question not answered"] += unanswered
        chats = [turns for turns in chats if turns[0].answer is not None]
    limits, end = (length, source_length), tokenizer.eos_token_id
    encoded = _chats_by_lines(chats, tokenizer, lines) if lines else _chats_whole(chats, tokenizer)
    for tokens, spans in encoded:
        learned = np.zeros(len(tokens), dtype=bool)
        for start, stop in spans:
            learned[start:stop] = True
        if 1 < len(tokens) <= length and spans[0][0] <= source_length:
            result.samples.append((tokens, learned))
        else:
            _fit(tokens, learned, limits, end, result)
    return result


def _chats_by_lines(
    chats: Sequence[Sequence[Turn]], tokenizer: Any, lines: Lines
) -> Iterator[tuple[Any, Spans]]:
    """What `_chats_whole` gives, from what stands between the end tokens."""
    sections = [_sections(turns) for turns in chats]
    encoded = iter(lines.encode(chain.from_iterable(sections)))
    end = np.uint32(tokenizer.eos_token_id).tobytes()
    blanks = [
        np.uint32(number).tobytes()
        for piece in (" ", "Ġ")  # as an added token, and as BPE over bytes spells it
        if (number := tokenizer.backend_tokenizer.token_to_id(piece)) is not None
    ]
    for texts in sections:
        spans: Spans = []
        parts: list[bytes] = []
        at = 0
        for number, tokens in enumerate(islice(encoded, len(texts))):
            parts += tokens, end
            start, at = at, at + len(tokens) // 4 + 1
            if number % 2:  # an answer; its first blank is learned if `Assistant` has it in it
                spans.append((start + (tokens[:4] in blanks), at))
        yield np.frombuffer(b"".join(parts), dtype=np.uint32), spans


def _sections(turns: Sequence[Turn]) -> list[str]:
    """`conversation(turns)` at its end tokens, as far as questions have answers."""
    texts: list[str] = []
    before = ""
    for turn in turns:
        if turn.answer is None:
            break
        texts += f"{before}{HUMAN}{turn.question} ", f" {ASSISTANT}{turn.answer} "
        before = " "
    return texts


def _chats_whole(chats: Sequence[Sequence[Turn]], tokenizer: Any) -> Iterator[tuple[Any, Spans]]:
    """Tokens up to the last end token, and the spans of those that are learned."""
    end = tokenizer.eos_token
    texts = [conversation(turns, end=end) for turns in chats]
    encodings = tokenizer.backend_tokenizer.encode_batch(texts, add_special_tokens=False)
    for text, turns, encoding in zip(texts, chats, encodings, strict=True):
        spans = _token_spans(encoding, answer_spans(text, turns, end=end))
        # Behind the last end token there is nothing to learn.
        yield np.array(encoding.ids[: spans[-1][1]], dtype=np.uint32), spans


def _token_spans(encoding: Any, spans: Spans) -> Spans:
    """Characters to tokens: one counts when any of its characters does (`▁Assistant`)."""
    found = []
    for start, stop in spans:
        first = _token_at(encoding, range(start, stop))
        last = _token_at(encoding, range(stop - 1, start - 1, -1))
        found.append((first, last + 1))
    return found


def _token_at(encoding: Any, places: range) -> int:
    for place in places:
        token = encoding.char_to_token(place)
        if token is not None:
            return int(token)
    raise AssertionError("an answer holds its end token at least")


def _fit(tokens: Any, learned: Any, limits: tuple[int, int], end: int, into: Encoded) -> None:
    """Adds what is left of a sample that is too long."""
    length, source_length = limits
    source = int(learned.argmax())
    if source > source_length:
        # The question loses its end, never the marker that closes it.
        before = tokens[:source][::-1] == end
        closing = int(before.argmax()) + 1 if before.any() else 0
        cut = np.s_[source_length - closing : source - closing]
        tokens, learned = np.delete(tokens, cut), np.delete(learned, cut)
        into.counts["questions cut"] += 1
    if len(tokens) > length:
        tokens, learned = tokens[:length].copy(), learned[:length]
        if learned[-1]:
            tokens[-1] = end
        into.counts["answers cut"] += 1
    if learned[1:].any():
        into.samples.append((tokens, learned))
    else:
        into.counts["no room for an answer"] += 1
