"""The Llama network of the bundled model, written for speed on a CPU.

Attention is two plain matrix products with an added mask, which ``torch.compile`` fuses;
dropout takes whole features of a row, one mask for all positions. The parameters have the
names of transformers' Llama, so that a saved folder is read by everything that reads Llama.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional


@dataclass(frozen=True)
class Shape:
    vocabulary: int
    hidden: int = 256
    layers: int = 6
    heads: int = 4
    feed_forward: int = 704
    context: int = 1024
    theta: float = 10000.0
    epsilon: float = 1e-5


class Attention(nn.Module):  # type: ignore[misc]
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.q_proj = nn.Linear(shape.hidden, shape.hidden, bias=False)
        self.k_proj = nn.Linear(shape.hidden, shape.hidden, bias=False)
        self.v_proj = nn.Linear(shape.hidden, shape.hidden, bias=False)
        self.o_proj = nn.Linear(shape.hidden, shape.hidden, bias=False)

    def forward(self, given: Any, cos: Any, sin: Any, mask: Any) -> Any:
        rows, length, width = given.shape
        size = width // self.heads

        def split(made: Any) -> Any:
            return made.view(rows, length, self.heads, size).transpose(1, 2)

        query = turned(split(self.q_proj(given)), cos, sin)
        key = turned(split(self.k_proj(given)), cos, sin)
        scores = query @ key.transpose(-1, -2) * size**-0.5 + mask
        heard = scores.softmax(-1) @ split(self.v_proj(given))
        return self.o_proj(heard.transpose(1, 2).reshape(rows, length, width))


class FeedForward(nn.Module):  # type: ignore[misc]
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(shape.hidden, shape.feed_forward, bias=False)
        self.up_proj = nn.Linear(shape.hidden, shape.feed_forward, bias=False)
        self.down_proj = nn.Linear(shape.feed_forward, shape.hidden, bias=False)

    def forward(self, given: Any) -> Any:
        return self.down_proj(functional.silu(self.gate_proj(given)) * self.up_proj(given))


class Norm(nn.Module):  # type: ignore[misc]
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape.hidden))
        self.epsilon = shape.epsilon

    def forward(self, given: Any) -> Any:
        wide = given.float()
        wide = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.epsilon)
        return wide.to(given.dtype) * self.weight


class Layer(nn.Module):  # type: ignore[misc]
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.input_layernorm = Norm(shape)
        self.self_attn = Attention(shape)
        self.post_attention_layernorm = Norm(shape)
        self.mlp = FeedForward(shape)

    def forward(self, hidden: Any, cos: Any, sin: Any, mask: Any, drops: Any) -> Any:
        heard = self.self_attn(self.input_layernorm(hidden), cos, sin, mask)
        hidden = hidden + (heard if drops is None else heard * drops[0])
        made = self.mlp(self.post_attention_layernorm(hidden))
        return hidden + (made if drops is None else made * drops[1])


class Body(nn.Module):  # type: ignore[misc]
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.hidden)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.norm = Norm(shape)


class HomeNet(nn.Module):  # type: ignore[misc]
    """Input and output embeddings are one table."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.model = Body(shape)
        for name, weight in self.named_parameters():
            if weight.ndim == 2:
                depth = (2 * shape.layers) ** -0.5 if name.endswith(_OUTPUTS) else 1.0
                nn.init.normal_(weight, std=0.02 * depth)

    def forward(self, tokens: Any, positions: Any, mask: Any, drops: Any = None) -> Any:
        """Logits for rows of tokens; ``mask`` is added to attention scores; ``drops`` are the
        factors of ``dropout_factors``, or None."""
        cos, sin = rotation(positions, self.shape, self.model.embed_tokens.weight.dtype)
        hidden = functional.embedding(tokens, self.model.embed_tokens.weight)
        if drops is not None:
            hidden = hidden * drops[-1][0]
        for at, layer in enumerate(self.model.layers):
            hidden = layer(hidden, cos, sin, mask, None if drops is None else drops[at])
        return functional.linear(self.model.norm(hidden), self.model.embed_tokens.weight)


_OUTPUTS = ("o_proj.weight", "down_proj.weight")


def rotation(positions: Any, shape: Shape, dtype: Any) -> tuple[Any, Any]:
    size = shape.hidden // shape.heads
    turns = shape.theta ** (-torch.arange(0, size, 2, device=positions.device).float() / size)
    angles = positions.float()[:, None, :, None] * turns
    angles = torch.cat((angles, angles), -1)
    return angles.cos().to(dtype), angles.sin().to(dtype)


def turned(heads: Any, cos: Any, sin: Any) -> Any:
    half = heads.shape[-1] // 2
    other = torch.cat((-heads[..., half:], heads[..., :half]), -1)
    return heads * cos + other * sin


def dropout_factors(shape: Shape, rows: int, rate: float, generator: Any, dtype: Any) -> Any:
    """For each layer the factors of its two branches, and those of the embedding last."""
    if not rate:
        return None
    size = (shape.layers + 1, 2, rows, 1, shape.hidden)
    kept = (torch.rand(size, generator=generator) >= rate).to(dtype)
    return kept / (1 - rate)


def attention_mask(pieces: Any, dtype: Any) -> Any:
    """Added to scores: each token sees those before it in its own piece of the row."""
    length = pieces.shape[1]
    same = pieces[:, :, None] == pieces[:, None, :]
    before = torch.ones(length, length, dtype=torch.bool).tril()
    return torch.zeros(same.shape, dtype=dtype).masked_fill(~(same & before), -1e4)[:, None]
