"""Bits per character of texts under a causal language model, whatever its tokenizer."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chatmusician.errors import EngineError, MissingDependency

# Tokens in one forward pass, padding included; the logits are the largest thing in memory.
BATCH_TOKENS = 2048


@dataclass(frozen=True)
class _Window:
    """Tokens of one text; those from ``first`` on are counted."""

    text: int
    tokens: list[int]
    first: int


def text_bits(
    model: Any,
    encode: Callable[[str], list[int]],
    texts: Sequence[str],
    *,
    start: int | None = None,
    end: int | None = None,
    prefix: str = "",
    window: int = 2048,
) -> list[float]:
    """The bits of each text: the sum over its tokens of -log2 of their probability.

    ``model`` is a transformers causal model in evaluation mode. ``start`` is the token
    before the text and ``prefix`` what a prompt puts there; neither is counted. Without both,
    the first token is charged as one of all alike. ``end`` follows each text and is counted.
    What is longer than ``window`` tokens is read in windows that overlap by half, so that a
    counted token has half a window before it at least.
    """
    torch = _torch()
    head = ([] if start is None else [start]) + (encode(prefix) if prefix else [])
    if len(head) >= window // 2:
        raise ValueError("the prefix fills half of the window")
    bits = [0.0] * len(texts)
    cut: list[_Window] = []
    for at, text in enumerate(texts):
        tokens = head + encode(text) + ([] if end is None else [end])
        if not head and tokens:
            bits[at] += math.log2(int(model.config.vocab_size))
        cut += _windows(at, tokens, max(len(head), 1), window)
    device = next(model.parameters()).device
    for batch in _batches(cut):
        width = max(len(row.tokens) for row in batch)
        ids = torch.zeros((len(batch), width), dtype=torch.long)
        mask = torch.zeros_like(ids)
        for line, row in enumerate(batch):
            ids[line, : len(row.tokens)] = torch.tensor(row.tokens)
            mask[line, : len(row.tokens)] = 1
        with torch.inference_mode():
            logits = model(input_ids=ids.to(device), attention_mask=mask.to(device)).logits
            chances = torch.log_softmax(logits[:, :-1].float(), dim=-1)
        picked = chances.gather(-1, ids[:, 1:, None].to(device))[..., 0].cpu().double()
        for line, row in enumerate(batch):
            lost = -picked[line, row.first - 1 : len(row.tokens) - 1].sum().item() / math.log(2)
            if not math.isfinite(lost):
                raise EngineError("the model", "gave a probability that is no number")
            bits[row.text] += lost
    return bits


def _windows(text: int, tokens: list[int], first: int, window: int) -> list[_Window]:
    """Every token from ``first`` on is counted in exactly one window."""
    made = []
    counted = first
    while counted < len(tokens):
        start = 0 if counted == first else counted - window // 2
        end = min(start + window, len(tokens))
        made.append(_Window(text, tokens[start:end], counted - start))
        counted = end
    return made


def _batches(windows: Sequence[_Window]) -> list[list[_Window]]:
    """Windows of like length together."""
    made: list[list[_Window]] = []
    for row in sorted(windows, key=lambda row: len(row.tokens)):
        if made and len(row.tokens) * (len(made[-1]) + 1) <= BATCH_TOKENS:
            made[-1].append(row)
        else:
            made.append([row])
    return made


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise MissingDependency("torch", how='pip install ".[eval]"') from error
    return torch
