"""The parts of the work on datatrove: on several cores, on Slurm nodes or on Ray."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chatmusician.errors import EngineError, MissingDependency, UsageError
from chatmusician.train.qa.build import Job, finish, part


@dataclass
class Annotate:
    """A pipeline step: one part of the tracks. A part that is run again does what is left of it,
    so that the journal, and not datatrove's own marks, says what is done."""

    job: Job

    def __call__(self, data: Any, rank: int = 0, world_size: int = 1) -> None:
        part(self.job, rank, world_size)

    # A worker is given the step before it says its first word.
    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        hush()


@dataclass
class Finish:
    """The last step, where the parts ran on Slurm."""

    job: Job

    def __call__(self, data: Any, rank: int = 0, world_size: int = 1) -> None:
        finish(self.job)


def run(job: Job, tasks: int) -> bool:
    """Do all parts; False where they were given to Slurm and are still to be done."""
    try:
        import datatrove  # noqa: F401
    except ImportError as error:
        raise MissingDependency("datatrove", how='pip install ".[train]"') from error
    # The journals were cleared where this run is a fresh one; its parts go on from them.
    job = replace(job, fresh=False)
    logs = str(Path(job.output) / "logs")
    if job.executor == "slurm":
        _submit(job, tasks, logs)
        return False
    hush()
    workers = min(job.workers, tasks)
    options = {"tasks": tasks, "workers": workers, "logging_dir": logs, "skip_completed": False}
    if job.executor == "ray":
        _ray(Annotate(job), options)
    else:
        from datatrove.executor.local import LocalPipelineExecutor

        LocalPipelineExecutor([Annotate(job)], **options).run()
    shutil.rmtree(logs, ignore_errors=True)
    return True


def hush() -> None:
    from loguru import logger

    logger.disable("datatrove")


def _ray(step: Annotate, options: dict[str, Any]) -> None:
    try:
        import ray  # noqa: F401
    except ImportError as error:
        raise MissingDependency("ray", how="pip install ray") from error
    from datatrove.executor.ray import RayPipelineExecutor

    RayPipelineExecutor([step], **options).run()


def _submit(job: Job, tasks: int, logs: str) -> None:
    """Gives Slurm the parts as a job array, and the records after them."""
    if shutil.which("sbatch") is None:
        raise MissingDependency("Slurm (sbatch)", how="run it on a login node of the cluster")
    if not job.partition:
        raise UsageError("Slurm needs a partition", hint="--partition NAME")
    from datatrove.executor.slurm import SlurmPipelineExecutor

    common = {"time": job.time, "partition": job.partition, "skip_completed": False}
    first = SlurmPipelineExecutor(
        [Annotate(job)],
        tasks=tasks,
        workers=job.workers,
        mem_per_cpu_gb=4,
        job_name="qa-annotate",
        logging_dir=f"{logs}/annotate",
        **common,
    )
    last = SlurmPipelineExecutor(
        [Finish(job)],
        tasks=1,
        mem_per_cpu_gb=4,
        job_name="qa-finish",
        logging_dir=f"{logs}/finish",
        depends=first,
        **common,
    )
    try:
        last.run()
    except subprocess.CalledProcessError as error:
        raise EngineError("sbatch", f"ended with exit code {error.returncode}") from error
