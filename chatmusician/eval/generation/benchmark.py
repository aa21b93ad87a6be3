"""`eval generation` from a job and a model's name to a result: what to call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chatmusician.eval.generation.from_model import FromModel, text_likelihood
from chatmusician.eval.generation.run import Job, check_job, evaluate
from chatmusician.eval.models import open_model

if TYPE_CHECKING:
    from chatmusician.model.generation import Sampling
    from chatmusician.model.load import LoadOptions


@dataclass(frozen=True)
class Asking:
    """How the model is asked; ``sampling`` changes the model's own."""

    level: str = "brief"
    batch: int = 8
    tries: int = 6
    sampling: Callable[[Sampling], Sampling] | None = None


def run_generation(
    job: Job,
    asking: Asking,
    *,
    model: str = "",
    load: LoadOptions | None = None,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[dict[str, Any], list[str]]:
    """The result as in result.json, and what there is to say of the loading."""
    check_job(job)
    opened = open_model(model, load, whole=bool(job.held_out))
    backend = opened.backend
    try:
        drawn = asking.sampling(backend.defaults) if asking.sampling else backend.defaults
        asked = FromModel(opened, asking.level, drawn, batch=asking.batch, tries=asking.tries)
        bits = text_likelihood(opened) if job.held_out and backend.can.logits else None
        result = evaluate(job, asked, likelihood=bits, told=told)
    finally:
        backend.close()
    return result, list(backend.remarks)
