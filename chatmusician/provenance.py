"""Which code a result comes from: its git hash, and the versions of packages."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def git_hash() -> str | None:
    """The commit of the source folder, `+` behind it when files differ; None outside of git."""
    folder = Path(__file__).parent
    found = _git(folder, "rev-parse", "HEAD")
    if found is None:
        return None
    return found + ("+" if _git(folder, "status", "--porcelain") else "")


def package_versions(names: Iterable[str]) -> dict[str, str]:
    """Of those packages that are installed."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
