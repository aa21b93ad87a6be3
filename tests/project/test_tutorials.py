"""The tutorials: every command they show is run, and prints what they say; the notebook runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts.run_tutorials import TUTORIALS, agrees, differences, rewritten, shown_in

PAGE = """# A page

```console
$ echo one; echo two
one
...
$ python -c "
> print(6 * 7)"
42
$ false || true
```
"""


def test_commands_are_found_and_run(tmp_path: Path) -> None:
    assert [one.command for one in shown_in(PAGE)] == [
        "echo one; echo two",
        'python -c "\nprint(6 * 7)"',
        "false || true",
    ]
    assert [one.line for one in shown_in(PAGE)] == [4, 7, 10]
    assert not differences(PAGE, str(tmp_path))


def test_a_page_that_says_something_else_is_noticed_and_mended(tmp_path: Path) -> None:
    wrong = PAGE.replace("42", "41")
    (found,) = differences(wrong, str(tmp_path))
    assert found.startswith("line 7: ")
    assert rewritten(wrong, str(tmp_path)) == PAGE
    assert differences("```console\n$ false\n```\n", str(tmp_path))
    assert not agrees("one\n", "two\n")


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("page", sorted(TUTORIALS.glob("*.md")), ids=lambda page: page.stem)
def test_tutorials(page: Path, tmp_path: Path) -> None:
    for package in ("torch", "transformers", "verovio", "music21", "datatrove", "resvg_py"):
        pytest.importorskip(package)
    text = page.read_text(encoding="utf-8")
    assert len(shown_in(text)) >= 5
    assert not differences(text, str(tmp_path))


@pytest.mark.slow
def test_the_notebook_runs(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat: Any = pytest.importorskip("nbformat")
    nbclient: Any = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    pytest.importorskip("torch")
    monkeypatch.setenv("PYTHONPATH", str(root))
    notebook = nbformat.read(TUTORIALS / "composer.ipynb", as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells)  # kept without outputs
    client = nbclient.NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    kinds = {
        kind
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        for kind in output.get("data", {})
    }
    assert {"image/svg+xml", "text/html"} <= kinds


@pytest.mark.slow
def test_the_docs_are_a_site(tmp_path: Path, root: Path) -> None:
    pytest.importorskip("mkdocs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "tutorials" / "composer.html").is_file()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_from_nothing_to_a_model(tmp_path: Path, root: Path) -> None:
    for package in ("torch", "transformers", "peft", "datatrove", "music21", "verovio"):
        pytest.importorskip(package)
    command = tmp_path / "chatmusician"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m chatmusician "$@"\n')
    command.chmod(0o755)
    environment = {
        **os.environ,
        "QUICK": "1",
        "PYTHON": sys.executable,
        "PYTHONPATH": str(root),
        "CHATMUSICIAN": str(command),
    }
    out = tmp_path / "out"
    done = subprocess.run(
        [str(root / "scripts" / "reproduce.sh"), str(out)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert (out / "model" / "model.safetensors").is_file()
    assert "|" in (out / "theory" / "table.md").read_text(encoding="utf-8")
    assert list((out / "tune").glob("*.abc"))


@pytest.mark.parametrize("name", ["cpu", "cuda"])
def test_what_images_copy_is_there(root: Path, name: str) -> None:
    text = (root / "docker" / f"{name}.Dockerfile").read_text(encoding="utf-8")
    let_in = (root / ".dockerignore").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for copied in line.split()[1:-1]:
                assert (root / copied).exists(), copied
                stem = copied.replace("requirements-no-deps", "requirements").split(".")[0]
                assert f"!{copied}" in let_in or f"!{stem}*" in let_in


@pytest.mark.slow
def test_images_are_written_as_hadolint_wants_them(root: Path) -> None:
    from shutil import which

    hadolint = which("hadolint") or which("hadolint", path=str(Path(sys.executable).parent))
    if hadolint is None:
        pytest.skip("no hadolint")
    files = sorted(map(str, (root / "docker").glob("*.Dockerfile")))
    done = subprocess.run([hadolint, *files], capture_output=True, text=True, check=False)
    assert not done.stdout
