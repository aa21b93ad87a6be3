"""A small tokenizer and a few tunes, made anew for each run of the tests."""

from __future__ import annotations

import json
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
