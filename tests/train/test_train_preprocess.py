"""Preprocessing: exact masks, windows, end tokens, packing, and runs that were cut off."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from chatmusician.errors import InputError, UsageError
from chatmusician.train import preprocess as module
from chatmusician.train.data import Rows
from chatmusician.train.encode import encode_chats, encode_texts
from chatmusician.train.packing import pack
from chatmusician.train.preprocess import Job, preprocess


def learned_text(sample: tuple[list[int], list[bool]], tokenizer: Any) -> str:
    tokens, learned = sample
    return str(tokenizer.decode([t for t, one in zip(tokens, learned, strict=True) if one]))


def test_loss_is_on_the_answers_alone(tokenizer: Any) -> None:
    row = ("Human: q1 </s> Assistant: a1 </s> Human: q2 </s> ", "", "Assistant: K:D </s> ")
    (sample,) = encode_chats([row], tokenizer, 512, 400).samples
    assert (
        tokenizer.decode(sample[0])
        == "Human: q1 </s> Assistant: a1 </s> Human: q2 </s> Assistant: K:D </s>"
    )
    assert learned_text(sample, tokenizer).split("</s>") == [
        "Assistant: a1 ",
        "Assistant: K:D ",
        "",
    ]


def test_a_cut_answer_keeps_its_end(tokenizer: Any) -> None:
    encoded = encode_chats([("q", "", "DFA " * 200)], tokenizer, 64, 48)
    ((tokens, learned),) = encoded.samples
    assert len(tokens) == 64
    assert tokens[-1] == tokenizer.eos_token_id
    assert learned[-1]
    assert encoded.counts["answers cut"] == 1


def test_a_cut_question_keeps_its_marker(tokenizer: Any) -> None:
    encoded = encode_chats([("DFA " * 200, "", "yes")], tokenizer, 128, 48)
    (sample,) = encoded.samples
    assert encoded.counts["questions cut"] == 1
    assert sample[1].index(True) == 48
    assert "</s> Assistant: yes </s>" in tokenizer.decode(sample[0])


@pytest.mark.parametrize("length", [2, 49, 50, 51])
def test_long_texts_become_windows_that_join(tokenizer: Any, length: int) -> None:
    text = "|: DFA dfa :| " * 40
    encoded = encode_texts([text, "  "], tokenizer, length)
    windows = [tokens for tokens, _ in encoded.samples]
    assert all(one[-1] == two[0] for one, two in pairwise(windows))
    joined = [*windows[0], *(token for tokens in windows[1:] for token in tokens[1:])]
    assert tokenizer.decode(joined) == text + "</s>"
    assert max(len(tokens) for tokens, _ in encoded.samples) == length
    assert encoded.counts == {"empty": 1, "cut into windows": 1}


def test_packing_loses_and_doubles_nothing() -> None:
    rng = np.random.default_rng(1)
    lengths = rng.integers(1, 101, 3000).tolist()
    rows = pack(lengths, 100)
    assert sorted(number for row in rows for number in row) == list(range(3000))
    assert max(sum(lengths[number] for number in row) for row in rows) <= 100
    assert sum(lengths) / (len(rows) * 100) > 0.97


def test_two_workers_and_a_cut_off_run_give_the_same(
    texts: str, tokenizer_folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatmusician.train.rows._CHUNK", 400)
    jobs = [
        Job((texts,), str(tmp_path / f"d{n}"), tokenizer_folder, length=64, source_length=48)
        for n in range(2)
    ]
    whole = preprocess(jobs[0])
    real, calls = module._encode_unit, 0

    def dies(task: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt
        return real(task)

    with monkeypatch.context() as patch:
        patch.setattr(module, "_encode_unit", dies)
        with pytest.raises(KeyboardInterrupt):
            preprocess(jobs[1])
    assert not (tmp_path / "d1" / "manifest.json").exists()
    again = preprocess(jobs[1])
    assert again | {"job": 0} == whole | {"job": 0}
    for name in ("tokens.bin", "learned.bin", "lengths.npy"):
        assert (tmp_path / "d0" / name).read_bytes() == (tmp_path / "d1" / name).read_bytes()
    assert whole["counts"]["rows"] == 42


def test_bad_rows_are_counted(tokenizer_folder: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    good = json.dumps({"text": "X:1\nK:D\nDFA|"})
    path.write_text(f'{good}\nnot json\n{{"text": 5}}\n{{"other": "x"}}\n{{"text": ""}}\n')
    done = preprocess(Job((str(path),), str(tmp_path / "d"), tokenizer_folder))
    assert done["samples"] == 1
    assert done["counts"] == {
        "rows": 5,
        "unreadable": 1,
        "not text": 1,
        "missing columns": 1,
        "empty": 1,
        "cut into windows": 0,
    }


def test_wrong_columns_are_named(tokenizer_folder: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"abc": "X:1"}\n')
    with pytest.raises(UsageError, match="no column text among: abc") as caught:
        preprocess(Job((str(path),), str(tmp_path / "d"), tokenizer_folder))
    assert "--columns" in str(caught.value.hint)
    named = Job((str(path),), str(tmp_path / "d"), tokenizer_folder, columns=("abc",))
    assert preprocess(named)["samples"] == 1


def test_nothing_left_is_refused(tokenizer_folder: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": " "}\n')
    with pytest.raises(InputError, match="nothing is left"):
        preprocess(Job((str(path),), str(tmp_path / "d"), tokenizer_folder))


def test_rows_never_learn_a_samples_first_token(
    texts: str, tokenizer_folder: str, tmp_path: Path
) -> None:
    preprocess(Job((texts,), str(tmp_path / "d"), tokenizer_folder, length=64, source_length=48))
    rows = Rows(str(tmp_path / "d"))
    for row in (rows[number] for number in range(len(rows))):
        assert (row["labels"][row["position_ids"] == 0] == -100).all()
