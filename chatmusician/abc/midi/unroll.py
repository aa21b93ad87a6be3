"""From the time as written to the time as played: repeats, endings, parts."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from chatmusician.abc.playing import Played, runs
from chatmusician.abc.timing import VoiceLine

T = TypeVar("T")
# Start, end, pitch and velocity, as written, in ticks of the timeline or of the file.
Piece = tuple[int, int, int, int]


class Run(NamedTuple):
    """Neighbouring measures played one after the other, from tick ``start`` on.

    ``begin`` and ``end`` are ticks as written; ``jumps`` tells that playing does not go on
    to the measure written next.
    """

    first: int
    last: int
    begin: int
    end: int
    start: int
    jumps: bool

    def scaled(self, ticks: Callable[[int], int]) -> Run:
        """The same in other ticks."""
        begin, end, start = ticks(self.begin), ticks(self.end), ticks(self.start)
        return Run(self.first, self.last, begin, end, start, self.jumps)


def played_runs(voice: VoiceLine, played: Played) -> list[Run]:
    found = []
    measures = voice.measures
    for first, last, start in runs(played):
        begin = int(measures[first].start)
        end = int(measures[last].start + measures[last].length)
        found.append(Run(first, last, begin, end, start, last + 1 < len(measures)))
    return found


def played_length(found: list[Run]) -> int:
    return found[-1].start + found[-1].end - found[-1].begin if found else 0


def play(by_measure: list[list[Piece]], found: list[Run]) -> list[Piece]:
    """The pieces of each measure in the order in which they sound.

    A note tied over a jump is cut there; one tied into the place jumped to sounds from it on.
    """
    out: list[Piece] = []
    for run in found:
        begin, end = run.begin, run.end
        shift = run.start - begin
        last = end if run.jumps else 1 << 62
        for index in range(run.first, run.last + 1):
            for start, stop, pitch, velocity in by_measure[index]:
                if stop > last and start < end:
                    stop = end
                out.append((start + shift, stop + shift, pitch, velocity))
        if run.first:
            for _, stop, pitch, velocity in by_measure[run.first - 1]:
                if stop > begin:
                    out.append((run.start, min(stop, end) + shift, pitch, velocity))
    return out


def moments(found: list[Run], marks: list[tuple[int, T]]) -> list[tuple[int, T]]:
    """Marks with their times as written, each as often as it is passed. Sorted by time."""
    marks = sorted(marks, key=_time)
    times = [at for at, _ in marks]
    out = []
    for run in found:
        for at, value in marks[bisect_left(times, run.begin) : bisect_left(times, run.end)]:
            out.append((at + run.start - run.begin, value))
    return out


def states(found: list[Run], initial: T, changes: list[tuple[int, T]]) -> list[tuple[int, T]]:
    """Something that stays until it is changed (a tempo, a key), as it changes when played.

    A jump goes back to what holds where it lands in the score.
    """
    if not changes:
        return [(0, initial)]
    changes = sorted(changes, key=_time)
    times = [at for at, _ in changes]
    out: list[tuple[int, T]] = []
    for run in found:
        first = bisect_right(times, run.begin)
        state = changes[first - 1][1] if first else initial
        entries = [(run.begin, state), *changes[first : bisect_left(times, run.end)]]
        for at, value in entries:
            if not out or out[-1][1] != value:
                out.append((at + run.start - run.begin, value))
    return out or [(0, initial)]


def _time(mark: tuple[int, T]) -> int:
    return mark[0]
