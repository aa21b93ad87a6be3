"""What a system says of sounds in words, read as LLark's benchmark reads it: by patterns.

A line of JSON for each sound: ``id``, and ``key``, ``tempo``, ``genre``, ``instruments``, each as
the system worded it (``"The key of this song is F sharp minor."``) or plain.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

from chatmusician.errors import InputError
from chatmusician.eval.audio.sets import key_name
from chatmusician.files import read_bytes

# A small a is a word ("a major hit").
_KEY = re.compile(
    r"\b([A-Gb-g])(?:\s*(#|♯|b|♭)|[\s-]?(sharp|flat)\b)?[\s-]*(major|minor|maj|min)\b"
)
_SIGNS = {"#": "#", "♯": "#", "sharp": "#", "b": "b", "♭": "b", "flat": "b"}
# What instruments of a set are called in plain words, where that is not a part of their names.
_PLAIN = (
    (r"guitar", "guitar"),
    (r"drum set|drum machine|drums?\b", "drums"),
    (r"singer|vocal|choir|rapper|voice", "voice"),
    (r"bass\b", "bass"),
    (r"piano", "piano"),
    (r"synth", "synthesizer"),
    (r"section", ""),
)


def read_answers(path: str) -> dict[str, dict[str, Any]]:
    found = {}
    for number, line in enumerate(read_bytes(path).decode("utf-8", "replace").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            found[str(row["id"])] = row
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"line {number} is no answer: a JSON object with an id", path=path
            ) from error
    return found


def key_in(text: str) -> str:
    """The first key that a text names, as mir_eval writes it; nothing where it names none."""
    found = _KEY.search(text)
    if found is None:
        return ""
    sign = _SIGNS.get((found[2] or found[3] or "").lower(), "")
    return key_name(f"{found[1].upper()}{sign} {found[4]}")


def tempo_in(text: Any) -> float | None:
    """The first number of a text that can be a tempo."""
    numbers = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", str(text))]
    return next((number for number in numbers if 20 <= number <= 400), None)


def genre_in(text: str, genres: Collection[str]) -> str:
    """The genre of the set that a text names first; of two that begin together the longer."""
    said = _letters(text)
    places = [(said.find(_letters(name)), -len(name), name) for name in genres if _letters(name)]
    named = sorted(place for place in places if place[0] >= 0)
    return named[0][2] if named else ""


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def plain_instrument(name: str) -> str:
    """``clean electric guitar`` is a guitar, ``male singer`` a voice."""
    name = name.lower()
    for pattern, plain in _PLAIN:
        if re.search(pattern, name):
            return plain or name.split()[0]
    return name


def instruments_in(text: Any, known: Collection[str]) -> set[str]:
    """The plain instruments of the set that an answer names."""
    if isinstance(text, list):
        text = ", ".join(map(str, text))
    said = text.lower()
    named = {name for name in known if re.search(rf"\b{re.escape(name)}", said)}
    words = (part for part in re.split(r"[,;.]|\band\b", said) if part.strip())
    return named | ({plain_instrument(word.strip()) for word in words} & set(known))
