from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import chatmusician


@pytest.mark.parametrize("name", chatmusician.__all__)
def test_promised_names_work(name: str) -> None:
    assert getattr(chatmusician, name)
    assert name in dir(chatmusician)


def test_promised_names() -> None:
    promised = "check compose convert describe evaluate load_model read_abc render transcribe"
    assert set(chatmusician.__all__) == {"__version__", *promised.split()}


def test_unknown_name() -> None:
    with pytest.raises(AttributeError, match="'chatmusician' has no attribute 'no_such'"):
        chatmusician.no_such  # noqa: B018


def test_import_loads_nothing_of_ours() -> None:
    program = "import sys, chatmusician; print([m for m in sys.modules if 'chatmusician.' in m])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


def test_read_and_check() -> None:
    book = chatmusician.read_abc("X:1\nT:t\nL:1/4\nM:3/4\nK:C\nCDE|FG|CDE|]\n")
    assert len(book.tunes) == 1
    assert [found.code for found in chatmusician.check(book)] == ["bar-too-short"]


def test_readme_example_runs(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    readme = (root / "README.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"In Python:\n\n((?:    .*\n|\n)+)", readme)
    exec(re.sub(r"^    ", "", example, flags=re.MULTILINE), {})
    assert capsys.readouterr().out.startswith("1 1 ")
