"""A model as others take it: safetensors shards, a model card, GGUF by llama.cpp's programs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from chatmusician.errors import EngineError, InputError, MissingDependency
from chatmusician.files import read_text_bytes, share, write_atomic
from chatmusician.train.build import load_base, load_tokenizer
from chatmusician.train.quiet import quiet

FOLDER = "LLAMA_CPP"
_HOW = f"clone and build llama.cpp, then set {FOLDER} to its folder"


def export(
    model: str,
    output: str,
    *,
    shard: str = "5GB",
    result: str | None = None,
    gguf: str | None = None,
    dtype: str | None = None,
) -> dict[str, Any]:
    """Without ``dtype`` the weights stay as they are stored."""
    programs = _llama_cpp(gguf) if gguf else None
    with quiet():
        loaded = load_base(model)
        if dtype:
            loaded = _stored_as(loaded, dtype, model)
        loaded.save_pretrained(output, max_shard_size=shard)
        share(output)
        load_tokenizer(model).save_pretrained(output)
    numbers = sum(weight.numel() for weight in loaded.parameters())
    card = _card(Path(output).resolve().name, numbers, loaded, _result(model, result))
    write_atomic(str(Path(output) / "README.md"), card.encode())
    files = sorted(file.name for file in Path(output).iterdir())
    if programs:
        files.append(_to_gguf(programs, output, str(gguf)))
    return {"output": output, "parameters": numbers, "files": files}


def _stored_as(model: Any, dtype: str, name: str) -> Any:
    import torch

    kind = getattr(torch, dtype)
    largest = max(float(weight.detach().abs().max()) for weight in model.parameters())
    if largest > torch.finfo(kind).max:
        raise InputError(f"has weights of {largest:.3g}, too large for {dtype}", path=name)
    return model.to(kind)


def _result(model: str, path: str | None) -> dict[str, Any]:
    beside = Path(model) / "result.json"
    name = path or (str(beside) if beside.is_file() else None)
    if name is None:
        return {}
    try:
        found = json.loads(read_text_bytes(name))
    except ValueError as error:
        raise InputError("is not JSON", path=name) from error
    return found if isinstance(found, dict) else {}


def _card(name: str, parameters: int, model: Any, result: dict[str, Any]) -> str:
    """Only what is known: a run that left no result gets no figures."""
    lines = [
        "---",
        "library_name: transformers",
        "tags: [music, abc-notation]",
        "---",
        f"# {name}",
        "",
        f"{parameters:,} parameters, {model.config.model_type}, "
        f"context {model.config.max_position_embeddings}.",
    ]
    if result:
        lines += ["", "| training | |", "|---|---|"]
        for key in (
            "steps",
            "tokens_seen",
            "train_loss",
            "held_out_loss",
            "seconds",
            "seed",
            "git",
        ):
            lines.append(f"| {key} | {result.get(key)} |")
        lines.append(f"| data fingerprint | {str(result.get('data_fingerprint'))[:16]} |")
        base = result.get("config", {}).get("model", {}).get("path") or ""
        base = Path(base).name if Path(base).exists() else base  # a folder here tells nobody
        lines.append(f"| base | {base or 'from scratch'} |")
    lines += [
        "",
        "Prompt: `Human: {text} </s> Assistant: ` (the model's own end token), no BOS.",
        "",
    ]
    return "\n".join(lines)


def _llama_cpp(gguf: str) -> tuple[str, str]:
    """The converter and the quantizer, which `q4` alone needs."""
    folder = Path(os.environ.get(FOLDER, "."))
    converter = folder / "convert_hf_to_gguf.py"
    found = str(converter) if converter.is_file() else shutil.which("convert_hf_to_gguf.py")
    if found is None:
        raise MissingDependency("llama.cpp's convert_hf_to_gguf.py", how=_HOW)
    if gguf == "q8":
        return found, ""
    built = folder / "build" / "bin" / "llama-quantize"
    quantizer = str(built) if built.is_file() else shutil.which("llama-quantize")
    if quantizer is None:
        raise MissingDependency("llama.cpp's llama-quantize", how=_HOW)
    return found, quantizer


def _to_gguf(programs: tuple[str, str], model: str, gguf: str) -> str:
    converter, quantizer = programs
    target = Path(model) / f"model-{gguf}.gguf"
    with tempfile.TemporaryDirectory(dir=model) as made:
        whole, small = Path(made) / "whole.gguf", Path(made) / "small.gguf"
        kind = "q8_0" if gguf == "q8" else "f16"
        _run(
            "llama.cpp's converter",
            [sys.executable, converter, model, "--outtype", kind, "--outfile", str(whole)],
        )
        if gguf == "q4":
            _run("llama-quantize", [quantizer, str(whole), str(small), "Q4_K_M"])
        (small if gguf == "q4" else whole).replace(target)
    return target.name


def _run(name: str, command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EngineError(name, f"ended with exit code {done.returncode}", said=done.stderr)
