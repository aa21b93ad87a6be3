"""Text rows to a folder of tokens, masks and packed rows, with a report of what happened.

Each unit of the input becomes one piece, written whole or not at all: a run that was killed
goes on behind the pieces that are there. The folder is complete when `manifest.json` exists.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from chatmusician.errors import InputError, OutputError, UsageError
from chatmusician.files import write_atomic
from chatmusician.train import rows
from chatmusician.train.encode import Encoded, encode_chats, encode_texts
from chatmusician.train.lines import Lines, cuts_at_words
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

    @property
    def needed(self) -> tuple[str, ...]:
        """`input` may be missing: the question is in `instruction` then."""
        return self.names if self.stage == "pt" else (self.names[0], self.names[2])


def preprocess(job: Job) -> dict[str, Any]:
    """Do the whole job; returns the manifest."""
    if len(job.names) != (1 if job.stage == "pt" else 3):
        raise UsageError("--columns names 1 column for --stage pt, 3 for --stage sft")
    if job.stage == "sft" and job.source_length >= job.length:
        raise UsageError(f"--source-length {job.source_length} is not below --length {job.length}")
    folder = Path(job.output)
    found = rows.files(job.inputs)
    fingerprint = _fingerprint(job, found)
    if (folder / MANIFEST).exists():
        done: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        if done["fingerprint"] == fingerprint:
            return done
        raise UsageError(f"{folder} holds other data", hint="give another -o, or remove it")
    work, skipped = _work(job, found)
    pieces = folder / f"pieces-{fingerprint[:12]}-{len(work)}"
    try:
        pieces.mkdir(parents=True, exist_ok=True)
        _tokenizer(job.tokenizer).save_pretrained(folder / "tokenizer")
        counts = _encode_all(job, work, pieces)
        lengths = _join(pieces, len(work), folder)
        if not len(lengths):
            raise InputError(f"nothing is left: {dict(counts)}", path=" ".join(job.inputs))
        manifest = _finish(job, folder, lengths, counts) | {
            "fingerprint": fingerprint,
            "tokenizer_fingerprint": _tokenizer_hash(job),
            "skipped_files": skipped,
        }
        write_atomic(str(folder / MANIFEST), json.dumps(manifest, indent=2).encode())
    except OSError as error:
        raise OutputError(
            f"cannot be written: {error.strerror or error}",
            path=job.output,
            hint="make room and run it again: it goes on where it stopped",
        ) from error
    shutil.rmtree(pieces)
    return manifest


def _work(job: Job, found: Sequence[Path]) -> tuple[list[rows.Unit], dict[str, str]]:
    """The parts to read, and the files that cannot be, with the reason."""
    work: list[rows.Unit] = []
    skipped: dict[str, str] = {}
    for path in found:
        if not path.stat().st_size:
            skipped[str(path)] = "the file is empty"
            continue
        try:
            columns = rows.columns(path)
            missing = [name for name in job.needed if name not in columns]
            if missing:
                there = ", ".join(columns) or "none"
                skipped[str(path)] = f"there is no column {', '.join(missing)} among: {there}"
            else:
                work += rows.units(path)
        except InputError as error:
            skipped[str(path)] = error.message
    if not work:
        reasons = "; ".join(f"{path}: {reason}" for path, reason in skipped.items())
        if any("there is no column" in reason for reason in skipped.values()):
            raise UsageError(reasons, hint="name them with --columns")
        raise InputError(reasons)
    return work, skipped


def _encode_all(job: Job, work: Sequence[rows.Unit], pieces: Path) -> Counter[str]:
    tasks = [(job, unit, str(pieces / f"{number:06}")) for number, unit in enumerate(work)]
    counts: Counter[str] = Counter()
    if job.workers == 1:
        for task in tasks:
            counts.update(_encode_unit(task))
        _lines.cache_clear()
        return counts
    os.environ["TOKENIZERS_PARALLELISM"] = "false"  # our processes take its threads' place
    # What workers inherit is not theirs to clean up: looking through it would copy it.
    with ProcessPoolExecutor(job.workers, initializer=gc.freeze) as pool:
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
    samples: list[tuple[Any, Any]] = []
    for batch in _batches(unit, job, counts):
        encoded = _encode(batch, job)
        samples += encoded.samples
        counts.update(encoded.counts)
    temporary = Path(f"{piece}.part.npz")
    np.savez(
        temporary,
        tokens=np.concatenate([np.zeros(0, np.uint32), *(tokens for tokens, _ in samples)]),
        learned=np.concatenate([np.zeros(0, bool), *(learned for _, learned in samples)]),
        lengths=np.array([len(tokens) for tokens, _ in samples], dtype=np.int64),
        counts=np.array(json.dumps(counts)),
    )
    os.replace(temporary, target)
    return dict(counts)


def _batches(unit: rows.Unit, job: Job, counts: Counter[str]) -> Iterator[list[tuple[str, ...]]]:
    batch: list[tuple[str, ...]] = []
    try:
        for row in rows.read(unit, job.names):
            counts["rows"] += 1
            values = _columns(row, job, counts)
            if values is not None:
                batch.append(values)
            if len(batch) == _BATCH:
                yield batch
                batch = []
    except InputError:
        counts["unreadable parts"] += 1
    if batch:
        yield batch


def _columns(row: dict[str, Any] | None, job: Job, counts: Counter[str]) -> tuple[str, ...] | None:
    if row is None:
        counts["unreadable"] += 1
        return None
    if any(name not in row for name in job.needed):
        counts["missing columns"] += 1
        return None
    values = tuple("" if row.get(name) is None else row[name] for name in job.names)
    if not all(isinstance(value, str) for value in values):
        counts["not text"] += 1
        return None
    return values


def _encode(batch: list[tuple[str, ...]], job: Job) -> Encoded:
    tokenizer, lines = _tokenizer(job.tokenizer), _lines(job.tokenizer)
    if job.stage == "pt":
        return encode_texts([row[0] for row in batch], tokenizer, job.length, lines)
    chats = [(row[0], row[1], row[2]) for row in batch]
    return encode_chats(chats, tokenizer, job.length, job.source_length, lines)


@cache
def _lines(name: str) -> Lines | None:
    tokenizer = _tokenizer(name)
    return Lines(tokenizer) if cuts_at_words(tokenizer) else None


@cache
def _tokenizer(name: str) -> Any:
    from chatmusician.train.build import load_tokenizer

    return load_tokenizer(name)


def _tokenizer_hash(job: Job) -> str:
    tokenizer = _tokenizer(job.tokenizer)
    told = tokenizer.backend_tokenizer.to_str() + str(tokenizer.eos_token)
    return hashlib.sha256(told.encode()).hexdigest()


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
    settings["tokenizer"] = _tokenizer_hash(job)
    digest = hashlib.sha256(json.dumps(settings).encode())
    for path in found:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
