"""Text rows to a folder of tokens, masks and packed rows, with a report of what happened.

Each unit of the input becomes one piece, written whole or not at all: a run that was killed
goes on behind the pieces that are there. The folder is complete when `manifest.json` exists.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from chatmusician.errors import InputError, UsageError
from chatmusician.files import write_atomic
from chatmusician.train import rows
from chatmusician.train.encode import Encoded, encode_chats, encode_texts
from chatmusician.train.packing import fill_rate, pack

MANIFEST = "manifest.json"
_BATCH = 1000


@dataclass(frozen=True)
class Job:
    inputs: tuple[str, ...]
    output: str
    tokenizer: str
    stage: str = "pt"
    length: int = 2048
    source_length: int = 1536
    workers: int = 1
    columns: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        usual = ("text",) if self.stage == "pt" else ("instruction", "input", "output")
        return self.columns or usual


def preprocess(job: Job) -> dict[str, Any]:
    """Do the whole job; returns the manifest."""
    if len(job.names) != (1 if job.stage == "pt" else 3):
        raise UsageError("--columns names 1 column for --stage pt, 3 for --stage sft")
    if job.source_length >= job.length:
        raise UsageError(f"--source-length {job.source_length} is not below --length {job.length}")
    folder = Path(job.output)
    found = rows.files(job.inputs)
    fingerprint = _fingerprint(job, found)
    if (folder / MANIFEST).exists():
        done: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        if done["fingerprint"] == fingerprint:
            return done
        raise UsageError(f"{folder} holds other data", hint="give another -o, or remove it")
    pieces = folder / f"pieces-{fingerprint[:12]}"
    pieces.mkdir(parents=True, exist_ok=True)
    _tokenizer(job.tokenizer).save_pretrained(folder / "tokenizer")
    work = [unit for file in found for unit in rows.units(file)]
    counts = _encode_all(job, work, pieces)
    lengths = _join(pieces, len(work), folder)
    if not len(lengths):
        raise InputError(f"nothing is left: {dict(counts)}", path=" ".join(job.inputs))
    manifest = _finish(job, folder, lengths, counts) | {"fingerprint": fingerprint}
    write_atomic(str(folder / MANIFEST), json.dumps(manifest, indent=2).encode())
    shutil.rmtree(pieces)
    return manifest


def _encode_all(job: Job, work: Sequence[rows.Unit], pieces: Path) -> Counter[str]:
    tasks = [(job, unit, str(pieces / f"{number:06}")) for number, unit in enumerate(work)]
    counts: Counter[str] = Counter()
    if job.workers == 1:
        for task in tasks:
            counts.update(_encode_unit(task))
        return counts
    with ProcessPoolExecutor(job.workers) as pool:
        for counted in pool.map(_encode_unit, tasks):
            counts.update(counted)
    return counts


def _encode_unit(task: tuple[Job, rows.Unit, str]) -> dict[str, int]:
    job, unit, piece = task
    target = Path(f"{piece}.npz")
    if target.exists():
        with np.load(target) as saved:
            kept: dict[str, int] = json.loads(str(saved["counts"]))
            return kept
    counts: Counter[str] = Counter()
    samples: list[tuple[list[int], list[bool]]] = []
    batch: list[tuple[str, ...]] = []
    for row in rows.read(unit):
        counts["rows"] += 1
        values = _columns(row, job, counts)
        if values is not None:
            batch.append(values)
        if len(batch) == _BATCH:
            _take(_encode(batch, job), samples, counts)
            batch = []
    _take(_encode(batch, job), samples, counts)
    temporary = Path(f"{piece}.part.npz")
    np.savez(
        temporary,
        tokens=np.array([token for tokens, _ in samples for token in tokens], dtype=np.uint32),
        learned=np.array([one for _, learned in samples for one in learned], dtype=bool),
        lengths=np.array([len(tokens) for tokens, _ in samples], dtype=np.int64),
        counts=np.array(json.dumps(counts)),
    )
    os.replace(temporary, target)
    return dict(counts)


def _take(
    encoded: Encoded, samples: list[tuple[list[int], list[bool]]], counts: Counter[str]
) -> None:
    samples += encoded.samples
    counts.update(encoded.counts)


def _columns(row: dict[str, Any] | None, job: Job, counts: Counter[str]) -> tuple[str, ...] | None:
    if row is None:
        counts["unreadable"] += 1
        return None
    optional = job.names[1:2] if job.stage == "sft" else ()
    missing = [name for name in job.names if name not in row and name not in optional]
    if missing and counts["rows"] == 1:
        raise UsageError(
            f"there is no column {', '.join(missing)} among: {', '.join(map(str, row))}",
            hint="name them with --columns",
        )
    values = tuple("" if row.get(name) is None else row[name] for name in job.names)
    if missing or not all(isinstance(value, str) for value in values):
        counts["missing columns" if missing else "not text"] += 1
        return None
    return values


def _encode(batch: list[tuple[str, ...]], job: Job) -> Encoded:
    tokenizer = _tokenizer(job.tokenizer)
    if job.stage == "pt":
        return encode_texts([row[0] for row in batch], tokenizer, job.length)
    chats = [(row[0], row[1], row[2]) for row in batch]
    return encode_chats(chats, tokenizer, job.length, job.source_length)


@cache
def _tokenizer(name: str) -> Any:
    from chatmusician.train.build import load_tokenizer

    return load_tokenizer(name)


def _join(pieces: Path, number: int, folder: Path) -> Any:
    """All pieces, in order, as flat files that are read without loading them."""
    lengths = []
    with (folder / "tokens.bin").open("wb") as tokens, (folder / "learned.bin").open("wb") as mask:
        for piece in range(number):
            with np.load(pieces / f"{piece:06}.npz") as saved:
                tokens.write(saved["tokens"].tobytes())
                mask.write(saved["learned"].tobytes())
                lengths.append(saved["lengths"])
    joined = np.concatenate(lengths) if lengths else np.zeros(0, dtype=np.int64)
    np.save(folder / "lengths.npy", joined)
    return joined


def _finish(job: Job, folder: Path, lengths: Any, counts: Counter[str]) -> dict[str, Any]:
    packed = pack(lengths.tolist(), job.length)
    np.savez(
        folder / "packs.npz",
        samples=np.array([number for row in packed for number in row], dtype=np.int64),
        sizes=np.array([len(row) for row in packed], dtype=np.int64),
    )
    learned = np.memmap(folder / "learned.bin", dtype=bool, mode="r")
    middle, high = (int(value) for value in np.percentile(lengths, (50, 95)))
    return {
        "job": asdict(job),
        "samples": len(lengths),
        "tokens": int(lengths.sum()),
        "learned_tokens": int(learned.sum()),
        "packed_rows": len(packed),
        "packing_efficiency": round(fill_rate(lengths, len(packed), job.length), 4),
        "unpacked_efficiency": round(fill_rate(lengths, len(lengths), job.length), 4),
        "lengths": {"median": middle, "95%": high, "longest": int(lengths.max())},
        "counts": dict(counts),
    }


def _fingerprint(job: Job, found: Sequence[Path]) -> str:
    settings = asdict(job)
    for name in ("workers", "output", "inputs"):
        settings.pop(name)
    digest = hashlib.sha256(json.dumps(settings).encode())
    for path in found:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
