"""Where a result comes from: code, versions, model, data, prompts, seeds, machine and time."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from chatmusician import __version__
from chatmusician.errors import InputError
from chatmusician.provenance import git_hash, package_versions

PACKAGES = (
    "torch",
    "transformers",
    "peft",
    "tokenizers",
    "llama-cpp-python",
    "numpy",
    "scipy",
    "music21",
    "mir_eval",
    "symusic",
)
# Larger files are known by their size and evenly spaced samples: a 13 GB model in a second.
WHOLE = 64 * 1024 * 1024
_SAMPLES, _SAMPLE = 64, 64 * 1024
# What of a folder decides a model's answers, or is a corpus.
_MODEL_FILES = (".safetensors", ".json", ".model", ".gguf", ".jinja", ".txt", ".bin")
_DATA_FILES = (".parquet", ".jsonl", ".abc")


@dataclass
class Clock:
    """When a run began and how long it took, over all its parts when it was resumed."""

    before: float = 0.0
    _start: float = field(default_factory=time.monotonic)
    started: str = field(default_factory=lambda: now())

    def times(self, took: Sequence[float] = ()) -> dict[str, Any]:
        """With the mean of what single items took, where that was measured."""
        seconds = self.before + time.monotonic() - self._start
        found = {"started": self.started, "ended": now(), "seconds": round(seconds, 1)}
        return found | ({"seconds_per_item": round(sum(took) / len(took), 3)} if took else {})


def now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


def provenance(
    *,
    clock: Clock,
    model: Mapping[str, Any] | None = None,
    data: Mapping[str, Mapping[str, Any]] | None = None,
    prompts: Iterable[str] | None = None,
    seeds: Sequence[int] = (),
    programs: Mapping[str, str] | None = None,
    took: Sequence[float] = (),
) -> dict[str, Any]:
    """What a result must say of its making; only ``time`` and ``machine`` differ between runs."""
    return {
        "git": git_hash(),
        "versions": versions(),
        "programs": dict(programs or {}),
        "model": dict(model) if model else None,
        "data": {name: dict(found) for name, found in (data or {}).items()},
        "prompts": None if prompts is None else texts_hash(prompts),
        "seeds": list(seeds),
        "machine": machine(),
        "time": clock.times(took),
    }


def versions() -> dict[str, str]:
    own = {"chatmusician": __version__, "python": platform.python_version()}
    return own | package_versions(PACKAGES)


def machine() -> dict[str, Any]:
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": _memory_gb(),
        "gpus": _gpus(),
    }


def fingerprint(path: str | Path) -> dict[str, Any]:
    """The name, size and hash of a file, or of the model or the data in a folder.

    Files above 64 MB are hashed by size and samples, and ``method`` says so.
    """
    target = Path(path)
    if not target.exists():
        raise InputError("no such file or folder", path=str(path))
    if target.is_file():
        files = [target]
    else:
        known = (*_MODEL_FILES, *_DATA_FILES)
        files = sorted(f for f in target.iterdir() if f.is_file() and f.suffix in known)
    digests = [(file.name, *_digest(file)) for file in files]
    whole = all(is_whole for _, _, is_whole in digests)
    if target.is_file():
        digest = digests[0][1]
    else:
        digest = texts_hash(f"{name}={value}" for name, value, _ in digests)
    return {
        "name": target.name,
        "bytes": sum(file.stat().st_size for file in files),
        "sha256": digest,
        "method": "whole" if whole else "samples of large files",
    }


def texts_hash(texts: Iterable[str]) -> str:
    """One hash of texts in their order; each is ended, so that no two lists look alike."""
    total = hashlib.sha256()
    for text in texts:
        total.update(text.encode("utf-8", "surrogatepass") + b"\0")
    return total.hexdigest()


def _digest(file: Path) -> tuple[str, bool]:
    size = file.stat().st_size
    if size <= WHOLE:
        return hashlib.sha256(file.read_bytes()).hexdigest(), True
    total = hashlib.sha256(str(size).encode())
    with file.open("rb") as opened:
        for at in range(_SAMPLES):
            opened.seek(at * (size - _SAMPLE) // (_SAMPLES - 1))
            total.update(opened.read(_SAMPLE))
    return total.hexdigest(), False


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _memory_gb() -> float | None:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
    return round(total / 1024**3, 1)


def _gpus() -> list[str]:
    """The GPUs that torch sees, where torch is in use already."""
    torch: Any = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return []
    return [torch.cuda.get_device_name(n) for n in range(torch.cuda.device_count())]
