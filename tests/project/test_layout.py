"""The README's tree against the disk, and the one direction of imports."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ORDERED = (
    "chatmusician/",
    "chatmusician/abc/",
    "chatmusician/transcription/",
    "chatmusician/eval/",
    "chatmusician/train/",
    "chatmusician/demo/",
    "requirements.txt",
    "setup.cfg",
)
# What each part may import of ours; a module directly in the package is named by itself.
LEAVES = {
    "errors": set[str](),
    "files": {"errors"},
    "programs": {"errors"},
    "provenance": set[str](),
}
MAY_IMPORT = LEAVES | {
    "music": {"errors"},
    "abc": {"errors", "files", "music", "programs"},
    "asking": {"abc", "model", "transcription"},
    "composing": {"model"},
    "evaluating": {"errors", "eval", "model"},
    "conversion": {"abc", "errors", "files"},
    "rendering": {"abc", "conversion", "errors", "files"},
    "transcription": {"abc", "conversion", "errors", "files", "music", "programs"},
    "model": {"abc", "conversion", "errors", "files", "music", "rendering", "transcription"},
    "train": {
        "abc",
        "conversion",
        "errors",
        "files",
        "model",
        "music",
        "provenance",
        "transcription",
    },
    "eval": {
        "abc",
        "conversion",
        "errors",
        "files",
        "model",
        "music",
        "programs",
        "provenance",
        "transcription",
        "train",
    },
}
ON_TOP = {"cli", "demo", "__main__", "__init__"}


def tree_rows(readme: str) -> dict[str, str]:
    (block,) = re.findall(r"## What is where\n\n```\n(.*?)```", readme, re.DOTALL)
    return dict(line.split(None, 1) for line in block.splitlines() if line)


@pytest.fixture
def rows(root: Path) -> dict[str, str]:
    return tree_rows((root / "README.md").read_text(encoding="utf-8"))


def test_tree_opens_with_the_ordered_names(rows: dict[str, str]) -> None:
    assert tuple(rows)[: len(ORDERED)] == ORDERED


def test_everything_in_the_tree_exists(rows: dict[str, str], root: Path) -> None:
    for row in rows:
        assert (root / row).is_dir() if row.endswith("/") else (root / row).is_file(), row


def test_every_package_is_in_the_tree(rows: dict[str, str], root: Path) -> None:
    missing = [path for path in worth_a_row(root) if path not in rows]
    assert not missing, f"give these a row in README.md: {', '.join(missing)}"


def worth_a_row(root: Path) -> Iterator[str]:
    for folder in ("chatmusician", "scripts", "benchmarks"):
        packages = {file.parent.relative_to(root) for file in (root / folder).rglob("*.py")}
        yield from sorted(f"{package.as_posix()}/" for package in packages)
    for file in sorted(root.glob("[!.]*.*")):
        if file.suffix in {".cfg", ".md", ".py", ".toml", ".txt"} and file.name != "README.md":
            yield file.name


def test_every_module_says_what_it_is(root: Path) -> None:
    for path in modules(root):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert docstring, path


def modules(root: Path) -> Iterator[Path]:
    yield from sorted((root / "chatmusician").rglob("*.py"))


def imported_parts(source: str, package: str) -> set[str]:
    """The parts of chatmusician that a module imports, also inside functions."""
    parts = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*above, *filter(None, [node.module])]) if node.level else node.module
            names = [f"{base}.{alias.name}" for alias in node.names]
        else:
            continue
        ours = [name.split(".")[1] for name in names if name.startswith("chatmusician.")]
        parts.update(ours)
    return parts - {"__version__"}


def test_imports_go_one_way(root: Path) -> None:
    for path in modules(root):
        inside = path.relative_to(root / "chatmusician").with_suffix("").parts
        part = inside[0]
        package = ".".join(("chatmusician", *inside[:-1]))
        found = imported_parts(path.read_text(encoding="utf-8"), package) - {part}
        if part in ON_TOP:
            continue
        assert part in MAY_IMPORT, f"{path}: give {part} a row in MAY_IMPORT"
        assert found <= MAY_IMPORT[part], f"{path} must not import {found - MAY_IMPORT[part]}"


@pytest.mark.parametrize(
    ("source", "package", "parts"),
    [
        ("import chatmusician.cli.app", "chatmusician.abc", {"cli"}),
        ("from chatmusician import model, files", "chatmusician", {"model", "files"}),
        ("from chatmusician.abc import read", "chatmusician", {"abc"}),
        ("from .. import errors", "chatmusician.abc", {"errors"}),
        ("from ..cli.app import main", "chatmusician.abc", {"cli"}),
        ("from . import tune", "chatmusician.abc", {"abc"}),
        ("def f():\n    from chatmusician.demo import page", "chatmusician.eval", {"demo"}),
        ("import json, abc", "chatmusician", set()),
    ],
)
def test_imports_are_seen(source: str, package: str, parts: set[str]) -> None:
    assert imported_parts(source, package) == parts


def test_no_test_folder_is_a_package(root: Path) -> None:
    assert not list((root / "tests").rglob("__init__.py"))
