"""The commands eval mtb, mmlu, theory and export, from files to result folders."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import chatmusician
from chatmusician.cli.app import main
from chatmusician.errors import UsageError
from chatmusician.eval.choice.tasks import load_task
from chatmusician.eval.results import read_items, read_result


@pytest.fixture(scope="module")
def folder(choice_model: Any, choice_tokenizer: Any, tmp_path_factory: Any) -> str:
    made = tmp_path_factory.mktemp("model")
    choice_model.save_pretrained(made)
    choice_tokenizer.save_pretrained(made)
    return str(made)


def mtb_rows() -> list[dict[str, Any]]:
    return [
        {
            "id": f"q{n}",
            "stem": f"Which note is {n} semitones above C?",
            "options": {"A": "C", "B": f"{n}", "C": "G", "D": "F"},
            "subject": ("knowledge", "reasoning")[n % 2],
            "answer": "ABCD"[n % 4],
            "split": "dev" if n < 5 else "test",
            "abc_score": "X:1\nK:C\nCDEF|" if n % 2 else "",
        }
        for n in range(17)
    ]


def written(path: Path, rows: list[dict[str, Any]]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def run(*words: str) -> int:
    return main(["eval", *words])


def test_mtb_from_a_file_and_after_a_stop(folder: str, tmp_path: Path) -> None:
    data = written(tmp_path / "mtb.jsonl", mtb_rows())
    words = ["mtb", "-m", folder, "--data", data, "--shots", "5", "--shuffles", "2"]
    assert run(*words, "-o", str(tmp_path / "whole")) == 0
    assert run(*words, "-o", str(tmp_path / "parts")) == 0
    parts, whole = tmp_path / "parts", tmp_path / "whole"
    lines = (parts / "items.jsonl").read_text().splitlines(keepends=True)
    assert len(lines) == 12 * 2
    # As a process leaves it that is killed in the middle of a line.
    (parts / "items.jsonl").write_text("".join(lines[::2]) + lines[1][:9])
    (parts / "result.json").unlink()
    assert run(*words, "-o", str(parts)) == 0
    one, two = read_result(whole), read_result(parts)
    for result in (one, two):
        del result["provenance"]["time"], result["provenance"]["machine"]
    assert one == two
    assert (whole / "items.jsonl").read_bytes() == (parts / "items.jsonl").read_bytes()
    assert one["rows"][0]["metrics"]["knowledge"]["n"] == 6
    assert one["provenance"]["model"]["sha256"]


def test_bad_rows_stop_it_or_are_counted(
    folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = mtb_rows()
    rows[7]["answer"] = ""
    data = written(tmp_path / "mtb.jsonl", rows)
    words = ["mtb", "-m", folder, "--data", data, "--shuffles", "0", "-o", str(tmp_path / "out")]
    assert run(*words) == 1
    assert "row 8: the answer is missing" in capsys.readouterr().err
    assert run(*words, "--skip-bad", "--json") == 0
    result = json.loads(capsys.readouterr().out)
    assert result["counts"]["bad_rows_left_out"] == 1
    assert result["details"]["bad_rows"] == ["row 8: the answer is missing"]
    assert result["counts"]["questions"] == 11


def test_mmlu_has_shots_of_each_subject(folder: str, tmp_path: Path) -> None:
    subjects = load_task("mmlu").subjects[:3]
    rows = [
        {"question": f"{name} {n}", "subject": name, "choices": list("wxyz"), "answer": n % 4}
        for name in subjects
        for n in range(4)
    ]
    data, dev = written(tmp_path / "t.jsonl", rows), written(tmp_path / "d.jsonl", rows[::-1])
    words = ["mmlu", "-m", folder, "--data", data, "--dev", dev, "--shots", "2"]
    assert run(*words, "-o", str(tmp_path / "out")) == 0
    metrics = read_result(tmp_path / "out")["rows"][0]["metrics"]
    assert set(metrics) == {"overall", "macro", *subjects}
    assert metrics["macro"]["value"] == pytest.approx(metrics["overall"]["value"])
    assert run(*words, "--shots", "5", "-o", str(tmp_path / "more")) == 2


def test_theory_in_two_modes(folder: str, tmp_path: Path) -> None:
    words = ["theory", "-m", folder, "--limit", "4", "--seeds", "1,2"]
    assert run(*words, "--facts", "-o", str(tmp_path / "likely")) == 0
    assert len(read_items(tmp_path / "likely")) == 8 + 4
    assert run(*words, "--mode", "direct", "-o", str(tmp_path / "words")) == 0
    result = read_result(tmp_path / "words")
    assert result["settings"]["decoding"] == "greedy"
    assert result["counts"]["prompts"] == 8


def test_theory_questions_can_be_written_and_read_back(folder: str, tmp_path: Path) -> None:
    path = str(tmp_path / "rows.jsonl")
    assert run("theory", "--seeds", "4", "--side", "train", "--write", path) == 0
    from chatmusician.eval.choice.questions import load_questions
    from chatmusician.eval.choice.theory import TRAIN, make_questions

    assert list(load_questions(path).questions) == make_questions(4, side=TRAIN)


def test_theory_questions_as_training_rows(tmp_path: Path) -> None:
    made: dict[str, list[dict[str, str]]] = {}
    for form in ("text", "sft"):
        path = tmp_path / f"{form}.jsonl"
        assert run("theory", "--side", "train", "--form", form, "--write", str(path)) == 0
        made[form] = [json.loads(line) for line in path.read_text().splitlines()]
    assert made["text"][0]["text"][-9:-1] == "Answer: "
    modes: Counter[str] = Counter()
    for row, text in zip(made["sft"], made["text"], strict=True):
        assert row["id"] == text["id"]
        letter = text["text"][-1]
        if not row["instruction"].startswith("Human: Read the following questions"):
            right = text["text"].rpartition(f"\n{letter}. ")[2].partition("\nB. ")[0]
            right = right.partition("\nC. ")[0].partition("\nD. ")[0].partition("\nAnswer:")[0]
            assert row["output"] == f"Assistant: Answer: {right.strip()} </s> "
            assert "\nA. " not in row["instruction"] + row["input"]
            modes["cloze"] += 1
            continue
        direct = row["input"].endswith("and nothing else. </s> ")
        assert row["output"] == f"Assistant: {letter if direct else 'Answer: ' + letter} </s> "
        modes["direct" if direct else "likelihood"] += 1
    assert modes["cloze"] > max(modes["direct"], modes["likelihood"]) > 50


def test_export_writes_tasks(tmp_path: Path) -> None:
    data = written(tmp_path / "mtb.jsonl", mtb_rows())
    assert run("export", "lm-eval", "mtb", "--data", data, "-o", str(tmp_path / "tasks")) == 0
    names = {path.name for path in (tmp_path / "tasks").iterdir()}
    assert {"chatmusician_mtb.yaml", "chatmusician_mtb_reasoning.jsonl"} <= names


@pytest.mark.parametrize(
    "words",
    [
        ["theory", "--seeds", "x", "-o", "out"],
        ["theory", "--side", "train", "-o", "out"],
        ["theory"],
        ["mtb", "-o", "out", "--shots", "-1"],
        ["export", "lm-eval", "theory", "--seeds", "1,1", "-o", "out"],
    ],
)
def test_wrong_usage(words: list[str]) -> None:
    assert run(*words) == 2


def test_help_needs_nothing_heavy() -> None:
    code = (
        "import sys; from chatmusician.cli.app import main; main(['eval', 'theory', '--help']); "
        "print([m for m in ('torch', 'transformers', 'numpy', 'datasets') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.stdout.rstrip().endswith("[]"), found.stderr


def test_from_python_it_is_the_same_run(folder: str, tmp_path: Path) -> None:
    words = ["theory", "-m", folder, "--seeds", "3,4", "--limit", "6", "--chat"]
    assert run(*words, "-o", str(tmp_path / "command")) == 0
    found = chatmusician.evaluate(
        "theory", tmp_path / "python", model=folder, seeds=(3, 4), limit=6, chat=True
    )
    command = read_result(tmp_path / "command")
    assert {**found, "provenance": None} == {**command, "provenance": None}
    told = (tmp_path / "command" / "items.jsonl").read_bytes()
    assert (tmp_path / "python" / "items.jsonl").read_bytes() == told


@pytest.mark.parametrize(
    ("benchmark", "options", "said"),
    [
        ("mtbb", {}, "there is no benchmark 'mtbb'"),
        ("theory", {"sheds": 1}, "there is no option 'sheds'"),
        ("theory", {"shots": -1}, "shots is at least 0"),
        ("generation", {}, "prompts is missing"),
    ],
)
def test_what_python_refuses(
    benchmark: str, options: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=said):
        chatmusician.evaluate(benchmark, tmp_path, model="none", **options)
