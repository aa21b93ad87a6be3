"""Where a training result comes from: the code's git hash and the versions it ran with."""

from __future__ import annotations

import platform
from typing import Any

from chatmusician.provenance import git_hash, package_versions

PACKAGES = ("torch", "transformers", "peft", "accelerate", "deepspeed", "tokenizers")


def provenance() -> dict[str, Any]:
    versions = {"python": platform.python_version(), **package_versions(PACKAGES)}
    return {"git": git_hash(), "versions": versions}
