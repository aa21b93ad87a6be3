"""Models that are measured: loaded by their names, and known again by their files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chatmusician.errors import UsageError
from chatmusician.eval.provenance import fingerprint, texts_hash
from chatmusician.model.generation import Backend
from chatmusician.model.load import LoadOptions, fetch, load_model
from chatmusician.model.names import Folder, GgufFile, HubId, ModelName, Server, parse_model_name

_BUNDLED = "bundled"


@dataclass(frozen=True)
class Opened:
    """``name`` is how results call it; ``fingerprint`` says which weights and adapters it is;
    ``settings`` what else of its loading decides its answers."""

    backend: Backend
    name: str
    fingerprint: dict[str, Any]
    settings: dict[str, Any]

    @property
    def model(self) -> Any:
        """Transformers' model."""
        return self._whole("model")

    @property
    def tokenizer(self) -> Any:
        return self._whole("tokenizer")

    def _whole(self, part: str) -> Any:
        found = getattr(self.backend, part, None)
        if found is None:
            raise UsageError(
                f"{self.backend.name} gives no probabilities of a given text",
                hint="a folder, a hub id or a .gguf file does; a server answers in words",
            )
        return found


def open_model(
    name: str = "", options: LoadOptions | None = None, *, whole: bool = False
) -> Opened:
    """A model name as everywhere; with ``whole`` its probabilities of any text can be had."""
    chosen = options or LoadOptions()
    parsed = parse_model_name(name)
    whole = whole and not isinstance(parsed, Server)
    backend = load_model(name, replace(chosen, whole=whole))
    return Opened(
        backend, short_name(name, parsed, chosen), known(parsed, chosen), _how(backend, chosen)
    )


def short_name(name: str, parsed: ModelName, options: LoadOptions) -> str:
    match parsed:
        case Folder(bundled=True):
            base = _BUNDLED
        case Folder(path):
            base = path.resolve().name
        case GgufFile(path):
            base = path.stem
        case Server(model=model):
            base = model
        case _:
            base = name
    return " + ".join([base, *(Path(adapter).resolve().name for adapter in options.adapters)])


def known(parsed: ModelName, options: LoadOptions) -> dict[str, Any]:
    """The fingerprint of the weights; of weights and adapters together where there are some."""
    match parsed:
        case Server():
            return {"name": parsed.name, "sha256": None}
        case Folder(path) | GgufFile(path):
            found = fingerprint(path)
        case HubId(hub):
            stored = fetch(hub, allow_pickle=options.allow_pickle, allow_code=options.allow_code)
            found = {**fingerprint(stored), "name": hub}
    return with_adapters(found, options.adapters)


def with_adapters(base: dict[str, Any], adapters: Sequence[str]) -> dict[str, Any]:
    if not adapters:
        return base
    theirs = [fingerprint(adapter) for adapter in adapters]
    digests = [str(one["sha256"]) for one in (base, *theirs)]
    return {**base, "sha256": texts_hash(digests), "base": base["sha256"], "adapters": theirs}


def _how(backend: Backend, options: LoadOptions) -> dict[str, Any]:
    return {
        "backend": type(backend).__name__,
        "precision": options.precision,
        "quantised": options.bits,
        "merged": options.merge,
    }
