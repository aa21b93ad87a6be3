"""Benchmarks of multiple choice as versioned YAML: wording, data, shots, published numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from chatmusician.errors import InputError, MissingDependency
from chatmusician.eval.choice.prompts import Wording

FOLDER: Final = Path(__file__).resolve().parents[2] / "resources" / "benchmarks"


@dataclass(frozen=True)
class Published:
    """Numbers of others, as shares, with who gave them, where and when."""

    name: str
    source: str
    values: Mapping[str, float]


@dataclass(frozen=True)
class Task:
    """`test` and `dev` are splits of `hub`; `shots` the rows of `dev` that come first.

    With `own_shots` a subject's shots are those of its own dev rows. `subjects` are the
    only ones its data may have; empty where any may.
    """

    name: str
    version: str
    title: str
    wording: Wording
    hub: str = ""
    config: str = ""
    test: str = "test"
    dev: str = "dev"
    shots: int = 0
    own_shots: bool = False
    shuffles: int = 0
    needs_id: bool = True
    subjects: tuple[str, ...] = ()
    published: tuple[Published, ...] = field(default=())

    @property
    def full_version(self) -> str:
        return f"{self.name}-{self.version}"


def load_task(name: str) -> Task:
    """A task of the package by its name, or of a YAML file."""
    path = Path(name) if name.endswith((".yaml", ".yml")) else FOLDER / f"{name}.yaml"
    try:
        import yaml
    except ImportError as error:
        raise MissingDependency("PyYAML", how='pip install ".[eval]"') from error
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        return task_of(found)
    except FileNotFoundError as error:
        raise InputError("no such task", path=str(path)) from error
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"is no task: {error}", path=str(path)) from error


def task_of(found: Mapping[str, Any]) -> Task:
    given = dict(found)
    given["version"] = str(given["version"])
    given["wording"] = Wording(**given["wording"])
    given["subjects"] = tuple(given.get("subjects", ()))
    given["published"] = tuple(Published(**row) for row in given.get("published", ()))
    return Task(**given)


def with_version(task: Task, suffix: str) -> Task:
    return replace(task, version=f"{task.version}-{suffix}")
