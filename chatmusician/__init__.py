"""A symbolic-music LLM toolkit: music is text (ABC notation).

>>> import chatmusician
>>> book = chatmusician.read_abc("X:1\\nK:D\\nDEF|")
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from chatmusician.abc import check as check
    from chatmusician.abc import read as read_abc
    from chatmusician.composing import compose as compose
    from chatmusician.conversion import convert as convert
    from chatmusician.evaluating import evaluate as evaluate
    from chatmusician.model.load import load_model as load_model
    from chatmusician.rendering import render as render
    from chatmusician.transcription.facts import describe as describe
    from chatmusician.transcription.transcribe import transcribe as transcribe

__all__ = [
    "__version__",
    "check",
    "compose",
    "convert",
    "describe",
    "evaluate",
    "load_model",
    "read_abc",
    "render",
    "transcribe",
]

# Loaded when first asked for: importing chatmusician must stay quick.
_WHERE = {
    "check": ("chatmusician.abc", "check"),
    "compose": ("chatmusician.composing", "compose"),
    "convert": ("chatmusician.conversion", "convert"),
    "describe": ("chatmusician.transcription.facts", "describe"),
    "evaluate": ("chatmusician.evaluating", "evaluate"),
    "load_model": ("chatmusician.model.load", "load_model"),
    "read_abc": ("chatmusician.abc", "read"),
    "render": ("chatmusician.rendering", "render"),
    "transcribe": ("chatmusician.transcription.transcribe", "transcribe"),
}


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _WHERE[name]
    value: object = getattr(importlib.import_module(module), attribute)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
