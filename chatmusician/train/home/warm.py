"""First weights from an earlier model of the same shape: its layers, and the embeddings of the
texts that the new tokens are in ABC."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import torch

from chatmusician.model.home.vocabulary import Vocabulary
from chatmusician.train.home.net import HomeNet

_HOME: Final = {"major": "C", "minor": "Dm", "dorian": "Ddor", "mixolydian": "Cmix"}
_KINDS: Final = {"R": "R:", "M": "M:"}


def take_over(net: HomeNet, folder: Path, vocabulary: Vocabulary) -> None:
    """Copies the layers of the model in ``folder`` into ``net`` and gives each token the mean
    embedding of its ABC text. Tokens without an ABC text keep their drawn embedding, made as
    long as the others are on average."""
    from safetensors.torch import load_file
    from tokenizers import Tokenizer

    old = load_file(str(folder / "model.safetensors"))
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    table = old.pop("model.embed_tokens.weight").float()
    old.pop("lm_head.weight", None)
    new = net.model.embed_tokens.weight.detach().clone()
    taken = torch.zeros(len(vocabulary), dtype=torch.bool)
    for number, words in enumerate(vocabulary.words):
        numbers = tokenizer.encode(abc_of(words), add_special_tokens=False).ids
        if numbers:
            new[number] = table[numbers].mean(0)
            taken[number] = True
    length = table.norm(dim=1).mean()
    rest = new[~taken]
    new[~taken] = rest / rest.norm(dim=1, keepdim=True).clamp(min=1e-6) * length / 2
    state: dict[str, Any] = {name: weight.float() for name, weight in old.items()}
    net.load_state_dict({**state, "model.embed_tokens.weight": new})


def abc_of(words: tuple[str, ...]) -> str:
    """How ABC would write the words of a token; nothing for tags."""
    first = words[0]
    if first[1:2] == ":" and first[0] in _KINDS:
        return f"{first}\n"
    if first[:2] == "K:":
        return f"K:{_HOME.get(first[2:], 'C')}\n"
    if first[0] == "|" and first[1:].isdigit():
        return "|"
    if first in ("||", ":|", "[1", "[2"):
        return first
    if (
        first[1:2] == ":"
        or first[0] == "<"
        or first == "n"
        or (first[1:].isdigit() and first[0] in "vs=")
    ):
        return ""
    return "".join(words).replace("+", "")
