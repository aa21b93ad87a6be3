"""Rows of well-known chat sets as one text each, in ChatMusician's own chat format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

END = "</s>"
COLUMNS = {
    "openchat": ("items", "conversations"),
    "dolly": ("instruction", "context", "response"),
    "alpaca": ("instruction", "input", "output"),
    "gsm8k": ("question", "answer"),
}
_HUMAN = {"human", "user"}
_MODEL = {"gpt", "assistant", "model"}


def required(shape: str) -> tuple[tuple[str, ...], ...]:
    """Groups of columns; of each group one must be there."""
    if shape == "openchat":
        return (COLUMNS[shape],)
    first, *_, last = COLUMNS[shape]
    return ((first,), (last,))


def to_text(shape: str, row: Mapping[str, Any]) -> str:
    """The row as text; empty where a question or an answer is missing."""
    if shape == "openchat":
        return _turns(row.get("items") or row.get("conversations") or [])
    first, *middle, last = COLUMNS[shape]
    asked = "\n".join(filter(None, (_text(row.get(name)) for name in (first, *middle))))
    answer = _text(row.get(last))
    return _joined([(asked, answer)]) if asked and answer else ""


def _turns(items: Any) -> str:
    pairs: list[tuple[str, str]] = []
    question = ""
    for item in items if isinstance(items, list) else []:
        who = _text(item.get("from") or item.get("role")).lower()
        said = _text(item.get("value") or item.get("content"))
        if who in _HUMAN:
            question = said
        elif who in _MODEL and question and said:
            pairs.append((question, said))
            question = ""
    return _joined(pairs)


def _joined(pairs: list[tuple[str, str]]) -> str:
    return " ".join(f"Human: {q} {END} Assistant: {a} {END}" for q, a in pairs)


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
