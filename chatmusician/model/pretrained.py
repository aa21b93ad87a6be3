"""For loading models and adapters: what the loaders are called with, checks, errors in a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chatmusician.errors import InputError


def pretrained_source(name: str) -> dict[str, Any]:
    """The arguments of `from_pretrained` for a folder, a hub id or a .gguf file."""
    path = Path(name).expanduser()
    if path.suffix == ".gguf":
        if not path.is_file():
            raise InputError("no such file", path=name)
        return {"pretrained_model_name_or_path": str(path.parent), "gguf_file": path.name}
    return {"pretrained_model_name_or_path": name, "trust_remote_code": False}


def check_adapter(path: str) -> None:
    if not (Path(path) / "adapter_config.json").is_file():
        raise InputError("is no adapter (no adapter_config.json)", path=path)


def check_tokenizer(tokenizer: Any, name: str) -> None:
    """Training and decoding need places in the text, and where an answer ends."""
    if not getattr(tokenizer, "is_fast", False):
        raise InputError("its tokenizer is of the slow kind (no tokenizer.json)", path=name)
    if tokenizer.eos_token is None:
        raise InputError("its tokenizer has no end token", path=name)


def first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
