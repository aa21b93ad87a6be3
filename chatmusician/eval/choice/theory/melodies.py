"""Small tunes by chance: diatonic melodies in whole bars, as ABC."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random
from typing import Final

from chatmusician.eval.choice.theory.pitch import (
    Pitch,
    abc_key,
    abc_note,
    key_signs,
    moved,
    pitch,
)

# Bars in eighths, by the meter.
_PATTERNS: Final[dict[str, tuple[tuple[Fraction, ...], ...]]] = {
    meter: tuple(tuple(Fraction(length) for length in bar.split()) for bar in bars)
    for meter, bars in {
        "4/4": ("2 2 2 2", "4 2 2", "2 2 4", "3 1 2 2", "2 1 1 2 2", "1 1 1 1 4", "6 2"),
        "3/4": ("2 2 2", "4 2", "2 4", "3 1 2", "1 1 2 2", "2 1 1 2"),
        "2/4": ("2 2", "1 1 2", "2 1 1", "3 1", "1 1 1 1"),
        "6/8": ("3 3", "2 1 2 1", "1 1 1 3", "3 2 1", "1 1 1 1 1 1", "2 1 3"),
        "9/8": ("3 3 3", "2 1 2 1 3", "1 1 1 3 3", "3 2 1 3", "6 3"),
        "2/2": ("4 4", "4 2 2", "2 2 4", "2 2 2 2", "6 2"),
        "3/8": ("1 1 1", "2 1", "1 2", "3"),
        "12/8": ("3 3 3 3", "2 1 2 1 3 3", "6 3 3", "3 3 1 1 1 3"),
    }.items()
}
METERS: Final = tuple(_PATTERNS)


@dataclass(frozen=True)
class Tone:
    """`length` in eighths."""

    pitch: Pitch
    length: Fraction


@dataclass(frozen=True)
class Melody:
    """Bars of tones under a key and a meter; the unit length is an eighth."""

    tonic: str
    mode: str
    meter: str
    bars: tuple[tuple[Tone, ...], ...]

    @property
    def signs(self) -> tuple[int, ...]:
        return key_signs(self.tonic, self.mode)

    def head(self, *, meter: bool = True) -> str:
        shown = f"M:{self.meter}\n" if meter else ""
        return f"X:1\n{shown}L:1/8\nK:{abc_key(self.tonic, self.mode)}\n"

    def bar_texts(self) -> list[str]:
        return [bar_text(bar, self.signs) for bar in self.bars]

    def abc(self, *, meter: bool = True) -> str:
        return f"{self.head(meter=meter)}{' | '.join(self.bar_texts())} |]\n"

    def with_bar(self, at: int, bar: tuple[Tone, ...]) -> Melody:
        return replace(self, bars=(*self.bars[:at], bar, *self.bars[at + 1 :]))

    def moved(self, interval: str, ways: int, tonic: str) -> Melody:
        bars = tuple(
            tuple(replace(tone, pitch=moved(tone.pitch, interval, ways)) for tone in bar)
            for bar in self.bars
        )
        return replace(self, tonic=tonic, bars=bars)


def bar_text(bar: tuple[Tone, ...], signs: tuple[int, ...]) -> str:
    """The notes of a bar; an accidental holds to its end, so a changed letter is marked anew."""
    holding: dict[int, int] = {}
    words = []
    for tone in bar:
        now = list(signs)
        for step, alter in holding.items():
            if step == tone.pitch.step:
                now[step % 7] = alter
        if tone.pitch.alter != now[tone.pitch.step % 7]:
            holding[tone.pitch.step] = tone.pitch.alter
        words.append(abc_note(tone.pitch, tuple(now)) + length_text(tone.length))
    return " ".join(words)


def length_text(length: Fraction) -> str:
    top = "" if length.numerator == 1 and length.denominator > 1 else str(length.numerator)
    if length == 1:
        return ""
    return top if length.denominator == 1 else f"{top}/{length.denominator}"


def melody(
    random: Random,
    *,
    key: tuple[str, str],
    meter: str = "",
    bars: int = 4,
    final: bool = True,
) -> Melody:
    """A walk on the scale in steps and small leaps; ends on its tonic where `final`."""
    tonic, mode = key
    name = meter or random.choice(METERS)
    signs = key_signs(tonic, mode)
    home = pitch(tonic).step % 7
    step = home + random.choice((0, 2, 4))
    made = []
    for _ in range(bars):
        bar = []
        for length in random.choice(_PATTERNS[name]):
            bar.append(Tone(Pitch(step, signs[step % 7]), length))
            step = _walk(step, home, random)
        made.append(tuple(bar))
    if final:
        ends = min((home - 7, home, home + 7), key=lambda place: abs(place - step))
        last = replace(made[-1][-1], pitch=Pitch(ends, signs[ends % 7]))
        made[-1] = (*made[-1][:-1], last)
    return Melody(tonic, mode, name, tuple(made))


def _walk(step: int, home: int, random: Random) -> int:
    moved = step + random.choice((-3, -2, -1, -1, -1, 1, 1, 1, 2, 3, 4, -4))
    while moved > home + 8:
        moved -= random.choice((2, 5, 7))
    while moved < home - 4:
        moved += random.choice((2, 5, 7))
    return moved
