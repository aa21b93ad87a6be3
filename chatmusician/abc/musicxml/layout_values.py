"""Note values: which type and dots hold a length, where to cut one that none holds; beams."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import gcd
from typing import Final

from chatmusician.abc.musicxml.layout import Sounding
from chatmusician.music.durations import NOTE_TYPES, NOTE_VALUES

# Lengths are counted in 1024th notes, the shortest MusicXML has a name for.
SHORTEST: Final = 1024
_QUARTER: Final = 256
_EIGHTH: Final = 128
_LARGEST_ODD: Final = 63
_MOST_PIECES: Final = 64


@dataclass(frozen=True, slots=True)
class Value:
    """A written value: its type, dots, and length in 1024ths."""

    type: str
    dots: int
    size: int

    @property
    def flags(self) -> int:
        """How many beams it takes; 0 from the quarter up."""
        return max(0, 8 - NOTE_TYPES.index(self.type)) if self.type else 0


def _values() -> dict[int, Value]:
    sizes = {value: int(length * SHORTEST) for value, length in NOTE_VALUES.items()}
    return {size: Value(type, dots, size) for (type, dots), size in sizes.items()}


VALUES: Final = _values()
NO_VALUE: Final = Value("", 0, 0)


@lru_cache(maxsize=4096)
def cut(size: int, offset: int, beat: int) -> tuple[Value, ...]:
    """``size`` 1024ths that begin ``offset`` into the bar, as values to tie together.

    Two values that meet on a beat if there are such, those with the fewest dots.
    """
    if size in VALUES:
        return (VALUES[size],)
    points = range(beat - offset % beat, size, beat) if beat else ()
    pairs = [
        (VALUES[point], VALUES[size - point])
        for point in points
        if point in VALUES and size - point in VALUES
    ]
    if pairs:
        return min(reversed(pairs), key=lambda pair: pair[0].dots + pair[1].dots)
    found: list[Value] = []
    while size and len(found) < _MOST_PIECES:
        piece = max(value for value in VALUES if value <= size and VALUES[value].dots < 2)
        found.append(VALUES[piece])
        size -= piece
    return tuple(found)


@dataclass(slots=True)
class Piece:
    """One written note of a sounding: its value, its share of the ticks, its beams."""

    sounding: Sounding
    value: Value
    ticks: int
    ratio: tuple[int, int]
    first: bool
    last: bool
    beams: tuple[str, ...] = ()


def pieces(sounding: Sounding, bar_start: int, resolution: int, beat: int) -> list[Piece]:
    """The written notes that make up a sounding: one where a single value holds it."""
    unit = resolution // SHORTEST
    p, q = sounding.ratio
    plain = sounding.plain
    if plain % unit:
        odd = resolution // gcd(plain, resolution)
        while odd % 2 == 0:
            odd //= 2
        times = 1 << odd.bit_length() - 1
        if odd > _LARGEST_ODD or plain * odd % (times * unit):
            return [Piece(sounding, NO_VALUE, sounding.ticks, (1, 1), True, True)]
        plain, p, q = plain * odd // times, p * odd, q * times
    offset = (sounding.onset - bar_start) // unit
    values = cut(plain // unit, offset, beat)
    if any(value.size * unit * q % p for value in values):
        return [Piece(sounding, NO_VALUE, sounding.ticks, (1, 1), True, True)]
    common = gcd(p, q) if (p, q) != sounding.ratio else 1
    ratio = p // common, q // common
    last = len(values) - 1
    return [
        Piece(sounding, value, value.size * unit * q // p, ratio, at == 0, at == last)
        for at, value in enumerate(values)
    ]


def mark_tuplets(layer: list[Piece]) -> None:
    """Bracket lengths such as ``A/3`` that only a tuplet can write, where they add up."""
    at = 0
    while at < len(layer):
        piece = layer[at]
        if piece.ratio == (1, 1) or piece.ratio == piece.sounding.ratio:
            at += 1
            continue
        stop = _group_end(layer, at)
        if stop:
            piece.sounding.tuplet_on = True
            layer[stop - 1].sounding.tuplet_off = True
        at = max(stop, at + 1)


def _group_end(layer: list[Piece], at: int) -> int:
    """Where the pieces from ``at`` fill a whole number of the tuplet's value; 0 if never."""
    p, _ = layer[at].ratio
    size = smallest = 0
    for stop in range(at, len(layer)):
        piece = layer[stop]
        if piece.ratio != layer[at].ratio or piece.sounding.ratio != (1, 1):
            return 0
        size += piece.value.size
        smallest = gcd(smallest, piece.value.size)
        if size % (p * smallest) == 0:
            return stop + 1
    return 0


def beam(layer: list[Piece], resolution: int) -> None:
    """Give beams to the pieces that ABC writes without a space between them."""
    group: list[Piece] = []
    for piece in layer:
        if group and piece.first and piece.sounding.spaced:
            _beam_group(group, resolution)
            group = []
        if piece.value.flags:
            group.append(piece)
        else:
            _beam_group(group, resolution)
            group = []
    _beam_group(group, resolution)


def _beam_group(group: list[Piece], resolution: int) -> None:
    while group and not group[0].sounding.heads:
        group = group[1:]
    while group and not group[-1].sounding.heads:
        group = group[:-1]
    notes = [piece for piece in group if piece.sounding.heads]
    if len(notes) < 2:
        return
    flags = [piece.value.flags for piece in notes]
    for at, piece in enumerate(notes):
        before = flags[at - 1] if at else 0
        after = flags[at + 1] if at + 1 < len(notes) else 0
        piece.beams = tuple(
            _beam(level, before, after, at, piece, resolution) for level in range(1, flags[at] + 1)
        )


def _beam(level: int, before: int, after: int, at: int, piece: Piece, resolution: int) -> str:
    if before >= level and after >= level:
        return "continue"
    if after >= level:
        return "begin"
    if before >= level:
        return "end"
    if not before:
        return "forward hook"
    if not after:
        return "backward hook"
    # A short note alone between longer ones leans to those it makes a beat with.
    return "backward hook" if piece.sounding.onset * 8 % resolution else "forward hook"


def grace_value(plain: int, count: int, resolution: int, pipes: bool) -> Value:
    """Grace notes look like eighths alone, sixteenths together, 32nds for the pipes."""
    base = _EIGHTH // 4 if pipes else _EIGHTH if count == 1 else _EIGHTH // 2
    size = max(1, base * plain // resolution)
    return VALUES[max(value for value in VALUES if value <= size)]
