"""Fixtures for all tests, and a guard: compiled modules hide edits to their sources."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SUFFIX = str(sysconfig.get_config_var("EXT_SUFFIX"))

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def stale_modules(package: Path) -> list[str]:
    """Sources that were edited after the shared library was compiled from them."""
    stale = []
    for library in package.rglob(f"*__mypyc{SUFFIX}"):
        for module in library.parent.rglob(f"*{SUFFIX}"):
            source = module.with_name(module.name.removesuffix(SUFFIX) + ".py")
            if source.is_file() and source.stat().st_mtime > library.stat().st_mtime:
                stale.append(source.name)
    return sorted(stale)


def pytest_configure() -> None:
    stale = stale_modules(ROOT / "chatmusician")
    if stale:
        raise pytest.UsageError(f"compiled before they were edited: {', '.join(stale)}; make setup")


@pytest.fixture
def root() -> Path:
    """The folder of the repository."""
    return ROOT


@pytest.fixture
def chatmusician(tmp_path: Path) -> Run:
    """Runs the command line in an empty folder."""

    def run(
        *arguments: str, stdin: str | bytes = b"", code: int | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "chatmusician", *arguments],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            cwd=tmp_path,
            timeout=240,
            check=False,
        )
        out, err = done.stdout.decode(), done.stderr.decode()
        if code is not None:
            assert done.returncode == code, f"exit code {done.returncode}\n{out}{err}"
        return subprocess.CompletedProcess(done.args, done.returncode, out, err)

    return run
