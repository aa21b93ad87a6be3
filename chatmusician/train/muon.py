"""Muon for a model's matrices and AdamW for the rest, as one optimizer."""

from __future__ import annotations

from typing import Any

import torch

from chatmusician.train.config import Optimizer


class MuonAndAdamW(torch.optim.Optimizer):  # type: ignore[misc]
    """Both step together; the groups are those of the two, so that a schedule finds all rates."""

    def __init__(self, model: torch.nn.Module, asked: Optimizer) -> None:
        matrices, rest = _matrices_and_rest(model)
        self._parts: list[torch.optim.Optimizer] = []
        if matrices:
            self._parts.append(
                torch.optim.Muon(
                    matrices,
                    lr=asked.learning_rate,
                    weight_decay=asked.weight_decay,
                    adjust_lr_fn="match_rms_adamw",
                )
            )
        if rest:
            self._parts.append(
                torch.optim.AdamW(
                    rest,
                    lr=asked.rest_learning_rate or asked.learning_rate,
                    betas=(asked.beta1, asked.beta2),
                    eps=asked.epsilon,
                    weight_decay=0.0,
                )
            )
        super().__init__(self._groups(), {})

    def _groups(self) -> list[dict[str, Any]]:
        return [group for part in self._parts for group in part.param_groups]

    def step(self, closure: Any = None) -> Any:
        loss = closure() if closure else None
        for part in self._parts:
            part.step()
        return loss

    def state_dict(self) -> dict[str, Any]:
        return {"parts": [part.state_dict() for part in self._parts]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        for part, state in zip(self._parts, state_dict["parts"], strict=True):
            part.load_state_dict(state)
        self.param_groups = self._groups()


def _matrices_and_rest(
    model: torch.nn.Module,
) -> tuple[list[torch.nn.Parameter], list[torch.nn.Parameter]]:
    """Muon is for maps from activations to activations: embeddings and the head are none."""
    tables = {
        id(weight)
        for module in model.modules()
        if isinstance(module, torch.nn.Embedding)
        for weight in module.parameters()
    }
    head = getattr(model, "get_output_embeddings", lambda: None)()
    if head is not None:
        tables |= {id(weight) for weight in head.parameters()}
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    matrices = [weight for weight in trained if weight.ndim == 2 and id(weight) not in tables]
    chosen = {id(weight) for weight in matrices}
    return matrices, [weight for weight in trained if id(weight) not in chosen]
