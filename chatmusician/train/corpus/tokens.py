"""Two notations that only data sets use, as ABC: folk-rnn tokens and lists of time steps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from chatmusician import abc
from chatmusician.abc.fields import parse_key
from chatmusician.abc.key_values import guess_key
from chatmusician.errors import InputError
from chatmusician.train.corpus.tidy import title_of_file

_FIELD = re.compile(r"\[?([A-Z]):([^\]\s]*)\]?")
# folk-rnn's modes: its tunes are moved to the white keys, and a semitone higher.
_MODES = {
    "maj": ("C", "Db"),
    "min": ("Am", "Bbm"),
    "dor": ("Ddor", "Ebdor"),
    "mix": ("Gmix", "Abmix"),
}
_FLATS = {"^C": "_D", "^D": "_E", "^F": "_G", "^G": "_A", "^A": "_B"}
_WHITE, _HIGHER = set("CDEFGAB"), {*_FLATS, "F", "C"}
_NOTE = re.compile(r"([\^_=]?)([A-Ga-g])(?![a-z:])")
_END = {"<s>", "</s>", "<eos>"}


def from_tokens(block: str) -> str:
    """Blank-separated tokens as ABC: blanks go, the leading fields get lines of their own.

    `F:` (folkwiki's file name) becomes the title. A mode alone (`K:dor`, as folk-rnn has it)
    is that mode of the white keys, or a semitone higher where more of its notes lie there.
    """
    mode = re.search(r"\bK:(maj|min|dor|mix)\b", block)
    higher = mode is not None and _is_higher(block)
    if higher:
        block = _NOTE.sub(_flat, block)
    header = ["X:1"]
    music: list[str] = []
    for line in block.splitlines():
        if line.startswith("F:"):
            header.append("T:" + title_of_file(line[2:].strip()))
            continue
        words = [word for word in line.split() if word not in _END]
        while words and not music and (found := _FIELD.fullmatch(words[0])):
            letter, value = found[1], found[2]
            if letter == "K" and value in _MODES:
                value = _MODES[value][higher]
            header.append(f"{letter}:{value}")
            words.pop(0)
        if words:
            music.append(_joined(words))
    header.sort(key=lambda field: field.startswith("K:"))
    return "\n".join([*header, *music, ""])


def _is_higher(block: str) -> bool:
    notes = [found[1].replace("=", "") + found[2].upper() for found in _NOTE.finditer(block)]
    return sum(n in _HIGHER for n in notes) > sum(n in _WHITE for n in notes)


def _flat(found: re.Match[str]) -> str:
    """A sharp as the flat of the same key, in its octave's letters."""
    flat = _FLATS.get(found[1] + found[2].upper())
    if flat is None:
        return found[0]
    return flat if found[2].isupper() else flat.lower()


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
    The key is the one that fits the notes best.
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
    heard = [(p, Fraction(n[1])) for voice in voices for n in voice["notes"] for p in n[2]]
    key = parse_key(guess_key(heard)).name if heard else "none"
    return abc.from_events({"tunes": [_tune(voices, key)]})


def _tune(voices: list[dict[str, Any]], key: str) -> Mapping[str, Any]:
    text = {"title": "", "lyrics": [], "chord_symbols": [], "annotations": []}
    return {
        "x": "1",
        "text": text,
        "key": key,
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
