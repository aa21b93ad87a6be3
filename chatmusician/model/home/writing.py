"""From the home form of a tune back to ABC, in the key and octave that are asked for."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from chatmusician import abc
from chatmusician.abc.fields import parse_key
from chatmusician.model.home.tune import (
    ORNAMENTS,
    TONICS,
    TUPLETS,
    HomePart,
    HomeTune,
    Sound,
    pitch_text,
    sound,
    timed,
)

_MODES: Final = {
    "major": "",
    "minor": "m",
    "dorian": "dor",
    "phrygian": "phr",
    "lydian": "lyd",
    "mixolydian": "mix",
}
_SIGNS: Final = ("_", "=", "^")
# Eighths that a beam joins; other meters by threes (eighths below) or twos.
_BEAMS: Final = {"4/4": 4, "2/4": 2, "3/4": 2, "3/2": 4}


def key_name(mode: str, tonic: str = "") -> str:
    """``D`` and ``Edor``: the text of ``K:``; without a tonic that of the home key."""
    return (tonic or TONICS[mode]) + _MODES[mode]


def abc_text(
    tune: HomeTune, *, tonic: str = "", octaves: int = 0, title: str = "", number: int = 1
) -> str:
    """The tune as ABC. ``tonic`` (``"Bb"``) moves it from the home key by the shortest way,
    ``octaves`` then by octaves."""
    fields = [f"X:{number}", *([f"T:{title}"] if title else [])]
    fields += [f"R:{tune.rhythm}"] if tune.rhythm else []
    fields += [f"M:{tune.meter}", "L:1/8", f"K:{key_name(tune.mode)}"]
    text = "\n".join([*fields, *_lines(tune)]) + "\n"
    if not tonic and not octaves:
        return text
    moved = abc.read(text).tunes[0]
    if tonic and tonic != TONICS[tune.mode]:
        moved = abc.transpose_to(moved, tonic)
    return abc.transpose(moved, 12 * octaves).text if octaves else moved.text


def _lines(tune: HomeTune, per_line: int = 4) -> list[str]:
    """Lines of four bars; each part begins a line."""
    return [
        line
        for number, part in enumerate(tune.parts)
        for line in _part_lines(tune, part, number == len(tune.parts) - 1, per_line)
    ]


def _part_lines(tune: HomeTune, part: HomePart, last: bool, per_line: int) -> list[str]:
    signature = parse_key(key_name(tune.mode)).accidentals
    end = "|]" if last else "||"

    def text(words: tuple[str, ...]) -> str:
        return bar_text(words, tune.meter, signature)

    bars = [text(words) + " |" for words in part.bars]
    if part.second:
        first = [text(words) + " |" for words in part.first]
        second = [text(words) + " |" for words in part.second]
        first = ["[1 " + first[0], *first[1:]]
        second = ["[2 " + second[0], *second[1:]]
        first[-1] = first[-1][:-1] + ":|"
        second[-1] = second[-1][:-1] + end
        bars += first + second
    else:
        bars[-1] = bars[-1][:-1] + (":|" if part.repeated else end)
    head = "|: " if part.repeated else ""
    head += text(part.pickup) + " | " if part.pickup else ""
    lines = [" ".join(bars[at : at + per_line]) for at in range(0, len(bars), per_line)]
    lines[0] = head + lines[0]
    return lines


def bar_text(words: tuple[str, ...], meter: str, signature: tuple[int, ...]) -> str:
    """The words of a bar as ABC: accidentals that hold until the bar line are written as far
    as they are needed, and notes of one beam stand together."""
    group = _BEAMS.get(meter, 3 if meter.endswith("/8") else 2)
    held: dict[int, set[int]] = {}
    result, at, times, before = "", Fraction(0), iter(timed(words)), Fraction(0)
    for number, word in enumerate(words):
        meaning = sound(word)
        if meaning is None:
            result += _space(result, at, group) + word
            continue
        opened = number > 0 and words[number - 1].endswith("+")
        head, tail = _written(word, meaning, signature, held)
        space = "" if opened else _space(result, at, group)
        if meaning.lower:
            result += space + "[" + head
            continue
        _, length = next(times)
        if not space and not opened and min(length, before) >= 2 and not _joins(result):
            space = " "  # no beam joins them, so they are easier to read apart
        result += space + head + ("]" if opened else "") + tail
        at, before = at + length, length
    return result


def _space(before: str, at: Fraction, group: int) -> str:
    return "" if not before or at % group or _joins(before) else " "


def _joins(before: str) -> bool:
    """Whether the text ends with a sign that belongs to the note after it."""
    return before.endswith((*TUPLETS, *ORNAMENTS, "["))


def _written(
    word: str, meaning: Sound, signature: tuple[int, ...], held: dict[int, set[int]]
) -> tuple[str, str]:
    """The pitch as ABC writes it at this place of the bar, and the length and tie."""
    if meaning.is_rest:
        return "z", word[1:]
    usual = signature[meaning.step % 7]
    alter = _alter(meaning.accidental, usual)
    before = held.setdefault(meaning.step % 7, {usual})
    sign = meaning.accidental
    if not sign and before != {usual}:
        sign = _SIGNS[usual + 1]
    before.add(alter)
    pitch = pitch_text(meaning.step)
    tail = "" if meaning.lower else word[len(meaning.accidental) + len(pitch) :]
    return sign + pitch, tail


def _alter(accidental: str, usual: int) -> int:
    return {"__": -2, "_": -1, "=": 0, "^": 1, "^^": 2}.get(accidental, usual)
