"""Rows to tokens and the mask of those that are learned, exact to the character."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from chatmusician.model.chat_format import answer_spans, conversation, row_turns


@dataclass
class Encoded:
    """Samples as (tokens, learned), and what happened on the way by name."""

    samples: list[tuple[list[int], list[bool]]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def encode_texts(texts: Sequence[str], tokenizer: Any, length: int) -> Encoded:
    """Pre-training rows: the end token behind each, long ones cut into windows."""
    result = Encoded()
    kept = [text for text in texts if text.strip()]
    result.counts["empty"] += len(texts) - len(kept)
    for tokens in _tokens(tokenizer, kept)["input_ids"]:
        tokens = [*tokens, tokenizer.eos_token_id]
        result.counts["cut into windows"] += len(tokens) > length
        # Windows share one token, so that each token is predicted exactly once.
        for start in range(0, len(tokens) - 1, length - 1):
            window = tokens[start : start + length]
            result.samples.append((window, [True] * len(window)))
    return result


def encode_chats(
    rows: Sequence[tuple[str, str, str]], tokenizer: Any, length: int, source_length: int
) -> Encoded:
    """Instruction rows: loss from each `Assistant:` to its end token, both included."""
    result = Encoded()
    end = tokenizer.eos_token
    chats = [row_turns(*row) for row in rows]
    texts = [conversation(turns, end=end) for turns in chats]
    encoded = _tokens(tokenizer, texts, offsets=True) if texts else {"input_ids": []}
    for number, tokens in enumerate(encoded["input_ids"]):
        if not chats[number][-1].answer:
            result.counts["empty"] += 1
            continue
        offsets = encoded["offset_mapping"][number]
        spans = answer_spans(texts[number], chats[number], end=end)
        learned = _learned(offsets, spans)
        last = max(index for index, is_learned in enumerate(learned) if is_learned)
        tokens, learned = list(tokens[: last + 1]), learned[: last + 1]
        _fit(tokens, learned, (length, source_length), tokenizer.eos_token_id, result)
    return result


def _learned(offsets: Sequence[tuple[int, int]], spans: list[tuple[int, int]]) -> list[bool]:
    """A token counts when any of its characters lies in a span (`▁Assistant` does)."""
    learned = []
    at = 0
    for start, stop in offsets:
        while at < len(spans) and start >= spans[at][1]:
            at += 1
        learned.append(at < len(spans) and stop > spans[at][0] and stop > start)
    return learned


def _fit(
    tokens: list[int], learned: list[bool], limits: tuple[int, int], end: int, into: Encoded
) -> None:
    length, source_length = limits
    source = learned.index(True)
    if source > source_length:
        # The question loses its end, never the marker that closes it.
        closing = next(
            (source - index for index in range(source - 1, -1, -1) if tokens[index] == end), 0
        )
        del tokens[source_length - closing : source - closing]
        del learned[source_length - closing : source - closing]
        into.counts["questions cut"] += 1
    if len(tokens) > length:
        ends_learned = learned[length - 1]
        del tokens[length:], learned[length:]
        if ends_learned:
            tokens[-1] = end
        into.counts["answers cut"] += 1
    if True in learned[1:]:
        into.samples.append((tokens, learned))
    else:
        into.counts["no room for an answer"] += 1


def _tokens(tokenizer: Any, texts: Sequence[str], *, offsets: bool = False) -> Any:
    if not texts:
        return {"input_ids": []}
    return tokenizer(
        list(texts),
        add_special_tokens=False,
        return_attention_mask=False,
        return_offsets_mapping=offsets,
        verbose=False,
    )
