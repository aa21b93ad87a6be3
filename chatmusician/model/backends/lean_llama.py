"""Llama's forward pass with nothing around it: small models are bound by Python, not sums.

The weights are those of the transformers model, not copies; its tests compare the two. For
a model of 5 million parameters a step takes a third of the time or less.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional

from chatmusician.model.backends.steps import padded


@dataclass(frozen=True)
class _Layer:
    before: Any
    query: Any
    key: Any
    value: Any
    out: Any
    between: Any
    gate: Any
    up: Any
    down: Any


def can_step(model: Any) -> bool:
    """Whether the model is plain: Llama's own layers, unquantised, without adapters or biases."""
    config = model.config
    heads = config.num_attention_heads
    return (
        type(model).__name__ == "LlamaForCausalLM"
        and not getattr(config, "attention_bias", False)
        and not getattr(config, "mlp_bias", False)
        and getattr(config, "hidden_act", "silu") == "silu"
        and (getattr(config, "head_dim", None) or config.hidden_size // heads) * heads
        == model.model.layers[0].self_attn.q_proj.weight.shape[0]
        and all(type(part).__name__ in _PLAIN for part in model.modules())
        and getattr(model.model.rotary_emb, "rope_type", "default") != "dynamic"
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
    def __init__(self, model: Any) -> None:
        config = model.config
        self.layers = [_layer(layer) for layer in model.model.layers]
        self.embedding = model.model.embed_tokens.weight
        self.norm = model.model.norm.weight
        self.head = model.lm_head.weight
        self.epsilon = config.rms_norm_eps
        self.heads = config.num_attention_heads
        self.shared = config.num_key_value_heads
        self.size = getattr(config, "head_dim", None) or config.hidden_size // self.heads
        self.rotary = model.model.rotary_emb
        self.turns: tuple[Any, Any] | None = None
        self.keys: list[Any] = []
        self.values: list[Any] = []
        self.blanks: Any = None
        self.padded = False
        self.read = 0

    def start(self, prompts: Sequence[Sequence[int]], room: int) -> Any:
        first = list(prompts[0])
        same = len(prompts) > 1 and all(list(prompt) == first for prompt in prompts)
        tokens, self.blanks = padded(prompts[:1] if same else prompts, self.embedding.device)
        self.padded = bool(self.blanks.any())
        rows, longest = tokens.shape
        self.read = 0
        self.turns = self._turns(longest + room)
        shape = (rows, self.shared, longest + room, self.size)
        options = {"dtype": self.embedding.dtype, "device": self.embedding.device}
        # Zeros: what a mask hides is multiplied by nothing, and must not be a NaN.
        self.keys = [torch.zeros(shape, **options) for _ in self.layers]
        self.values = [torch.zeros(shape, **options) for _ in self.layers]
        logits = self._forward(tokens)
        if same:
            self._pick(torch.zeros(len(prompts), dtype=torch.long, device=tokens.device))
            logits = logits.repeat(len(prompts), 1)
        return logits

    def step(self, tokens: Sequence[int]) -> Any:
        return self._forward(torch.tensor(tokens, device=self.embedding.device).unsqueeze(-1))

    def keep(self, rows: list[int]) -> None:
        self._pick(torch.tensor(rows, device=self.embedding.device))

    def _pick(self, rows: Any) -> None:
        self.keys = [keys[rows] for keys in self.keys]
        self.values = [values[rows] for values in self.values]
        self.blanks = self.blanks[rows]

    def _turns(self, length: int) -> tuple[Any, Any]:
        """The rotary table, by the model's own module: it knows its scaling."""
        places = torch.arange(length, device=self.embedding.device).unsqueeze(0)
        cos, sin = self.rotary(self.embedding[:1], places)
        return cos[0], sin[0]

    def _forward(self, tokens: Any) -> Any:
        rows, width = tokens.shape
        start, upto = self.read, self.read + width
        cos, sin, mask = self._places(start, upto)
        hidden = functional.embedding(tokens, self.embedding)
        for at, layer in enumerate(self.layers):
            given = self._normed(hidden, layer.before)
            query = _turned(self._split(given, layer.query, self.heads), cos, sin)
            keys, values = self.keys[at], self.values[at]
            keys[:, :, start:upto] = _turned(self._split(given, layer.key, self.shared), cos, sin)
            values[:, :, start:upto] = self._split(given, layer.value, self.shared)
            heard = functional.scaled_dot_product_attention(
                query,
                keys[:, :, :upto],
                values[:, :, :upto],
                attn_mask=mask,
                is_causal=mask is None and width > 1,
                enable_gqa=self.heads != self.shared,
            )
            heard = heard.transpose(1, 2).reshape(rows, width, -1)
            hidden = hidden + functional.linear(heard, layer.out)
            given = self._normed(hidden, layer.between)
            gate = functional.silu(functional.linear(given, layer.gate))
            hidden = hidden + functional.linear(
                gate * functional.linear(given, layer.up), layer.down
            )
        self.read = upto
        return functional.linear(self._normed(hidden[:, -1], self.norm), self.head)

    def _places(self, start: int, upto: int) -> tuple[Any, Any, Any]:
        """The rotation of each new token, and what each may look at (None: all before it)."""
        assert self.turns is not None
        cos, sin = self.turns
        if not self.padded:
            return cos[start:upto], sin[start:upto], None
        places = torch.arange(upto, device=self.embedding.device)
        own = (places[start:] - self.blanks.unsqueeze(-1)).clamp(min=0)
        shown = (places >= self.blanks.view(-1, 1, 1)) & (places <= places[start:].view(1, -1, 1))
        # A blank looks at itself, or its row would have nothing to look at.
        shown = shown | (places == places[start:].view(1, -1, 1))
        return cos[own].unsqueeze(1), sin[own].unsqueeze(1), shown.unsqueeze(1)

    def _normed(self, hidden: Any, weight: Any) -> Any:
        return functional.rms_norm(hidden, weight.shape, weight, self.epsilon)

    def _split(self, given: Any, weight: Any, heads: int) -> Any:
        rows, width = given.shape[:2]
        made = functional.linear(given, weight)
        return made.view(rows, width, heads, self.size).transpose(1, 2)


def _turned(heads: Any, cos: Any, sin: Any) -> Any:
    half = heads.shape[-1] // 2
    other = torch.cat((-heads[..., half:], heads[..., :half]), -1)
    return heads * cos + other * sin


def _layer(layer: Any) -> _Layer:
    attention, mlp = layer.self_attn, layer.mlp
    return _Layer(
        layer.input_layernorm.weight,
        attention.q_proj.weight,
        attention.k_proj.weight,
        attention.v_proj.weight,
        attention.o_proj.weight,
        layer.post_attention_layernorm.weight,
        mlp.gate_proj.weight,
        mlp.up_proj.weight,
        mlp.down_proj.weight,
    )
