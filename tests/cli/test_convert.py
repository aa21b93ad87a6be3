from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import chatmusician as package
from chatmusician.errors import InputError, UsageError

Run = Callable[..., "subprocess.CompletedProcess[str]"]

TUNE = "X:1\nT:Näh\nL:1/8\nM:3/4\nK:D\nD2 F2 A2|d6|]\n"
BROKEN = "X:1\nT:Broken\nL:1/8\nM:3/4\nK:D\nd6|D2 F2|d6|]\n"


@pytest.fixture(autouse=True)
def tune(tmp_path: Path) -> Path:
    (tmp_path / "tune.abc").write_text(TUNE, encoding="utf-8")
    return tmp_path / "tune.abc"


def notes(text: str) -> object:
    return json.loads(text)["tunes"][0]["voices"][0]["notes"]


def test_to_json_on_stdout(chatmusician: Run) -> None:
    done = chatmusician("convert", "tune.abc", "--to", "json", code=0)
    assert notes(done.stdout) == [
        ["0", "1", [62]],
        ["1", "1", [66]],
        ["2", "1", [69]],
        ["3", "3", [74]],
    ]
    assert json.loads(done.stdout)["tunes"][0]["text"]["title"] == ["Näh"] or "Näh" in done.stdout
    assert done.stderr == ""


def test_to_a_file_and_back(chatmusician: Run, tmp_path: Path) -> None:
    assert chatmusician("convert", "tune.abc", "out.json", code=0).stdout == ""
    chatmusician("convert", "out.json", "again.abc", code=0)
    again = chatmusician("convert", "again.abc", "--to", "json", code=0).stdout
    assert notes(again) == notes((tmp_path / "out.json").read_text(encoding="utf-8"))


def test_canonical_form_is_a_fixed_point(chatmusician: Run) -> None:
    once = chatmusician("convert", "tune.abc", "--to", "abc", code=0).stdout
    assert chatmusician("convert", "-", "--to", "abc", stdin=once, code=0).stdout == once


def test_stdin_is_recognised(chatmusician: Run) -> None:
    events = chatmusician("convert", "-", "--to", "json", stdin=TUNE, code=0).stdout
    assert notes(
        chatmusician("convert", "-", "--to", "json", stdin=events, code=0).stdout
    ) == notes(events)


def test_from_overrides_the_name(chatmusician: Run, tmp_path: Path) -> None:
    (tmp_path / "tune.txt").write_text(TUNE)
    assert (
        "unknown format 'txt'" in chatmusician("convert", "tune.txt", "--to", "abc", code=2).stderr
    )
    chatmusician("convert", "tune.txt", "--from", "abc", "--to", "abc", code=0)


def test_a_tune_with_problems_is_converted(chatmusician: Run, tmp_path: Path) -> None:
    (tmp_path / "broken.abc").write_text(BROKEN)
    done = chatmusician("convert", "broken.abc", "out.json", code=0)
    assert "1 problem; see: chatmusician check broken.abc" in done.stderr
    (found,) = json.loads((tmp_path / "out.json").read_text())["tunes"][0]["diagnostics"]
    assert found["code"] == "bar-too-short"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tune.abc"], "no output format given"),
        (["tune.abc", "out.xyz"], "unknown format 'xyz'"),
        (["tune.abc", "--to", "xyz"], "unknown format 'xyz'"),
        (["tune.abc", "out"], "its name does not tell the format"),
    ],
)
def test_wrong_usage(chatmusician: Run, arguments: list[str], said: str) -> None:
    assert said in chatmusician("convert", *arguments, code=2).stderr


def test_unknown_format_names_the_known(chatmusician: Run) -> None:
    assert "known: abc, json" in chatmusician("convert", "tune.abc", "--to", "x", code=2).stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{not json", "is not JSON"),
        (b"[1, 2]", 'has no list "tunes"'),
        (b'{"tunes": 3}', 'has no list "tunes"'),
        (b"[" * 100_000, "is not JSON"),
        (b"", "the file is empty"),
        (b"{\0}", "binary"),
    ],
)
def test_bad_json(chatmusician: Run, tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "bad.json").write_bytes(content)
    done = chatmusician("convert", "bad.json", "--to", "abc", code=1)
    assert done.stderr.startswith("chatmusician: error: bad.json: ")
    assert said in done.stderr


@pytest.mark.parametrize(
    "events",
    [
        {"tunes": [None]},
        {"tunes": [{}]},
        {"tunes": [{"voices": 3}]},
        {"tunes": [{"voices": [{"notes": [["x", "1/0", ["y"]]]}]}]},
    ],
    ids=str,
)
def test_json_of_another_shape(chatmusician: Run, events: object) -> None:
    done = chatmusician("convert", "-", "--to", "abc", stdin=json.dumps(events))
    assert done.returncode in (0, 1)
    assert "unexpected" not in done.stderr


@pytest.mark.parametrize("target", ["folder.json", "no/such/folder/out.json"])
def test_unwritable_target(chatmusician: Run, tmp_path: Path, target: str) -> None:
    (tmp_path / "folder.json").mkdir()
    assert f"error: {target}: " in chatmusician("convert", "tune.abc", target, code=1).stderr


def test_python_function(tune: Path) -> None:
    target = tune.with_name("out.json")
    text = package.convert(tune, target)
    assert target.read_text(encoding="utf-8") == text
    assert package.convert(str(tune), to="json") == text
    with pytest.raises(UsageError):
        package.convert(tune)
    with pytest.raises(InputError, match="no such file"):
        package.convert(tune.with_name("gone.abc"), to="json")
