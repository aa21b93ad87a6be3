"""What the loaders of transformers are called with, and what their errors say in a line."""

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


def first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
