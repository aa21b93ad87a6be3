"""Configs: types, overrides, and contradictions named with both their fields."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("yaml")

from chatmusician.errors import UsageError
from chatmusician.train import config_io


def test_recipes_have_the_published_figures() -> None:
    for name in ("llama2-7b-cpt-a800", "llama2-7b-sft-v100"):
        config = config_io.load(name)
        adapter, optimizer = config.adapter, config.optimizer
        assert (adapter.rank, adapter.alpha, adapter.dropout) == (64, 16, 0.1)
        assert (optimizer.beta1, optimizer.beta2, optimizer.epsilon) == (0.9, 0.95, 1e-8)
        assert (optimizer.weight_decay, optimizer.clip) == (0.1, 1.0)
        assert (optimizer.learning_rate, optimizer.warmup, optimizer.batch) == (1e-4, 0.05, 8)
    v100 = config_io.load("llama2-7b-sft-v100")
    assert v100.hardware.precision == "fp16"
    assert v100.model.attention != "flash_attention_2"
    assert (v100.optimizer.epochs, v100.hardware.gpus) == (2, 8)


@pytest.mark.parametrize("name", sorted(config_io.recipes()))
def test_every_recipe_is_valid(name: str) -> None:
    assert config_io.load(name).output


def test_overrides_have_types() -> None:
    overrides = ["optimizer.learning_rate=3e-4", "adapter.targets=q_proj,v_proj", "seed=7"]
    config = config_io.load("smollm2-lora", overrides)
    assert config.optimizer.learning_rate == 3e-4
    assert config.adapter.targets == ("q_proj", "v_proj")
    assert config.seed == 7


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("optimizer.batch=two", "optimizer.batch must be a whole number"),
        ("optimizer.batch=true", "optimizer.batch must be a whole number"),
        ("optimizer.bach=2", "no field optimizer.bach"),
        ("optimizer=2", "optimizer is a section"),
        ("optimizer.batch=0", "optimizer.batch is 0"),
        ("batch", "is not section.field=value"),
        ("seed.x=1", "there is no field|must be|not a section"),
    ],
)
def test_wrong_overrides(override: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        config_io.load("mini-cpu", [override])


@pytest.mark.parametrize(
    ("recipe", "overrides", "both"),
    [
        ("mini-cpu", ["optimizer.steps=5"], ("optimizer.epochs", "optimizer.steps")),
        ("mini-cpu", ["adapter.method=lora"], ("adapter.method", "model.path")),
        ("mini-cpu", ["adapter.train_head=true"], ("adapter.method", "adapter.train_head")),
        ("mini-cpu", ["adapter.path=x"], ("adapter.method", "adapter.path")),
        ("mini-cpu", ["data.length=2048"], ("data.length", "model.shape.context")),
        ("smollm2-lora", ["adapter.method=qlora"], ("adapter.method", "hardware.precision")),
        ("mini-cpu", ["data.held_out=x"], ("data.held_out", "data.held_out_share")),
        (
            "llama2-7b-sft-v100",
            ["hardware.precision=bf16"],
            ("hardware.gpu=V100-32GB", "hardware.precision"),
        ),
        (
            "llama2-7b-sft-v100",
            ["model.attention=flash_attention_2"],
            ("hardware.gpu=V100-32GB", "model.attention"),
        ),
        (
            "llama2-7b-cpt-a800",
            ["adapter.method=qlora", "hardware.sharding=zero3"],
            ("adapter.method", "hardware.sharding"),
        ),
    ],
)
def test_contradictions_name_both(recipe: str, overrides: list[str], both: tuple[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        config_io.load(recipe, overrides)
    assert all(name in str(caught.value) for name in both), caught.value


def test_an_unknown_recipe_lists_the_known() -> None:
    with pytest.raises(UsageError) as caught:
        config_io.load("mini")
    assert "mini-cpu" in str(caught.value.hint)


def test_a_file_is_a_recipe(tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    path.write_text("output: o\ndata: {path: d}\nmodel: {path: m}\noptimizer: {steps: 3}\n")
    assert config_io.load(str(path)).optimizer.steps == 3
