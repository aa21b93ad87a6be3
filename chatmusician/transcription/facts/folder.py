"""Captions of a whole folder as JSON lines: a line for each file, resumed where stopped."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatmusician.errors import ChatMusicianError, InputError, OutputError
from chatmusician.files import write_atomic

_SOUNDS = "wav flac ogg oga opus mp3 m4a aac aif aiff wma mka webm"
_SCORES = "abc mid midi musicxml mxl xml krn"
ENDINGS = frozenset(f".{name}" for name in f"{_SOUNDS} {_SCORES}".split())

Work = Callable[[str], dict[str, Any]]
"""From a path to its facts with a caption."""


@dataclass(frozen=True)
class Captioned:
    """How many files there are, how many were done before, and which failed and why."""

    files: int
    resumed: int
    failed: dict[str, str]


def files_of(folder: str) -> list[str]:
    """The sound and score files below a folder, by name, relative to it."""
    if not Path(folder).is_dir():
        raise InputError("is no folder", path=folder)
    found = []
    for base, folders, names in os.walk(folder):
        folders.sort()
        found += [
            os.path.relpath(os.path.join(base, name), folder)
            for name in names
            if Path(name).suffix.lower() in ENDINGS
        ]
    if not found:
        raise InputError("has no sound, MIDI or score files", path=folder)
    return sorted(found)


def caption_folder(
    folder: str, target: str, work: Work, told: Callable[[str, str | None], None]
) -> Captioned:
    """Write ``target``, a line for each file: ``audio_name``, ``caption`` and the facts.

    Lines are kept in ``target.part`` as they are made; the same call goes on from there. A
    file that fails is a line with ``error``. ``told`` hears of each file and its error.
    """
    names = files_of(folder)
    part = f"{target}.part"
    lines = _kept(part, names)
    resumed = len(lines)
    try:
        # Cut to whole lines: the last one may have been written half.
        with open(part, "w", encoding="utf-8") as journal:
            journal.writelines(lines)
            for name in names[resumed:]:
                row = _row(folder, name, work)
                lines.append(json.dumps(row, ensure_ascii=False) + "\n")
                journal.write(lines[-1])
                journal.flush()
                told(name, row.get("error"))
    except OSError as error:
        raise OutputError(f"cannot be written: {error.strerror}", path=part) from error
    write_atomic(target, "".join(lines).encode())
    Path(part).unlink(missing_ok=True)
    rows = [json.loads(line) for line in lines]
    failed = {row["audio_name"]: row["error"] for row in rows if "error" in row}
    return Captioned(len(names), resumed, failed)


def _kept(part: str, names: list[str]) -> list[str]:
    """The whole lines of an earlier run, as far as they are about the same files in order."""
    try:
        text = Path(part).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return []
    kept: list[str] = []
    for name, line in zip(names, text.splitlines(keepends=True), strict=False):
        try:
            whole = line.endswith("\n") and json.loads(line).get("audio_name") == name
        except (ValueError, AttributeError):
            whole = False
        if not whole:
            break
        kept.append(line)
    return kept


def _row(folder: str, name: str, work: Work) -> dict[str, Any]:
    try:
        facts = work(os.path.join(folder, name))
    except ChatMusicianError as error:
        return {"audio_name": name, "error": str(error)}
    caption = facts.pop("caption")
    return {"audio_name": name, "caption": caption, "facts": facts}
