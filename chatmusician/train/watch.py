"""What listens to a run: signals that save and stop, whole checkpoints, progress, TensorBoard."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from transformers import TrainerCallback

from chatmusician.train.checkpoints import mark
from chatmusician.train.config import Config


class Stopper(TrainerCallback):  # type: ignore[misc]
    """SIGTERM and SIGINT end the run behind the step at hand, with a checkpoint."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            self._before[number] = signal.signal(number, self._ask)

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        if self._anyone(args):
            self.asked = True
            control.should_save = control.should_training_stop = True
        return control

    def _anyone(self, args: Any) -> bool:
        """Signals reach the processes at different steps: they stop together or not at all."""
        import torch

        if args.world_size == 1:
            return self.asked
        flag = torch.tensor(float(self.asked), device=args.device)
        torch.distributed.all_reduce(flag)
        return bool(flag > 0)


class Watcher(TrainerCallback):  # type: ignore[misc]
    """Marks checkpoints as whole, and prints loss and time left as they come."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._since = (time.monotonic(), 0)

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._since = (time.monotonic(), state.global_step)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.is_world_process_zero:
            mark(Path(args.output_dir) / f"checkpoint-{state.global_step}")

    def on_log(
        self, args: Any, state: Any, control: Any, logs: Any = None, model: Any = None, **_: Any
    ) -> None:
        if not (logs and state.is_world_process_zero and {"loss", "eval_loss"} & set(logs)):
            return
        words = [f"step {state.global_step}/{state.max_steps}"]
        words += [f"{key} {logs[key]:.4f}" for key in ("loss", "eval_loss") if key in logs]
        if "loss" in logs:
            words += self._left(state)
        print("  ".join(words), file=sys.stderr)

    def _left(self, state: Any) -> list[str]:
        now, (since, step) = time.monotonic(), self._since
        steps = state.global_step - step
        if not steps:
            return []
        return [f"eta {(now - since) / steps * (state.max_steps - state.global_step):.0f} s"]


def watchers(config: Config) -> list[Any]:
    found: list[Any] = [Watcher(config)]
    if config.logging.tensorboard:
        try:
            from torch.utils.tensorboard import SummaryWriter
            from transformers.integrations import TensorBoardCallback
        except ImportError:
            print("no TensorBoard log: pip install tensorboard", file=sys.stderr)
        else:
            folder = Path(config.output) / "runs"
            found.append(TensorBoardCallback(SummaryWriter(str(folder))))
    return found
