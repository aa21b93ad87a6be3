"""One training run: check, build, train, resume, save, and say what was done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from chatmusician.errors import InputError, LimitError, UsageError
from chatmusician.files import alone_in, share, write_atomic
from chatmusician.train import arguments as told
from chatmusician.train.build import base_sample, build, load_tokenizer, resolve_attention
from chatmusician.train.checkpoints import last_whole
from chatmusician.train.config import Config
from chatmusician.train.config_io import as_mapping
from chatmusician.train.data import Rows, check_data, collate
from chatmusician.train.plan import device_peak, flops_per_token
from chatmusician.train.quiet import quiet
from chatmusician.train.result import provenance

RESULT = "result.json"
BEGUN = "run.json"


def train(config: Config, *, resume: bool = False) -> dict[str, Any]:
    """Train to the end or to a signal; returns (and writes) the result."""
    output = Path(config.output)
    told.check_hardware(config)
    rows = Rows(config.data.path, packing=config.data.packing)
    check_data(config, rows)
    start, done = _start(output, resume)
    if done is not None:
        return done
    with quiet(), out_of_memory_named():
        return _train(config, rows, start)


def _train(config: Config, rows: Rows, start: Path | None) -> dict[str, Any]:
    import transformers

    from chatmusician.train.trainer import TokenTrainer, writing
    from chatmusician.train.watch import Stopper, watchers

    output = Path(config.output)
    tokenizer = load_tokenizer(str(rows.folder / "tokenizer"))
    told.launch_alone(config)
    held = told.is_first() and alone_in(output)
    arguments = told.training_arguments(config, len(rows))
    _begin(config, arguments, rows)
    told.join(arguments)
    transformers.set_seed(config.seed)
    model = build(config, tokenizer)
    learned, held_out = _split(rows, config)
    pad = tokenizer.eos_token_id
    stopper = Stopper()
    trainer = TokenTrainer(
        pad=pad,
        flops=flops_per_token(model, config),
        peak=device_peak(config),
        asked=config.optimizer,
        model=model,
        args=arguments,
        train_dataset=learned,
        eval_dataset=held_out,
        data_collator=partial(
            collate,
            pad=pad,
            flat=resolve_attention(config) == "flash_attention_2",
            width=rows.manifest["job"]["length"] if config.hardware.compile else 0,
        ),
        processing_class=tokenizer,
        callbacks=[stopper, *watchers(config)],
    )
    trainer.remove_callback(transformers.trainer_callback.PrinterCallback)
    with stopper:
        done = trainer.train(resume_from_checkpoint=None if start is None else str(start))
        finished = trainer.state.global_step >= trainer.state.max_steps
        if finished:
            with writing(output / "model"):
                trainer.save_model(str(output))
                share(str(output))
            evaluated = any(
                "eval_loss" in entry and entry["step"] == trainer.state.global_step
                for entry in trainer.state.log_history
            )
            if held_out is not None and not evaluated and not stopper.asked_by_anyone(arguments):
                trainer.evaluate()
        result = _result(config, rows, trainer, done, finished=finished)
        result["base_sample"] = base_sample(model, config)
        if trainer.is_world_process_zero():
            write_atomic(str(output / RESULT), json.dumps(result, indent=2).encode())
    if held:
        held.close()
    return result


@contextmanager
def out_of_memory_named() -> Iterator[None]:
    """Memory that runs out, on a GPU or not, becomes an error that names the fields."""
    import torch

    try:
        yield
    except (RuntimeError, MemoryError) as error:
        out = isinstance(error, torch.OutOfMemoryError | MemoryError)
        if not out and "allocate memory" not in str(error):
            raise
        raise LimitError(
            "out of memory",
            hint="lower optimizer.batch (and raise optimizer.accumulation as much),"
            " or set hardware.gradient_checkpointing=true",
        ) from error


def _split(rows: Rows, config: Config) -> tuple[Any, Any]:
    """Training rows and held-out rows; those kept back are drawn by the seed."""
    import torch

    if config.data.held_out:
        held_out = Rows(config.data.held_out, packing=config.data.packing)
        if held_out.tokenizer_fingerprint != rows.tokenizer_fingerprint:
            raise UsageError("data.path and data.held_out were made with different tokenizers")
        return rows, held_out
    kept_back = told.held_out_rows(config, len(rows))
    if not kept_back:
        return rows, None
    if kept_back >= len(rows):
        raise InputError("too few rows to hold any out", path=config.data.path)
    order = torch.randperm(len(rows), generator=torch.Generator().manual_seed(config.seed)).tolist()
    subset = torch.utils.data.Subset
    return subset(rows, order[kept_back:]), subset(rows, sorted(order[:kept_back]))


def _start(output: Path, resume: bool) -> tuple[Path | None, dict[str, Any] | None]:
    """The checkpoint to go on from, and the result where there is nothing left to do."""
    last, result = last_whole(output), output / RESULT
    found = json.loads(result.read_text()) if result.exists() else None
    if not resume and (last is not None or found is not None):
        raise UsageError(f"{output} holds a run", hint="go on with --resume, or give output=")
    return last, found if found and found["finished"] else None


def _begin(config: Config, arguments: Any, rows: Rows) -> None:
    """What the run is, beside it: going on with another data, batch or seed is refused."""
    file = Path(config.output) / BEGUN
    begun = {
        "data": rows.manifest["fingerprint"],
        "processes": told.launched() or 1,
        "steps": arguments.max_steps,
    }
    mapping = as_mapping(config)
    begun |= {name: mapping[name] for name in ("stage", "seed", "model", "adapter", "optimizer")}
    begun["packing"] = config.data.packing
    begun = json.loads(json.dumps(begun))
    if file.is_file() and last_whole(file.parent):
        before = json.loads(file.read_text())
        changed = [name for name in begun if before.get(name) != begun[name]]
        if changed:
            raise UsageError(
                "--resume: " + "; ".join(_difference(n, before.get(n), begun[n]) for n in changed),
                hint="go on as the run began, or give another output=",
            )
    elif told.is_first():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(str(file), json.dumps(begun, indent=2).encode())


def _difference(name: str, before: Any, now: Any) -> str:
    if isinstance(before, dict) and isinstance(now, dict):
        parts = [key for key in now if before.get(key) != now[key]]
        return "; ".join(
            _difference(f"{name}.{part}", before.get(part), now[part]) for part in parts
        )
    return f"{name} was {before}, and is {now}"


def _result(
    config: Config, rows: Rows, trainer: Any, done: Any, *, finished: bool
) -> dict[str, Any]:
    history = trainer.state.log_history
    losses = [entry["loss"] for entry in history if "loss" in entry]
    held_out = [entry["eval_loss"] for entry in history if "eval_loss" in entry]
    tokens, seconds = (sum(lap[part] for lap in trainer.laps) for part in (0, 1))
    return {
        "finished": finished,
        "steps": trainer.state.global_step,
        "train_loss": losses[-1] if losses else None,
        "held_out_loss": held_out[-1] if held_out else None,
        "tokens_seen": trainer.state.num_input_tokens_seen,
        "tokens_per_second": round(tokens / seconds, 1) if seconds else None,
        "processes": trainer.args.world_size,
        "seconds": round(done.metrics.get("train_runtime", 0.0), 2),
        "data_fingerprint": rows.manifest["fingerprint"],
        "seed": config.seed,
        "history": history,
        "config": as_mapping(config),
        **provenance(),
    }
