"""The parts of tunes that are written out without repeats, as MIDI files have them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Final

from chatmusician.model.home.reading import fold
from chatmusician.model.home.tune import HomePart, HomeTune, duration, sound, timed

# A part of dance music; longer ones without a sign are several.
_PART: Final = 8
_LONG: Final = 24


def in_parts(tune: HomeTune, always: frozenset[str] = frozenset({"ceol_rince"})) -> HomeTune:
    """Long parts without repeats as parts of eight bars, equal ones folded into repeats.

    Parts of 16 bars are split where the tune comes from a source in ``always``. A first bar
    that begins with a rest as long as half of it is a pickup.
    """
    least = 2 * _PART if tune.source in always else _LONG
    parts: list[HomePart] = []
    for part in tune.parts:
        opened = _with_pickup(part, tune.bar_length)
        parts += _split(opened, least)
    return replace(tune, parts=fold(_paired(parts)))


def _with_pickup(part: HomePart, full: Fraction) -> HomePart:
    if part.pickup or len(part.bars) < _PART:
        return part
    words = part.bars[0]
    rests = Fraction(0)
    at = 0
    for word, time in timed(words):
        meaning = sound(word)
        if meaning is None or not meaning.is_rest:
            break
        rests += time
        at += 1
    if 2 * rests < full or at == len(words):
        return part
    return replace(part, pickup=words[at:], bars=part.bars[1:])


def _split(part: HomePart, least: int) -> list[HomePart]:
    count = len(part.bars)
    if part.repeated or part.second or count < least or count % _PART > 2:
        return [part]
    whole = count - count % _PART
    starts = range(0, whole, _PART)
    pieces = [HomePart((), part.bars[at : at + _PART]) for at in starts]
    pieces[0] = replace(pieces[0], pickup=part.pickup)
    if whole < count:  # a last note in a bar of its own
        pieces[-1] = replace(pieces[-1], bars=part.bars[starts[-1] :])
    return pieces


def _paired(parts: list[HomePart]) -> tuple[HomePart, ...]:
    """Two parts in a row that are equal, but for their last one or two bars, as one."""
    result: list[HomePart] = []
    for part in parts:
        joined = _joined(result[-1], part) if result else None
        if joined is None:
            result.append(part)
        else:
            result[-1] = joined
    return tuple(result)


def _joined(one: HomePart, two: HomePart) -> HomePart | None:
    plain = not (one.repeated or two.repeated or one.second or two.second or two.pickup)
    if not plain or len(one.bars) != _PART or len(two.bars) != _PART:
        return None
    if duration(one.pickup):
        return None
    for tail in range(3):
        same = _PART - tail
        if one.bars[:same] == two.bars[:same]:
            ends = (one.bars[same:], two.bars[same:]) if tail else ((), ())
            return HomePart(one.pickup, one.bars[:same], True, *ends)
    return None
