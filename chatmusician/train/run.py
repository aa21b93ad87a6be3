"""One training run on transformers' Trainer: build, train, resume, save, and say what was done."""

from __future__ import annotations

import json
import math
import os
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

from chatmusician.errors import InputError, LimitError, OutputError, UsageError
from chatmusician.files import write_atomic
from chatmusician.train.build import build, load_tokenizer, resolve_attention
from chatmusician.train.checkpoints import last_whole
from chatmusician.train.config import Config
from chatmusician.train.config_io import as_mapping
from chatmusician.train.data import Rows, collate
from chatmusician.train.result import provenance
from chatmusician.train.watch import Stopper, watchers


def train(config: Config, *, resume: bool = False) -> dict[str, Any]:
    """Train to the end or to a signal; returns (and writes) the result."""
    import torch
    import transformers

    output = Path(config.output)
    rows = Rows(config.data.path, packing=config.data.packing)
    _check_stage(config, rows)
    start = _start(output, resume)
    tokenizer = load_tokenizer(str(rows.folder / "tokenizer"))
    arguments = training_arguments(config, len(rows))
    transformers.set_seed(config.seed)
    model = build(config, tokenizer)
    learned, held_out = _split(rows, config)
    collator = partial(
        collate,
        pad=tokenizer.eos_token_id,
        flat=resolve_attention(config) == "flash_attention_2",
    )
    stopper = Stopper()
    trainer = _trainer_class()(
        model=model,
        args=arguments,
        train_dataset=learned,
        eval_dataset=held_out,
        data_collator=collator,
        processing_class=tokenizer,
        callbacks=[stopper, *watchers(config)],
    )
    trainer.remove_callback(transformers.trainer_callback.PrinterCallback)
    try:
        with stopper:
            done = trainer.train(resume_from_checkpoint=None if start is None else str(start))
    except torch.OutOfMemoryError as error:
        raise LimitError(
            "out of memory",
            hint="lower optimizer.batch, or set hardware.gradient_checkpointing=true",
        ) from error
    except OSError as error:
        raise OutputError(
            f"{error.strerror or error}; go on later with --resume", path=config.output
        ) from error
    result = _result(config, rows, trainer, done, stopped=stopper.asked)
    if not stopper.asked:
        trainer.save_model(str(output))
    if trainer.is_world_process_zero():
        write_atomic(str(output / "result.json"), json.dumps(result, indent=2).encode())
    return result


def training_arguments(config: Config, rows: int) -> Any:
    import torch
    import transformers

    optimizer, hardware, logging = config.optimizer, config.hardware, config.logging
    steps = total_steps(config, rows)
    extra: dict[str, Any] = {}
    if hardware.sharding.startswith("zero"):
        extra["deepspeed"] = deepspeed_settings(hardware.sharding)
    elif hardware.sharding == "fsdp":
        extra["fsdp"] = "full_shard auto_wrap"
    if hardware.gradient_checkpointing:
        extra["gradient_checkpointing_kwargs"] = {"use_reentrant": False}
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
        lr_scheduler_type="cosine",
        warmup_steps=math.ceil(optimizer.warmup * steps),
        fp16=hardware.precision == "fp16",
        bf16=hardware.precision == "bf16",
        gradient_checkpointing=hardware.gradient_checkpointing,
        use_cpu=not torch.cuda.is_available(),
        logging_steps=logging.every,
        eval_strategy="steps" if logging.evaluate_every else "no",
        eval_steps=logging.evaluate_every or None,
        save_steps=logging.save_every,
        save_total_limit=logging.keep,
        dataloader_num_workers=config.data.workers,
        dataloader_pin_memory=torch.cuda.is_available(),
        remove_unused_columns=False,
        report_to=[],
        disable_tqdm=None if os.isatty(2) else True,
        **extra,
    )


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
    return int(os.environ.get("WORLD_SIZE", 0)) or config.hardware.gpus


def deepspeed_settings(sharding: str) -> dict[str, Any]:
    folder = resources.files("chatmusician") / "resources" / "deepspeed"
    settings: dict[str, Any] = json.loads((folder / f"{sharding}.json").read_text("utf-8"))
    return settings


def _trainer_class() -> Any:
    import torch
    import transformers

    class TokenTrainer(transformers.Trainer):  # type: ignore[misc]
        """Held-out loss as a mean over tokens, so that batches' sizes do not sway it."""

        def evaluation_loop(self, dataloader: Any, description: str, *_: Any, **rest: Any) -> Any:
            model = self.model_wrapped if self.is_deepspeed_enabled else self.model
            was_training = model.training
            model.eval()
            total = torch.zeros(2, dtype=torch.float64)
            with torch.no_grad():
                for items, counts in self._shares(dataloader.dataset):
                    inputs = self._prepare_inputs(self.data_collator(items))
                    with self.compute_loss_context_manager():
                        loss = model(**inputs).loss
                    tokens = counts * int((inputs["labels"][:, 1:] != -100).sum())
                    total += torch.tensor([loss.double().item() * tokens, tokens])
            model.train(was_training)
            summed = self.accelerator.reduce(total.to(self.args.device), "sum")
            prefix = rest.get("metric_key_prefix", "eval")
            loss_mean = (summed[0] / summed[1].clamp(min=1)).item()
            return transformers.trainer_utils.EvalLoopOutput(
                None, None, {f"{prefix}_loss": loss_mean}, len(dataloader.dataset)
            )

        def _shares(self, rows: Any) -> Any:
            """This process's batches; one that only keeps step with the others counts 0."""
            size, world = self.args.per_device_eval_batch_size, self.args.world_size
            starts = range(0, len(rows), size)
            for number in range(
                self.args.process_index, math.ceil(len(starts) / world) * world, world
            ):
                start = starts[number] if number < len(starts) else 0
                stop = min(start + size, len(rows))
                yield [rows[index] for index in range(start, stop)], int(number < len(starts))

    return TokenTrainer


def _split(rows: Rows, config: Config) -> tuple[Any, Any]:
    """Training rows and held-out rows; those kept back are drawn by the seed."""
    import torch

    if config.data.held_out:
        return rows, Rows(config.data.held_out, packing=config.data.packing)
    kept_back = held_out_rows(config, len(rows))
    if not kept_back:
        return rows, None
    if kept_back >= len(rows):
        raise InputError("too few rows to hold any out", path=config.data.path)
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(config.seed)).tolist()
    subset = torch.utils.data.Subset
    return subset(rows, order[kept_back:]), subset(rows, sorted(order[:kept_back]))


def _check_stage(config: Config, rows: Rows) -> None:
    made = rows.manifest["job"]["stage"]
    if made != config.stage:
        raise UsageError(f"stage is {config.stage}, and data.path was made with --stage {made}")


def _start(output: Path, resume: bool) -> Path | None:
    last = last_whole(output)
    if resume:
        return last
    if last is not None or (output / "result.json").exists():
        raise UsageError(f"{output} holds a run", hint="go on with --resume, or give output=")
    return None


def _result(
    config: Config, rows: Rows, trainer: Any, done: Any, *, stopped: bool
) -> dict[str, Any]:
    history = trainer.state.log_history
    losses = [entry["loss"] for entry in history if "loss" in entry]
    held_out = [entry["eval_loss"] for entry in history if "eval_loss" in entry]
    if trainer.eval_dataset is not None and not stopped:
        held_out.append(trainer.evaluate()["eval_loss"])
    return {
        "finished": not stopped,
        "steps": trainer.state.global_step,
        "train_loss": losses[-1] if losses else None,
        "held_out_loss": held_out[-1] if held_out else None,
        "seconds": round(done.metrics.get("train_runtime", 0.0), 2),
        "data_fingerprint": rows.manifest["fingerprint"],
        "seed": config.seed,
        "history": history,
        "config": as_mapping(config),
        **provenance(),
    }
