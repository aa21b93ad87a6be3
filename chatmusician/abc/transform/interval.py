"""Diatonic intervals: how letters and accidentals move when music is transposed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from chatmusician.abc.fields import Key
from chatmusician.music.keys import key_fifths, signature
from chatmusician.music.pitch import STEP_LETTERS, STEP_SEMITONES
from chatmusician.music.spelling import spell

# Steps by which letters move, by semitones, where no key decides.
_USUAL_STEPS: Final = (0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6)
_ROOT: Final = re.compile(r"([A-G])([#b\u266f\u266d]?)")
# What may follow the root of a chord symbol: anything else is a text such as "Fine".
_QUALITY: Final = re.compile(
    r"(?:maj|min|dim|aug|sus|add|alt|omit|no|ma|mi|m|M|o|[-+0-9#b\u266f\u266d°øØΔ(),^*\s])*"
)
_SIGN: Final = {-2: "bb", -1: "b", 0: "", 1: "#", 2: "##"}
_VALUE: Final = {"": 0, "#": 1, "b": -1, "\u266f": 1, "\u266d": -1}


@dataclass(frozen=True)
class Interval:
    """``steps`` letters and ``semitones`` up (down where negative)."""

    steps: int
    semitones: int

    def move(self, step: int, octave: int, alter: int) -> tuple[int, int, int]:
        """(step, octave, alter) of a note moved; respelled beyond double accidentals."""
        total = step + 7 * octave + self.steps
        to_octave, to_step = divmod(total, 7)
        pitch = 60 + 12 * octave + STEP_SEMITONES[step] + alter + self.semitones
        changed = pitch - 60 - 12 * to_octave - STEP_SEMITONES[to_step]
        if abs(changed) <= 2:
            return to_step, to_octave, changed
        to_step, changed, to_octave = spell(pitch, (0,) * 7, 0)
        return to_step, to_octave, changed

    def tonic(self, tonic: str) -> str:
        """A tonic or root such as ``Bb`` moved."""
        step, _, alter = self.move(STEP_LETTERS.index(tonic[0]), 0, _VALUE[tonic[1:]])
        if abs(alter) > 1:
            pitch = 60 + STEP_SEMITONES[step] + alter
            step, alter, _ = spell(pitch, (0,) * 7, 0)
        return STEP_LETTERS[step] + _SIGN[alter]

    def key(self, key: Key) -> Key:
        """A key moved: its tonic, mode and explicit accidentals."""
        if key.mode in ("HP", "Hp"):
            key = Key("A", "mixolydian", signature(2))
        if not key.tonic and not key.explicit:
            return key
        tonic = self.tonic(key.tonic) if key.tonic else ""
        base = signature(key_fifths(tonic, key.mode)) if key.mode != "exp" else (0,) * 7
        steps = list(base)
        explicit: list[tuple[int, int]] = []
        for step, alter in key.explicit:
            to_step, _, changed = self.move(step, 0, alter)
            steps[to_step] = changed
            explicit.append((to_step, changed))
        return Key(tonic, key.mode, tuple(steps), tuple(explicit), key.properties)

    def symbol(self, text: str) -> str:
        """A chord symbol with its root and its bass moved; other text stays."""
        found = _ROOT.match(text)
        head, slash, bass = text.partition("/")
        if not found or not _QUALITY.fullmatch(head, found.end()):
            return text
        moved = self.tonic(found[1] + found[2]) + head[found.end() :]
        low = _ROOT.fullmatch(bass)
        return moved + slash + (self.tonic(bass) if low else bass)


def interval_for(key: Key, semitones: int) -> Interval:
    """The interval by which a key goes to the nearest one with the fewest accidentals."""
    if not key.tonic:
        octaves, rest = divmod(semitones, 12)
        return Interval(7 * octaves + _USUAL_STEPS[rest], semitones)
    usual = _USUAL_STEPS[semitones % 12] + 7 * (semitones // 12)
    options = [Interval(usual + change, semitones) for change in (0, 1, -1)]
    return min(options, key=lambda option: _cost(option, key, usual))


def _cost(option: Interval, key: Key, usual: int) -> tuple[int, int]:
    """Accidentals in the signature; between six sharps and six flats the usual steps."""
    step = STEP_LETTERS.index(key.tonic[0])
    to_step, _, alter = option.move(step, 0, _VALUE[key.tonic[1:]])
    if abs(alter) > 1 or to_step != (step + option.steps) % 7:
        return 99, 0
    written = STEP_LETTERS[to_step] + _SIGN[alter]
    return abs(key_fifths(written, key.mode)), abs(option.steps - usual)


def interval_to(key: Key, tonic: str) -> Interval:
    """The shortest interval from a key's tonic to another, as it is spelled."""
    step, to_step = STEP_LETTERS.index(key.tonic[0]), STEP_LETTERS.index(tonic[0])
    alter, to_alter = _VALUE[key.tonic[1:]], _VALUE[tonic[1:]]
    rise = STEP_SEMITONES[to_step] + to_alter - STEP_SEMITONES[step] - alter
    octaves = -((rise + 5) // 12)
    return Interval(to_step - step + 7 * octaves, rise + 12 * octaves)
