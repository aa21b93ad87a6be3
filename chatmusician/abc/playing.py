"""The order in which measures sound: repeats, variant endings and P: parts.

What ABC 2.1 leaves open is decided in docs/abc.md.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from chatmusician.abc.timing import Measure, Timeline, Tone, VoiceLine

MOST_EVENTS: Final = 1_000_000
MOST_ENDINGS: Final = 20
_MOST_PARTS: Final = 500_000


class TooManyError(Exception):
    """The expansion would pass the limit; caught inside this module."""


@dataclass
class _Section:
    """Measures played together: a body and, after it, variant endings."""

    start: int
    plays: int = 1
    opened: bool = False
    closed: bool = False
    body_end: int = -1
    endings: list[tuple[tuple[int, ...], int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Played:
    """One voice in playing order: its measures by index, and where each begins."""

    measures: tuple[int, ...]
    starts: tuple[int, ...]


def sections(measures: list[Measure], first: int, last: int) -> list[_Section]:
    """Cut ``measures[first:last]`` where repeats begin and end."""
    found: list[_Section] = []
    current = _Section(first)
    for i in range(first, last):
        measure = measures[i]
        if (measure.opens and i > current.start) or _breaks(measure, current, i):
            found.append(_ended(current, i))
            current = _Section(i)
        if measure.opens:
            current.opened, current.plays = True, int(measure.opens) + 1
        if measure.endings:
            _open_ending(current, measure, i)
        following = measures[i + 1] if i + 1 < last else None
        if measure.closes:
            current.closed = True
            current.plays = max(current.plays, int(measure.closes) + 1)
            if following is None or not following.endings:
                found.append(_ended(current, i + 1))
                current = _Section(i + 1)
        elif current.endings and (
            following is None or (following.section and not following.endings)
        ):
            found.append(_ended(current, i + 1))
            current = _Section(i + 1)
    if current.start < last:
        found.append(_ended(current, last))
    return found


def _breaks(measure: Measure, current: _Section, i: int) -> bool:
    """Whether a double bar before ``measure`` ends a section no ``|:`` has opened."""
    return measure.section and i > current.start and not current.opened and not measure.endings


def _open_ending(current: _Section, measure: Measure, i: int) -> None:
    if current.body_end < 0:
        current.body_end = i
    elif current.endings:
        numbers, start, _ = current.endings[-1]
        current.endings[-1] = (numbers, start, i)
    current.endings.append((measure.endings, i, i))


def _ended(current: _Section, end: int) -> _Section:
    if current.endings:
        numbers, start, _ = current.endings[-1]
        current.endings[-1] = (numbers, start, end)
    else:
        current.body_end = end
    return current


def passes(section: _Section) -> list[int]:
    """The numbers of the times the body of a section is played.

    Numbers that no ending carries are not played, so a stray ``[62`` costs nothing.
    """
    if not section.closed and not section.endings:
        return [1]
    numbers = sorted({n for ending in section.endings for n in ending[0]})
    if numbers and numbers[-1] > 1:
        return numbers if len(numbers) > 1 else [1, *numbers]
    return list(range(1, max(section.plays, 2) + 1))


class _Player:
    """Collects measure indices up to the limit."""

    def __init__(self, measures: list[Measure], weights: list[int], limit: int) -> None:
        self.measures = measures
        self.weights = weights
        self.left = limit
        self.out: list[int] = []

    def play(self, first: int, last: int) -> None:
        for i in range(first, last):
            self.left -= self.weights[i] + 1
            if self.left < 0:
                raise TooManyError
            self.out.append(i)

    def play_range(self, first: int, last: int, only: int = 0) -> None:
        """Play a range; ``only`` restricts sections with endings to one pass."""
        for section in sections(self.measures, first, last):
            spans: dict[int, list[tuple[int, int]]] = {}
            for numbers, start, end in section.endings:
                for number in numbers:
                    spans.setdefault(number, []).append((start, end))
            for number in [only] if only and section.endings else passes(section):
                self.play(section.start, section.body_end)
                for start, end in spans.get(number, ()):
                    self.play(start, end)

    def play_parts(self, names: list[str], ranges: dict[str, tuple[int, int]]) -> None:
        """Play parts by name; each kind of play is worked out once."""
        plays = Counter(names)
        known: dict[tuple[str, int], tuple[list[int], int]] = {}
        number: dict[str, int] = {}
        for name in names:
            if name not in ranges:
                continue
            number[name] = number.get(name, 0) + 1
            chosen = _has_ending_per_play(self.measures, ranges[name], plays[name])
            key = (name, number[name] if chosen else 0)
            if key not in known:
                once = _Player(self.measures, self.weights, self.left)
                once.play_range(*ranges[name], key[1])
                known[key] = (once.out, self.left - once.left)
            order, cost = known[key]
            self.left -= cost
            if self.left < 0:
                raise TooManyError
            self.out.extend(order)


def part_order(value: str) -> list[str] | None:
    """``A(BC)2`` → A B C B C; None where it makes no sense.

    Raises ``TooManyError`` where it would grow beyond the limit.
    """
    stack: list[list[str]] = [[]]
    last: list[str] = []
    digits = ""
    for char in value + " ":
        if char.isdigit() and char.isascii():
            digits += char
            continue
        if digits:
            if not last:
                return None
            times = int(digits[:10])
            if len(last) * times > _MOST_PARTS:
                raise TooManyError
            stack[-1].extend(last * (times - 1))
            digits, last = "", []
        if char.isalpha():
            last = [char]
            stack[-1].append(char)
        elif char == "(":
            stack.append([])
            last = []
        elif char == ")":
            if len(stack) == 1:
                return None
            last = stack.pop()
            stack[-1].extend(last)
        elif char not in " .\t,":
            return None
        if len(stack) > 50 or len(stack[-1]) > _MOST_PARTS:
            raise TooManyError
    return stack[0] if len(stack) == 1 else None


def _part_ranges(measures: list[Measure]) -> dict[str, tuple[int, int]]:
    marks = [(i, m.part) for i, m in enumerate(measures) if m.part]
    ends = [*(i for i, _ in marks[1:]), len(measures)]
    ranges: dict[str, tuple[int, int]] = {}
    for (start, name), end in zip(marks, ends, strict=False):
        ranges.setdefault(name, (start, end))
    return ranges


def _voice_order(line: Timeline, voice: VoiceLine, limit: int) -> list[int]:
    measures = voice.measures
    player = _Player(measures, _weights(voice), limit)
    ranges = _part_ranges(_labelled(line, voice).measures)
    names = part_order(line.order) if line.order and ranges else None
    if not names:
        player.play_range(0, len(measures))
        return player.out
    player.play_range(0, min(start for start, _ in ranges.values()))
    player.play_parts(names, ranges)
    return player.out


def _labelled(line: Timeline, voice: VoiceLine) -> VoiceLine:
    """The voice whose P: labels count for ``voice``: the first with most, if bar by bar alike.

    P: stands once in the text and so in one voice, but means them all.
    """
    labels = [sum(1 for m in v.measures if m.part) for v in line.voices]
    best = line.voices[labels.index(max(labels))]
    return best if len(best.measures) == len(voice.measures) else voice


def _has_ending_per_play(measures: list[Measure], span: tuple[int, int], plays: int) -> bool:
    """Whether a part has as many endings as P: plays it: then each play takes one (4.10)."""
    if plays < 2 or plays > MOST_ENDINGS:
        return False
    numbers = [n for m in measures[span[0] : span[1]] for n in m.endings]
    return max(numbers, default=0) == plays


def _weights(voice: VoiceLine) -> list[int]:
    weights = [0] * len(voice.measures)
    for tone in voice.tones:
        weights[min(int(tone.measure), len(weights) - 1)] += 1
    return weights


def _is_marked(voice: VoiceLine) -> bool:
    return any(m.opens or m.closes or m.endings or m.part for m in voice.measures)


def playing_order(line: Timeline, limit: int = MOST_EVENTS) -> tuple[list[Played], bool]:
    """Each voice in playing order, and whether the limit was passed (then: as written).

    A voice without any mark of its own follows the first voice that has some.
    """
    leader = next((v for v in line.voices if _is_marked(v)), None)
    try:
        orders = [_order(line, v, leader, limit) for v in line.voices]
        return orders, False
    except TooManyError:
        plain = [_timed(v, list(range(len(v.measures)))) for v in line.voices]
        return plain, True


def _order(line: Timeline, voice: VoiceLine, leader: VoiceLine | None, limit: int) -> Played:
    follows = leader is not None and voice is not leader and not _is_marked(voice)
    if follows and leader is not None and len(leader.measures) == len(voice.measures):
        return _timed(voice, _voice_order(line, leader, limit))
    return _timed(voice, _voice_order(line, voice, limit))


def _timed(voice: VoiceLine, order: list[int]) -> Played:
    starts: list[int] = []
    now = 0
    for i in order:
        starts.append(now)
        now += int(voice.measures[i].length)
    return Played(tuple(order), tuple(starts))


def runs(played: Played) -> list[tuple[int, int, int]]:
    """The order as (first, last, start): stretches of neighbouring measures."""
    found: list[tuple[int, int, int]] = []
    for index, start in zip(played.measures, played.starts, strict=True):
        if found and found[-1][1] + 1 == index:
            found[-1] = (found[-1][0], index, found[-1][2])
        else:
            found.append((index, index, start))
    return found


def tones_by_measure(voice: VoiceLine) -> list[list[Tone]]:
    groups: list[list[Tone]] = [[] for _ in voice.measures]
    for tone in voice.tones:
        if tone.measure < len(groups):
            groups[tone.measure].append(tone)
    return groups
