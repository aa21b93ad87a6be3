"""Llama's forward pass with nothing around it: small models are bound by Python, not sums.

Its weights are those of a transformers model, not copies, or come straight from a folder's
files: transformers alone takes longer to import than a small model takes to write a tune.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from chatmusician.model.backends.plain_llama import (
    LlamaWeights,
    assembled,
    is_plain,
    layers_of,
    plain_config,
)
from chatmusician.model.backends.steps import as_array, padded, without_gradients


def weights_of_model(model: Any) -> LlamaWeights:
    """The weights of a transformers model, shared with it."""
    config, rotary = model.config, model.model.rotary_emb
    tensors = {name: weight.data for name, weight in model.named_parameters()}
    return LlamaWeights(
        layers_of(tensors, config.num_hidden_layers),
        model.model.embed_tokens.weight.data,
        model.model.norm.weight.data,
        model.lm_head.weight.data,
        config.rms_norm_eps,
        config.num_attention_heads,
        config.num_key_value_heads,
        rotary.inv_freq,
        rotary.attention_scaling,
    )


def weights_of_folder(folder: Path, files: Sequence[Path], dtype: Any) -> LlamaWeights | None:
    """The weights in a folder; None where the model is more than plain Llama."""
    config = plain_config(folder)
    if config is None:
        return None
    from safetensors.torch import load_file

    tensors: dict[str, Any] = {}
    for file in files:
        tensors.update((name, one.to(dtype)) for name, one in load_file(str(file)).items())
    return assembled(config, tensors)


def can_step(model: Any) -> bool:
    """Whether a loaded model is plain: Llama's own layers, without adapters or biases."""
    config = {**model.config.to_dict(), "quantization_config": None}
    return (
        type(model).__name__ == "LlamaForCausalLM"
        and is_plain(config)
        and all(type(part).__name__ in _PLAIN for part in model.modules())
        and "dynamic" not in str(getattr(model.model.rotary_emb, "rope_type", "default"))
    )


_PLAIN = frozenset(
    {
        "Embedding",
        "LlamaAttention",
        "LlamaDecoderLayer",
        "LlamaForCausalLM",
        "LlamaMLP",
        "LlamaModel",
        "LlamaRMSNorm",
        "LlamaRotaryEmbedding",
        "Linear",
        "ModuleList",
        "SiLU",
        "SiLUActivation",
    }
)


class LeanLlama:
    """One batch being generated."""

    def __init__(self, weights: LlamaWeights) -> None:
        self.weights = weights
        self.device = weights.embedding.device
        self.turns: tuple[Any, Any] | None = None
        self.keys: list[Any] = []
        self.values: list[Any] = []
        self.blanks: Any = None
        self.padded = False
        self.read = 0

    @without_gradients
    def start(self, prompts: Sequence[Sequence[int]], room: int) -> Any:
        first = list(prompts[0])
        same = len(prompts) > 1 and all(list(prompt) == first for prompt in prompts)
        tokens, self.blanks = padded(prompts[:1] if same else prompts, self.device)
        self.padded = bool(self.blanks.any())
        rows, longest = tokens.shape
        self.read = 0
        self.turns = self._turns(longest + room)
        shape = (rows, self.weights.shared, longest + room, self.weights.size)
        options = {"dtype": self.weights.embedding.dtype, "device": self.device}
        # Zeros: what a mask hides is multiplied by nothing, and must not be a NaN.
        self.keys = [torch.zeros(shape, **options) for _ in self.weights.layers]
        self.values = [torch.zeros(shape, **options) for _ in self.weights.layers]
        logits = self._forward(tokens)
        if same:
            self._pick(torch.zeros(len(prompts), dtype=torch.long, device=tokens.device))
            logits = logits.repeat(len(prompts), 1)
        return as_array(logits)

    @without_gradients
    def step(self, tokens: Sequence[int]) -> Any:
        return as_array(self._forward(torch.tensor(tokens, device=self.device).unsqueeze(-1)))

    def keep(self, rows: list[int]) -> None:
        self._pick(torch.tensor(rows, device=self.device))

    def _pick(self, rows: Any) -> None:
        self.keys = [keys[rows] for keys in self.keys]
        self.values = [values[rows] for values in self.values]
        self.blanks = self.blanks[rows]

    def _turns(self, length: int) -> tuple[Any, Any]:
        """The rotary table, in single precision as transformers has it."""
        places = torch.arange(length, device=self.device).float()
        turns = torch.as_tensor(self.weights.turns).float().to(self.device)
        angles = torch.outer(places, turns)
        both = torch.cat((angles, angles), -1)
        kind, scaling = self.weights.embedding.dtype, self.weights.scaling
        return (both.cos() * scaling).to(kind), (both.sin() * scaling).to(kind)

    def _forward(self, tokens: Any) -> Any:
        rows, width = tokens.shape
        start, upto = self.read, self.read + width
        cos, sin, mask = self._places(start, upto)
        heads, shared = self.weights.heads, self.weights.shared
        hidden = functional.embedding(tokens, self.weights.embedding)
        for at, layer in enumerate(self.weights.layers):
            given = self._normed(hidden, layer.before)
            query = _turned(self._split(given, layer.query, self.weights.heads), cos, sin)
            keys, values = self.keys[at], self.values[at]
            keys[:, :, start:upto] = _turned(
                self._split(given, layer.key, self.weights.shared), cos, sin
            )
            values[:, :, start:upto] = self._split(given, layer.value, self.weights.shared)
            heard = functional.scaled_dot_product_attention(
                query,
                keys[:, :, :upto],
                values[:, :, :upto],
                attn_mask=mask,
                is_causal=mask is None and width > 1,
                enable_gqa=heads != shared,
            )
            heard = heard.transpose(1, 2).reshape(rows, width, -1)
            hidden = hidden + functional.linear(heard, layer.out)
            given = self._normed(hidden, layer.between)
            gate = functional.silu(functional.linear(given, layer.gate))
            hidden = hidden + functional.linear(
                gate * functional.linear(given, layer.up), layer.down
            )
        self.read = upto
        return functional.linear(self._normed(hidden[:, -1], self.weights.norm), self.weights.head)

    def _places(self, start: int, upto: int) -> tuple[Any, Any, Any]:
        """The rotation of each new token, and what each may look at (None: all before it)."""
        assert self.turns is not None
        cos, sin = self.turns
        if not self.padded:
            return cos[start:upto], sin[start:upto], None
        places = torch.arange(upto, device=self.device)
        own = (places[start:] - self.blanks.unsqueeze(-1)).clamp(min=0)
        shown = (places >= self.blanks.view(-1, 1, 1)) & (places <= places[start:].view(1, -1, 1))
        # A blank looks at itself, or its row would have nothing to look at.
        shown = shown | (places == places[start:].view(1, -1, 1))
        return cos[own].unsqueeze(1), sin[own].unsqueeze(1), shown.unsqueeze(1)

    def _normed(self, hidden: Any, weight: Any) -> Any:
        return functional.rms_norm(hidden, weight.shape, weight, self.weights.epsilon)

    def _split(self, given: Any, weight: Any, heads: int) -> Any:
        rows, width = given.shape[:2]
        made = functional.linear(given, weight)
        return made.view(rows, width, heads, self.weights.size).transpose(1, 2)


def _turned(heads: Any, cos: Any, sin: Any) -> Any:
    half = heads.shape[-1] // 2
    other = torch.cat((-heads[..., half:], heads[..., :half]), -1)
    return heads * cos + other * sin
