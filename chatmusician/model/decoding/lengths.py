"""Which note lengths fit: into what is left of a bar, of a tuplet, beside a broken rhythm.

Time is counted in whole ticks. Every length is a multiple of the grain, and so is every bar and
every tuplet as a whole; hence what is left of a bar can always be filled.
"""

from __future__ import annotations

from functools import lru_cache
from math import gcd
from typing import Final, NamedTuple

WHOLE: Final = 256
GRAIN: Final = 2
# By denominator: the largest numerator that may be written.
_NUMERATORS: Final = {1: 64, 2: 31, 4: 31, 8: 15, 16: 15}
_SLASHES: Final = {2: "/", 4: "//", 8: "///"}


class Tuplet(NamedTuple):
    """A tuplet under way: notes left, ticks written so far, p notes in the time of q, room."""

    left: int
    written: int
    p: int
    q: int
    room: int


@lru_cache(maxsize=64)
def spellings(unit: int) -> tuple[tuple[str, int], ...]:
    """Every length as it may be written after a note, with its ticks, longest first."""
    found: list[tuple[str, int]] = []
    for den, most in _NUMERATORS.items():
        for num in range(1, most + 1):
            if unit * num % (GRAIN * den) or gcd(num, den) > 1:
                continue
            head = str(num) if num > 1 else ""
            ticks = unit * num // den
            if den == 1:
                found.append((head, ticks))
                continue
            found.append((f"{head}/{den}", ticks))
            if den == 2:
                found.append((f"{head}/", ticks))
            elif num == 1 and den in _SLASHES:
                found.append((_SLASHES[den], ticks))
    return tuple(sorted(found, key=lambda pair: -pair[1]))


def grain(unit: int) -> int:
    """The shortest length that can be written; every bar and tuplet is a multiple of it."""
    return max(GRAIN, unit // 16)


def feasible(unit: int, left: int, written: int, p: int, q: int, room: int) -> bool:
    """Whether `left` more notes can complete the tuplet within `room` ticks, on the grain."""
    least = grain(unit)
    step = least * p // gcd(p, q)
    if left == 0:
        return written % step == 0 and written * q <= room * p
    total = -(-(written + left * least) // step) * step
    return total * q <= room * p


@lru_cache(maxsize=20_000)
def allowed(unit: int, room: int, tuplet: Tuplet | None, exact: int) -> dict[str, int]:
    """The beginnings of the lengths a note may have here, each with its ticks.

    -1 marks a beginning that is no length itself. `exact` is the one length that
    completes a broken rhythm, or 0.
    """
    table: dict[str, int] = {}
    for text, ticks in spellings(unit):
        if exact and ticks != exact:
            continue
        if tuplet is None:
            fits = ticks <= room
        else:
            left, written, p, q, space = tuplet
            fits = feasible(unit, left - 1, written + ticks, p, q, space)
        if fits:
            for end in range(len(text)):
                table.setdefault(text[:end], -1)
            table[text] = ticks
    return table


@lru_cache(maxsize=4096)
def longest(unit: int, room: int, tuplet: Tuplet | None, exact: int) -> str | None:
    """The length that ends soonest what is under way, briefly written."""
    table = allowed(unit, room, tuplet, exact)
    fitting = [(text, ticks) for text, ticks in table.items() if ticks > 0]
    if not fitting:
        return None
    if tuplet is not None and tuplet.left > 1:
        return min(fitting, key=lambda pair: (pair[1], len(pair[0])))[0]
    return max(fitting, key=lambda pair: (pair[1], -len(pair[0])))[0]
