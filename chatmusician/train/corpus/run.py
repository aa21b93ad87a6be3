"""Runs a build: on this machine's cores, on Slurm nodes or on Ray; stopped, it goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatmusician.errors import EngineError, InputError, MissingDependency, UsageError
from chatmusician.train.corpus.plan import Plan, load_plan, make_plan, refuse_other, save_plan
from chatmusician.train.corpus.recipe import Recipe
from chatmusician.train.corpus.shards import get_json
from chatmusician.train.corpus.split import HELD_OUT
from chatmusician.train.corpus.stages import ORDER, Stage

EXECUTORS = ("local", "slurm", "ray")


@dataclass(frozen=True)
class Built:
    """A corpus folder and its card; no card yet where the work was given to Slurm."""

    folder: str
    card: dict[str, Any] | None


def build(
    recipe: Recipe,
    data: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    executor: str = "local",
    workers: int = 1,
    fresh: bool = False,
    keep_work: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> Built:
    """Builds the corpus in the folder `out` from the sources below the folder `data`.

    The same call goes on where an earlier one stopped, and does nothing where it was done.
    """
    if executor not in EXECUTORS:
        raise UsageError(f"unknown executor {executor!r}", hint=f"known: {', '.join(EXECUTORS)}")
    if workers < 1:
        raise UsageError(f"workers must be at least 1, not {workers}")
    _need_packages(executor)
    folder = Path(out).resolve()
    root = Path(data).resolve()
    if not root.is_dir():
        raise InputError("there is no such folder of data", path=str(data), hint="name it: --data")
    plan = make_plan(recipe, root)
    if fresh:
        _clear(folder)
    done = _done(folder, plan)
    if done is not None:
        report(f"{folder} is already built")
        return Built(str(folder), done)
    _begin(folder, plan, report)
    stages = [kind(str(folder), quiet=executor == "local") for kind in ORDER]
    if executor == "slurm":
        _submit(stages, plan, workers)
        return Built(str(folder), None)
    for stage in stages:
        tasks = stage.tasks(plan)
        report(f"{stage.name}: {tasks} task{'s' * (tasks != 1)}")
        stage.hush()
        _executor(executor, stage, tasks, min(workers, tasks)).run()
    if not keep_work:
        shutil.rmtree(folder / "work")
    return Built(str(folder), get_json(folder / "card.json"))


def _need_packages(executor: str) -> None:
    wanted = [("pyarrow", "pyarrow"), ("datatrove", "datatrove"), ("numpy", "numpy")]
    if executor == "ray":
        wanted.append(("ray", "ray"))
    for module, package in wanted:
        try:
            __import__(module)
        except ImportError as error:
            how = "pip install ray" if package == "ray" else 'pip install ".[train]"'
            raise MissingDependency(package, how=how) from error


def _clear(folder: Path) -> None:
    """Takes away what a build has written, and nothing else."""
    for name in ("work", "data", HELD_OUT):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("card.json", "README.md", "dropped.jsonl", "duplicates.jsonl"):
        (folder / name).unlink(missing_ok=True)


def _done(folder: Path, plan: Plan) -> dict[str, Any] | None:
    path = folder / "card.json"
    if not path.exists():
        return None
    card: dict[str, Any] = get_json(path)
    refuse_other(str(card.get("fingerprint")), plan, folder)
    shutil.rmtree(folder / "work", ignore_errors=True)
    return card


def _begin(folder: Path, plan: Plan, report: Callable[[str], None]) -> None:
    path = folder / "work" / "plan.json"
    if path.exists():
        refuse_other(load_plan(path).fingerprint, plan, folder)
        report(f"going on with {folder}")
        return
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "work").is_dir():
        raise UsageError(f"{folder} is not empty and holds no corpus", hint="name a new folder")
    save_plan(plan, path)


def _executor(kind: str, stage: Stage, tasks: int, workers: int) -> Any:
    from datatrove.executor.local import LocalPipelineExecutor

    logs = str(stage.work / "logs" / stage.name)
    if kind == "local":
        return LocalPipelineExecutor([stage], tasks=tasks, workers=workers, logging_dir=logs)
    from datatrove.executor.ray import RayPipelineExecutor

    return RayPipelineExecutor([stage], tasks=tasks, workers=workers, logging_dir=logs)


def _submit(stages: list[Stage], plan: Plan, workers: int) -> None:
    """Gives Slurm one job array a stage, each waiting for the one before."""
    from datatrove.executor.slurm import SlurmPipelineExecutor

    slurm = plan.recipe.slurm
    if shutil.which("sbatch") is None:
        raise MissingDependency("Slurm (sbatch)", how="run it on a login node of the cluster")
    if not slurm.partition:
        raise UsageError("slurm: partition is not set in the recipe")
    last = None
    for stage in stages:
        last = SlurmPipelineExecutor(
            [stage],
            tasks=stage.tasks(plan),
            workers=workers,
            time=slurm.time,
            partition=slurm.partition,
            mem_per_cpu_gb=slurm.memory_gb,
            qos=slurm.qos,
            env_command=slurm.environment or None,
            job_name=f"corpus-{stage.name}",
            logging_dir=str(stage.work / "logs" / stage.name),
            slurm_logs_folder=str(stage.work / "logs" / stage.name / "slurm"),
            depends=last,
        )
    assert last is not None
    try:
        last.run()
    except subprocess.CalledProcessError as error:
        raise EngineError("sbatch", f"ended with exit code {error.returncode}") from error
