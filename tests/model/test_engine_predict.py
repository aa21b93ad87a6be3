"""A file of requests: one result a line, named errors, killed and resumed to the same file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from chatmusician.errors import ChatMusicianError, InputError
from chatmusician.model.chat_format import Turn
from chatmusician.model.generation import Backend, Sampling
from chatmusician.model.load import load_model
from chatmusician.model.predict import PredictOptions, predict
from chatmusician.model.rows import read_row
from tests.model.engine_models import JIG, new_folder, random_model, taught_folder, tokenizer

INSTRUCTION = "Human: Using ABC notation, recreate the given text as a musical score.\n"
BROKEN = {
    b"{not json": "not-json",
    b"\xff\xfe": "not-utf-8",
    b"[1]": "not-an-object",
    b'{"prompt": 3}': "not-text",
    b'{"text": "x"}': "no-question",
    b"": "blank",
    b'{"messages": []}': "bad-messages",
    b'{"messages": [{"role": "assistant", "content": "x"}]}': "bad-messages",
    b'{"prompt": "  "}': "empty",
    json.dumps({"prompt": "la " * 3000}).encode(): "too-long",
}
SHORT = Sampling(temperature=0.9, max_new_tokens=12, min_new_tokens=12)


@pytest.fixture(scope="module")
def random_folder() -> Path:
    folder = new_folder()
    random_model().save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def backend(random_folder: Path) -> Backend:
    return load_model(str(random_folder))


def good_row(number: int) -> bytes:
    given = f"Rhythm jig\nMeter 6/8\nNote Length 1/8\nKey {'DGAC'[number % 4]}"
    return json.dumps({"id": f"r{number}", "instruction": INSTRUCTION, "input": given}).encode()


def written(path: Path, rows: int, broken: bool = True) -> str:
    lines = [good_row(number) for number in range(rows)]
    for place, bad in enumerate(BROKEN) if broken else ():
        lines[place * rows // 10 + 3] = bad
    path.write_bytes(b"\n".join(lines) + b"\n")
    return str(path)


def results(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_thousand_rows_ten_of_them_broken(backend: Backend, tmp_path: Path) -> None:
    source = written(tmp_path / "in.jsonl", 1000)
    target = tmp_path / "out.jsonl"
    brief = Sampling(temperature=0.9, max_new_tokens=1, min_new_tokens=0)
    done = predict(source, str(target), backend, brief, PredictOptions(batch=64))
    assert (done.rows, done.results) == (1000, 990)
    found = results(target)
    assert [one["line"] for one in found] == list(range(1, 1001))
    named = {one["line"]: one["error"]["name"] for one in found if "error" in one}
    assert named == {place * 100 + 4: name for place, name in enumerate(BROKEN.values())}
    assert not list(tmp_path.glob("*.part"))


def test_a_model_that_knows_the_tune_says_it(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(good_row(0) + b"\n" + good_row(0))
    predict(str(source), str(tmp_path / "out"), load_model(str(taught_folder())), Sampling())
    assert [one["prediction"] for one in results(tmp_path / "out")] == [JIG.strip()] * 2
    assert [one["finish"] for one in results(tmp_path / "out")] == ["end"] * 2


def command(folder: Path, source: str, target: Path) -> list[str]:
    options = ["--batch", "4", "--max-new-tokens", "12", "--min-new-tokens", "12"]
    model = ["-m", str(folder), "--temperature", "0.9"]
    line = [sys.executable, "-m", "chatmusician", "predict", source, "-o", str(target)]
    return [*line, *model, *options]


def test_killed_and_resumed_it_gives_the_same_file(
    random_folder: Path, backend: Backend, tmp_path: Path
) -> None:
    source = written(tmp_path / "in.jsonl", 400)
    target, whole = tmp_path / "out.jsonl", tmp_path / "whole.jsonl"
    journal = Path(f"{target}.part")
    run = command(random_folder, source, target)
    with subprocess.Popen(run, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        until = time.monotonic() + 60
        while not (journal.exists() and journal.stat().st_size > 3000):
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < until
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    assert not target.exists()
    with journal.open("ab") as file:
        file.write(b'{"line": 7, "predi')  # what a kill in the middle of a write leaves
    options = PredictOptions(batch=4)
    resumed = predict(source, str(target), backend, SHORT, options)
    assert 0 < resumed.resumed < 400
    predict(source, str(whole), backend, SHORT, options)
    assert target.read_bytes() == whole.read_bytes()
    assert len(results(target)) == 400


def test_a_journal_of_another_run_is_not_gone_on_with(backend: Backend, tmp_path: Path) -> None:
    source = written(tmp_path / "in.jsonl", 20, broken=False)
    journal = tmp_path / "out.part"
    journal.write_text('{"journal": "of something else"}\n')
    with pytest.raises(ChatMusicianError, match="begun with another input"):
        predict(source, str(tmp_path / "out"), backend, SHORT)
    done = predict(source, str(tmp_path / "out"), backend, SHORT, PredictOptions(restart=True))
    assert done.results == 20


def test_an_empty_file_is_said(backend: Backend, tmp_path: Path) -> None:
    (tmp_path / "in").write_text("\n\n")
    with pytest.raises(InputError, match="no rows"):
        predict(str(tmp_path / "in"), str(tmp_path / "out"), backend, SHORT)


@pytest.mark.parametrize(
    ("row", "turns"),
    [
        ({"prompt": "Hi"}, [Turn("Hi")]),
        ({"prompt": "Human: Hi </s> Assistant: "}, [Turn("Hi")]),
        (
            {"prompt": "Human: a </s> Assistant: b </s> Human: c </s> Assistant: "},
            [Turn("a", "b"), Turn("c")],
        ),
        ({"instruction": "Human: Do </s> ", "input": "", "output": "x"}, [Turn("Do")]),
        ({"instruction": "Human: Do\n", "input": "this </s> "}, [Turn("Do\nthis")]),
        ({"instruction": "Do", "input": "this"}, [Turn("Do\nthis")]),
        (
            {"messages": [{"role": "user", "content": "a"}]},
            [Turn("a")],
        ),
        (
            {
                "conversation": [
                    {"from": "human", "value": "a"},
                    {"from": "gpt", "value": "b"},
                    {"from": "human", "value": "c"},
                ]
            },
            [Turn("a", "b"), Turn("c")],
        ),
    ],
)
def test_rows_of_every_form(row: dict[str, Any], turns: list[Turn]) -> None:
    assert list(read_row(1, json.dumps(row).encode()).turns) == turns


@pytest.mark.parametrize(
    ("line", "name"), [pair for pair in BROKEN.items() if pair[1] != "too-long"]
)
def test_broken_rows_are_named(line: bytes, name: str) -> None:
    assert read_row(1, line).error == name
