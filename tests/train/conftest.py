"""A small tokenizer and a few tunes, made anew for each run of the tests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TUNES = [
    f"X:{number}\nT:Tune {number}\nM:6/8\nL:1/8\nK:{key}\n|: {bar * (number % 7 + 1)}:|\n"
    for number, (key, bar) in enumerate(
        [("D", "DFA dfa | "), ("G", "GBd gdB | "), ("Am", "ABc ecA | ")] * 14, 1
    )
]


@pytest.fixture
def tokenizer() -> Any:
    pytest.importorskip("transformers")
    from chatmusician.train.tokenizer import train_tokenizer

    return train_tokenizer(TUNES, 320)


@pytest.fixture
def tokenizer_folder(tokenizer: Any, tmp_path: Path) -> str:
    tokenizer.save_pretrained(tmp_path / "tokenizer")
    return str(tmp_path / "tokenizer")


@pytest.fixture
def texts(tmp_path: Path) -> str:
    path = tmp_path / "texts.jsonl"
    path.write_text("".join(json.dumps({"text": tune}) + "\n" for tune in TUNES), encoding="utf-8")
    return str(path)


SHAPE = {"hidden": 32, "layers": 2, "heads": 4, "feed_forward": 64, "context": 128}


@pytest.fixture
def data(tmp_path: Path, texts: str, tokenizer_folder: str) -> str:
    from chatmusician.train.preprocess import Job, preprocess

    folder = str(tmp_path / "data")
    preprocess(Job((texts,), folder, tokenizer_folder, length=128, source_length=64))
    return folder


@pytest.fixture
def settings(data: str) -> Callable[..., dict[str, Any]]:
    """A config of a tiny run into a folder; more is merged into its sections."""

    def make(output: Path, **more: dict[str, Any]) -> dict[str, Any]:
        values: dict[str, Any] = {
            "output": str(output),
            "data": {"path": data},
            "model": {"shape": SHAPE},
            "optimizer": {"learning_rate": 1e-2, "batch": 2, "steps": 12},
            "logging": {"every": 1, "save_every": 3, "tensorboard": False},
        }
        for section, fields in more.items():
            values[section] = values.get(section, {}) | fields
        return values

    return make
