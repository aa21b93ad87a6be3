"""The PyTorch backend: a loaded transformers model and its tokenizer."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chatmusician.model.backends.lean_llama import LeanLlama, can_step
from chatmusician.model.backends.steps import HubSteps
from chatmusician.model.backends.vocabulary import HubTokens
from chatmusician.model.engine import Generation, Steps
from chatmusician.model.generation import Capabilities, Completion, OnText, Request, Sampling

_OWN = ("temperature", "top_k", "top_p", "repetition_penalty")
_LONGEST_CONTEXT = 2048


class PyTorchBackend:
    """`lean` says whether steps are taken by our own forward pass; by default where they can.

    With `own_sampling` the model's generation_config.json says how it is sampled. Not by
    default: Llama's own values, which ChatMusician's files repeat, are not ChatMusician's.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        *,
        name: str,
        lean: bool | None = None,
        own_sampling: bool = False,
        remarks: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.model = model.eval()
        self.remarks = list(remarks)
        self.tokens = HubTokens(tokenizer, int(model.config.vocab_size))
        self.own_sampling = own_sampling
        self.lean = can_step(model) if lean is None else lean
        context = int(getattr(model.config, "max_position_embeddings", 0) or _LONGEST_CONTEXT)
        self.can = Capabilities(logits=True, batch=True, seed=True, streaming=True, context=context)

    @property
    def defaults(self) -> Sampling:
        config = getattr(self.model, "generation_config", None)
        if config is None or not self.own_sampling:
            return Sampling()
        own = {name: getattr(config, name, None) for name in _OWN}
        return replace(Sampling(), **{name: value for name, value in own.items() if value})

    @property
    def ends(self) -> list[int]:
        stated = getattr(self.model.generation_config, "eos_token_id", None)
        listed = stated if isinstance(stated, list) else [stated]
        return sorted({self.tokens.end, *(int(token) for token in listed if token is not None)})

    def steps(self) -> Steps:
        return LeanLlama(self.model) if self.lean else HubSteps(self.model)

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
        pass
