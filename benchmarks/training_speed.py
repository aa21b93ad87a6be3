"""Training and preprocessing speed: packing, overhead over a bare loop, and a per-row map.

python -m benchmarks.training_speed ROWS [--only training|preprocessing] [--rounds N]
    [--write-docs]

ROWS are instruction rows as `corpus tasks` writes them.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

import torch
import transformers

from benchmarks.page import machine, write_section
from chatmusician.train.build import build, load_tokenizer
from chatmusician.train.config import Config
from chatmusician.train.config_io import load
from chatmusician.train.data import collate
from chatmusician.train.preprocess import Job, preprocess
from chatmusician.train.run import train
from chatmusician.train.tokenizer import train_tokenizer

LENGTH = 1024
TRAINED_ROWS = 700
MAPPED_ROWS = 20_000
BATCHES = {True: 4, False: 12}


@dataclass(frozen=True)
class Trained:
    seconds: float
    useful: int
    places: int
    loss: float
    batches: list[dict[str, Any]]

    @property
    def speed(self) -> float:
        return self.useful / self.seconds

    @property
    def fill(self) -> float:
        return self.useful / self.places


@contextmanager
def recorded(batches: list[dict[str, Any]], useful: list[int]) -> Iterator[None]:
    """The batches that a run trains on."""

    def keep(items: Any, **options: Any) -> dict[str, Any]:
        useful.append(sum(len(item["input_ids"]) for item in items))
        batches.append(collate(items, **options))
        return batches[-1]

    with mock.patch("chatmusician.train.run.collate", keep):
        yield


def settings(data: Path, output: str, *, packing: bool) -> Config:
    wanted = {
        "stage": "sft",
        "data.path": data,
        "data.held_out_share": 0,
        "data.packing": packing,
        "output": output,
        "optimizer.batch": BATCHES[packing],
        "optimizer.epochs": 1,
        "logging.every": 20,
        "logging.evaluate_every": 0,
        "logging.save_every": 1_000_000,
        "logging.tensorboard": False,
    }
    return load("mini-cpu", [f"{name}={value}" for name, value in wanted.items()])


def trained(data: Path, *, packing: bool) -> Trained:
    """One epoch by `train`; the useful tokens are the same, packed or not."""
    batches: list[dict[str, Any]] = []
    useful: list[int] = []
    with tempfile.TemporaryDirectory() as folder, recorded(batches, useful):
        result = train(settings(data, f"{folder}/run", packing=packing))
    places = sum(batch["input_ids"].numel() for batch in batches)
    return Trained(result["seconds"], sum(useful), places, result["train_loss"], batches)


def bare(data: Path, batches: list[dict[str, Any]]) -> tuple[float, float]:
    """Seconds and last loss of the shortest loop that does the same to the same batches."""
    config = settings(data, "unused", packing=True)
    asked = config.optimizer
    transformers.set_seed(config.seed)
    model = build(config, load_tokenizer(str(data / "tokenizer"))).train()
    plain = [p for n, p in model.named_parameters() if "norm" in n]
    decayed = [p for n, p in model.named_parameters() if "norm" not in n]
    optimizer = torch.optim.AdamW(
        [{"params": decayed}, {"params": plain, "weight_decay": 0.0}],
        lr=asked.learning_rate,
        betas=(asked.beta1, asked.beta2),
        eps=asked.epsilon,
        weight_decay=asked.weight_decay,
        fused=True,
    )
    warmup = -int(-asked.warmup * len(batches) // 1)
    schedule = transformers.get_cosine_schedule_with_warmup(optimizer, warmup, len(batches))
    losses = []
    started = time.perf_counter()
    for batch in batches:
        with torch.autocast("cpu", torch.bfloat16):
            loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), asked.clip)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return time.perf_counter() - started, statistics.fmean(losses[-(len(losses) % 20 or 20) :])


def mapped(rows: list[dict[str, Any]], tokenizer: Any) -> tuple[float, int]:
    """A row at a time through `datasets.map` with two workers, as such scripts do."""
    import datasets

    datasets.disable_progress_bars()

    def encode(row: dict[str, Any]) -> dict[str, Any]:
        source = tokenizer(row["instruction"] + row["input"], add_special_tokens=False)["input_ids"]
        target = tokenizer(row["output"], add_special_tokens=False)["input_ids"]
        source = source[: LENGTH * 3 // 4]
        tokens = (source + target)[:LENGTH]
        return {"input_ids": tokens, "labels": ([-100] * len(source) + target)[:LENGTH]}

    data = datasets.Dataset.from_list(rows)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        done = data.map(
            encode,
            num_proc=2,
            remove_columns=data.column_names,
            cache_file_name=f"{folder}/rows.arrow",
        )
        seconds = time.perf_counter() - started
        return seconds, sum(len(row["input_ids"]) for row in done)


def job(source: Path, target: Path, tokenizer: Path, workers: int = 1) -> Job:
    names = ((str(source),), str(target), str(tokenizer), "sft")
    return Job(*names, length=LENGTH, source_length=LENGTH * 3 // 4, workers=workers)


def ours(source: Path, tokenizer: Path) -> tuple[float, int]:
    """The same rows by `train preprocess` with two workers: masks, packing and report as well."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        job = Job(
            (str(source),), f"{folder}/data", str(tokenizer), "sft", LENGTH, LENGTH * 3 // 4, 2
        )
        tokens = preprocess(job)["tokens"]
        return time.perf_counter() - started, tokens


def write(rows: list[dict[str, Any]], path: Path) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def training_report(rows: list[dict[str, Any]], rounds: int, folder: Path) -> str:
    few = write(rows[:TRAINED_ROWS], folder / "few.jsonl")
    data = folder / "data"
    preprocess(job(few, data, folder / "tokenizer"))
    packed, padded, loops = [], [], []
    for _ in range(rounds):
        packed.append(trained(data, packing=True))
        loops.append(bare(data, packed[-1].batches))
        padded.append(trained(data, packing=False))
    fills = packed[0].fill / padded[0].fill
    gain = median(p.speed / q.speed for p, q in zip(packed, padded, strict=True))
    kept = median(loop[0] / run.seconds for run, loop in zip(packed, loops, strict=True))
    return f"""Recipe `mini-cpu` ({LENGTH} tokens a row, bf16) over {TRAINED_ROWS} rows of
instructions, one epoch of {packed[0].useful} tokens; {rounds} rounds in turn, medians.
Padded batches are as long as their longest row.

| | tokens per second | fill rate |
|---|---|---|
| packed | {median(p.speed for p in packed):.0f} | {packed[0].fill:.3f} |
| padded | {median(p.speed for p in padded):.0f} | {padded[0].fill:.3f} |
| packed over padded | {gain:.2f} | {fills:.2f} |

The gain is {gain / fills:.2f} of the ratio of the fill rates. A bare PyTorch loop over the same
packed batches (last loss {loops[0][1]:.4f}, ours {packed[0].loss:.4f}): our tokens per second are
{kept:.1%} of its.

{machine()}
"""


def preprocessing_report(rows: list[dict[str, Any]], rounds: int, folder: Path) -> str:
    tokenizer = load_tokenizer(str(folder / "tokenizer"))
    many = write(rows[:MAPPED_ROWS], folder / "many.jsonl")
    maps, works = [], []
    for _ in range(rounds):
        maps.append(mapped(rows[:MAPPED_ROWS], tokenizer))
        works.append(ours(many, folder / "tokenizer"))
    ratios = sorted((w[1] / w[0]) / (m[1] / m[0]) for w, m in zip(works, maps, strict=True))
    mapping, working = (median(n / seconds for seconds, n in each) for each in (maps, works))
    return f"""{len(rows[:MAPPED_ROWS])} rows of instructions, {works[0][1]} tokens of a byte-level
BPE of 2,048 pieces, two workers; {rounds} rounds in turn, medians. Ours makes masks, packing and
a report as well.

| | tokens per second |
|---|---|
| `train preprocess` | {working:.0f} |
| `datasets.map`, a function for one row | {mapping:.0f} |
| times as fast (least and most) | {median(ratios):.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f}) |

{machine()}
"""


REPORTS = {
    "training": ("Training", training_report),
    "preprocessing": ("Preprocessing", preprocessing_report),
}


def median(values: Any) -> float:
    return float(statistics.median(list(values)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rows", type=Path)
    parser.add_argument("--only", choices=REPORTS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--write-docs", action="store_true")
    options = parser.parse_args()
    rows = [json.loads(line) for line in options.rows.read_text(encoding="utf-8").splitlines()]
    Random(0).shuffle(rows)
    with tempfile.TemporaryDirectory() as folder:
        tokenizer = train_tokenizer((row["input"] + row["output"] for row in rows[:5000]), 2048)
        tokenizer.save_pretrained(Path(folder, "tokenizer"))
        for name in [options.only] if options.only else REPORTS:
            title, report = REPORTS[name]
            text = report(rows, options.rounds, Path(folder))
            print(text)
            if options.write_docs:
                command = f"python -m benchmarks.training_speed ROWS --only {name}"
                write_section(title, command, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
