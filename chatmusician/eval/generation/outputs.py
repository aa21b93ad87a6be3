"""Where the texts come from: a generator given from outside, or a file of texts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from chatmusician.errors import InputError
from chatmusician.eval.generation.asked import Asked
from chatmusician.files import read_bytes

_TEXTS = ("text", "prediction", "output", "response")


@dataclass(frozen=True)
class Output:
    """What was written for a prompt; the rest where it is known.

    ``seconds`` come with a text; ``took`` is what a clock said here, no part of the item.
    ``held`` is the level that was held while decoding, ``tries`` how often it was asked for.
    """

    id: str
    text: str
    tokens: int | None = None
    seconds: float | None = None
    finish: str = ""
    took: float | None = None
    held: str = ""
    tries: int | None = None


class Generator(Protocol):
    """A model at one level of constraint. It yields outputs as they are done, in any order.

    The seed of a prompt decides its text; ``name`` says what the model is, ``fingerprint``
    which files make it the same one again, ``settings`` all else that decides its texts. It
    is given ``batch`` prompts at once.
    """

    name: str
    level: str
    fingerprint: dict[str, Any]
    settings: dict[str, Any]
    batch: int

    def generate(self, prompts: Sequence[Asked], seeds: Sequence[int]) -> Iterator[Output]: ...


def read_outputs(path: str) -> dict[str, Output]:
    """JSON lines with an ``id`` and a ``text`` (or ``prediction``, ``output``, ``response``)."""
    found: dict[str, Output] = {}
    for number, line in enumerate(read_bytes(path).splitlines(), 1):
        if not line.strip():
            continue
        output = _output(line)
        if output is None:
            raise InputError(f"line {number} has no id and text", path=path)
        if output.id in found:
            raise InputError(f"line {number}: the id {output.id} is there twice", path=path)
        found[output.id] = output
    return found


def _output(line: bytes) -> Output | None:
    try:
        row = json.loads(line)
        text = next(row[name] for name in _TEXTS if isinstance(row.get(name), str))
        seconds = row.get("seconds")
        return Output(
            str(row["id"]),
            text,
            row.get("tokens"),
            None if seconds is None else float(seconds),
            str(row.get("finish") or ""),
        )
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
        return None


class FromFile:
    """Texts that were written before, as a generator."""

    level = ""
    batch = 50

    def __init__(self, path: str, name: str, fingerprint: dict[str, Any]) -> None:
        self.name = name or Path(path).stem
        self.fingerprint = fingerprint
        self.settings: dict[str, Any] = {}
        self.path = path
        self._outputs = read_outputs(path)

    def generate(self, prompts: Sequence[Asked], seeds: Sequence[int]) -> Iterator[Output]:
        missing = [asked.id for asked in prompts if asked.id not in self._outputs]
        if missing:
            raise InputError(
                f"has no text for {len(missing)} of {len(prompts)} prompts, first {missing[0]}",
                path=self.path,
                hint="--only-prompts FILE writes the prompts to be answered",
            )
        for asked in prompts:
            yield self._outputs[asked.id]
