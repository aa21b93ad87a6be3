"""The edge: every error becomes one line and an exit code, and starting is quick."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from chatmusician import cli
from chatmusician.cli.commands import BY_NAME, COMMANDS, Command
from chatmusician.errors import MissingDependency

Run = Callable[..., "subprocess.CompletedProcess[str]"]
HEAVY = ("torch", "transformers", "music21", "librosa", "gradio", "numpy")
TUNE = "X:1\nT:One\nL:1/4\nM:4/4\nK:C\nCDEF|GABc|]\n"


def test_help_lists_every_command(chatmusician: Run) -> None:
    out = chatmusician("--help", code=0).stdout
    for command in COMMANDS:
        assert f"    {command.name} " in out
        assert command.help in out


@pytest.mark.parametrize("words", [[], *([c.name] for c in COMMANDS)], ids=" ".join)
def test_every_help_ends_with_an_example(chatmusician: Run, words: list[str]) -> None:
    last_block = chatmusician(*words, "--help", code=0).stdout.rstrip().split("\n\n")[-1]
    assert last_block.startswith("example")
    assert f"chatmusician {' '.join(words)}".rstrip() in last_block


def test_version(chatmusician: Run) -> None:
    assert chatmusician("--version", code=0).stdout.startswith("chatmusician 0.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no command given"),
        (["compsoe"], "invalid choice: 'compsoe'"),
        (["check"], "required: FILE"),
        (["check", "--no-such-option", "x.abc"], "--no-such-option"),
        (["check", "--sev", "error", "x.abc"], "--sev"),
        (["check", "--json", "--sarif", "x.abc"], "not allowed with"),
        (["completion", "tcsh"], "invalid choice: 'tcsh'"),
    ],
)
def test_wrong_usage(chatmusician: Run, arguments: list[str], said: str) -> None:
    done = chatmusician(*arguments, code=2)
    first, hint = done.stderr.splitlines()
    assert first.startswith("chatmusician: error: ")
    assert said in first
    assert "--help" in hint
    assert not done.stdout


class Failing:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def configure(self, parser: object) -> None:
        pass

    def run(self, args: object) -> int:
        raise self.error


def run_failing(monkeypatch: pytest.MonkeyPatch, error: BaseException, *options: str) -> int:
    monkeypatch.setattr(Command, "load", lambda _: Failing(error))
    assert "doctor" in BY_NAME
    return cli.main(["doctor", *options])


def test_unexpected_error_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_failing(monkeypatch, ZeroDivisionError("two\nlines")) == 1
    message, hint = capsys.readouterr().err.splitlines()
    assert message == "chatmusician: error: unexpected ZeroDivisionError: two lines"
    assert "--debug" in hint


@pytest.mark.parametrize("error", [ZeroDivisionError("x"), MissingDependency("x", how="y")])
def test_debug_shows_the_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    assert run_failing(monkeypatch, error, "--debug") != 0
    assert "Traceback" in capsys.readouterr().err


def test_our_error_has_its_own_code_and_hint(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = MissingDependency("torch", how='pip install ".[train]"')
    assert run_failing(monkeypatch, error) == 3
    assert capsys.readouterr().err == (
        'chatmusician: error: torch is not installed\n  hint: pip install ".[train]"\n'
    )


def test_interrupt_is_quiet(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_failing(monkeypatch, KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_real_interrupt() -> None:
    command = [sys.executable, "-m", "chatmusician", "check", "-"]
    # A test run started in the background passes an ignored SIGINT on to its children.
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),
    ) as process:
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 130
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()


@pytest.mark.skipif(sys.platform == "win32", reason="pipes")
def test_closed_pipe_is_quiet(tmp_path: Path) -> None:
    (tmp_path / "t.abc").write_text("X:1\nK:C\n" + "CDEF|" * 20_000)
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "chatmusician", "convert", "t.abc", "--to", "json"]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, cwd=tmp_path, check=False)
    os.close(writer)
    assert b"BrokenPipe" not in done.stderr
    assert b"Traceback" not in done.stderr


def test_prints_on_an_ascii_terminal(tmp_path: Path) -> None:
    name = "Tune ♯.abc"
    done = subprocess.run(
        [sys.executable, "-m", "chatmusician", "check", name],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        capture_output=True,
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 1
    assert b"no such file" in done.stderr


@pytest.mark.parametrize("arguments", [["--help"], ["check", "t.abc"], ["doctor"]], ids=" ".join)
def test_nothing_heavy_is_imported(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "t.abc").write_text(TUNE)
    program = (
        "import sys; from chatmusician.cli import main; code = main(sys.argv[1:]);"
        f"heavy = [m for m in {HEAVY!r} if m in sys.modules];"
        "sys.exit(code or ' '.join(heavy) or 0)"
    )
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
