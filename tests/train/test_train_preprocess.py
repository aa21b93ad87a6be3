"""Preprocessing: exact masks, windows, end tokens, packing, and runs that were cut off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
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
    assert sample[1].argmax() == 48
    assert "</s> Assistant: yes </s>" in tokenizer.decode(sample[0])


def test_a_first_question_without_answer_is_counted(tokenizer: Any) -> None:
    rows = [("Human: one </s> Human: two </s> ", "", "yes"), ("Human: one </s> ", "", "yes")]
    encoded = encode_chats(rows, tokenizer, 64, 48)
    assert len(encoded.samples) == 1
    assert encoded.counts["first question not answered"] == 1


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
    for name in ("tokens.bin", "learned.bin", "lengths.npy", "packs.npz"):
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


@pytest.mark.parametrize("stage", ["pt", "sft"])
def test_parquet_and_csv_give_what_jsonl_gives(
    stage: str, tokenizer_folder: str, tmp_path: Path
) -> None:
    import csv

    parquet = pytest.importorskip("pyarrow.parquet")
    import pyarrow

    rows = [
        {"text": f'X:1\nK:D\n"Am"A,{n}|', "instruction": "Write.", "input": "", "output": f"A{n}|"}
        for n in range(30)
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "a.parquet", row_group_size=7)
    with (tmp_path / "a.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    found = []
    for ending in ("jsonl", "parquet", "csv"):
        folder = tmp_path / ending
        preprocess(Job((str(tmp_path / f"a.{ending}"),), str(folder), tokenizer_folder, stage))
        found.append([(folder / name).read_bytes() for name in ("tokens.bin", "learned.bin")])
    assert found[0] == found[1] == found[2]


def test_unusable_files_are_listed_and_skipped(
    texts: str, tokenizer_folder: str, tmp_path: Path
) -> None:
    folder = tmp_path / "rows"
    folder.mkdir()
    (folder / "a.jsonl").write_text(Path(texts).read_text())
    (folder / "b.parquet").write_bytes(b"PAR1 and nothing else")
    (folder / "c.jsonl").touch()
    (folder / "d.csv").write_text("name,size\nx,1\n")
    done = preprocess(Job((str(folder),), str(tmp_path / "d"), tokenizer_folder))
    assert done["samples"] == 42
    reasons = {Path(path).name: reason for path, reason in done["skipped_files"].items()}
    assert sorted(reasons) == ["b.parquet", "c.jsonl", "d.csv"]
    assert "not readable as parquet" in reasons["b.parquet"]
    assert reasons["c.jsonl"] == "the file is empty"
    assert reasons["d.csv"] == "there is no column text among: name, size"


def test_one_odd_row_at_the_start_of_a_file_is_one_odd_row(
    tokenizer_folder: str, tmp_path: Path
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"note": "made by hand"}\n{"text": "X:1\\nK:D\\nA|"}\n')
    done = preprocess(Job((str(path),), str(tmp_path / "d"), tokenizer_folder))
    assert (done["samples"], done["counts"]["missing columns"]) == (1, 1)


def test_a_long_field_of_csv_is_read(tokenizer_folder: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('text\n"' + "DFA dfa | " * 20_000 + '"\n')
    done = preprocess(Job((str(tmp_path / "a.csv"),), str(tmp_path / "d"), tokenizer_folder))
    assert done["samples"] > 1


def test_masks_agree_with_the_places_of_the_tokens(tokenizer: Any) -> None:
    """Against the slow way: a token is learned when its characters touch an answer."""
    from chatmusician.model.chat_format import answer_spans, conversation, row_turns

    row = ("Human: q é 1 </s> Assistant: ♯a1 </s> Human: q2", "", "K:D\nDFA|")
    (sample,) = encode_chats([row], tokenizer, 512, 400).samples
    turns = row_turns(*row)
    text = conversation(turns)
    places = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    spans = answer_spans(text, turns)
    expected = [
        any(stop > first and start < last for first, last in spans)
        for start, stop in places["offset_mapping"]
    ]
    length = len(sample[0])
    assert places["input_ids"][:length] == sample[0].tolist()
    assert expected[:length] == sample[1].tolist()
    assert not any(expected[length:])


KILLED = """
import os, signal, sys
from chatmusician.train import preprocess as module
from chatmusician.cli import main
module.rows._CHUNK = 400
real = os.replace
def dies(*paths):
    if "000003" in str(paths[0]):
        os.killpg(0, signal.SIGKILL)
    return real(*paths)
if sys.argv[1] == "die":
    os.setsid()
    os.replace = dies
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.slow
def test_killed_with_two_workers_the_files_are_equal(
    texts: str, tokenizer_folder: str, tmp_path: Path
) -> None:
    def run(how: str, output: str) -> int:
        words = ["train", "preprocess", texts, "--tokenizer", tokenizer_folder, "--length", "64"]
        words += ["--workers", "2", "-o", str(tmp_path / output)]
        return subprocess.run([sys.executable, "-c", KILLED, how, *words], env=env).returncode

    env = os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    assert run("live", "whole") == 0
    assert run("die", "cut") == -9
    assert not (tmp_path / "cut" / "manifest.json").exists()
    pieces = list((tmp_path / "cut").glob("pieces-*/*.npz"))
    assert 0 < len([path for path in pieces if ".part" not in path.name]) < 6
    assert run("live", "cut") == 0
    files = sorted(path.name for path in (tmp_path / "whole").iterdir() if path.is_file())
    assert files == ["learned.bin", "lengths.npy", "manifest.json", "packs.npz", "tokens.bin"]
    for name in files:
        whole, cut = ((tmp_path / folder / name).read_bytes() for folder in ("whole", "cut"))
        assert whole.replace(b"/whole", b"") == cut.replace(b"/cut", b"")
