"""A tune as training rows and prompts give it: canonical, numbered 1, without names and words."""

from __future__ import annotations

import re

from chatmusician import abc
from chatmusician.abc import Tune

# Names and places cannot be told from the music; words are sung text, not notation.
_LEFT_OUT = re.compile(r"^(?:[TCOw]:|%).*\n?", re.M)
_NUMBER = re.compile(r"^X:.*$", re.M)
# Basses in lower case with a plus for a sharp, and places on the page, as in Nottingham.
_BASS = re.compile(r'"([A-G][^"/]*)/([a-g])([+#b]?)"')
_PLACED = re.compile(r'"/?@[^A-G"]*([A-G][^"]*)"')


def score_text(tune: Tune) -> str:
    """The canonical text of a tune with X:1 and without title, composer, origin and words."""
    text = _NUMBER.sub("X:1", _LEFT_OUT.sub("", abc.canonical(tune)), count=1).strip() + "\n"
    return plain_chords(text)


def plain_chords(text: str) -> str:
    """Chord symbols spelled one way: ``"D/F#"``, whatever the case of the bass."""
    return _BASS.sub(_upper_bass, _PLACED.sub(r'"\1"', text))


def first_error(tune: Tune) -> str:
    """The code of the first error in a tune; empty where it has none."""
    return next((d.code for d in abc.check_tune(tune) if d.severity == "error"), "")


def _upper_bass(found: re.Match[str]) -> str:
    return f'"{found[1]}/{found[2].upper()}{found[3].replace("+", "#")}"'
