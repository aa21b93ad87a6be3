"""Multiple choice: ours against four whole strings, and five-shot against lm-eval.

python -m benchmarks.choice_speed [--model MODEL] [--items N] [--write-docs]
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import torch

from benchmarks.harness import letters_by_harness
from benchmarks.page import machine, write_section
from chatmusician.eval.choice.likelihood import Likelihood
from chatmusician.eval.choice.prompts import letters
from chatmusician.eval.choice.run import Job, everything_asked, limited
from chatmusician.eval.choice.sources import generated
from chatmusician.eval.choice.tasks import load_task
from chatmusician.eval.models import open_model
from chatmusician.train.tokenizer import train_tokenizer

BATCH = 8
Best = dict[str, int]


def small_llama() -> tuple[Any, Any]:
    """A few million parameters by chance, and a tokenizer of 2,000 tokens."""
    from transformers import LlamaConfig, LlamaForCausalLM

    texts = [one.prompt.text for one in everything_asked(job(200, 0))]
    tokenizer = train_tokenizer(texts, 2000)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=256,
        intermediate_size=704,
        num_hidden_layers=6,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=8192,
        initializer_range=0.1,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return LlamaForCausalLM(config).eval(), tokenizer


def job(items: int, shots: int) -> Job:
    found = generated((1,))
    questions = limited(found.questions, items // 2)
    return Job(load_task("theory"), questions, dev=found.dev, shots=shots)


def ours(model: Any, tokenizer: Any, given: Job) -> Best:
    asked = everything_asked(given)
    found = Likelihood(model, tokenizer).score(
        [a.prompt for a in asked], letters(given.task.wording)
    )
    return {asked[one.index].id: one.best or 0 for one in found}


def four_strings(model: Any, tokenizer: Any, given: Job) -> Best:
    """As the reference computes it: every string whole, eight in a batch, its mean loss."""
    asked = everything_asked(given)
    four = letters(given.task.wording)
    rows = [tokenizer(one.prompt.text + end).input_ids for one in asked for end in four]
    losses: list[float] = []
    for start in range(0, len(rows), BATCH):
        losses += _losses(model, rows[start : start + BATCH])
    chosen = [losses[at : at + 4] for at in range(0, len(losses), 4)]
    return {one.id: found.index(min(found)) for one, found in zip(asked, chosen, strict=True)}


@torch.no_grad()  # type: ignore[untyped-decorator, unused-ignore]
def _losses(model: Any, rows: list[list[int]]) -> list[float]:
    longest = max(map(len, rows))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    logits = model(ids, attention_mask=mask).logits[:, :-1].transpose(1, 2)
    loss = torch.nn.functional.cross_entropy(logits, ids[:, 1:], reduction="none")
    found: list[float] = ((loss * mask[:, 1:]).sum(1) / mask.sum(1)).tolist()
    return found


def by_harness(model: Any, tokenizer: Any, given: Job) -> Best:
    return letters_by_harness(given, model, tokenizer, BATCH)


def timed(work: Callable[[], Best]) -> tuple[float, Best]:
    """Seconds of the processor, which do not grow with what else the machine does."""
    started = time.process_time()
    found = work()
    return time.process_time() - started, found


def compare(
    first: Callable[[], Best], second: Callable[[], Best], rounds: int
) -> tuple[float, float, int, int]:
    """Median seconds of both, run in turns; how many answers are the same, of how many."""
    first()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        one, found = timed(first)
        other, theirs = timed(second)
        times[0].append(one)
        times[1].append(other)
    same = sum(found[name] == theirs[name] for name in theirs)
    return statistics.median(times[0]), statistics.median(times[1]), same, len(theirs)


def report(model: Any, tokenizer: Any, name: str, items: int, rounds: int) -> str:
    lines = []
    for shots, other, what in ((0, four_strings, "four strings"), (5, by_harness, "lm-eval")):
        given = job(items, shots)
        mine, theirs, same, n = compare(
            lambda given=given: ours(model, tokenizer, given),  # type: ignore[misc]
            lambda given=given, other=other: other(model, tokenizer, given),  # type: ignore[misc]
            rounds,
        )
        told = "zero-shot" if not shots else f"{shots}-shot"
        lines.append(
            f"| {told}, against {what} | {mine:.1f} s | {theirs:.1f} s | {theirs / mine:.1f}× "
            f"| {same} of {n} |"
        )
    told = f"medians of {rounds} rounds" if rounds > 1 else "one round"
    return f"""{name}; {items} questions of `eval theory`, {torch.get_num_threads()} thread,
batches of {BATCH} for the others. Processor time, {told} in turns.

| | ours | other | quicker | same letter |
|---|---|---|---|---|
{chr(10).join(lines)}

{machine()}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="", help="a folder or .gguf; else a small Llama")
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--write-docs", action="store_true")
    options = parser.parse_args()
    if options.model:
        opened = open_model(options.model, whole=True)
        model, tokenizer, name = opened.model, opened.tokenizer, opened.name
    else:
        model, tokenizer = small_llama()
        count = sum(weights.numel() for weights in model.parameters())
        name = f"A Llama of {count / 1e6:.0f} million parameters by chance"
    text = report(model, tokenizer, name, options.items, options.rounds)
    print(text)
    if options.write_docs:
        write_section("Multiple choice", "python -m benchmarks.choice_speed --write-docs", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
