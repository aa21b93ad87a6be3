"""Models stepped on this machine, all rows of a batch together: by numpy or by PyTorch."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from chatmusician.model.backends.vocabulary import HubTokens
from chatmusician.model.engine import Generation, Steps
from chatmusician.model.generation import Capabilities, Completion, OnText, Request, Sampling

_OWN = ("temperature", "top_k", "top_p", "repetition_penalty", "min_new_tokens", "max_new_tokens")
LONGEST_CONTEXT = 2048


class LocalBackend:
    """A model in this process. `steps` begins a batch; `lean`: by our own forward pass.

    `model` and `tokenizer` are those of transformers, None where it was not needed.
    """

    def __init__(
        self,
        steps: Callable[[], Steps],
        tokens: HubTokens,
        *,
        name: str,
        context: int,
        ends: Sequence[int] = (),
        defaults: Sampling | None = None,
        lean: bool = False,
        model: Any = None,
        tokenizer: Any = None,
    ) -> None:
        self.name = name
        self.steps = steps
        self.tokens = tokens
        self.model = model
        self.tokenizer = tokenizer
        self.lean = lean
        self.remarks: list[str] = []
        self.ends = sorted({tokens.end, *ends})
        self.defaults = defaults or Sampling()
        self.can = Capabilities(logits=True, batch=True, seed=True, streaming=True, context=context)

    def generate(
        self,
        requests: Sequence[Request],
        sampling: Sampling,
        *,
        on_text: OnText | None = None,
        cancel: threading.Event | None = None,
    ) -> list[Completion]:
        if not requests:
            return []
        return Generation(
            self.steps(), self.tokens, self.ends, sampling, self.can.context, on_text, cancel
        ).run(requests)

    def close(self) -> None:
        """Nothing is held open."""


def of_folder(
    folder: Path,
    steps: Callable[[], Steps],
    *,
    size: int,
    name: str,
    own_sampling: bool = False,
) -> LocalBackend | None:
    """A backend for a model folder whose weights are read already; None where the folder has no
    tokenizer.json that names the end token.

    `size` is the width of the logits. With `own_sampling` the folder's generation_config.json
    says how it is sampled. Not by default: Llama's own values, which ChatMusician's files repeat,
    are not ChatMusician's.
    """
    end = _end_text(folder)
    if not end or not (folder / "tokenizer.json").is_file():
        return None
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    if tokenizer.token_to_id(end) is None:
        return None
    stated = _json(folder / "generation_config.json")
    config = _json(folder / "config.json")
    backend = LocalBackend(
        steps,
        HubTokens(tokenizer, end_text=end, size=size),
        name=name,
        context=int(config.get("max_position_embeddings") or LONGEST_CONTEXT),
        ends=end_tokens(stated.get("eos_token_id")),
        lean=True,
    )
    return as_stated(backend, folder) if own_sampling else backend


def as_stated(backend: LocalBackend, folder: Path) -> LocalBackend:
    """Sampled as the folder's generation_config.json says; its ``bars`` is a key of our own."""
    stated = _json(folder / "generation_config.json")
    own = {name: stated[name] for name in _OWN if stated.get(name) is not None}
    backend.defaults = replace(Sampling(), **own)
    backend.can = replace(backend.can, bars=stated.get("bars"))
    return backend


def end_tokens(stated: Any) -> list[int]:
    """The end tokens of a generation config: one, several or none."""
    listed = stated if isinstance(stated, list) else [stated]
    return [int(token) for token in listed if token is not None]


def _end_text(folder: Path) -> str:
    found = _json(folder / "tokenizer_config.json").get("eos_token")
    return str(found.get("content", "") if isinstance(found, dict) else found or "")


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
