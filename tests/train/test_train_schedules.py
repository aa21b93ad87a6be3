"""What the learning rate does over a run, and models that torch compiles first."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from safetensors.torch import load_file  # noqa: E402

from chatmusician.errors import UsageError  # noqa: E402
from chatmusician.train import config_io  # noqa: E402
from chatmusician.train.config import check  # noqa: E402
from chatmusician.train.run import train  # noqa: E402

Settings = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("schedule", "share"),
    [
        ("cosine", lambda done: (1 + cos(pi * done)) / 2),
        ("linear", lambda done: 1 - done),
        ("constant", lambda done: 1.0),
    ],
)
def test_learning_rates(
    settings: Settings, tmp_path: Path, schedule: str, share: Callable[[float], float]
) -> None:
    """Twelve steps, three of them warm-up: by the formula of each schedule."""
    values = settings(tmp_path / "out", optimizer={"schedule": schedule, "warmup": 0.25})
    history = train(config_io.from_mapping(values))["history"]
    rates = [row["learning_rate"] for row in history if "learning_rate" in row]
    warm = [0, 1 / 3, 2 / 3]
    assert rates == pytest.approx([1e-2 * x for x in warm + [share(n / 9) for n in range(9)]])


def test_unknown_schedule(settings: Settings, tmp_path: Path) -> None:
    values = settings(tmp_path / "out", optimizer={"schedule": "cosin"})
    with pytest.raises(UsageError, match="'cosin', not one of cosine, linear, constant"):
        train(check(config_io.from_mapping(values)))


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_compiled_model_learns_the_same(settings: Settings, tmp_path: Path) -> None:
    losses, names = [], []
    for compiled in (False, True):
        folder = tmp_path / f"out-{compiled}"
        done = train(config_io.from_mapping(settings(folder, hardware={"compile": compiled})))
        losses.append([row["loss"] for row in done["history"] if "loss" in row])
        names.append(set(load_file(folder / "model.safetensors")))
    assert losses[0] == pytest.approx(losses[1], abs=2e-4)
    assert names[0] == names[1]
