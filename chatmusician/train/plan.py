"""What a run would do: parameters, memory per GPU, steps, tokens, and a guess at the time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chatmusician.errors import UsageError
from chatmusician.train.build import llama_config, load_tokenizer, lora_config
from chatmusician.train.config import GPUS, Config, Shape
from chatmusician.train.data import Rows
from chatmusician.train.preprocess import MANIFEST
from chatmusician.train.run import total_steps, world_size

GIB = 1024**3
# Share of a GPU's 16-bit peak that dense Llama training commonly reaches: only a guess.
USUAL_UTILISATION = 0.4


def plan(config: Config) -> dict[str, Any]:
    """Nothing is loaded: the model is built without memory, the data only counted."""
    shape, vocabulary = _shape(config)
    everything, trained = parameters(config, shape, vocabulary)
    made: dict[str, Any] = {
        "parameters": everything,
        "trained": trained,
        "gpus": world_size(config),
    }
    if not (Path(config.data.path) / MANIFEST).is_file():
        return made | {"data": f"{config.data.path} is not there yet: no steps, memory or time"}
    rows = Rows(config.data.path, packing=config.data.packing)
    steps = total_steps(config, len(rows))
    length = rows.manifest["job"]["length"]
    batch = config.optimizer.batch * config.optimizer.accumulation * world_size(config)
    useful = rows.manifest["tokens"] / len(rows)
    made |= {"rows": len(rows), "steps": steps, "tokens": round(steps * batch * useful)}
    parts = memory(config, shape, (everything, trained), length, vocabulary)
    made["memory_gib"] = {name: round(size / GIB, 2) for name, size in parts.items()}
    made["memory_gib"]["together"] = round(sum(parts.values()) / GIB, 2)
    return made | _time_guess(config, everything, trained, made["tokens"])


def parameters(config: Config, shape: Shape, vocabulary: int) -> tuple[int, int]:
    """All, and those trained, counted on the real classes."""
    import torch
    import transformers

    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(
            llama_config(shape, vocabulary=vocabulary)
        )
        if config.adapter.method != "full":
            import peft

            model = peft.get_peft_model(model, lora_config(config.adapter, tied=shape.tied))
    sizes = [(weight.numel(), weight.requires_grad) for weight in model.parameters()]
    return sum(size for size, _ in sizes), sum(size for size, learns in sizes if learns)


def memory(
    config: Config, shape: Shape, counts: tuple[int, int], length: int, vocabulary: int
) -> dict[str, float]:
    """Bytes per GPU by what takes them; an estimate, with the allocator's waste left out."""
    everything, trained = counts
    cut = world_size(config)
    zero = config.hardware.sharding
    frozen = everything - trained
    width = {"qlora": 0.55}.get(config.adapter.method, 4 if _wide(config) else 2)
    weights = frozen * width + trained * 4
    states = trained * 8.0
    gradients = trained * 4.0
    if zero != "none":
        states, gradients = states / cut, gradients / cut
    if zero in ("zero3", "zero3-offload", "fsdp"):
        weights /= cut
    if zero == "zero3-offload":
        states, weights = 0.0, weights / shape.layers
    tokens = config.optimizer.batch * length
    unit = 4 if _wide(config) else 2
    layer = tokens * (14 * shape.hidden + 3 * shape.feed_forward) * unit
    kept = tokens * shape.hidden * unit * shape.layers + layer
    activations = kept if config.hardware.gradient_checkpointing else layer * shape.layers
    logits = tokens * vocabulary * (4 + 4 + unit)
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": states,
        "activations": activations,
        "logits": logits,
    }


def flops_per_token(everything: int, trained: int) -> int:
    """2 forward, 2 for the activations' gradients, 2 for those of the trained weights."""
    return 4 * everything + 2 * trained


def _time_guess(config: Config, everything: int, trained: int, tokens: int) -> dict[str, Any]:
    if not config.hardware.gpu:
        return {"hours": "no guess: hardware.gpu is not given"}
    peak = GPUS[config.hardware.gpu][1] * 1e12 * USUAL_UTILISATION * world_size(config)
    recomputed = 2 * everything if config.hardware.gradient_checkpointing else 0
    needed = tokens * (flops_per_token(everything, trained) + recomputed)
    return {"hours": round(needed / peak / 3600, 2)}


def _shape(config: Config) -> tuple[Shape, int]:
    shape = config.model.shape
    if min(shape.hidden, shape.layers, shape.heads, shape.feed_forward) < 1:
        raise UsageError("--dry-run needs model.shape to count", hint="give its fields")
    if shape.vocabulary:
        return shape, shape.vocabulary
    manifest = Path(config.data.path) / MANIFEST
    if not manifest.is_file():
        raise UsageError("--dry-run needs model.shape.vocabulary, or data.path to be there")
    return shape, len(load_tokenizer(str(manifest.parent / "tokenizer")))


def _wide(config: Config) -> bool:
    return config.hardware.precision == "fp32"
