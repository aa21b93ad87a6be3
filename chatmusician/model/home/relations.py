"""How a tune is built: which bars copy, vary or shift earlier ones, where parts lie and rhyme.

Bars are numbered along the path of the last pass (first endings are left out of it). The
relation of a bar to the bar ``k`` before it is

- ``=k`` a copy: the same pitches at the same times (ornaments, lower notes of stops and ties
  may differ);
- ``vk`` a variant: no copy, and for at least half of the bar's time the same pitch sounds;
- ``sk`` a sequence: the same lengths, three notes or more, every pitch moved by the same
  number of steps;
- ``n`` new: none of these, for no ``k`` in ``DISTANCES``.

Copies go before variants, variants before sequences. Within a kind the distance of the bar
before is taken where it fits, or else the first of ``DISTANCES`` that does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from statistics import median_low
from typing import Final

from chatmusician.model.home.tune import TONICS, HomePart, HomeTune, sound, timed

Words = tuple[str, ...]
DISTANCES: Final = (4, 8, 2, 1, 16, 12, 3, 6, 24)
NEW: Final = "n"
KINDS: Final = ("=", "v", "s")


@dataclass(frozen=True)
class PartTraits:
    """``register``: ``low``, ``mid`` or ``high``, against the tonic for the first part (median
    under 3, 3 to 4, from 5 steps above it), against the first part for others (two steps or
    more). ``climax``: the quarter of the part (1 to 4) where its highest note first comes.
    ``opening``: of the first part, whether its first two bars come again in its middle
    (``answer``) or not (``through``); of others, whether they recall those of the first part
    (``recall``, ``new``). ``rhymes``: the last two bars vary or copy those of the part before.
    """

    register: str
    climax: int
    opening: str
    rhymes: bool


@lru_cache(maxsize=65536)
def core(words: Words) -> tuple[tuple[str, Fraction], ...]:
    """Pitches and times of a bar: accidental and letter without length; ``z`` for rests."""
    result = []
    for word, time in timed(words):
        meaning = sound(word)
        assert meaning is not None
        pitch = "z" if meaning.is_rest else f"{meaning.accidental}{meaning.step}"
        result.append((pitch, time))
    return tuple(result)


@lru_cache(maxsize=262144)
def kind_of(words: Words, before: Words) -> str:
    """``=``, ``v``, ``s`` or nothing: the relation of a bar to an earlier one."""
    one, two = core(words), core(before)
    if one == two:
        return "="
    if 2 * _agreement(one, two) >= sum((time for _, time in one), Fraction(0)) > 0:
        return "v"
    return "s" if _is_shifted(words, before) else ""


def _agreement(
    one: Sequence[tuple[str, Fraction]], two: Sequence[tuple[str, Fraction]]
) -> Fraction:
    """The time for which both bars sound the same pitch."""
    total, a, b = Fraction(0), 0, 0
    end_a = one[0][1] if one else Fraction(0)
    end_b = two[0][1] if two else Fraction(0)
    at = Fraction(0)
    while a < len(one) and b < len(two):
        upto = min(end_a, end_b)
        if one[a][0] == two[b][0]:
            total += upto - at
        at = upto
        if end_a == at:
            a += 1
            end_a += one[a][1] if a < len(one) else 0
        if end_b == at:
            b += 1
            end_b += two[b][1] if b < len(two) else 0
    return total


def _is_shifted(words: Words, before: Words) -> bool:
    one = [(sound(word), time) for word, time in timed(words)]
    two = [(sound(word), time) for word, time in timed(before)]
    if len(one) != len(two) or len(one) < 3 or [t for _, t in one] != [t for _, t in two]:
        return False
    moves = {
        (x.step - y.step, x.is_rest or y.is_rest)
        for (x, _), (y, _) in zip(one, two, strict=False)
        if x and y
    }
    return len(moves) == 1 and not any(rest for _, rest in moves)


def relation(words: Words, path: Sequence[Words], last: int = 0, same_place: Words = ()) -> str:
    """The relation tag of a bar to those before it on the path; ``last`` is the distance of
    the tag before. ``same_place`` is the bar of the first ending that a bar of the second one
    replaces (distance 0)."""
    order = ([last] if last else []) + [k for k in DISTANCES if k != last]
    for kind in KINDS:
        if same_place and kind_of(words, same_place) == kind:
            return f"{kind}0"
        for k in order:
            if k <= len(path) and kind_of(words, path[-k]) == kind:
                return f"{kind}{k}"
    return NEW


def relations(tune: HomeTune) -> list[tuple[list[str], list[str], list[str]]]:
    """For each part the tags of its bars, of its first ending and of its second ending."""
    path: list[Words] = []
    result = []
    last = 0
    for part in tune.parts:
        groups: tuple[list[str], list[str], list[str]] = ([], [], [])
        for words in part.bars:
            groups[0].append(relation(words, path, last))
            last = _distance(groups[0][-1], last)
            path.append(words)
        inside = list(path)
        for words in part.first:
            groups[1].append(relation(words, inside, last))
            inside.append(words)
        for at, words in enumerate(part.second):
            groups[2].append(relation(words, path, last, part.first[at]))
            path.append(words)
        result.append(groups)
    return result


def _distance(tag: str, last: int) -> int:
    return int(tag[1:]) if len(tag) > 1 else last


def traits(tune: HomeTune) -> list[PartTraits]:
    """What the plan says about each part."""
    first = tune.parts[0]
    tonic = "CD".index(TONICS[tune.mode])
    middle = _median(first)
    result = []
    for number, part in enumerate(tune.parts):
        if number:
            register = _register(_median(part) - middle, -2, 2)
            opening = "recall" if _recalls(part, first) else "new"
            rhymes = _rhymes(part, tune.parts[number - 1])
        else:
            register = _register(middle - tonic, 2, 5)
            opening = "answer" if _answers(part) else "through"
            rhymes = False
        result.append(PartTraits(register, _climax(part), opening, rhymes))
    return result


def closes(tune: HomeTune) -> tuple[str, bool]:
    """Which parts end on the tonic (``all``, ``last``, ``none``), and whether the last note
    is held for two eighths or more."""
    tonic = "CD".index(TONICS[tune.mode])
    ends = [_last_note(part) for part in tune.parts]
    home = [pitch.lstrip("-").isdigit() and int(pitch) % 7 == tonic for pitch, _ in ends]
    which = "all" if all(home) else "last" if home[-1] else "none"
    return which, ends[-1][1] >= 2


def _last_note(part: HomePart) -> tuple[str, Fraction]:
    for words in reversed(part.path):
        notes = [note for note in core(words) if note[0] != "z"]
        if notes:
            return notes[-1]
    return "z", Fraction(0)


def _steps(bars: Sequence[Words]) -> list[int]:
    sounds = [sound(word) for words in bars for word in words]
    return [s.step for s in sounds if s and not s.is_rest and not s.lower]


def _median(part: HomePart) -> int:
    return median_low(_steps(part.path) or [0])


def _register(difference: int, low: int, high: int) -> str:
    return "low" if difference <= low else "high" if difference >= high else "mid"


def _climax(part: HomePart) -> int:
    tops = [max(_steps([words]), default=-99) for words in part.path]
    return 1 + tops.index(max(tops)) * 4 // len(tops)


def _recalls(part: HomePart, first: HomePart) -> bool:
    pairs = zip(part.path[:2], first.path[:2], strict=False)
    return all(kind_of(words, before) in ("=", "v") for words, before in pairs)


def _answers(part: HomePart) -> bool:
    half = len(part.path) // 2
    pairs = zip(part.path[half : half + 2], part.path[: min(2, half)], strict=False)
    return half > 1 and all(kind_of(words, before) in ("=", "v") for words, before in pairs)


def _rhymes(part: HomePart, before: HomePart) -> bool:
    pairs = list(zip(part.path[-2:], before.path[-2:], strict=False))
    return len(pairs) == 2 and all(kind_of(a, b) in ("=", "v") for a, b in pairs)
