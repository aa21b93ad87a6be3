"""Composing from Python: a request in, tunes out, with the bundled model or any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatmusician.model.brief.read import read_request
from chatmusician.model.compose import ComposeOptions, Composition
from chatmusician.model.compose import compose as compose_reading
from chatmusician.model.load import load_model

if TYPE_CHECKING:
    from chatmusician.model.generation import Backend, Sampling


def compose(
    request: str = "",
    *,
    model: str | Backend = "",
    candidates: int = 1,
    seed: int | None = None,
    level: str = "brief",
    sampling: Sampling | None = None,
    **wanted: Any,
) -> Composition:
    """Tunes for a request in words; ``wanted`` says the same as data.

    ``wanted`` takes the brief's names (key, meter, unit, rhythm, tempo, bars, form, chords,
    motif, style, title), and wins over the words. A model that was loaded by `load_model`
    stays open; a name is loaded and closed again. ``compose("a jig in D", seed=7).abc`` is
    the best of the tunes.
    """
    reading = read_request(request, wanted)
    options = ComposeOptions(candidates=candidates, seed=seed, level=level, sampling=sampling)
    if not isinstance(model, str):
        return compose_reading(reading, model, options, request=request)
    backend = load_model(model)
    try:
        return compose_reading(reading, backend, options, request=request)
    finally:
        backend.close()
