"""What listens to a run: signals that save and stop, the progress line, TensorBoard."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from transformers import TrainerCallback

from chatmusician.train.config import Config

SECONDS_OF_ECHO = 5


class Stopper(TrainerCallback):  # type: ignore[misc]
    """SIGTERM and SIGINT end the run behind the step at hand, with a checkpoint.

    A later SIGINT ends it at once. Launchers and terminals send the first one twice.
    """

    def __init__(self) -> None:
        self.asked = False
        self._first = 0.0
        self._before: dict[int, Any] = {}

    def __enter__(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._before[number] = signal.signal(number, self._ask)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._first and number == signal.SIGINT and now > self._first + SECONDS_OF_ECHO:
            raise KeyboardInterrupt
        self._first = self._first or now
        self.asked = True

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        if self.asked_by_anyone(args):
            control.should_save = control.should_training_stop = True
        if state.global_step >= state.max_steps:
            control.should_log = True
        return control

    def asked_by_anyone(self, args: Any) -> bool:
        """Signals reach the processes at different steps: they stop together or not at all."""
        import torch

        if args.world_size > 1:
            flag = torch.tensor(float(self.asked), device=args.device)
            torch.distributed.all_reduce(flag)
            self.asked = bool(flag > 0)
        return self.asked


class Progress(TrainerCallback):  # type: ignore[misc]
    """Step, loss, speed and time left, one line each time there is something to say."""

    def __init__(self) -> None:
        self._since = (time.monotonic(), 0)

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._since = (time.monotonic(), state.global_step)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        if not (logs and state.is_world_process_zero and {"loss", "eval_loss"} & set(logs)):
            return
        words = [f"step {state.global_step}/{state.max_steps}"]
        words += [f"{key} {logs[key]:.4f}" for key in ("loss", "eval_loss") if key in logs]
        if "loss" in logs:
            words.append(f"{logs['tokens_per_second']:,.0f} tokens/s")
            words += [f"MFU {logs['mfu']:.1%}"] if "mfu" in logs else []
            words += self._left(state)
        print("  ".join(words), file=sys.stderr, flush=True)

    def _left(self, state: Any) -> list[str]:
        now, (since, step) = time.monotonic(), self._since
        steps = state.global_step - step
        if not steps:
            return []
        left = (now - since) / steps * (state.max_steps - state.global_step)
        return [f"eta {in_words(left)}"]


def in_words(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


def watchers(config: Config) -> list[Any]:
    found: list[Any] = [Progress()]
    if config.logging.tensorboard:
        try:
            import tensorboard  # noqa: F401 - the callback is there without it
            from transformers.integrations import TensorBoardCallback
        except ImportError:
            print("no TensorBoard log: pip install tensorboard", file=sys.stderr)
        else:
            log = TensorBoardCallback()
            log.logging_dir = str(Path(config.output) / "runs")
            found.append(log)
    return found
