"""Muon: which weights it takes, its step against torch's own, and going on after a stop."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from safetensors.torch import load_file  # noqa: E402

from chatmusician.errors import UsageError  # noqa: E402
from chatmusician.train import config_io  # noqa: E402
from chatmusician.train.build import build, load_tokenizer  # noqa: E402
from chatmusician.train.config import check  # noqa: E402
from chatmusician.train.muon import MuonAndAdamW  # noqa: E402
from chatmusician.train.run import train  # noqa: E402
from chatmusician.train.trainer import TokenTrainer  # noqa: E402

Settings = Callable[..., dict[str, Any]]
MUON = {"method": "muon", "learning_rate": 1e-2, "rest_learning_rate": 3e-3}


@pytest.mark.parametrize("tied", [True, False])
def test_matrices_get_muon(data: str, settings: Settings, tmp_path: Path, tied: bool) -> None:
    values = settings(tmp_path / "out", optimizer=MUON)
    values["model"]["shape"] = values["model"]["shape"] | {"tied": tied}
    config = config_io.from_mapping(values)
    model = build(config, load_tokenizer(f"{data}/tokenizer"))
    groups = MuonAndAdamW(model, config.optimizer).param_groups
    names = {id(weight): name for name, weight in model.named_parameters()}
    matrices, rest = ([names[id(weight)] for weight in group["params"]] for group in groups)
    assert len(matrices) == 2 * 7  # layers, and the projections of each
    assert all("_proj" in name for name in matrices)
    assert [name for name in rest if "norm" not in name] == [
        "model.embed_tokens.weight",
        *([] if tied else ["lm_head.weight"]),
    ]
    assert [group["lr"] for group in groups] == [1e-2, 3e-3]


def test_a_step_is_that_of_both() -> None:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Embedding(5, 8), torch.nn.Linear(8, 8))
    twin = torch.nn.Sequential(torch.nn.Embedding(5, 8), torch.nn.Linear(8, 8))
    twin.load_state_dict(model.state_dict())
    config = config_io.from_mapping({"optimizer": MUON}).optimizer
    ours = MuonAndAdamW(model, config)
    theirs = [
        torch.optim.Muon([twin[1].weight], lr=1e-2, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(
            [twin[0].weight, twin[1].bias], lr=3e-3, betas=(0.9, 0.95), weight_decay=0
        ),
    ]
    for _ in range(3):
        for one in (model, twin):
            one.zero_grad()
            one(torch.tensor([1, 2, 4])).square().sum().backward()
        ours.step()
        for optimizer in theirs:
            optimizer.step()
    assert all(map(torch.equal, model.parameters(), twin.parameters()))


def test_a_stopped_run_ends_as_one_that_was_not(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(config_io.from_mapping(settings(tmp_path / "whole", optimizer=MUON)))
    cut = config_io.from_mapping(settings(tmp_path / "cut", optimizer=MUON))
    step = TokenTrainer.training_step

    def failing(self: Any, *rest: Any, **more: Any) -> Any:
        if self.state.global_step == 7:
            raise KeyboardInterrupt
        return step(self, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(TokenTrainer, "training_step", failing)
        with pytest.raises(KeyboardInterrupt):
            train(cut)
    resumed = train(cut, resume=True)
    assert resumed["train_loss"] == whole["train_loss"]
    one, other = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "cut"))
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize(
    ("section", "fields", "message"),
    [
        ("optimizer", {"method": "muonn"}, "not one of adamw, muon"),
        ("optimizer", {"rest_learning_rate": 1e-3}, "rest_learning_rate is for muon"),
        ("hardware", {"sharding": "zero2"}, "muon does not go with hardware.sharding=zero2"),
    ],
)
def test_what_cannot_be(
    settings: Settings, tmp_path: Path, section: str, fields: dict[str, Any], message: str
) -> None:
    values = settings(tmp_path / "out")
    if section == "hardware":
        values["optimizer"] |= MUON
    values[section] = values.get(section, {}) | fields
    with pytest.raises(UsageError, match=message):
        check(config_io.from_mapping(values))
