"""A real pretrained Llama-type model through the whole training path: what it learns and forgets.

python -m benchmarks.smollm2 --model SmolLM2-135M-Instruct.Q4_1.gguf --corpus CORPUS \
    --tasks ROWS --general GENERAL -o OUT [--steps 200] [--batch 2] [--write-docs]

LoRA pre-training on ABC with a share of general text, merge, LoRA fine-tuning on instruction
rows, merge; held-out loss on each kind of text before, between and after. CORPUS is a folder
of `corpus build --hold-out`, ROWS one of `corpus tasks CORPUS`, GENERAL a folder with
train.jsonl and test.jsonl (column `text`, the test text of another origin). A stage that is
done is not done again, so a run that was cut off goes on.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.page import machine, write_section

LENGTH = 512
HELD_OUT = {"abc": 100, "general": 20, "tasks": 200}
GENERAL_SHARE = 0.35
PROMPTS = (
    "Write a tune in ABC notation that fits this description.\nMeter 6/8\nKey D\nRhythm jig",
    "What is the key of this tune?\nX:1\nM:4/4\nL:1/8\nK:Em\nE2 BE dEBE | E2 BE AFDF |]",
    "What is the capital of France?",
)


def command(*arguments: str) -> None:
    print("$ chatmusician", *arguments, flush=True)
    subprocess.run([sys.executable, "-m", "chatmusician", *arguments], check=True)


def write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def read_rows(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    import pyarrow.dataset

    rows: list[dict[str, Any]] = (
        pyarrow.dataset.dataset(path, format="parquet").to_table().to_pylist()
    )
    return rows


def write_texts(options: argparse.Namespace, folder: Path) -> None:
    """Training and held-out text, drawn with a fixed seed."""
    draw = Random(0)
    held_out = read_rows(options.corpus / "held-out")
    write_rows(folder / "abc.jsonl", draw.sample(held_out, HELD_OUT["abc"]))
    general = read_rows(options.general / "train.jsonl")
    draw.shuffle(general)
    learnt = read_rows(options.corpus / "data")
    wanted = GENERAL_SHARE / (1 - GENERAL_SHARE) * sum(len(row["text"]) for row in learnt)
    while wanted > 0 and general:
        row = general.pop()
        learnt.append(row)
        wanted -= len(row["text"])
    draw.shuffle(learnt)
    write_rows(folder / "pretrain.jsonl", learnt)
    other = read_rows(options.general / "test.jsonl")
    write_rows(folder / "general.jsonl", draw.sample(other, min(HELD_OUT["general"], len(other))))
    asked = read_rows(options.tasks / "test.jsonl")
    write_rows(folder / "tasks.jsonl", draw.sample(asked, HELD_OUT["tasks"]))
    rows = read_rows(options.tasks / "train.jsonl")
    write_rows(folder / "sft.jsonl", draw.sample(rows, min(20_000, len(rows))))


def preprocess(source: Path, target: Path, model: str, stage: str) -> None:
    if (target / "manifest.json").exists():
        return
    command(
        *("train", "preprocess", str(source), "--tokenizer", model, "--stage", stage),
        *("--length", str(LENGTH), "-o", str(target)),
    )


def train(verb: str, data: Path, model: str, folder: Path, steps: int, batch: int) -> None:
    """Train, or go on, then merge."""
    run, merged = folder / verb, folder / f"{verb}-merged"
    if not (run / "result.json").exists():
        command(
            *("train", verb, "smollm2-lora", f"stage={'pt' if verb == 'pretrain' else 'sft'}"),
            *(f"model.path={model}", f"data.path={data}", f"output={run}"),
            *("data.held_out_share=0.005", f"optimizer.steps={steps}", f"optimizer.batch={batch}"),
            *("optimizer.accumulation=1", "hardware.precision=bf16", "logging.save_every=25"),
            *("logging.evaluate_every=0", *(["--resume"] if run.exists() else [])),
        )
    if not (merged / "config.json").exists():
        command("train", "merge", str(run), "--dtype", "float32", "-o", str(merged))


def losses(model: str, folders: dict[str, Path], kept: Path) -> dict[str, list[float]]:
    """For each text its tokens and the mean loss over them."""
    if kept.exists():
        known: dict[str, list[float]] = json.loads(kept.read_text())
        return known
    import torch

    from chatmusician.train.build import load_base
    from chatmusician.train.data import Rows, collate

    network = load_base(model, dtype=torch.float32).eval()
    network.config.use_cache = False
    found = {}
    for name, folder in folders.items():
        rows = Rows(str(folder))
        total, tokens = 0.0, 0
        for index in range(len(rows)):
            batch = collate([rows[index]], pad=0)
            count = int((batch["labels"][:, 1:] != -100).sum())
            with torch.no_grad():
                total += network(**batch).loss.item() * count
            tokens += count
        found[name] = [tokens, total / tokens]
        print(kept.stem, name, found[name], flush=True)
    kept.write_text(json.dumps(found))
    return found


def answers(model: str) -> list[str]:
    import torch

    from chatmusician.model.chat_format import prompt
    from chatmusician.train.build import load_base, load_tokenizer

    tokenizer, network = load_tokenizer(model), load_base(model, dtype=torch.float32).eval()
    said = []
    for text in PROMPTS:
        asked = tokenizer(prompt(text, end=tokenizer.eos_token), return_tensors="pt")
        torch.manual_seed(0)
        made = network.generate(**asked, max_new_tokens=160, do_sample=True, temperature=0.2)
        said.append(tokenizer.decode(made[0][asked["input_ids"].shape[1] :]))
    return said


def quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


def table(measured: dict[str, dict[str, list[float]]]) -> str:
    names = {"abc": "tunes", "general": "general text", "tasks": "answers to instructions"}
    lines = [f"| mean loss per token | tokens | {' | '.join(measured)} |", "|---" * 5 + "|"]
    for key, title in names.items():
        values = [found[key] for found in measured.values()]
        cells = " | ".join(f"{loss:.3f}" for _, loss in values)
        lines.append(f"| held-out {title} | {values[0][0]:.0f} | {cells} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True)
    for name in ("--corpus", "--tasks", "--general", "-o"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch", type=int, default=2, help="rows a step")
    parser.add_argument("--write-docs", action="store_true")
    options = parser.parse_args()
    out: Path = options.o
    texts, data = out / "texts", out / "data"
    if not (texts / "sft.jsonl").exists():
        write_texts(options, texts)
    stages = {"abc": "pt", "general": "pt", "tasks": "sft", "pretrain": "pt", "sft": "sft"}
    for name, stage in stages.items():
        preprocess(texts / f"{name}.jsonl", data / name, options.model, stage)
    held_out = {name: data / name for name in HELD_OUT}
    measured = {"before": losses(options.model, held_out, out / "before.json")}
    train("pretrain", data / "pretrain", options.model, out, options.steps, options.batch)
    base = str(out / "pretrain-merged")
    measured["after pre-training"] = losses(base, held_out, out / "pretrained.json")
    train("sft", data / "sft", base, out, options.steps, options.batch)
    final = str(out / "sft-merged")
    measured["after fine-tuning"] = losses(final, held_out, out / "tuned.json")
    results = [json.loads((out / verb / "result.json").read_text()) for verb in ("pretrain", "sft")]
    seconds = ", ".join(f"{result['seconds']:.0f} s" for result in results)
    said = "\n\n".join(
        f"{quoted(p)}\n\n```\n{a}\n```" for p, a in zip(PROMPTS, answers(final), strict=True)
    )
    text = f"""SmolLM2-135M-Instruct (4-bit GGUF), recipe `smollm2-lora`: {options.steps} steps of
{options.batch * LENGTH} tokens on tunes with {GENERAL_SHARE:.0%} general text, then as many on
instruction rows; {seconds}.

{table(measured)}

What the model says in the end, at temperature 0.2: the loss has learned, the answers are
not yet tunes.

{said}

{machine()}
"""
    print(text)
    if options.write_docs:
        write_section("A real model: SmolLM2-135M", "python -m benchmarks.smollm2", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
