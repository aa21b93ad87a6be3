"""Voices taken out, written bar by bar together, or one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from chatmusician.abc.canonical import canonical
from chatmusician.abc.edit import reread
from chatmusician.abc.timeline import timeline
from chatmusician.abc.tune import Tune
from chatmusician.errors import UsageError

_LINE: Final = re.compile(r"\[V:([^\]]+)\] ?")


def take_voices(tune: Tune, ids: Iterable[str]) -> Tune:
    """Only the voices named, in canonical form."""
    wanted = list(ids)
    known = [voice.id for voice in timeline(tune).voices]
    missing = [name for name in wanted if name not in known]
    if missing or not wanted:
        raise UsageError(
            f"no voice {', '.join(missing) or 'named'}", hint=f"the tune has {', '.join(known)}"
        )
    if len(known) == 1:
        return reread(tune, canonical(tune), ())
    header, blocks = _split(canonical(tune))
    kept = [line for line in header if not line.startswith("V:") or _name(line) in wanted]
    body = [line for name, line in blocks if name in wanted]
    return reread(tune, "\n".join([*kept, *body]) + "\n", ())


def interleave_voices(tune: Tune, bars: int = 1) -> Tune:
    """The voices line by line under each other, so many bars to a line."""
    return reread(tune, canonical(tune, bars_per_line=bars), ())


def separate_voices(tune: Tune) -> Tune:
    """Each voice whole, one after the other."""
    text = canonical(tune)
    header, blocks = _split(text)
    names = list(dict.fromkeys(name for name, _ in blocks))
    if len(names) < 2:
        return reread(tune, text, ())
    body = [line for wanted in names for name, line in blocks if name == wanted]
    return reread(tune, "\n".join([*header, *body]) + "\n", ())


def _name(line: str) -> str:
    return line[2:].split()[0] if line[2:].split() else ""


def _split(text: str) -> tuple[list[str], list[tuple[str, str]]]:
    """The header lines, and the music lines with the voice each belongs to."""
    header: list[str] = []
    blocks: list[tuple[str, str]] = []
    name = ""
    for line in text.rstrip("\n").split("\n"):
        found = _LINE.match(line)
        if found:
            name = found[1]
        if found or name:
            blocks.append((name, line))
        else:
            header.append(line)
    return header, blocks
