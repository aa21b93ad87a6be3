"""Two notations that only data sets use, as ABC: folk-rnn tokens and lists of time steps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from chatmusician import abc
from chatmusician.errors import InputError

_FIELD = re.compile(r"\[?([A-Z]):([^\]\s]*)\]?")
_MODES = {"maj": "C", "min": "Cmin", "dor": "Cdor", "mix": "Cmix"}
_END = {"<s>", "</s>", "<eos>"}


def from_tokens(block: str) -> str:
    """Blank-separated tokens as ABC: blanks go, the leading fields get lines of their own.

    `F:` (folkwiki's file name) becomes the title. `K:maj` is C major, as folk-rnn moved it.
    """
    header = ["X:1"]
    music: list[str] = []
    for line in block.splitlines():
        if line.startswith("F:"):
            header.append("T:" + line[2:].strip().removesuffix(".abc").replace("_", " "))
            continue
        words = [word for word in line.split() if word not in _END]
        while words and not music and (found := _FIELD.fullmatch(words[0])):
            letter, value = found[1], found[2]
            header.append(f"{letter}:{_MODES.get(value, value) if letter == 'K' else value}")
            words.pop(0)
        if words:
            music.append(_joined(words))
    header.sort(key=lambda field: field.startswith("K:"))
    return "\n".join([*header, *music, ""])


def _joined(tokens: Sequence[str]) -> str:
    """Notes with their lengths; bar lines, and a length after a length, stay apart."""
    out = ""
    bar = False
    for token in tokens:
        apart = token[0] in "|:" or bar or (out[-1:] + token[0]).isdigit()
        out += (" " if apart else "") + token
        bar = token[0] in "|:"
    return out.strip()


def from_steps(piece: Any, step: Fraction) -> str:
    """A piece given as the voices' MIDI pitches at each time step, as ABC in parts.

    Steps are fractions of a whole note. A pitch that stays is held, as the lists do not tell
    a held note from a repeated one, and no meter: 4/4 is taken. Pitches below 0 are rests.
    """
    if not isinstance(piece, list) or not all(isinstance(s, list) for s in piece):
        raise InputError("is not a list of time steps")
    widths = {len(s) for s in piece}
    if len(widths) != 1 or 0 in widths:
        raise InputError("has time steps of different numbers of voices")
    bars = ["4"] * _ceiling(len(piece) * step)
    voices = [
        {"id": str(v + 1), "notes": _notes([s[v] for s in piece], step * 4), "bars": bars}
        for v in range(widths.pop())
    ]
    return abc.from_events({"tunes": [_tune(voices)]})


def _tune(voices: list[dict[str, Any]]) -> Mapping[str, Any]:
    text = {"title": "", "lyrics": [], "chord_symbols": [], "annotations": []}
    return {
        "x": "1",
        "text": text,
        "key": "none",
        "meter": "4/4",
        "unit": "1/8",
        "tempo": None,
        "graces": 0,
        "voices": [{**voice, "chord_symbols": [], "lyrics": []} for voice in voices],
    }


def _notes(pitches: list[Any], quarters: Fraction) -> list[list[Any]]:
    notes: list[list[Any]] = []
    start = 0
    for at in range(1, len(pitches) + 1):
        if at < len(pitches) and pitches[at] == pitches[start]:
            continue
        if isinstance(pitches[start], (int, float)) and pitches[start] > 0:
            pitch = [int(pitches[start])]
            notes.append([str(start * quarters), str((at - start) * quarters), pitch])
        start = at
    return notes


def _ceiling(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)
