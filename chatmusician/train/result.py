"""Where a result comes from: the code's git hash and the versions it ran with."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("torch", "transformers", "peft", "accelerate", "deepspeed", "tokenizers")


def provenance() -> dict[str, Any]:
    return {"git": git_hash(), "versions": {"python": platform.python_version(), **_versions()}}


def git_hash() -> str | None:
    """The commit of the source folder, `+` behind it when files differ; None outside of git."""
    folder = Path(__file__).parent
    found = _git(folder, "rev-parse", "HEAD")
    if found is None:
        return None
    return found + ("+" if _git(folder, "status", "--porcelain") else "")


def _git(folder: Path, *words: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *words], capture_output=True, text=True, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
