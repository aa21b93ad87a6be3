"""The tune collections that the benchmarks read.

They are not part of this repository. They are looked for in the folder that
``CHATMUSICIAN_DATA`` names, else in ``shared/data`` beside the repository; README.md
in this folder says where each comes from.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from chatmusician.errors import InputError

ENVIRONMENT = "CHATMUSICIAN_DATA"
ESSEN_TUNES = 2000


@dataclass(frozen=True)
class File:
    """An ABC file of a collection, as its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Piece:
    """One tune: ``id`` is the file's name and the X: value; ``data`` its bytes from X: on."""

    id: str
    data: bytes


@dataclass(frozen=True)
class Corpus:
    """A collection: its files, and which of their tunes are used (None: all)."""

    name: str
    title: str
    load: Callable[[Path], list[File]]
    limit: int | None = None

    def files(self) -> list[File]:
        return self.load(data_folder())

    def pieces(self) -> list[Piece]:
        """The tunes; with a limit, that many at even distances."""
        found = [piece for file in self.files() for piece in split(file)]
        if self.limit is None or len(found) <= self.limit:
            return found
        return [found[i * len(found) // self.limit] for i in range(self.limit)]


def data_folder() -> Path:
    """The folder of the collections; an error of one line where there is none."""
    named = os.environ.get(ENVIRONMENT)
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        raise InputError(
            f"no folder of tune collections at {folder}",
            hint=f"set {ENVIRONMENT} to it; benchmarks/README.md says what it holds",
        )
    return folder


_X_FIELD = re.compile(rb"^X:[ \t]*(\d*)", re.M)


def split(file: File) -> list[Piece]:
    """The tunes of a file, each from its X: to the next (the reader's own split is not used)."""
    starts = list(_X_FIELD.finditer(file.data))
    ends = [match.start() for match in starts[1:]] + [len(file.data)]
    seen: dict[str, int] = {}
    pieces = []
    for match, end in zip(starts, ends, strict=True):
        name = f"{file.name}#{match[1].decode()}"
        seen[name] = seen.get(name, 0) + 1
        again = f"({seen[name]})" if seen[name] > 1 else ""
        pieces.append(Piece(name + again, file.data[match.start() : end]))
    return pieces


def _required(path: Path) -> Path:
    if not path.is_file():
        raise InputError(
            f"no file {path}", hint="benchmarks/README.md says where the collections come from"
        )
    return path


def _members(path: Path, folder: str) -> list[File]:
    """The .abc files below a folder of a tar archive, by name; of the whole archive for ""."""
    found = []
    below = folder + "/" if folder else ""
    with tarfile.open(_required(path)) as archive:
        for member in sorted(archive.getmembers(), key=lambda m: m.name):
            if member.name.startswith(below) and member.name.endswith(".abc"):
                content = archive.extractfile(member)
                if content is not None:
                    found.append(File(Path(member.name).stem, content.read()))
    return found


def nottingham(data: Path) -> list[File]:
    return _members(data / "nottingham" / "nottingham_abc_raw.tar.gz", "ABC_cleaned")


def oneills(data: Path) -> list[File]:
    return _members(data / "music21_corpus" / "oneills1850_raw.tar.gz", "oneills1850")


def ryans(data: Path) -> list[File]:
    return _members(data / "music21_corpus" / "ryansMammoth_raw.tar.gz", "ryansMammoth")


def airds(data: Path) -> list[File]:
    return _members(data / "music21_corpus" / "airdsAirs_raw.tar.gz", "airdsAirs")


def openhymnal(data: Path) -> list[File]:
    return _members(data / "openhymnal" / "hymns_abc.tar.gz", "")


def ns_session(data: Path) -> list[File]:
    """The rows as one file, in their order."""
    rows = [json.loads(line) for line in _lines(data / "ns_session" / "abc.jsonl.gz")]
    return [File("ns_session", "\n\n".join(row["abc"].strip() for row in rows).encode() + b"\n")]


def essen(data: Path) -> list[File]:
    return _members(data / "music21_corpus" / "essenFolksong_raw.tar.gz", "essenFolksong")


def _lines(path: Path, encoding: str = "utf-8") -> Iterator[str]:
    with gzip.open(_required(path), "rt", encoding=encoding, newline="\n") as file:
        yield from file


def thesession(data: Path) -> list[File]:
    """The rows as one file: X: is the setting's number, the body is left as it is."""
    tunes: list[str] = []
    for line in _lines(data / "thesession" / "thesession_settings.jsonl.gz"):
        row = json.loads(line)
        header = [
            f"X:{row['setting_id']}",
            f"T:{row['name']}",
            f"R:{row['type']}",
            f"M:{row['meter']}",
            "L:1/8",
            f"K:{row['mode']}",
        ]
        tunes.append("\r\n".join([*header, row["abc"].strip("\r\n")]))
    return [File("thesession", "\r\n\r\n".join(tunes).encode() + b"\r\n")]


def _joined(tokens: list[str]) -> str:
    """Notes with their lengths; bar lines, and a length after a length, stay apart."""
    out = ""
    bar = False
    for token in tokens:
        apart = token[0] in "|:" or bar or (out[-1:] + token[0]).isdigit()
        out += (" " if apart else "") + token
        bar = token[0] in "|:"
    return out.strip()


_HEADER_FIELDS = re.compile(r"(?:\[[LMK]:[^\]]*\] ?)+")


def folkwiki(data: Path) -> list[File]:
    """The token lines as ABC: blanks between tokens go, the leading fields get lines."""
    path = data / "folkwiki" / "9_nov_folkwiki_w_titles.txt.gz"
    tunes: list[str] = []
    for block in "".join(_lines(path, "iso-8859-1")).split("\n\n"):
        lines = [f"X:{len(tunes) + 1}"]
        for line in filter(None, block.split("\n")):
            if line.startswith("F:"):
                lines.append("T:" + line[2:].removesuffix(".abc").replace("_", " "))
            elif _HEADER_FIELDS.fullmatch(line):
                lines += re.findall(r"\[([^\]]*)\]", line)
            else:
                lines.append(_joined(line.split()))
        if len(lines) > 1:
            tunes.append("\n".join(lines))
    return [File("folkwiki", "\n\n".join(tunes).encode() + b"\n")]


CORPORA = {
    corpus.name: corpus
    for corpus in (
        Corpus("nottingham", "Nottingham", nottingham),
        Corpus("oneills", "O'Neill's 1850", oneills),
        Corpus("ryans", "Ryan's Mammoth", ryans),
        Corpus("airds", "Aird's Airs", airds),
        Corpus("thesession", "TheSession", thesession),
        Corpus("essen", f"Essen ({ESSEN_TUNES})", essen, ESSEN_TUNES),
        Corpus("folkwiki", "folkwiki", folkwiki),
        Corpus("openhymnal", "Open Hymnal", openhymnal),
        Corpus("ns_session", "NS Session", ns_session),
    )
}
