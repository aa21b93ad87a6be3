"""The MIDI collections that the transcription benchmarks read, file by file."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from benchmarks.corpora import data_folder
from chatmusician.errors import InputError


@dataclass(frozen=True)
class Played:
    """A MIDI file of a collection; ``beside`` are the text files in its folder, by name."""

    id: str
    midi: bytes
    beside: dict[str, str]


def pop909() -> Iterator[Played]:
    """Arrangements of 909 songs in three tracks, with annotations."""
    return _archive("pop909/pop909_main_midi_and_annotations.tar.gz")


def is_kept_back(song: str) -> bool:
    """Songs of POP909 whose number divides by three: rhythm is not learned from them."""
    return int(song.rsplit("/", 1)[-1]) % 3 == 0


def ceol_rince() -> Iterator[Played]:
    """1,195 tunes of Ceol Rince na hEireann, one line each."""
    return _archive("ceol_rince_midi/cre_midi.tar.gz")


def asap() -> Iterator[Played]:
    """Piano performances, with their scores and beats."""
    for one in _archive("asap_dev/asap_dev_20.tar.gz"):
        if one.id.endswith("performance"):
            yield one


COLLECTIONS: dict[str, Callable[[], Iterator[Played]]] = {
    "pop909": pop909,
    "ceol_rince": ceol_rince,
    "asap": asap,
}


def _archive(name: str) -> Iterator[Played]:
    path = data_folder() / name
    if not path.is_file():
        raise InputError(f"no file {path}", hint="benchmarks/README.md says where it comes from")
    with tarfile.open(path) as archive:
        members = sorted((m for m in archive.getmembers() if m.isfile()), key=lambda m: m.name)
        folders: dict[str, list[tarfile.TarInfo]] = {}
        for member in members:
            folders.setdefault(str(PurePosixPath(member.name).parent), []).append(member)
        for own in folders.values():
            texts = {m.name: m for m in own if m.name.endswith((".txt", ".match"))}
            beside = {PurePosixPath(n).name: _bytes(archive, m).decode() for n, m in texts.items()}
            for member in own:
                if member.name.endswith(".mid"):
                    id = member.name.removesuffix(".mid")
                    yield Played(id, _bytes(archive, member), beside)


def _bytes(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    content = archive.extractfile(member)
    assert content is not None
    return content.read()


class Rows:
    """Results by id in a JSONL file, so that a run that was stopped goes on where it was."""

    def __init__(self, path: str | None) -> None:
        self.path = Path(path) if path else None
        self.rows: dict[str, dict[str, Any]] = {}
        if self.path and self.path.is_file():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                try:
                    row = json.loads(line)
                except ValueError:
                    continue
                self.rows[row["id"]] = row

    def add(self, row: dict[str, Any]) -> None:
        self.rows[row["id"]] = row
        if self.path:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
