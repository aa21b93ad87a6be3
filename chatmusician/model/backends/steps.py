"""Models of transformers stepped with their own forward pass and cache."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

import torch

P = ParamSpec("P")
T = TypeVar("T")


def without_gradients(method: Callable[P, T]) -> Callable[P, T]:
    """A method in torch's inference mode, with its types kept."""

    @functools.wraps(method)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        with torch.inference_mode():
            return method(*args, **kwargs)

    return wrapped


def padded(prompts: Sequence[Sequence[int]], device: Any) -> tuple[Any, Any]:
    """Prompts as one tensor, blanks to their left, and how many blanks each row has."""
    longest = max(len(prompt) for prompt in prompts)
    rows = [[0] * (longest - len(prompt)) + list(prompt) for prompt in prompts]
    blanks = [longest - len(prompt) for prompt in prompts]
    return torch.tensor(rows, device=device), torch.tensor(blanks, device=device)


def as_array(logits: Any) -> Any:
    """Logits as the sampler takes them: float32, on the processor, a numpy array."""
    return logits.float().cpu().numpy()


class HubSteps:
    """Any causal model of transformers: quantised, with adapters, of any architecture."""

    def __init__(self, model: Any) -> None:
        self.model = model
        self.cache: Any = None
        self.blanks: Any = None
        self.read = 0

    @without_gradients
    def start(self, prompts: Sequence[Sequence[int]], room: int) -> Any:
        from transformers.cache_utils import DynamicCache

        first = list(prompts[0])
        same = len(prompts) > 1 and all(list(prompt) == first for prompt in prompts)
        tokens, self.blanks = padded(prompts[:1] if same else prompts, self.model.device)
        self.cache = DynamicCache(config=self.model.config)
        self.read = 0
        logits = self._forward(tokens)
        if same:
            self.cache.batch_repeat_interleave(len(prompts))
            self.blanks = self.blanks.repeat(len(prompts))
            logits = logits.repeat(len(prompts), 1)
        return as_array(logits)

    @without_gradients
    def step(self, tokens: Sequence[int]) -> Any:
        read = torch.tensor(tokens, device=self.model.device).unsqueeze(-1)
        return as_array(self._forward(read))

    def keep(self, rows: list[int]) -> None:
        chosen = torch.tensor(rows, device=self.model.device)
        self.cache.batch_select_indices(chosen)
        self.blanks = self.blanks[chosen]

    def _forward(self, tokens: Any) -> Any:
        upto = self.read + tokens.shape[1]
        options: dict[str, Any] = {}
        if bool(self.blanks.any()):
            places = torch.arange(upto, device=tokens.device)
            shown = places >= self.blanks.unsqueeze(-1)
            own = places[self.read :] - self.blanks.unsqueeze(-1)
            options = {"attention_mask": shown.long(), "position_ids": own.clamp(min=0)}
        self.read = upto
        made = self.model(
            input_ids=tokens,
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=1,
            **options,
        )
        return made.logits[:, -1]
