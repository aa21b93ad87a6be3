"""Models in PyTorch: transformers' own, or plain Llama by our own forward pass."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chatmusician.model.backends import local
from chatmusician.model.backends.lean_llama import (
    LeanLlama,
    can_step,
    weights_of_folder,
    weights_of_model,
)
from chatmusician.model.backends.local import LONGEST_CONTEXT, LocalBackend, end_tokens
from chatmusician.model.backends.steps import HubSteps
from chatmusician.model.backends.vocabulary import HubTokens


def of_model(model: Any, tokenizer: Any, *, name: str, lean: bool | None = None) -> LocalBackend:
    """A model and a tokenizer of transformers; by our own forward pass where it can."""
    model = model.eval()
    own = can_step(model) if lean is None else lean
    weights = weights_of_model(model) if own else None
    config = model.config
    tokens = HubTokens(
        tokenizer.backend_tokenizer,
        end_text=str(tokenizer.eos_token),
        size=int(config.vocab_size),
    )
    return LocalBackend(
        (lambda: LeanLlama(weights)) if weights is not None else (lambda: HubSteps(model)),
        tokens,
        name=name,
        context=int(getattr(config, "max_position_embeddings", 0) or LONGEST_CONTEXT),
        ends=end_tokens(getattr(model.generation_config, "eos_token_id", None)),
        lean=weights is not None,
        model=model,
        tokenizer=tokenizer,
    )


def of_folder(
    folder: Path, files: Sequence[Path], dtype: Any, *, name: str, own_sampling: bool = False
) -> LocalBackend | None:
    """A plain Llama model read without transformers; None where it takes more than that."""
    weights = weights_of_folder(folder, files, dtype)
    if weights is None:
        return None
    return local.of_folder(
        folder,
        lambda: LeanLlama(weights),
        size=int(weights.embedding.shape[0]),
        name=name,
        own_sampling=own_sampling,
    )
