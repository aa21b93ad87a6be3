"""Which models are plain Llama, and their weights by what they do; for our own forward passes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Layer:
    """The weights of one layer: arrays or tensors, as the forward pass needs them."""

    before: Any
    query: Any
    key: Any
    value: Any
    out: Any
    between: Any
    gate: Any
    up: Any
    down: Any


_NAMES = {
    "before": "input_layernorm",
    "query": "self_attn.q_proj",
    "key": "self_attn.k_proj",
    "value": "self_attn.v_proj",
    "out": "self_attn.o_proj",
    "between": "post_attention_layernorm",
    "gate": "mlp.gate_proj",
    "up": "mlp.up_proj",
    "down": "mlp.down_proj",
}


@dataclass(frozen=True)
class LlamaWeights:
    """`turns` are the angles of the rotary embedding for one step, `scaling` its factor."""

    layers: tuple[Layer, ...]
    embedding: Any
    norm: Any
    head: Any
    epsilon: float
    heads: int
    shared: int
    turns: Any
    scaling: float = 1.0

    @property
    def size(self) -> int:
        """The width of one head."""
        return int(self.layers[0].query.shape[0] // self.heads)


def is_plain(config: Mapping[str, Any]) -> bool:
    """Whether a config.json describes Llama's own layers, without biases or quantisation."""
    return (
        config.get("model_type") == "llama"
        and not config.get("quantization_config")
        and not config.get("attention_bias")
        and not config.get("mlp_bias")
        and config.get("hidden_act", "silu") == "silu"
        and not config.get("pretraining_tp", 1) > 1
    )


def layers_of(tensors: Mapping[str, Any], count: int) -> tuple[Layer, ...]:
    """The layers of a state dict. Raises KeyError where a weight is missing."""
    return tuple(
        Layer(
            **{ours: tensors[f"model.layers.{at}.{name}.weight"] for ours, name in _NAMES.items()}
        )
        for at in range(count)
    )


def plain_config(folder: Path) -> dict[str, Any] | None:
    """The config.json of a folder; None where the model is more than plain Llama with the
    default rotary embedding."""
    config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    usual = rope.get("rope_type", rope.get("type", "default")) == "default"
    return config if is_plain(config) and usual else None


def assembled(config: Mapping[str, Any], tensors: Mapping[str, Any]) -> LlamaWeights | None:
    """The weights of a plain config from its tensors; `turns` is a numpy array.

    None where a weight is missing or the model has biases.
    """
    import numpy as np

    embedding = tensors.get("model.embed_tokens.weight")
    head = embedding if config.get("tie_word_embeddings") else tensors.get("lm_head.weight")
    norm = tensors.get("model.norm.weight")
    missing = any(tensor is None for tensor in (embedding, head, norm))
    if missing or any(name.endswith(".bias") for name in tensors):
        return None
    try:
        layers = layers_of(tensors, config["num_hidden_layers"])
    except KeyError:
        return None
    heads = config["num_attention_heads"]
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    theta = rope.get("rope_theta") or config.get("rope_theta") or 10000.0
    size = layers[0].query.shape[0] // heads
    turns = 1.0 / theta ** (np.arange(0, size, 2, dtype=np.float32) / np.float32(size))
    return LlamaWeights(
        layers,
        embedding,
        norm,
        head,
        config.get("rms_norm_eps", 1e-6),
        heads,
        config.get("num_key_value_heads") or heads,
        turns.astype(np.float32),
    )
