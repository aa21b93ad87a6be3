"""The training loop of the bundled model: passes over packed tunes, on one thread or two.

Weights are used in bf16 and kept in fp32; matrices are stepped by Muon, the rest by AdamW;
the rate warms up and falls to zero in a straight line. Everything that a step depends on is
drawn from the seed and the number of the pass, and a checkpoint holds the rest, so that a
killed run goes on where its last checkpoint was.
"""

from __future__ import annotations

import copy
import datetime
import json
import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from chatmusician.model.home.vocabulary import Vocabulary
from chatmusician.train.config import Optimizer
from chatmusician.train.home.measure import bits
from chatmusician.train.home.net import HomeNet, Shape, attention_mask, dropout_factors
from chatmusician.train.home.rows import Rows, Text, pass_rows, without
from chatmusician.train.home.save import save_folder
from chatmusician.train.muon import MuonAndAdamW


@dataclass(frozen=True)
class Run:
    """``length`` and ``batch`` are tokens a row and rows a step; ``cosine`` end rates at zero;
    ``average`` is the decay of the averaged weights (0: none)."""

    passes: int = 8
    length: int = 384
    batch: int = 16
    rate: float = 0.01
    rest_rate: float = 0.003
    weight_decay: float = 0.1
    warmup: float = 0.02
    falling: float = 1.0
    dropout: float = 0.12
    hide: float = 1 / 3
    shorten: float = 0.0
    average: float = 0.995
    seed: int = 0
    save_minutes: float = 4.0
    compile: bool = True


class Training:
    def __init__(
        self, run: Run, shape: Shape, vocabulary: Vocabulary, texts: Sequence[Text], folder: Path
    ) -> None:
        self.run, self.shape, self.vocabulary = run, shape, vocabulary
        self.texts, self.folder = texts, folder
        folder.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(run.seed)
        self.master = HomeNet(shape)
        self.worker = copy.deepcopy(self.master).bfloat16()
        self.averaged = copy.deepcopy(self.master)
        self.optimizer = MuonAndAdamW(
            self.master,
            Optimizer(
                method="muon",
                learning_rate=run.rate,
                rest_learning_rate=run.rest_rate,
                weight_decay=run.weight_decay,
                beta2=0.95,
            ),
        )
        self.rates = [group["lr"] for group in self.optimizer.param_groups]
        self.steps = 0
        self.total = 0
        self.rank, self.world = join(folder)
        self.loss: Callable[..., Any] = self._loss
        if run.compile:
            self.loss = torch.compile(self._loss, dynamic=False)

    def begin_with(self, change: Callable[[HomeNet], None]) -> None:
        """First weights other than the drawn ones."""
        change(self.master)
        self.averaged.load_state_dict(self.master.state_dict())
        with torch.no_grad():
            for master, worker in self._pairs():
                worker.copy_(master)

    def train(self, held: Sequence[Sequence[str]]) -> None:
        """All passes, from the last checkpoint where there is one."""
        per_pass = len(self._rows(0)) // (self.run.batch * self.world)
        self.total = per_pass * self.run.passes
        self._resume()
        saved = time.monotonic()
        for number in range(self.steps // per_pass, self.run.passes):
            rows = self._rows(number)
            began, tokens, losses = time.monotonic(), 0, []
            for at in range(self.steps - number * per_pass, per_pass):
                loss, count = self._step(rows, at)
                losses.append(loss)
                tokens += count
                if self.steps % 10 == 0 and not self.rank:
                    speed = tokens / (time.monotonic() - began)
                    recent = sum(losses[-20:]) / len(losses[-20:])
                    print(
                        f"step {self.steps}/{self.total} loss {recent:.3f} {speed:.0f} tok/s",
                        flush=True,
                    )
                if not self.rank and time.monotonic() - saved > 60 * self.run.save_minutes:
                    self._save()
                    saved = time.monotonic()
            if not self.rank:
                self._save()
                self._report(number, losses, held)

    def _rows(self, number: int) -> Rows:
        return pass_rows(
            self.texts,
            self.vocabulary,
            length=self.run.length,
            draw=random.Random(self.run.seed * 1000 + number),
            hide=self.run.hide,
            shorten=self.run.shorten,
        )

    def _step(self, rows: Rows, at: int) -> tuple[float, int]:
        size = self.run.batch
        # Passes differ by a few rows, as tags are hidden anew; the first one counts.
        start = (at * self.world + self.rank) * size
        numbers = [(start + row) % len(rows) for row in range(size)]
        tokens, pieces, positions = (
            torch.from_numpy(part[numbers]) for part in (rows.tokens, rows.pieces, rows.positions)
        )
        seed = (self.run.seed * 10**6 + self.steps) * self.world + self.rank
        generator = torch.Generator().manual_seed(seed)
        drops = dropout_factors(self.shape, size, self.run.dropout, generator, torch.bfloat16)
        mask = attention_mask(pieces, torch.bfloat16)
        labels = torch.where(
            (pieces[:, 1:] == pieces[:, :-1]) & (pieces[:, 1:] >= 0), tokens[:, 1:], -100
        )
        labels = functional.pad(labels, (0, 1), value=-100)
        loss = self.loss(tokens, positions, mask, labels, drops)
        loss.backward()
        self._update()
        return float(loss.detach()), int((pieces >= 0).sum())

    def _loss(self, tokens: Any, positions: Any, mask: Any, labels: Any, drops: Any) -> Any:
        logits = self.worker(tokens, positions, mask, drops)
        return functional.cross_entropy(logits.float().flatten(0, 1), labels.flatten())

    def _update(self) -> None:
        for master, worker in self._pairs():
            master.grad = worker.grad.float()
            worker.grad = None
        if self.world > 1:
            share_gradients([master.grad for master in self.master.parameters()], self.world)
        torch.nn.utils.clip_grad_norm_(self.master.parameters(), 1.0)
        for group, rate in zip(self.optimizer.param_groups, self.rates, strict=True):
            group["lr"] = rate * self._share()
        self.optimizer.step()
        self.steps += 1
        decay = min(self.run.average, self.steps / (self.steps + 10))
        with torch.no_grad():
            for master, worker in self._pairs():
                worker.copy_(master)
            for mean, master in zip(
                self.averaged.parameters(), self.master.parameters(), strict=True
            ):
                mean.lerp_(master, 1 - decay)

    def _pairs(self) -> Any:
        return zip(self.master.parameters(), self.worker.parameters(), strict=True)

    def _share(self) -> float:
        """Of the full rate: a rise, a level, and a straight fall to zero at the end."""
        warm = max(1.0, self.run.warmup * self.total)
        fall = self.run.falling * self.total
        return min(1.0, (self.steps + 1) / warm, (self.total - self.steps) / max(fall, 1.0))

    def _report(self, number: int, losses: list[float], held: Sequence[Sequence[str]]) -> None:
        self.averaged.eval()
        hidden = frozenset(("source", "closes", "register", "opening", "relations"))
        entry = {
            "pass": number + 1,
            "steps": self.steps,
            "loss": round(sum(losses) / max(1, len(losses)), 4),
            "shown": bits(self.averaged, self.vocabulary, held),
            "hidden": bits(self.averaged, self.vocabulary, [without(w, hidden) for w in held]),
            "last weights": bits(self.master, self.vocabulary, [without(w, hidden) for w in held])[
                "total"
            ],
        }
        with (self.folder / "passes.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(entry) + "\n")
        print(json.dumps(entry), flush=True)
        self.export()

    def export(self) -> None:
        """The averaged weights as a model folder."""
        weights = dict(self.averaged.state_dict())
        save_folder(self.folder / "model", self.shape, weights, self.vocabulary)

    def _save(self) -> None:
        state = {
            "steps": self.steps,
            "master": self.master.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "run": asdict(self.run),
        }
        new = self.folder / "checkpoint.new"
        torch.save(state, new)
        new.replace(self.folder / "checkpoint.pt")

    def _resume(self) -> None:
        path = self.folder / "checkpoint.pt"
        if not path.is_file():
            return
        state = torch.load(path, weights_only=True)
        self.steps = state["steps"]
        self.master.load_state_dict(state["master"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimizer.load_state_dict(state["optimizer"])
        with torch.no_grad():
            for master, worker in self._pairs():
                worker.copy_(master)


def join(folder: Path) -> tuple[int, int]:
    """This process's number and how many train together: from RANK and WORLD_SIZE, or 0 and 1.

    Processes meet at a file in the folder of the run.
    """
    rank, world = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    if world > 1:
        import torch.distributed as processes

        store = processes.FileStore(str(folder / f"meeting.{os.environ['RUN_ID']}"), world)
        wait = datetime.timedelta(hours=1)
        processes.init_process_group("gloo", store=store, rank=rank, world_size=world, timeout=wait)
    return rank, world


def share_gradients(gradients: Sequence[Any], world: int) -> None:
    """Every process's gradients become the mean of all."""
    import torch.distributed as processes

    flat = torch.cat([gradient.flatten() for gradient in gradients])
    processes.all_reduce(flat)
    flat /= world
    at = 0
    for gradient in gradients:
        gradient.copy_(flat[at : at + gradient.numel()].view_as(gradient))
        at += gradient.numel()
