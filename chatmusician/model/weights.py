"""What a model folder holds, read from its headers before anything is loaded."""

from __future__ import annotations

import json
import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatmusician.errors import InputError, LimitError, UsageError

# Llama's own layout and those that transformers runs with the same layout of layers.
LLAMA_TYPES = ("llama", "mistral", "smollm3", "qwen2", "qwen3")
_BYTES = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2, "I16": 2, "U8": 1, "I8": 1}
_PICKLED = ("*.bin", "*.pt", "*.pth")
_LONGEST_HEADER = 100 * 1024 * 1024
# What else a model needs beside its weights: the cache, what is computed with.
_OVERHEAD = 1.2


@dataclass(frozen=True)
class Weights:
    """`parameters` and bytes as stored; `stored` is the most frequent type of number."""

    files: tuple[Path, ...]
    parameters: int
    bytes: int
    stored: str
    pickled: bool = False


def check_config(folder: Path, name: str) -> dict[str, Any]:
    """The folder's config.json, if it is that of a causal model of Llama's kind."""
    path = folder / "config.json"
    if not path.is_file():
        adapter = (folder / "adapter_config.json").is_file()
        raise InputError(
            "is an adapter, no whole model" if adapter else "is no model folder (no config.json)",
            path=name,
            hint=f"-m BASE --adapter {name}" if adapter else None,
        )
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"its config.json cannot be read: {error}", path=name) from error
    if not isinstance(config, dict):
        raise InputError("its config.json is no JSON object", path=name)
    kind = config.get("model_type")
    listed = config.get("architectures") or []
    causal = not listed or any(str(one).endswith("ForCausalLM") for one in listed)
    if kind not in LLAMA_TYPES or not causal:
        said = ", ".join(map(str, listed)) or str(kind)
        raise InputError(
            f"is not a causal model of Llama's kind, but {said}",
            path=name,
            hint=f"known types: {', '.join(LLAMA_TYPES)}; others can be used through a server",
        )
    return config


def read_weights(folder: Path, name: str, *, allow_pickle: bool = False) -> Weights:
    """The size of a folder's weights, from the headers of its safetensors files."""
    files = sorted(folder.glob("*.safetensors"))
    files = [file for file in files if not file.name.startswith("adapter_")]
    if not files:
        return _pickled(folder, name, allow_pickle)
    listed = _listed(folder, name)
    missing = sorted(listed - {file.name for file in files})
    if missing:
        raise InputError(f"has not all of its weights: {missing[0]} is missing", path=name)
    if listed:
        files = [file for file in files if file.name in listed]
    sizes: dict[str, int] = {}
    parameters = 0
    for file in files:
        for kind, count in _header(file, name):
            sizes[kind] = sizes.get(kind, 0) + count * _BYTES.get(kind, 1)
            parameters += count
    stored = max(sizes, key=lambda kind: sizes[kind], default="F32")
    return Weights(tuple(files), parameters, sum(sizes.values()), stored)


def _pickled(folder: Path, name: str, allow: bool) -> Weights:
    files = sorted(file for pattern in _PICKLED for file in folder.glob(pattern))
    files = [file for file in files if file.name != "training_args.bin"]
    if not files:
        raise InputError("has no weights (no .safetensors file)", path=name)
    if not allow:
        raise InputError(
            "has no safetensors, only pickled weights, which can run any code when loaded",
            path=name,
            hint="if you trust where they come from: --allow-pickle",
        )
    size = sum(file.stat().st_size for file in files)
    return Weights(tuple(files), size // 2, size, "F16", pickled=True)


def _listed(folder: Path, name: str) -> set[str]:
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return set()
    try:
        return set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise InputError(f"{index.name} cannot be read", path=name) from error


def _header(file: Path, name: str) -> list[tuple[str, int]]:
    """Type and number of values of every tensor of a file, which must hold them all."""
    try:
        with file.open("rb") as opened:
            (length,) = struct.unpack("<Q", opened.read(8))
            if length > _LONGEST_HEADER:
                raise ValueError("no header")
            header = json.loads(opened.read(length))
        tensors = [row for key, row in header.items() if key != "__metadata__"]
        end = max((int(row["data_offsets"][1]) for row in tensors), default=0)
        whole = file.stat().st_size == 8 + length + end
        found = [(str(row["dtype"]), _product(row["shape"])) for row in tensors]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise InputError(f"{file.name} is no safetensors file", path=name) from error
    if not whole:
        raise InputError(f"{file.name} is cut short", path=name, hint="fetch it again")
    return found


def _product(shape: list[int]) -> int:
    product = 1
    for size in shape:
        product *= int(size)
    return product


def free_memory() -> int | None:
    """Bytes of main memory a program can have now, where the system says it."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            for line in file:
                if line.startswith("MemAvailable:"):
                    free = int(line.split()[1]) * 1024
                    limit = _group_limit()
                    return min(free, limit) if limit else free
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _group_limit() -> int | None:
    """What a container leaves, where it sets a limit."""
    try:
        folder = Path("/sys/fs/cgroup")
        most = (folder / "memory.max").read_text(encoding="ascii").strip()
        used = (folder / "memory.current").read_text(encoding="ascii").strip()
        return None if most == "max" else max(0, int(most) - int(used))
    except (OSError, ValueError):
        return None


def choose_precision(
    weights: Weights, name: str, *, device: str, asked: str, free: int | None
) -> str:
    """The type of number to compute with; LimitError where none fits the memory.

    On the CPU float32 where it fits, else as stored; on a GPU as stored, in half precision
    where that is float32 and large. `asked` names one, or is `auto`.
    """
    if asked not in ("auto", "float32", "float16", "bfloat16"):
        raise UsageError(f"unknown precision {asked!r}", hint="auto, float32, float16, bfloat16")
    stored = {"F16": "float16", "BF16": "bfloat16"}.get(weights.stored, "float32")
    wanted = [asked] if asked != "auto" else ["float32", stored, "bfloat16"]
    if asked == "auto" and device != "cpu":
        wanted = [stored] if stored != "float32" else ["float32", "float16"]
    for precision in wanted:
        size = 4 if precision == "float32" else 2
        if free is None or weights.parameters * size * _OVERHEAD <= free:
            return precision
    need = weights.parameters * (4 if wanted[-1] == "float32" else 2) * _OVERHEAD
    raise LimitError(
        f"{name}: its {weights.parameters / 1e9:.1f} billion parameters need about "
        f"{need / 1e9:.1f} GB, and {(free or 0) / 1e9:.1f} GB are free",
        hint="use a .gguf file of 4 bits, --bits 4 on a GPU, or a server: openai:URL#NAME",
    )


def check_gguf(path: Path, free: int | None, *, unpacked: bool) -> None:
    """Refuse a GGUF file that the memory cannot hold; `unpacked` to float32, as transformers does.

    Its weights have four to eight bits, seldom more: unpacked they take at least four times
    the size of the file.
    """
    need = path.stat().st_size * (4 if unpacked else 1) * _OVERHEAD
    if free is not None and need > free:
        raise LimitError(
            f"{path}: needs about {need / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free",
            hint='llama.cpp needs the least: pip install ".[gguf]"' if unpacked else None,
        )
