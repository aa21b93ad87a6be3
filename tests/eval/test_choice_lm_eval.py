"""The exported tasks run by lm-evaluation-harness: the same letters as ours."""

from __future__ import annotations

import json
import os
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from chatmusician.eval.choice.export import export_lm_eval
from chatmusician.eval.choice.questions import LETTERS
from chatmusician.eval.choice.run import Job, everything_asked, limited
from chatmusician.eval.choice.sources import generated
from chatmusician.eval.choice.tasks import load_task

ITEMS = int(os.environ.get("CHATMUSICIAN_EVAL_ITEMS", "12"))


def job(shots: int, items: int) -> Job:
    found = generated((6,))
    questions = limited(found.questions, items // 2)
    return Job(load_task("theory"), questions, dev=found.dev, shots=shots, orders=(11,))


def test_what_is_written(tmp_path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    made = job(5, 8)
    paths = export_lm_eval(made, str(tmp_path))
    assert sorted(Path(path).name for path in paths) == [
        "chatmusician_theory_5shot.yaml",
        "chatmusician_theory_5shot_knowledge.jsonl",
        "chatmusician_theory_5shot_knowledge.yaml",
        "chatmusician_theory_5shot_reasoning.jsonl",
        "chatmusician_theory_5shot_reasoning.yaml",
    ]
    config = yaml.safe_load((tmp_path / "chatmusician_theory_5shot_reasoning.yaml").read_text())
    assert config["metadata"]["version"] == "theory-1"
    assert config["target_delimiter"] == " "
    lines = (tmp_path / "chatmusician_theory_5shot_reasoning.jsonl").read_text().splitlines()
    wanted = [one for one in everything_asked(made) if one.question.subject == "reasoning"]
    for line, one in zip(lines, wanted, strict=True):
        row = json.loads(line)
        assert (row["id"], row["prompt"]) == (one.id, one.prompt.text)
        assert LETTERS[row["answer"]] == one.shown.answer


def harness(made: Job, folder: Path, model: Any, tokenizer: Any) -> dict[str, int]:
    """The place of the letter that lm-eval takes, by the item's id."""
    lm_eval: Any = pytest.importorskip("lm_eval")
    hflm: Any = import_module("lm_eval.models.huggingface").HFLM
    manager: Any = import_module("lm_eval.tasks").TaskManager
    export_lm_eval(made, str(folder))
    name = "chatmusician_theory" + (f"_{made.shots}shot" if made.shots else "")
    found = lm_eval.simple_evaluate(
        model=hflm(pretrained=model, tokenizer=tokenizer, batch_size=4),
        tasks=[f"{name}_{subject}" for subject in ("knowledge", "reasoning")],
        task_manager=manager(include_path=str(folder), include_defaults=False),
        bootstrap_iters=0,
        log_samples=True,
    )
    taken = {}
    for samples in found["samples"].values():
        for sample in samples:
            scores = [float(one[0]) for one in sample["filtered_resps"]]
            taken[sample["doc"]["id"]] = scores.index(max(scores))
    return taken


def ours(made: Job, model: Any, tokenizer: Any) -> dict[str, int | None]:
    from chatmusician.eval.choice.likelihood import Likelihood
    from chatmusician.eval.choice.prompts import letters

    asked = everything_asked(made)
    engine = Likelihood(model, tokenizer)
    found = engine.score([one.prompt for one in asked], letters(made.task.wording))
    return {asked[one.index].id: one.best for one in found}


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("shots", [0, 5])
def test_a_small_llama_answers_alike(
    choice_model: Any, choice_tokenizer: Any, tmp_path: Path, shots: int
) -> None:
    made = job(shots, 24)
    theirs = harness(made, tmp_path, choice_model, choice_tokenizer)
    assert len(theirs) == 24
    assert ours(made, choice_model, choice_tokenizer) == theirs


@pytest.fixture(scope="module")
def smollm2() -> tuple[Any, Any]:
    name = os.environ.get("CHATMUSICIAN_SMOLLM2", "")
    if not name:
        pytest.skip("CHATMUSICIAN_SMOLLM2 names no SmolLM2-135M file (.gguf)")
    pytest.importorskip("torch")
    from chatmusician.eval.models import open_model

    opened = open_model(name, whole=True)
    return opened.model, opened.tokenizer


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("shots", [0, 5])
def test_smollm2_answers_alike(smollm2: tuple[Any, Any], tmp_path: Path, shots: int) -> None:
    made = job(shots, ITEMS)
    theirs = harness(made, tmp_path, *smollm2)
    assert len(theirs) == ITEMS
    assert ours(made, *smollm2) == theirs


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("shots", [0, 5])
def test_smollm2_answers_as_four_strings_do(smollm2: tuple[Any, Any], shots: int) -> None:
    """The losses of whole strings are transformers' own."""
    import torch

    model, tokenizer = smollm2
    made = job(shots, ITEMS)
    found = ours(made, model, tokenizer)
    for one in everything_asked(made):
        losses = []
        for letter in LETTERS:
            ids = torch.tensor([tokenizer(f"{one.prompt.text} {letter}").input_ids])
            with torch.no_grad():
                losses.append(float(model(ids, labels=ids).loss))
        assert found[one.id] == losses.index(min(losses))
