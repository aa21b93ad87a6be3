"""A preprocessed folder as training rows: packed or one sample each, positions restarted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chatmusician.errors import InputError, UsageError
from chatmusician.train.config import Config
from chatmusician.train.preprocess import MANIFEST

IGNORED = -100


class Rows:
    """Row i: its samples' tokens, labels and positions, one behind the other."""

    def __init__(self, folder: str, *, packing: bool = True) -> None:
        path = Path(folder)
        if not (path / MANIFEST).is_file():
            raise InputError(
                f"has no {MANIFEST}",
                path=folder,
                hint="make it with: chatmusician train preprocess",
            )
        self.manifest: dict[str, Any] = json.loads((path / MANIFEST).read_text())
        self.folder = path
        lengths = np.load(path / "lengths.npy")
        self._starts = np.concatenate([[0], np.cumsum(lengths)])
        self._tokens = np.memmap(path / "tokens.bin", dtype=np.uint32, mode="r")
        self._learned = np.memmap(path / "learned.bin", dtype=bool, mode="r")
        self._samples, sizes = np.arange(len(lengths)), np.ones(len(lengths), dtype=np.int64)
        if packing:
            with np.load(path / "packs.npz") as packs:
                self._samples, sizes = packs["samples"], packs["sizes"]
        self._bounds = np.concatenate([[0], np.cumsum(sizes)])

    @property
    def tokenizer_fingerprint(self) -> str:
        return str(self.manifest["tokenizer_fingerprint"])

    def __len__(self) -> int:
        return len(self._bounds) - 1

    def __getitem__(self, index: int) -> dict[str, Any]:
        numbers = self._samples[self._bounds[index] : self._bounds[index + 1]]
        parts = [self._sample(number) for number in numbers]
        return {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}

    def _sample(self, number: int) -> dict[str, Any]:
        span = slice(self._starts[number], self._starts[number + 1])
        tokens = self._tokens[span].astype(np.int64)
        labels = np.where(self._learned[span], tokens, IGNORED)
        # Nothing precedes the first token: what stands before it is another sample.
        labels[0] = IGNORED
        return {"input_ids": tokens, "labels": labels, "position_ids": np.arange(len(tokens))}


def check_data(config: Config, rows: Rows) -> None:
    made, length = (rows.manifest["job"][name] for name in ("stage", "length"))
    if made != config.stage:
        raise UsageError(f"stage is {config.stage}, and data.path was made with --stage {made}")
    if config.data.length not in (0, length):
        raise UsageError(
            f"data.length is {config.data.length}, and data.path was made with --length {length}"
        )


def collate(
    items: Sequence[dict[str, Any]], *, pad: int, flat: bool = False, width: int = 0
) -> dict[str, Any]:
    """One batch without attention mask: transformers finds the samples by their positions.

    Padding is a sample of its own. `flat` lays the batch out in one row, as flash-attention's
    variable-length kernels want it. `width` is the least width: a compiled model wants one shape.
    """
    import torch

    if flat:
        joined = {key: np.concatenate([item[key] for item in items]) for key in items[0]}
        return {key: torch.from_numpy(value)[None] for key, value in joined.items()}
    longest = max(width, *(len(item["input_ids"]) for item in items))
    batch = {
        "input_ids": np.full((len(items), longest), pad, dtype=np.int64),
        "labels": np.full((len(items), longest), IGNORED, dtype=np.int64),
        "position_ids": np.zeros((len(items), longest), dtype=np.int64),
    }
    for row, item in enumerate(items):
        length = len(item["input_ids"])
        for key, value in item.items():
            batch[key][row, :length] = value
        batch["position_ids"][row, length:] = np.arange(longest - length)
    return {key: torch.from_numpy(value) for key, value in batch.items()}


def useful_tokens(batch: Any, pad: int) -> Any:
    """How many tokens of a batch are not padding, which begins a sample and is one token only."""
    tokens, positions = batch["input_ids"], batch["position_ids"]
    length = tokens.shape[1]
    last_start = length - 1 - (positions.flip(1) == 0).int().argmax(1)
    is_padding = tokens.gather(1, last_start[:, None])[:, 0] == pad
    return tokens.numel() - ((length - last_start) * is_padding).sum()
