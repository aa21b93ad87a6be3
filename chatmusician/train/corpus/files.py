"""The files of a source: folders, glob patterns, archives and compressed files alike."""

from __future__ import annotations

import fnmatch
import gzip
import io
import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from chatmusician.errors import InputError
from chatmusician.train.corpus.recipe import Source

UNREADABLE = (OSError, EOFError, zlib.error, tarfile.TarError, zipfile.BadZipFile)
_TAR = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_GLOB = set("*?[")


@dataclass(frozen=True)
class Blob:
    """A file, or a member of an archive; `problem` tells why there is nothing in it."""

    name: str
    stream: IO[bytes] | None
    problem: str = ""


def paths(source: Source, root: Path) -> list[Path]:
    """The files that a source names, in the order of their names."""
    place = root / source.path
    if place.is_dir():
        found = [p for p in place.rglob("*") if fnmatch.fnmatch(p.name, source.match)]
    elif _GLOB & set(source.path):
        found = list(root.glob(source.path))
    else:
        found = [place]
    files = sorted(path for path in found if path.is_file())
    if not files:
        hint = f"get it from {source.origin}; --data names the folder that holds it"
        raise InputError(f"source {source.name}: there is no {place}", hint=hint)
    return files


def is_archive(path: Path) -> bool:
    return path.name.lower().endswith((*_TAR, ".zip"))


def blobs(path: Path, root: Path, match: str) -> Iterator[Blob]:
    """What a file holds: itself, unpacked, or an archive's members. Names are below `root`."""
    name = os.path.relpath(path, root).replace(os.sep, "/")
    lower = path.name.lower()
    try:
        if lower.endswith(_TAR):
            yield from _tar(path, match)
        elif lower.endswith(".zip"):
            yield from _zip(path, match)
        elif lower.endswith(".gz"):
            with gzip.open(path, "rb") as packed:
                yield Blob(name.removesuffix(".gz"), cast(IO[bytes], packed))
        else:
            with path.open("rb") as file:
                yield Blob(name, file)
    except UNREADABLE as error:
        yield Blob(name, None, str(error) or type(error).__name__)


def _tar(path: Path, match: str) -> Iterator[Blob]:
    with tarfile.open(path, "r|*") as archive:
        for member in archive:
            if member.isfile() and _wanted(member.name, match):
                yield Blob(member.name, archive.extractfile(member))


def _zip(path: Path, match: str) -> Iterator[Blob]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if not info.is_dir() and _wanted(info.filename, match):
                with archive.open(info) as member:
                    yield Blob(info.filename, member)


def _wanted(name: str, match: str) -> bool:
    """Whether a pattern picks a member: by its name, or by its path where it has a slash."""
    last = name.rsplit("/", 1)[-1]
    whole = name if "/" in match else last
    return not last.startswith("._") and fnmatch.fnmatch(whole, match)


def seekable(stream: IO[bytes]) -> IO[bytes]:
    return stream if stream.seekable() else io.BytesIO(stream.read())
