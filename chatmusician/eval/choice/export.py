"""A task with its questions as lm-evaluation-harness reads them: a YAML file and its data.

The prompts are written out whole, shots and hint included, so that the harness can add
nothing of its own to them: `num_fewshot` stays 0 there whatever our shots are.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from chatmusician.errors import MissingDependency, OutputError, UsageError
from chatmusician.eval.choice.questions import LETTERS
from chatmusician.eval.choice.run import Asked, Job, everything_asked
from chatmusician.files import write_atomic

PREFIX: Final = "chatmusician"


def export_lm_eval(job: Job, folder: str) -> list[str]:
    """Write a task for each subject and a group of them; the paths written."""
    try:
        import yaml
    except ImportError as error:
        raise MissingDependency("PyYAML", how='pip install ".[eval]"') from error
    if len(job.orders) > 1:
        raise UsageError("one order of the options goes into an exported task")
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(error.strerror or str(error), path=folder) from error
    asked = everything_asked(job)
    subjects = list(dict.fromkeys(one.question.subject for one in asked))
    group = f"{PREFIX}_{job.task.name}" + (f"_{job.shots}shot" if job.shots else "")
    written, names = [], []
    for subject in subjects:
        name = f"{group}_{subject}" if subject else f"{group}_questions"
        names.append(name)
        chosen = [one for one in asked if one.question.subject == subject]
        data = target / f"{name}.jsonl"
        lines = [json.dumps(_row(one), ensure_ascii=False) for one in chosen]
        write_atomic(str(data), ("\n".join(lines) + "\n").encode())
        config = _task(name, data.resolve(), job)
        written += [str(data), _write(target / f"{name}.yaml", config, yaml)]
    written.append(_write(target / f"{group}.yaml", _group(group, names, job), yaml))
    return written


def _row(one: Asked) -> dict[str, Any]:
    return {
        "id": one.id,
        "prompt": one.prompt.text,
        "answer": LETTERS.index(one.shown.answer),
        "order": list(one.order),
    }


def _task(name: str, data: Path, job: Job) -> dict[str, Any]:
    blank, letter = job.task.wording.answer.split("{letter}", 1)
    assert not letter, "a letter ends the string"
    return {
        "task": name,
        "dataset_path": "json",
        "dataset_kwargs": {"data_files": {"test": str(data)}},
        "test_split": "test",
        "output_type": "multiple_choice",
        "doc_to_text": "{{prompt}}",
        "doc_to_choice": list(LETTERS),
        "doc_to_target": "answer",
        "target_delimiter": blank,
        "num_fewshot": 0,
        "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
        "metadata": {"version": job.task.full_version},
    }


def _group(name: str, tasks: list[str], job: Job) -> dict[str, Any]:
    counted = {"metric": "acc", "aggregation": "mean", "weight_by_size": True}
    return {
        "group": name,
        "group_alias": job.task.title,
        "task": tasks,
        "aggregate_metric_list": [counted],
        "metadata": {"version": job.task.full_version},
    }


def _write(path: Path, config: dict[str, Any], yaml: Any) -> str:
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    write_atomic(str(path), text.encode())
    return str(path)
