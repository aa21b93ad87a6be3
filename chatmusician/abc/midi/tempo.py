"""How fast a tune goes: Q: at the start and within, in numbers or in words."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final

from chatmusician.abc.fields import Tempo, parse_tempo
from chatmusician.abc.timing import Timeline
from chatmusician.abc.tune import Field
from chatmusician.music.meter import Meter
from chatmusician.music.tempo import DEFAULT_QPM

# Beats a minute; a beat is a quarter, in compound meters three eighths.
_WORDS: Final = {
    "larghissimo": 24,
    "grave": 40,
    "largo": 50,
    "lento": 52,
    "larghetto": 60,
    "adagietto": 70,
    "adagio": 66,
    "andantino": 84,
    "andante": 76,
    "moderato": 108,
    "allegretto": 112,
    "vivacissimo": 172,
    "vivace": 160,
    "allegrissimo": 172,
    "allegro": 132,
    "prestissimo": 200,
    "presto": 184,
    "slowly": 60,
    "slow": 60,
    "moderately": 108,
    "fast": 140,
    "lively": 132,
    "quick": 140,
}


def quarters_a_minute(tempo: Tempo | None, meter: Meter) -> Fraction | None:
    """What a Q: field says; None where its words tell nothing."""
    if tempo is None:
        return None
    if tempo.qpm is not None:
        return tempo.qpm
    for word in re.findall(r"[a-z]+", tempo.text.lower()):
        if word in _WORDS:
            return _WORDS[word] * (Fraction(3, 2) if meter.compound else Fraction(1))
    return None


def tempo_changes(line: Timeline) -> tuple[Fraction, list[tuple[int, Fraction]]]:
    """The tempo at the start, and the changes by tick as written, of all voices."""
    start = quarters_a_minute(line.tempo, line.meter) or DEFAULT_QPM
    found: list[tuple[int, Fraction]] = []
    for voice in line.voices:
        for mark in voice.marks:
            element = line.tune.elements[mark.element]
            if mark.text == "Q" and isinstance(element, Field):
                tempo = parse_tempo(element.value, Fraction(*line.unit))
                speed = quarters_a_minute(tempo, line.meter)
                if speed is not None:
                    found.append((int(mark.onset), speed))
    return start, found
