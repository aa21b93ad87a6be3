"""A file of requests answered in batches; killed at any time, it goes on where it was.

Results are kept, a batch at a time, in a journal beside the output (``OUT.part``). Batches
are planned from the whole input, so that a row meets the same batch again after a restart
and gives the same answer; when all are there the output is written in the order of the
input and the journal goes.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from chatmusician.errors import ChatMusicianError, InputError, LimitError, OutputError
from chatmusician.files import read_bytes, write_atomic
from chatmusician.model.chat_format import conversation
from chatmusician.model.generation import Backend, Completion, Request, Sampling
from chatmusician.model.rows import Row, read_row


@dataclass(frozen=True)
class PredictOptions:
    """`batch` rows are answered together; the seed of line n is `seed` + n."""

    batch: int = 8
    seed: int = 0
    restart: bool = False


@dataclass
class Predicted:
    """`errors` counts rows by what was wrong with them; `resumed` rows were done before."""

    rows: int = 0
    results: int = 0
    resumed: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    interrupted: bool = False


# Told how many rows are done, and how many there are.
OnRows = Callable[[int, int], None]


def predict(
    source: str,
    target: str,
    backend: Backend,
    sampling: Sampling,
    options: PredictOptions | None = None,
    *,
    on_rows: OnRows | None = None,
) -> Predicted:
    """One result for each line of the input, in its order."""
    chosen = options or PredictOptions()
    data = read_bytes(source)
    lines = data.removesuffix(b"\n").split(b"\n")
    rows = [read_row(number, line) for number, line in enumerate(lines, 1)]
    if all(row.error == "blank" for row in rows):
        raise InputError("has no rows", path=source)
    mark = _mark(data, backend, sampling, chosen)
    with _Journal(Path(f"{target}.part"), mark, restart=chosen.restart) as journal:
        done = Predicted(len(rows), resumed=len(journal.found))
        for batch in _batches(rows, chosen.batch):
            missing = any(row.line not in journal.found for row in batch)
            if missing and not _answer(batch, backend, sampling, chosen, journal):
                done.interrupted = True
                return done
            if on_rows is not None:
                on_rows(len(journal.found), len(rows))
        results = [journal.found[row.line] for row in rows]
        _count(results, done)
        text = "".join(json.dumps(result, ensure_ascii=False) + "\n" for result in results)
        write_atomic(target, text.encode("utf-8", "backslashreplace"))
        journal.remove()
    return done


def _mark(data: bytes, backend: Backend, sampling: Sampling, options: PredictOptions) -> str:
    """What a journal must have been made with to be gone on with."""
    made = {
        "input": hashlib.sha256(data).hexdigest(),
        "model": backend.name,
        "sampling": asdict(sampling),
        "seed": options.seed,
        "batch": options.batch,
    }
    return json.dumps({"journal": made}, sort_keys=True)


def _batches(rows: Sequence[Row], size: int) -> Iterator[list[Row]]:
    """Rows of about the same length together; the broken ones first."""
    broken = [row for row in rows if row.error]
    if broken:
        yield broken
    good = sorted((row for row in rows if not row.error), key=lambda row: (_length(row), row.line))
    for at in range(0, len(good), size):
        yield good[at : at + size]


def _length(row: Row) -> int:
    return len(conversation(row.turns))


def _answer(
    batch: list[Row],
    backend: Backend,
    sampling: Sampling,
    options: PredictOptions,
    journal: _Journal,
) -> bool:
    """Answer a batch and keep the answers; False where it was interrupted."""
    if batch[0].error:
        journal.add([_failed(row, row.error, row.message) for row in batch])
        return True
    try:
        results = _generated(batch, backend, sampling, options)
    except LimitError:
        # One of them is too long: each for itself, so that it costs that one only.
        results = []
        for row in batch:
            try:
                results += _generated([row], backend, sampling, options)
            except LimitError as error:
                results.append(_failed(row, "too-long", str(error)))
    if any(result.get("finish") == "cancelled" for result in results):
        return False
    journal.add(results)
    return True


def _generated(
    batch: list[Row], backend: Backend, sampling: Sampling, options: PredictOptions
) -> list[dict[str, Any]]:
    requests = [Request(row.turns, options.seed + row.line) for row in batch]
    done = backend.generate(requests, sampling)
    return [_result(row, one) for row, one in zip(batch, done, strict=True)]


def _result(row: Row, done: Completion) -> dict[str, Any]:
    return {
        "line": row.line,
        "id": row.id,
        "prediction": done.text,
        "finish": done.finish,
        "tokens": done.tokens,
        "seed": done.seed,
    }


def _failed(row: Row, name: str, message: str) -> dict[str, Any]:
    return {"line": row.line, "id": row.id, "error": {"name": name, "message": message}}


def _count(results: Sequence[dict[str, Any]], into: Predicted) -> None:
    for result in results:
        if "error" in result:
            into.errors[result["error"]["name"]] += 1
        else:
            into.results += 1


class _Journal:
    """Results on disk as they come: a batch is written whole, and flushed to the disk."""

    def __init__(self, path: Path, mark: str, *, restart: bool) -> None:
        self.path = path
        self.found: dict[int, dict[str, Any]] = {}
        try:
            if restart:
                path.unlink(missing_ok=True)
            size = self._read(mark)
            self.file = path.open("ab")
            self.file.truncate(size)
            if not size:
                self._write([mark])
        except OSError as error:
            raise OutputError(f"cannot be written: {error.strerror}", path=str(path)) from error

    def __enter__(self) -> _Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def add(self, results: Sequence[dict[str, Any]]) -> None:
        self._write([json.dumps(result, ensure_ascii=True) for result in results])
        self.found.update((result["line"], result) for result in results)

    def remove(self) -> None:
        self.file.close()
        self.path.unlink(missing_ok=True)

    def _write(self, lines: list[str]) -> None:
        self.file.write("".join(f"{line}\n" for line in lines).encode())
        self.file.flush()
        os.fsync(self.file.fileno())

    def _read(self, mark: str) -> int:
        """What is there from before, and how many bytes of it are whole lines."""
        if not self.path.exists():
            return 0
        data = self.path.read_bytes()
        lines = data.split(b"\n")[:-1]
        if not lines:
            return 0
        if lines[0].decode("utf-8", "replace") != mark:
            raise ChatMusicianError(
                f"{self.path}: was begun with another input, model or other options",
                hint="finish it as it was begun, or begin anew with --restart",
            )
        size = len(lines[0]) + 1
        for line in lines[1:]:
            try:
                result = json.loads(line)
                self.found[int(result["line"])] = result
            except (ValueError, KeyError, TypeError):
                break
            size += len(line) + 1
        return size
