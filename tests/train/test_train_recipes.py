"""Every recipe built against its real classes, without training."""

from __future__ import annotations

from math import ceil
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("peft")

from chatmusician.train import arguments as told  # noqa: E402
from chatmusician.train import config_io  # noqa: E402
from chatmusician.train.plan import memory, parameters, plan  # noqa: E402

ZERO = ("zero2", "zero3", "zero3-offload")


@pytest.mark.parametrize("name", sorted(config_io.recipes()))
def test_training_arguments(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on the recipe's own GPU, which here is only said to be there."""
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda *_: True)
    monkeypatch.setenv("ACCELERATE_USE_CPU", "true")
    config = config_io.load(name, [f"output={tmp_path / 'out'}", "hardware.sharding=none"])
    made = told.training_arguments(config, 1000)
    optimizer = config.optimizer
    assert (made.adam_beta1, made.adam_beta2) == (0.9, 0.95)
    assert (made.learning_rate, made.weight_decay) == (optimizer.learning_rate, 0.1)
    assert made.lr_scheduler_type.value.startswith(optimizer.schedule)
    assert made.max_steps == told.total_steps(config, 1000) > 0
    assert made.warmup_steps == ceil(made.max_steps * optimizer.warmup)
    assert (made.fp16, made.bf16) == (
        config.hardware.precision == "fp16",
        config.hardware.precision == "bf16",
    )
    checkpointing = getattr(made, "activation_checkpointing", made.gradient_checkpointing)
    assert checkpointing == config.hardware.gradient_checkpointing


@pytest.mark.parametrize("name", sorted(config_io.recipes()))
def test_dry_run(name: str) -> None:
    """Without data, weights or network: parameters and memory of each recipe."""
    made = plan(config_io.load(name))
    assert made["trained"] > 0
    assert made["memory_gib_per_gpu_estimated"]["together"] > 0


def test_the_plan_of_chatmusicians_pre_training() -> None:
    made = plan(config_io.load("llama2-7b-cpt-a800"))
    lora = 64 * (4 * (4096 + 4096) + 3 * (4096 + 11008)) * 32
    assert made["trained"] == lora + 2 * 32000 * 4096
    assert made["tokens"] == pytest.approx(4.16e9, rel=0.01)
    assert made["memory_gib_per_gpu_estimated"]["together"] < 80


def test_the_v100_recipe_asks_for_nothing_it_lacks() -> None:
    config = config_io.load("llama2-7b-sft-v100")
    assert config.hardware.precision == "fp16"
    assert config.model.attention == "sdpa"
    text = config_io.recipes()["llama2-7b-sft-v100"].read_text()
    settings = "".join(line for line in text.splitlines() if not line.startswith("#"))
    assert "bf16" not in settings
    assert "flash" not in settings


@pytest.mark.parametrize("sharding", ZERO)
def test_deepspeed_reads_its_settings(sharding: str) -> None:
    """By DeepSpeed's own class, with the fields filled in that the Trainer fills in."""
    pytest.importorskip("deepspeed")
    from deepspeed.runtime.config import DeepSpeedConfig

    settings: dict[str, Any] = told.deepspeed_settings(sharding)
    zero = {
        key: 10**6 if value == "auto" else value
        for key, value in settings["zero_optimization"].items()
    }
    settings = {
        **settings,
        "zero_optimization": zero,
        "fp16": {"enabled": False},
        "bf16": {"enabled": True},
        "gradient_clipping": 1.0,
        "gradient_accumulation_steps": 2,
        "train_micro_batch_size_per_gpu": 4,
        "train_batch_size": 8,
    }
    read = DeepSpeedConfig(settings)
    assert read.zero_config.stage == (2 if sharding == "zero2" else 3)
    offloads = sharding == "zero3-offload"
    assert (read.zero_config.offload_param is not None) == offloads
    assert (read.zero_config.offload_optimizer is not None) == offloads
    if offloads:
        assert read.zero_config.offload_param.device == "cpu"
        assert read.zero_config.offload_optimizer.device == "cpu"


def test_parts_of_the_memory_that_can_be_said_exactly() -> None:
    """Full fp32 training: four bytes a weight, as much for gradients, twice that for Adam."""
    config = config_io.load("mini-cpu", ["hardware.precision=fp32"])
    counts = parameters(config, config.model.shape, 2048)
    parts = memory(config, config.model.shape, counts, 1024, 2048)
    assert parts["weights"] == parts["gradients"] == 4 * counts[0]
    assert parts["optimizer"] == 8 * counts[0]
