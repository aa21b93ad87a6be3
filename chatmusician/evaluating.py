"""Benchmarks from Python: the same runs, folders and results as the command `eval`."""

from __future__ import annotations

from dataclasses import fields
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from chatmusician.errors import UsageError

if TYPE_CHECKING:
    from chatmusician.model.load import LoadOptions

_ASKING = ("level", "batch", "tries")


def evaluate(
    benchmark: str,
    output: str | PathLike[str],
    *,
    model: str = "",
    load: LoadOptions | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Run a benchmark, or what is left of it, into the folder ``output``; its result.json.

    ``benchmark`` is mtb, mmlu, theory or generation, ``options`` those of the command, with
    underscores: ``evaluate("theory", "report", seeds=(1, 2), limit=50)``.
    """
    folder = fspath(output)
    if benchmark == "generation":
        return _generation(folder, model, load, options)
    from chatmusician.eval.choice import USUAL
    from chatmusician.eval.choice.benchmark import ChoiceOptions, run_choice

    if benchmark not in USUAL:
        raise UsageError(
            f"there is no benchmark {benchmark!r}", hint=f"{', '.join(USUAL)} or generation"
        )
    _refuse_others(options, {field.name for field in fields(ChoiceOptions)})
    return run_choice(benchmark, folder, ChoiceOptions(**options), model=model, load=load).result


def _generation(
    folder: str, model: str, load: LoadOptions | None, options: dict[str, Any]
) -> dict[str, Any]:
    from chatmusician.eval.generation.benchmark import Asking, run_generation
    from chatmusician.eval.generation.run import Job

    job_names = {field.name for field in fields(Job)} - {"output"}
    _refuse_others(options, job_names | {*_ASKING, "sampling"})
    if "prompts" not in options:
        raise UsageError("prompts is missing", hint="held-out rows of `corpus tasks`")
    drawn = options.pop("sampling", None)
    asking = Asking(
        **{name: options.pop(name) for name in _ASKING if name in options},
        sampling=(lambda usual: drawn) if drawn else None,
    )
    result, _ = run_generation(Job(output=folder, **options), asking, model=model, load=load)
    return result


def _refuse_others(options: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(set(options) - known)
    if unknown:
        raise UsageError(f"there is no option {unknown[0]!r}", hint=", ".join(sorted(known)))
