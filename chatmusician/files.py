"""Reading input and writing results, with one clear error for everything that can go wrong."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from chatmusician.errors import InputError, LimitError, OutputError, UsageError

STDIN = "-"
LOCK = "lock"
MAX_BYTES = 256 * 1024 * 1024


def display_name(path: str) -> str:
    return "<stdin>" if path == STDIN else path


def read_bytes(path: str, *, limit: int = MAX_BYTES) -> bytes:
    """The content of a file, or of standard input for `-`. An empty one is an error."""
    name = display_name(path)
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read(limit + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(limit + 1)
    except (OSError, ValueError) as error:
        raise InputError(_reason(error, "read"), path=name) from error
    if len(data) > limit:
        raise LimitError(f"{name}: is larger than {limit // 1024**2} MB", hint="split it")
    if not data:
        raise InputError("the file is empty", path=name)
    return data


def read_text_bytes(path: str, *, limit: int = MAX_BYTES) -> bytes:
    """Like `read_bytes`, for a file that should be text in any 8-bit encoding."""
    data = read_bytes(path, limit=limit)
    if b"\0" in data:
        utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        raise InputError(
            "is UTF-16 text" if utf16 else f"is a binary file (NUL byte at {data.index(0)})",
            path=display_name(path),
            hint="save it as UTF-8" if utf16 else None,
        )
    return data


def write_atomic(path: str, data: bytes) -> None:
    """Write to a temporary name beside `path`, then rename: never half a file, links kept."""
    with replacing(path) as file:
        file.write(data)


@contextmanager
def replacing(path: str) -> Iterator[IO[bytes]]:
    """A file to write to, which takes the place of `path` when the block ends without error."""
    try:
        target = Path(os.path.realpath(path))
        if target.is_dir():
            raise IsADirectoryError
        special = target.exists() and not target.is_file()
        with target.open("wb") if special else _replacement(target) as file:
            yield file
    except (OSError, ValueError) as error:
        raise OutputError(_reason(error, "written"), path=path) from error


def alone_in(output: Path) -> IO[str] | None:
    """Hold a run's folder until the file is closed: two processes, or the workers of a killed
    launcher, would spoil each other's results. UsageError where another holds it."""
    output.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # not on Windows
        return None
    held = (output / LOCK).open("w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        raise UsageError(
            f"another process is writing to {output}", hint="wait for its end, or end it"
        ) from None
    except OSError:  # a file system without locks
        pass
    return held


@contextmanager
def _replacement(target: Path) -> Iterator[IO[bytes]]:
    handle, name = tempfile.mkstemp(prefix=f".{target.name[:64]}.", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        temporary.chmod(_mode(target))
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def share(folder: str) -> None:
    """Weights as readable as other new files: safetensors writes them for their owner alone."""
    for file in Path(folder).glob("*.safetensors"):
        file.chmod(_new_mode())


def _mode(target: Path) -> int:
    if target.exists():
        return target.stat().st_mode & 0o7777
    return _new_mode()


def _new_mode() -> int:
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask


def _reason(error: Exception, verb: str) -> str:
    match error:
        case FileNotFoundError():
            return "no such file" if verb == "read" else "no such folder to write into"
        case IsADirectoryError():
            return "is a folder, not a file"
        case PermissionError():
            return f"cannot be {verb}: no permission"
        case OSError():
            return f"cannot be {verb}: {error.strerror or error}"
        case _:
            return f"cannot be {verb}: {error}"
