"""Training: packing changes nothing but the time, a killed run ends as if it had not been."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("peft")

from chatmusician.errors import UsageError  # noqa: E402
from chatmusician.train import config_io  # noqa: E402
from chatmusician.train.build import build, load_tokenizer  # noqa: E402
from chatmusician.train.data import Rows, collate  # noqa: E402
from chatmusician.train.merge import merge  # noqa: E402
from chatmusician.train.preprocess import Job, preprocess  # noqa: E402
from chatmusician.train.run import deepspeed_settings, train, training_arguments  # noqa: E402

SHAPE = {"hidden": 32, "layers": 2, "heads": 4, "feed_forward": 64, "context": 128}
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def data(tmp_path: Path, texts: str, tokenizer_folder: str) -> str:
    folder = str(tmp_path / "data")
    preprocess(Job((texts,), folder, tokenizer_folder, length=128, source_length=64))
    return folder


def settings(data: str, output: Path, **optimizer: Any) -> dict[str, Any]:
    return {
        "output": str(output),
        "data": {"path": data},
        "model": {"shape": SHAPE},
        "optimizer": {"learning_rate": 1e-2, "batch": 2, "steps": 12} | optimizer,
        "logging": {"every": 1, "save_every": 3, "tensorboard": False},
    }


def losses(model: Any, batch: dict[str, Any]) -> dict[tuple[int, ...], list[float]]:
    """Each sample's losses, by its tokens."""
    with torch.no_grad():
        logits = model(input_ids=batch["input_ids"], position_ids=batch["position_ids"]).logits
    found: dict[tuple[int, ...], list[float]] = {}
    for row, tokens in enumerate(batch["input_ids"]):
        starts = (batch["position_ids"][row] == 0).nonzero().flatten().tolist()
        for start, stop in zip(starts, [*starts[1:], len(tokens)], strict=True):
            if (batch["labels"][row, start + 1 : stop] == -100).all():
                continue
            loss = torch.nn.functional.cross_entropy(
                logits[row, start : stop - 1], tokens[start + 1 : stop], reduction="none"
            )
            found[tuple(tokens[start:stop].tolist())] = loss.tolist()
    return found


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_packing_is_exact(data: str, tmp_path: Path, attention: str) -> None:
    values = settings(data, tmp_path / "out")
    values["model"]["attention"] = attention
    config = config_io.from_mapping(values)
    model = build(config, load_tokenizer(f"{data}/tokenizer")).eval()
    packed, alone = Rows(data), Rows(data, packing=False)
    assert len(packed) < len(alone)
    together = losses(model, collate([packed[i] for i in range(len(packed))], pad=2))
    apart: dict[tuple[int, ...], list[float]] = {}
    for number in range(len(alone)):
        apart |= losses(model, collate([alone[number]], pad=2))
    assert together.keys() == apart.keys()
    for tokens, expected in apart.items():
        assert together[tokens] == pytest.approx(expected, abs=1e-4)


def test_a_wrong_position_would_show(data: str, tmp_path: Path) -> None:
    """The same rows with running positions see their neighbours, and their losses differ."""
    config = config_io.from_mapping(settings(data, tmp_path / "out"))
    model = build(config, load_tokenizer(f"{data}/tokenizer")).eval()
    rows = Rows(data)
    batch = collate(
        [max((rows[i] for i in range(len(rows))), key=lambda r: (r["position_ids"] == 0).sum())],
        pad=2,
    )
    running = torch.arange(batch["input_ids"].shape[1])[None]
    with torch.no_grad():
        right = model(input_ids=batch["input_ids"], position_ids=batch["position_ids"]).logits
        wrong = model(input_ids=batch["input_ids"], position_ids=running).logits
    assert (right - wrong).abs().max() > 1e-3


def run_line(config: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "chatmusician", "train", "pretrain", str(config), *more]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_stopped_run_ends_bit_equal(data: str, tmp_path: Path, number: int) -> None:
    import json

    values = settings(data, tmp_path / "whole", steps=40)
    whole = train(config_io.from_mapping(values))
    path = tmp_path / "run.yaml"
    path.write_text(json.dumps(values | {"output": str(tmp_path / "cut")}))
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(run_line(path), env=env)
    while process.poll() is None and not list((tmp_path / "cut").glob("checkpoint-*/whole")):
        time.sleep(0.01)
    process.send_signal(number)
    code = process.wait()
    assert code == (-9 if number == signal.SIGKILL else 130)
    assert not (tmp_path / "cut" / "model.safetensors").exists()
    subprocess.run(run_line(path, "--resume"), env=env, check=True)
    cut = json.loads((tmp_path / "cut" / "result.json").read_text())
    assert cut["train_loss"] == whole["train_loss"]
    same = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("whole", "cut")]
    assert same[0] == same[1]


def test_lora_trains_and_merges(data: str, tmp_path: Path) -> None:
    first = train(config_io.from_mapping(settings(data, tmp_path / "base", steps=3)))
    values = settings(data, tmp_path / "lora")
    values["model"] = {"path": str(tmp_path / "base")}
    values["adapter"] = {"method": "lora", "rank": 4}
    values["data"]["held_out_share"] = 0.2
    second = train(config_io.from_mapping(values))
    assert second["held_out_loss"] is not None
    assert second["train_loss"] < first["train_loss"]
    merged = merge(str(tmp_path / "lora"), str(tmp_path / "merged"), dtype="float32")
    assert merged["logits_apart"] < 1e-3
    assert (tmp_path / "merged" / "model.safetensors").exists()
    assert not (tmp_path / "merged" / "adapter_config.json").exists()


def test_a_finished_run_is_not_overwritten(data: str, tmp_path: Path) -> None:
    config = config_io.from_mapping(settings(data, tmp_path / "out", steps=1))
    train(config)
    with pytest.raises(UsageError, match="holds a run"):
        train(config)


def test_the_stage_must_fit_the_data(data: str, tmp_path: Path) -> None:
    config = config_io.from_mapping(settings(data, tmp_path / "out") | {"stage": "sft"})
    with pytest.raises(UsageError, match=r"stage is sft.*--stage pt"):
        train(config)


@pytest.mark.parametrize("name", sorted(config_io.recipes()))
def test_recipes_build_against_their_classes(name: str, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    from chatmusician.train.build import llama_config, lora_config

    config = config_io.load(
        name, [f"output={tmp_path / 'out'}", "hardware.precision=fp32", "hardware.sharding=none"]
    )
    assert training_arguments(config, 1000).max_steps > 0
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(llama_config(config.model.shape, vocabulary=4096))
        if config.adapter.method != "full":
            import peft

            model = peft.get_peft_model(model, lora_config(config.adapter))
    assert sum(weight.numel() for weight in model.parameters() if weight.requires_grad) > 0


def test_offload_really_offloads() -> None:
    zero = deepspeed_settings("zero3-offload")["zero_optimization"]
    assert zero["stage"] == 3
    assert zero["offload_param"]["device"] == zero["offload_optimizer"]["device"] == "cpu"
    assert "offload_param" not in deepspeed_settings("zero3")["zero_optimization"]
