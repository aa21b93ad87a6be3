"""What a run would do: parameters, memory per GPU, steps, tokens, and a guess at the time."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

from chatmusician.errors import UsageError
from chatmusician.train.arguments import total_steps, world_size
from chatmusician.train.build import llama_config, load_tokenizer, lora_config
from chatmusician.train.config import GPUS, Config, Shape
from chatmusician.train.data import Rows, check_data
from chatmusician.train.preprocess import MANIFEST
from chatmusician.train.quiet import quiet

GIB = 1024**3
# Share of a GPU's 16-bit peak that dense Llama training commonly reaches: only a guess.
USUAL_UTILISATION = 0.4
USUAL_FILL = 0.95  # of packed rows, where there is no data yet to say


def plan(config: Config) -> dict[str, Any]:
    """Nothing is loaded: the model is built without memory, the data only counted."""
    shape, vocabulary = _shape(config)
    everything, trained = parameters(config, shape, vocabulary)
    amount = _amount(config)
    parts = memory(config, shape, (everything, trained), amount["length"], vocabulary)
    sizes = {name: round(size / GIB, 2) for name, size in parts.items()}
    sizes["together"] = round(sum(parts.values()) / GIB, 2)
    table = 0 if shape.tied else vocabulary * shape.hidden
    flops = _flops(everything - table, trained, config)
    made = {
        "parameters": everything,
        "trained": trained,
        "gpus": world_size(config),
        "memory_gib_per_gpu_estimated": sizes,
        **amount,
        **_time_guess(config, flops, amount),
    }
    if config.hardware.gpu and sizes["together"] > GPUS[config.hardware.gpu][0]:
        made["warning"] = f"more than a {config.hardware.gpu} has: lower optimizer.batch"
    return made


def _amount(config: Config) -> dict[str, Any]:
    """Steps and tokens: counted where the data is there, else from what the recipe expects."""
    optimizer, data = config.optimizer, config.data
    batch = optimizer.batch * optimizer.accumulation * world_size(config)
    if (Path(data.path) / MANIFEST).is_file():
        rows = Rows(data.path, packing=data.packing)
        check_data(config, rows)
        number, length = len(rows), rows.manifest["job"]["length"]
        useful, known = rows.manifest["tokens"] / number, "counted"
    else:
        length = data.length or min(config.model.shape.context, 2048)
        useful = length * USUAL_FILL
        number = math.ceil(data.tokens / useful)
        known = "expected by data.tokens" if data.tokens else "unknown: data.path is not there"
    made: dict[str, Any] = {
        "data": known,
        "length": length,
        "tokens_per_step": round(batch * useful),
    }
    if not (number or optimizer.steps):
        return made
    steps = total_steps(config, number)
    return made | {"rows": number, "steps": steps, "tokens": round(steps * batch * useful)}


def parameters(config: Config, shape: Shape, vocabulary: int) -> tuple[int, int]:
    """All, and those trained, counted on the real classes."""
    import torch
    import transformers

    with torch.device("meta"), quiet():
        model = transformers.AutoModelForCausalLM.from_config(
            llama_config(shape, vocabulary=vocabulary)
        )
        if config.adapter.method != "full":
            import peft

            model = peft.get_peft_model(model, lora_config(config.adapter, tied=shape.tied))
    return counted(model)


def counted(model: Any) -> tuple[int, int]:
    """All parameters and the trained ones; ZeRO-3 holds the true sizes elsewhere."""
    sizes = [(getattr(w, "ds_numel", w.numel()), w.requires_grad) for w in model.parameters()]
    return sum(size for size, _ in sizes), sum(size for size, learns in sizes if learns)


def memory(
    config: Config, shape: Shape, counts: tuple[int, int], length: int, vocabulary: int
) -> dict[str, float]:
    """Bytes per GPU by what takes them: an estimate, with the allocator's waste left out."""
    everything, trained = counts
    cut = world_size(config)
    sharding = config.hardware.sharding
    unit = 4 if config.hardware.precision == "fp32" else 2
    frozen_unit = 0.55 if config.adapter.method == "qlora" else unit
    weights = (everything - trained) * frozen_unit + trained * 4
    states, gradients = trained * 8.0, trained * 4.0
    if sharding != "none":
        states, gradients = states / cut, gradients / cut
    if sharding in ("zero3", "zero3-offload", "fsdp"):
        weights /= cut
    if sharding == "zero3-offload":
        states, weights = 0.0, weights / shape.layers
    tokens = config.optimizer.batch * length
    narrow = shape.hidden * (shape.kv_heads or shape.heads) / shape.heads
    # What a layer keeps for its backward pass; LoRA's dropout copies the input of each target.
    kept = 8 * shape.hidden + 3 * narrow + 4 * shape.feed_forward
    if config.adapter.method != "full" and config.adapter.dropout:
        kept += 1.5 * (6 * shape.hidden + shape.feed_forward)
    layer = tokens * kept * unit
    if config.hardware.gradient_checkpointing:
        activations = tokens * shape.hidden * unit * shape.layers + layer
    else:
        activations = layer * shape.layers
    return {
        "weights": weights,
        "gradients": gradients,
        "optimizer": states,
        "activations": activations,
        # The logits, their fp32 copy, its softmax and the gradient.
        "logits": tokens * vocabulary * (unit + 12),
    }


def flops_per_token(model: Any, config: Config) -> float:
    """By a token, in matrix products; attention's own are left out, so MFU is a lower bound."""
    everything, trained = counted(model)
    inner = model.get_input_embeddings().weight
    tied = getattr(model.config, "tie_word_embeddings", False)
    table = 0 if tied else getattr(inner, "ds_numel", inner.numel())
    return _flops(everything - table, trained, config)


def _flops(multiplied: int, trained: int, config: Config) -> float:
    """2 forward, 2 for the activations' gradients, 2 for those of the trained weights."""
    recomputed = 2 * multiplied if config.hardware.gradient_checkpointing else 0
    return float(4 * multiplied + 2 * min(trained, multiplied) + recomputed)


def device_peak(config: Config) -> float:
    """FLOP/s one device could do: its data sheet's, on a CPU what a matrix product reaches."""
    import torch

    if not torch.cuda.is_available():
        return _product_speed(torch.bfloat16 if config.hardware.precision == "bf16" else None)
    name = config.hardware.gpu or _named(torch.cuda.get_device_name())
    return GPUS[name][1] * 1e12 if name else 0.0


def _named(device: str) -> str:
    """The name in our table of a device that calls itself `NVIDIA A100-SXM4-80GB`."""
    return next((name for name in GPUS if name.split("-")[0] in device.replace(" ", "")), "")


def _product_speed(dtype: Any) -> float:
    import torch

    side = 768
    matrix = torch.ones(side, side, dtype=dtype)
    best = math.inf
    for _ in range(20):  # the best of a fifth of a second: other work may take turns
        started = time.perf_counter()
        matrix @ matrix
        best = min(best, time.perf_counter() - started)
    return 2 * side**3 / best


def _time_guess(config: Config, flops: float, amount: dict[str, Any]) -> dict[str, Any]:
    if not config.hardware.gpu:
        return {"hours_guessed": "no guess: hardware.gpu is not given"}
    peak = GPUS[config.hardware.gpu][1] * 1e12 * USUAL_UTILISATION * world_size(config)
    if "tokens" in amount:
        return {"hours_guessed": round(amount["tokens"] * flops / peak / 3600, 2)}
    return {"hours_guessed_per_billion_tokens": round(1e9 * flops / peak / 3600, 2)}


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
