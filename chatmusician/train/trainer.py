"""transformers' Trainer with tokens counted, held-out loss per token, and whole checkpoints."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from transformers import Trainer, TrainerCallback
from transformers.trainer_utils import EvalLoopOutput

from chatmusician.errors import ChatMusicianError, OutputError
from chatmusician.train import checkpoints
from chatmusician.train.config import Optimizer
from chatmusician.train.data import useful_tokens
from chatmusician.train.muon import MuonAndAdamW


class TokenTrainer(Trainer):  # type: ignore[misc]
    """`pad` is the padding token; `flops` what a token costs, `peak` what one device can do."""

    def __init__(
        self, *, pad: int, flops: float, peak: float, asked: Optimizer, **rest: Any
    ) -> None:
        super().__init__(**rest)
        self._asked = asked
        self._pad, self._flops, self._peak = pad, flops, peak
        self._new_tokens = torch.zeros((), dtype=torch.int64, device=self.args.device)
        self._window = 0
        self._busy = Stopwatch()
        self.laps: list[tuple[int, float]] = []
        self.add_callback(_Restore(self))

    def create_optimizer(self, model: Any = None) -> Any:
        if self._asked.method != "muon":
            return super().create_optimizer(model)
        if self.optimizer is None:
            self.optimizer: Any = MuonAndAdamW(model or self.model, self._asked)
        return self.optimizer

    def training_step(self, model: Any, inputs: Any, *rest: Any, **more: Any) -> Any:
        self._new_tokens += useful_tokens(inputs, self._pad)
        return super().training_step(model, inputs, *rest, **more)

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        if "loss" in logs:
            if not math.isfinite(logs["loss"]):
                raise ChatMusicianError(
                    f"the loss is {logs['loss']} at step {self.state.global_step}",
                    hint="lower optimizer.learning_rate, raise optimizer.warmup,"
                    " or use hardware.precision=bf16; --resume goes back to the last checkpoint",
                )
            logs |= self._speed()
        super().log(logs, start_time)

    def count_tokens(self) -> None:
        """Into the state, which is saved and resumed."""
        new = int(self.accelerator.reduce(self._new_tokens, "sum"))
        self._new_tokens = torch.zeros_like(self._new_tokens)
        self.state.num_input_tokens_seen += new
        self._window += new

    def _speed(self) -> dict[str, float]:
        self.count_tokens()
        seconds = self._busy.lap()
        rate = self._window / seconds
        self.laps.append((self._window, seconds))
        self._window = 0
        found = {"tokens": self.state.num_input_tokens_seen, "tokens_per_second": round(rate, 1)}
        if self._peak:
            found["mfu"] = round(rate * self._flops / (self._peak * self.args.world_size), 4)
        return found

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        self.count_tokens()
        folder = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
        # Only once the new one is whole may an older one go.
        keep, self.args.save_total_limit = self.args.save_total_limit, None
        try:
            with self._busy.pause(), writing(folder):
                if self.args.should_save:
                    checkpoints.drop(folder)  # what a run that was cut short left
                self.accelerator.wait_for_everyone()
                folder.mkdir(parents=True, exist_ok=True)
                super()._save_checkpoint(model, trial)
                window = {"loss": self._tr_loss.item(), "logged": self._globalstep_last_logged}
                torch.save(window, folder / _window_file(self.args))
                self.accelerator.wait_for_everyone()
                if self.args.should_save:
                    checkpoints.finish(folder, keep)
        finally:
            self.args.save_total_limit = keep

    def evaluation_loop(self, dataloader: Any, description: str, *_: Any, **rest: Any) -> Any:
        """Held-out loss as a mean over tokens, so that batches' sizes do not sway it."""
        wrapped = self.is_deepspeed_enabled or self.is_fsdp_enabled
        model = self.model_wrapped if wrapped else self.model
        was_training = model.training
        model.eval()
        total = torch.zeros(2, dtype=torch.float64)
        with self._busy.pause(), torch.no_grad():
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
        return EvalLoopOutput(None, None, {f"{prefix}_loss": loss_mean}, len(dataloader.dataset))

    def _shares(self, rows: Any) -> Iterator[tuple[list[Any], int]]:
        """This process's batches; one that only keeps step with the others counts 0."""
        size, world = self.args.per_device_eval_batch_size, self.args.world_size
        starts = range(0, len(rows), size)
        for number in range(self.args.process_index, math.ceil(len(starts) / world) * world, world):
            start = starts[number] if number < len(starts) else 0
            stop = min(start + size, len(rows))
            yield [rows[index] for index in range(start, stop)], int(number < len(starts))


class writing:  # noqa: N801 - reads as what it does: with writing(folder)
    """A write that fails becomes one clear error, and leaves no half of a checkpoint."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, *_: object) -> None:
        # torch.save and safetensors tell of a full disk in errors of their own.
        if error is None or not isinstance(error, Exception):
            return
        if isinstance(error, torch.OutOfMemoryError | ChatMusicianError):
            return
        checkpoints.drop(self._folder)
        last = checkpoints.last_whole(self._folder.parent)
        raise OutputError(
            f"cannot be written: {' '.join(str(error).split())[:200] or type(error).__name__}",
            path=str(self._folder),
            hint="make room, then go on with --resume from "
            + (last.name if last else "the beginning"),
        ) from error


class Stopwatch:
    """Time since the last lap without the pauses."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._paused = 0.0
        self._pause_began = 0.0

    def lap(self) -> float:
        now = time.monotonic()
        seconds = now - self._since - self._paused
        self.start()
        return max(seconds, 1e-9)

    def start(self) -> None:
        self._since, self._paused = time.monotonic(), 0.0

    def pause(self) -> Stopwatch:
        return self

    def __enter__(self) -> None:
        self._pause_began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self._paused += time.monotonic() - self._pause_began


class _Restore(TrainerCallback):  # type: ignore[misc]
    """Gives a resumed run the part of its logging window that it had already summed up."""

    def __init__(self, trainer: TokenTrainer) -> None:
        self._trainer = trainer

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        trainer = self._trainer
        trainer._busy.start()
        if not state.global_step:
            return
        file = Path(args.output_dir) / f"checkpoint-{state.global_step}" / _window_file(args)
        if file.is_file():
            window = torch.load(file, weights_only=True)
            trainer._tr_loss += window["loss"]
            trainer._globalstep_last_logged = window["logged"]


def _window_file(args: Any) -> str:
    return f"window_{args.process_index}.pt"
