"""What transformers' Trainer is told: steps, precision, DeepSpeed or FSDP, from a config."""

from __future__ import annotations

import json
import math
import os
import socket
from importlib import resources
from typing import Any

from chatmusician.errors import MissingDependency, UsageError
from chatmusician.train.config import Config

HOW = 'pip install ".[train]"'
# transformers' names; its "constant" would leave out the warm-up
_SCHEDULERS = {"cosine": "cosine", "linear": "linear", "constant": "constant_with_warmup"}


def training_arguments(config: Config, rows: int) -> Any:
    import torch
    import transformers

    optimizer, hardware, logging = config.optimizer, config.hardware, config.logging
    steps = total_steps(config, rows)
    return transformers.TrainingArguments(
        output_dir=config.output,
        seed=config.seed,
        per_device_train_batch_size=optimizer.batch,
        per_device_eval_batch_size=optimizer.batch,
        gradient_accumulation_steps=optimizer.accumulation,
        max_steps=steps,
        learning_rate=optimizer.learning_rate,
        adam_beta1=optimizer.beta1,
        adam_beta2=optimizer.beta2,
        adam_epsilon=optimizer.epsilon,
        weight_decay=optimizer.weight_decay,
        max_grad_norm=optimizer.clip,
        lr_scheduler_type=_SCHEDULERS[optimizer.schedule],
        warmup_steps=math.ceil(optimizer.warmup * steps),
        fp16=hardware.precision == "fp16",
        bf16=hardware.precision == "bf16",
        torch_compile=hardware.compile,
        use_cpu=not torch.cuda.is_available(),
        logging_steps=logging.every,
        logging_nan_inf_filter=False,
        eval_strategy="steps" if logging.evaluate_every else "no",
        eval_steps=logging.evaluate_every or None,
        save_steps=logging.save_every,
        save_total_limit=logging.keep,
        dataloader_num_workers=config.data.workers,
        dataloader_pin_memory=torch.cuda.is_available(),
        ddp_find_unused_parameters=False,
        remove_unused_columns=False,
        report_to=[],
        disable_tqdm=None if os.isatty(2) else True,
        **_checkpointing(transformers.TrainingArguments, hardware.gradient_checkpointing),
        **_sharding(hardware.sharding),
    )


def _checkpointing(kind: Any, wanted: bool) -> dict[str, Any]:
    """transformers 5.23 renamed the fields; the older name warns there."""
    if not wanted:
        return {}
    new = "activation_checkpointing"
    name = new if new in kind.__dataclass_fields__ else "gradient_checkpointing"
    return {name: True, f"{name}_kwargs": {"use_reentrant": False}}


def _sharding(sharding: str) -> dict[str, Any]:
    if sharding == "fsdp":
        return {"fsdp": "full_shard auto_wrap"}
    return {} if sharding == "none" else {"deepspeed": deepspeed_settings(sharding)}


def deepspeed_settings(sharding: str) -> dict[str, Any]:
    folder = resources.files("chatmusician") / "resources" / "deepspeed"
    settings: dict[str, Any] = json.loads((folder / f"{sharding}.json").read_text("utf-8"))
    return settings


def total_steps(config: Config, rows: int) -> int:
    optimizer = config.optimizer
    if optimizer.steps:
        return optimizer.steps
    kept = rows - held_out_rows(config, rows)
    batches = math.ceil(kept / (optimizer.batch * world_size(config)))
    return max(1, math.ceil(batches / optimizer.accumulation)) * optimizer.epochs


def held_out_rows(config: Config, rows: int) -> int:
    share = config.data.held_out_share
    return max(1, round(rows * share)) if share and not config.data.held_out else 0


def world_size(config: Config) -> int:
    """The processes that were launched; without a launcher, those the run is meant for."""
    return launched() or config.hardware.gpus or 1


def launched() -> int:
    return int(os.environ.get("WORLD_SIZE", 0))


def is_first() -> bool:
    return os.environ.get("RANK", "0") == "0"


def check_hardware(config: Config) -> None:
    """What the config asks for against what is here, before anything is loaded."""
    import torch

    hardware, processes = config.hardware, launched() or 1
    if hardware.gpus and hardware.gpus != processes:
        raise UsageError(
            f"hardware.gpus is {hardware.gpus}, and {processes} processes were launched"
            " (WORLD_SIZE): the global batch would be another one",
            hint=f"launch {hardware.gpus} with torchrun or deepspeed, or give hardware.gpus=0",
        )
    gpu = torch.cuda.is_available()
    if hardware.precision == "fp16" and not gpu:
        raise UsageError("hardware.precision=fp16 needs a GPU", hint="hardware.precision=fp32")
    if hardware.precision == "bf16" and gpu and not torch.cuda.is_bf16_supported(False):
        raise UsageError(
            f"hardware.precision=bf16: {torch.cuda.get_device_name()} has no bf16",
            hint="hardware.precision=fp16",
        )
    if config.model.attention == "flash_attention_2" and not gpu:
        raise UsageError(
            "model.attention=flash_attention_2 needs a GPU", hint="model.attention=auto"
        )
    if config.adapter.method == "qlora" and not gpu:
        raise UsageError("adapter.method=qlora needs a GPU", hint="adapter.method=lora")
    if hardware.sharding.startswith("zero"):
        check_deepspeed()


def check_deepspeed() -> None:
    import shutil

    try:
        import deepspeed  # noqa: F401 - transformers needs it for these shardings
    except ImportError as error:
        raise MissingDependency("deepspeed", how=HOW) from error
    if not shutil.which("ninja"):
        raise MissingDependency("ninja", how="pip install ninja (DeepSpeed compiles with it)")
    if not any(map(shutil.which, ("c++", "g++", "clang++"))):
        raise MissingDependency("a C++ compiler", how="Debian: apt-get install g++")


def join(arguments: Any) -> None:
    """Meet the other processes; ZeRO-3 needs them to build a model in parts.

    On a CPU accelerate tells torch of them, and not DeepSpeed.
    """
    on_cpu = arguments.device.type == "cpu"
    if arguments.deepspeed:
        import deepspeed

        if not deepspeed.comm.is_initialized():
            deepspeed.init_distributed("gloo" if on_cpu else None, verbose=False)


def launch_alone(config: Config) -> None:
    """DeepSpeed and FSDP want a launcher's environment: one process gives it to itself."""
    if config.hardware.sharding == "none" or launched():
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ.update(
        RANK="0", LOCAL_RANK="0", WORLD_SIZE="1", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port)
    )
