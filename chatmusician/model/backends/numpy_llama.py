"""Llama's forward pass in numpy: small models compose without torch, and start in a moment.

Importing torch takes longer than a small model needs for a tune, and its wheel is several hundred
megabytes. For models of up to some tens of millions of weights numpy is as fast.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chatmusician.errors import InputError
from chatmusician.model.backends import local
from chatmusician.model.backends.plain_llama import (
    Layer,
    LlamaWeights,
    assembled,
    plain_config,
)

_NUMBERS = {"F64": "<f8", "F32": "<f4", "F16": "<f2"}


def of_folder(
    folder: Path, files: Sequence[Path], *, name: str, own_sampling: bool = False
) -> local.LocalBackend | None:
    """A small plain Llama model without torch; None where it takes more than that."""
    weights = weights_of_folder(folder, files)
    if weights is None:
        return None
    matrices = Matrices(weights)
    return local.of_folder(
        folder,
        lambda: NumpyLlama(matrices),
        size=int(weights.embedding.shape[0]),
        name=name,
        own_sampling=own_sampling,
    )


def weights_of_folder(folder: Path, files: Sequence[Path]) -> LlamaWeights | None:
    """The weights of a plain Llama folder as float32 arrays; None where it is more than that."""
    config = plain_config(folder)
    if config is None:
        return None
    tensors: dict[str, Any] = {}
    for file in files:
        tensors |= read_safetensors(file)
    return assembled(config, tensors)


def read_safetensors(file: Path) -> dict[str, Any]:
    """The tensors of a safetensors file as float32 arrays.

    Raises InputError for kinds of numbers that this does not know.
    """
    data = file.read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, row in header.items():
        if name != "__metadata__":
            start, end = (8 + length + offset for offset in row["data_offsets"])
            tensors[name] = _array(data[start:end], row["dtype"], file).reshape(row["shape"])
    return tensors


def _array(data: bytes, kind: str, file: Path) -> Any:
    if kind == "BF16":  # the upper half of a float32
        return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)
    if kind not in _NUMBERS:
        raise InputError(f"has weights of type {kind}", path=str(file))
    return np.frombuffer(data, _NUMBERS[kind]).astype(np.float32)


class Matrices:
    """Weights laid out for products from the right, once for all batches."""

    def __init__(self, weights: LlamaWeights) -> None:
        self.weights = weights
        self.layers = [_joined(layer) for layer in weights.layers]
        self.head = np.ascontiguousarray(weights.head.T)


class NumpyLlama:
    """One batch being generated. Prompts of different lengths are padded at their left."""

    def __init__(self, matrices: Matrices) -> None:
        self.weights = matrices.weights
        self.layers = matrices.layers
        self.head = matrices.head
        self.keys: list[Any] = []
        self.values: list[Any] = []
        self.padding: Any = None
        self.read = 0
        self.cos: Any = None
        self.sin: Any = None

    def start(self, prompts: Sequence[Sequence[int]], room: int) -> Any:
        """Read the prompts, with room for `room` more tokens; the logits after them."""
        first = list(prompts[0])
        same = len(prompts) > 1 and all(list(prompt) == first for prompt in prompts)
        tokens = self._padded(prompts[:1] if same else prompts)
        rows, longest = tokens.shape
        self._angles(longest + room)
        shape = (rows, self.weights.shared, longest + room, self.weights.size)
        self.keys = [np.zeros(shape, np.float32) for _ in self.layers]
        self.values = [np.zeros(shape, np.float32) for _ in self.layers]
        self.read = 0
        logits = self._forward(tokens)
        if same:
            self.keep([0] * len(prompts))
            logits = np.repeat(logits, len(prompts), 0)
        return logits

    def step(self, tokens: Sequence[int]) -> Any:
        """Read one token for each row; the logits after them."""
        return self._forward(np.array(tokens)[:, None])

    def keep(self, rows: list[int]) -> None:
        """Continue with these rows only."""
        self.keys = [keys[rows] for keys in self.keys]
        self.values = [values[rows] for values in self.values]
        self.padding = self.padding[rows]

    def _padded(self, prompts: Sequence[Sequence[int]]) -> Any:
        longest = max(len(prompt) for prompt in prompts)
        self.padding = np.array([longest - len(prompt) for prompt in prompts])
        return np.array([[0] * (longest - len(prompt)) + list(prompt) for prompt in prompts])

    def _angles(self, length: int) -> None:
        angles = np.outer(np.arange(length, dtype=np.float32), self.weights.turns)
        both = np.concatenate((angles, angles), -1)
        scaling = np.float32(self.weights.scaling)
        self.cos, self.sin = np.cos(both) * scaling, np.sin(both) * scaling

    def _forward(self, tokens: Any) -> Any:
        rows, width = tokens.shape
        cos, sin, hidden_places = self._places(width)
        # All tokens are rows of one matrix: numpy multiplies a stack of matrices one by one.
        hidden = self.weights.embedding[tokens.ravel()]
        for at, (attention, out, feed, down, before, between) in enumerate(self.layers):
            given = (self._normed(hidden, before) @ attention).reshape(rows, width, -1)
            heard = self._attend(at, given, cos, sin, hidden_places)
            hidden = hidden + heard.reshape(rows * width, -1) @ out
            gate, up = np.split(self._normed(hidden, between) @ feed, 2, axis=-1)
            hidden = hidden + (_silu(gate) * up) @ down
        self.read += width
        last = hidden.reshape(rows, width, -1)[:, -1]
        return self._normed(last, self.weights.norm) @ self.head

    def _attend(self, at: int, given: Any, cos: Any, sin: Any, hidden_places: Any) -> Any:
        """What attention gives for each new token of layer `at`: (rows, width, heads, size)."""
        weights, upto = self.weights, self.read + cos.shape[-2]
        rows, width = given.shape[:2]
        split = given.reshape(rows, width, -1, weights.size).transpose(0, 2, 1, 3)
        query = _turned(split[:, : weights.heads], cos, sin)
        keys, values = self.keys[at], self.values[at]
        key, value = np.split(split[:, weights.heads :], 2, axis=1)
        keys[:, :, self.read : upto] = _turned(key, cos, sin)
        values[:, :, self.read : upto] = value
        # Heads that share a key and value are rows of one product.
        group = weights.heads // weights.shared
        query = query.reshape(rows, weights.shared, group * width, weights.size)
        scores = query @ keys[:, :, :upto].swapaxes(-1, -2)
        scores *= np.float32(weights.size**-0.5)
        if hidden_places is not None:
            shape = (rows, weights.shared, group, width, upto)
            scores = np.where(hidden_places[:, None, None], -np.inf, scores.reshape(shape))
            scores = scores.reshape(rows, weights.shared, group * width, upto)
        heard = _softmax(scores) @ values[:, :, :upto]
        return heard.reshape(rows, weights.heads, width, weights.size).swapaxes(1, 2)

    def _places(self, width: int) -> tuple[Any, Any, Any]:
        """The rotation of each new token, and which places it may not look at (None: it may look
        at all)."""
        start, upto = self.read, self.read + width
        padded = bool(self.padding.any())
        if not padded and width == 1:
            return self.cos[start:upto], self.sin[start:upto], None
        new, places = np.arange(start, upto), np.arange(upto)
        own = np.maximum(new - self.padding[:, None], 0)
        hidden = (places < self.padding[:, None, None]) | (places > new[:, None])
        # Padding looks at itself, or its row would have nothing to look at.
        hidden &= places != new[:, None]
        return self.cos[own][:, None], self.sin[own][:, None], hidden

    def _normed(self, hidden: Any, weight: Any) -> Any:
        mean = np.mean(hidden * hidden, -1, keepdims=True)
        return hidden / np.sqrt(mean + np.float32(self.weights.epsilon)) * weight


def _joined(layer: Layer) -> tuple[Any, ...]:
    """A layer's matrices, transposed, with those that read the same input side by side."""

    def beside(*parts: Any) -> Any:
        return np.ascontiguousarray(np.concatenate(parts).T)

    return (
        beside(layer.query, layer.key, layer.value),
        beside(layer.out),
        beside(layer.gate, layer.up),
        beside(layer.down),
        layer.before,
        layer.between,
    )


def _turned(heads: Any, cos: Any, sin: Any) -> Any:
    """Heads with the rotary embedding applied."""
    half = heads.shape[-1] // 2
    other = np.concatenate((-heads[..., half:], heads[..., :half]), -1)
    return heads * cos + other * sin


def _silu(values: Any) -> Any:
    return values / (1 + np.exp(-values))


def _softmax(scores: Any) -> Any:
    scores -= scores.max(-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(-1, keepdims=True)
    return scores
