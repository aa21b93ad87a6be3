"""lm-evaluation-harness on the exported theory tasks: the letters it takes."""

from __future__ import annotations

import tempfile
from importlib import import_module
from typing import Any

from chatmusician.eval.choice.export import export_lm_eval
from chatmusician.eval.choice.run import Job


def letters_by_harness(made: Job, model: Any, tokenizer: Any, batch: int) -> dict[str, int]:
    """The place of the letter that lm-eval takes, by the item's id."""
    lm_eval: Any = import_module("lm_eval")
    hflm: Any = import_module("lm_eval.models.huggingface").HFLM
    manager: Any = import_module("lm_eval.tasks").TaskManager
    name = "chatmusician_theory" + (f"_{made.shots}shot" if made.shots else "")
    with tempfile.TemporaryDirectory() as folder:
        export_lm_eval(made, folder)
        found = lm_eval.simple_evaluate(
            model=hflm(pretrained=model, tokenizer=tokenizer, batch_size=batch),
            tasks=[f"{name}_{subject}" for subject in ("knowledge", "reasoning")],
            task_manager=manager(include_path=folder, include_defaults=False),
            bootstrap_iters=0,
            log_samples=True,
        )
    taken = {}
    for samples in found["samples"].values():
        for sample in samples:
            scores = [float(one[0]) for one in sample["filtered_resps"]]
            taken[sample["doc"]["id"]] = scores.index(max(scores))
    return taken
