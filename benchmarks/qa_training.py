"""Rows of ``corpus qa`` teach a text model: its loss on answers about other sounds falls.

python -m benchmarks.qa_training [--tracks N] [--held-out N] [--steps N] [--write-docs]

A set in GiantSteps' form is made of seeded melodies played by sine tones, ``corpus qa`` makes rows
of it, and the bundled model is fine-tuned on those of some tracks (``train sft``). The loss is that
of the answers about the other tracks, before and after.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from benchmarks.page import write_section
from chatmusician.model.names import bundled_folder
from chatmusician.train import config_io
from chatmusician.train.preprocess import Job as Preprocess
from chatmusician.train.preprocess import preprocess
from chatmusician.train.qa.build import Job, build
from chatmusician.train.run import train

TITLE = "Fine-tuning on the rows of corpus qa"
RATE = 22_050
KEYS = {"C major": 0, "D major": 2, "F major": 5, "G major": 7, "A minor": 9, "E minor": 4}
_MAJOR, _MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)


def make_set(folder: Path, tracks: int, seed: int, *, notes: int = 16) -> None:
    """Sounds with a ``.key`` and a ``.bpm`` file each."""
    soundfile: Any = import_module("soundfile")
    chance = Random(seed)
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(tracks):
        key = chance.choice(sorted(KEYS))
        bpm = chance.randrange(70, 170)
        scale = _MAJOR if key.endswith("major") else _MINOR
        place = 0
        tones = []
        for at in range(notes):
            place = 0 if at == notes - 1 else min(9, max(-3, place + chance.choice((-2, -1, 1, 2))))
            octave, degree = divmod(place, 7)
            pitch = 60 + KEYS[key] + 12 * octave + scale[degree]
            tones.append(_tone(pitch, 60 / bpm * chance.choice((0.5, 1, 1))))
        soundfile.write(folder / f"{number:04d}.wav", np.concatenate(tones), RATE)
        (folder / f"{number:04d}.key").write_text(key)
        (folder / f"{number:04d}.bpm").write_text(str(bpm))


def _tone(pitch: int, seconds: float) -> Any:
    time = np.arange(int(seconds * RATE)) / RATE
    return 0.6 * np.sin(2 * np.pi * 440 * 2 ** ((pitch - 69) / 12) * time) * np.exp(-4 * time)


def measure(folder: Path, tracks: int, held_out: int, steps: int, seed: int = 1) -> dict[str, Any]:
    """The rows on both sides, and the loss of held-out answers before and after."""
    make_set(folder / "set", tracks, seed)
    build(Job(str(folder / "set"), str(folder / "qa"), seed=seed))
    lines = (folder / "qa" / "sft.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    apart = {f"giantsteps/{number:04d}" for number in range(tracks - held_out, tracks)}
    sides: dict[str, list[str]] = {"learned": [], "held-out": []}
    for line in lines:
        track = json.loads(line)["id"].rsplit("/", 1)[0]
        sides["held-out" if track in apart else "learned"].append(line)
    model = str(bundled_folder())
    for side, rows in sides.items():
        (folder / f"{side}.jsonl").write_text("".join(rows), encoding="utf-8")
        preprocess(
            Preprocess(
                (str(folder / f"{side}.jsonl"),), str(folder / side), model, "sft", length=1024,
                source_length=768,
            )
        )  # fmt: skip
    shape = json.loads((Path(model) / "config.json").read_text())
    before = _loss(folder, model, shape, 1, 1e-12)
    after = _loss(folder, model, shape, steps, 1e-3)
    return {
        "learned": len(sides["learned"]),
        "held out": len(sides["held-out"]),
        "before": before,
        "after": after,
    }


def _loss(folder: Path, model: str, shape: dict[str, Any], steps: int, rate: float) -> float:
    values = {
        "stage": "sft",
        "output": str(folder / f"run-{steps}"),
        "data": {
            "path": str(folder / "learned"),
            "held_out": str(folder / "held-out"),
            "length": 1024,
        },
        "model": {
            "path": model,
            "shape": {
                "hidden": shape["hidden_size"],
                "layers": shape["num_hidden_layers"],
                "heads": shape["num_attention_heads"],
                "kv_heads": shape["num_key_value_heads"],
                "feed_forward": shape["intermediate_size"],
                "vocabulary": shape["vocab_size"],
                "context": shape["max_position_embeddings"],
                "tied": shape["tie_word_embeddings"],
            },
        },
        "optimizer": {"learning_rate": rate, "batch": 2, "steps": steps},
        "logging": {
            "every": 10,
            "evaluate_every": steps,
            "save_every": steps,
            "tensorboard": False,
        },
    }
    return float(train(config_io.from_mapping(values))["held_out_loss"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tracks", type=int, default=60)
    parser.add_argument("--held-out", type=int, default=12)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write-docs", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), args.tracks, args.held_out, args.steps, args.seed)
    said = (
        f"| rows learned from | held-out rows | steps | loss of held-out answers before | after |\n"
        f"|---:|---:|---:|---:|---:|\n| {found['learned']} | {found['held out']} | {args.steps} "
        f"| {found['before']:.3f} | {found['after']:.3f} |"
    )
    print(said)
    if args.write_docs:
        write_section(TITLE, "python -m benchmarks.qa_training --write-docs", said)
    return 0


if __name__ == "__main__":
    sys.exit(main())
