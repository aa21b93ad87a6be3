"""A small convolutional network over onsets: where in which meter each of them lies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from chatmusician.transcription.rhythm.tracker import QUARTER, Steps

# The meters that are told apart, and the quarters of their bars. 2/2 is told from 4/4 later.
BARS: Final = {"2/4": 2, "3/4": 3, "4/4": 4, "6/8": 3, "9/8": 4.5, "12/8": 6}
# Places in a bar are counted in sixteenths.
CELL: Final = QUARTER // 4
CELLS: Final = {meter: round(quarters * 4) for meter, quarters in BARS.items()}
FIRST: Final = {
    meter: sum(list(CELLS.values())[:at]) for at, meter in enumerate(CELLS)
}  # of each meter's classes
# The last class: the grid is read at the wrong level.
WRONG: Final = sum(CELLS.values())
CLASSES: Final = WRONG + 1
DILATIONS: Final = (1, 2, 4, 8, 16)
KERNEL: Final = 5
_FILE: Final = Path(__file__).resolve().parents[2] / "resources" / "transcription" / "rhythm.npz"


@dataclass(frozen=True)
class Network:
    """Weights by name, as ``scripts/train_rhythm.py`` writes them."""

    weights: dict[str, Any]

    def log_probabilities(self, rows: Any) -> Any:
        """The log of each class's probability, for each onset."""
        w = self.weights
        hidden = _relu(rows @ w["in.weight"].T + w["in.bias"])
        for at, dilation in enumerate(DILATIONS):
            inner = _relu(_convolved(hidden, w[f"conv{at}.weight"], w[f"conv{at}.bias"], dilation))
            pooled = inner.mean(0) @ w[f"pool{at}.weight"].T + w[f"pool{at}.bias"]
            hidden = hidden + inner @ w[f"mix{at}.weight"].T + w[f"mix{at}.bias"] + pooled
        hidden = _relu(hidden)
        logits = hidden @ w["out.weight"].T + w["out.bias"]
        logits -= logits.max(1, keepdims=True)
        return logits - np.log(np.exp(logits).sum(1, keepdims=True))


def _relu(values: Any) -> Any:
    return np.maximum(values, 0)


def _convolved(rows: Any, weight: Any, bias: Any, dilation: int) -> Any:
    """``weight[out, in, tap]`` over rows, the ends filled with zeros."""
    reach = dilation * (KERNEL // 2)
    padded = np.pad(rows, ((reach, reach), (0, 0)))
    total = np.broadcast_to(bias, (len(rows), len(bias))).astype(np.float32)
    for tap in range(KERNEL):
        total = total + padded[tap * dilation : tap * dilation + len(rows)] @ weight[:, :, tap].T
    return total


@dataclass(frozen=True)
class Model:
    network: Network
    simple: Steps
    compound: Steps
    tables: dict[str, Any]


@lru_cache(maxsize=1)
def model() -> Model:
    """What was learned from written tunes (``scripts/train_rhythm.py``)."""
    with np.load(_FILE) as stored:
        arrays = {name: stored[name].astype(np.float32) for name in stored.files}
    return Model(
        Network({name[4:]: array for name, array in arrays.items() if name.startswith("net.")}),
        Steps.from_counts(24, *(arrays[f"simple.{part}"] for part in ("places", "steps", "start"))),
        Steps.from_counts(36, *(arrays[f"compound.{p}"] for p in ("places", "steps", "start"))),
        {name[6:]: array for name, array in arrays.items() if name.startswith("table.")},
    )
