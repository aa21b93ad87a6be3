"""The exported tasks run by lm-evaluation-harness: the same letters as ours."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from benchmarks.harness import letters_by_harness
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
def test_a_small_llama_answers_alike(choice_model: Any, choice_tokenizer: Any, shots: int) -> None:
    made = job(shots, 24)
    pytest.importorskip("lm_eval")
    theirs = letters_by_harness(made, choice_model, choice_tokenizer, 4)
    assert len(theirs) == 24
    assert ours(made, choice_model, choice_tokenizer) == theirs


@pytest.fixture(scope="module", params=["bundled", "smollm2"])
def real_model(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    name = ""
    if request.param == "smollm2":
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
def test_real_models_answer_alike(real_model: tuple[Any, Any], shots: int) -> None:
    made = job(shots, ITEMS)
    pytest.importorskip("lm_eval")
    theirs = letters_by_harness(made, *real_model, 4)
    assert len(theirs) == ITEMS
    assert ours(made, *real_model) == theirs


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("shots", [0, 5])
def test_real_models_answer_as_four_strings_do(real_model: tuple[Any, Any], shots: int) -> None:
    """The losses of whole strings are transformers' own."""
    import torch

    model, tokenizer = real_model
    made = job(shots, ITEMS)
    found = ours(made, model, tokenizer)
    for one in everything_asked(made):
        losses = []
        for letter in LETTERS:
            ids = torch.tensor([tokenizer(f"{one.prompt.text} {letter}").input_ids])
            with torch.no_grad():
                losses.append(float(model(ids, labels=ids).loss))
        assert found[one.id] == losses.index(min(losses))
