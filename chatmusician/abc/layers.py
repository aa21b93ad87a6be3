"""Timed notes to layers of pieces: overlaps to further layers, notes cut at bar lines."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from fractions import Fraction

from chatmusician.abc.pieces import Head, Piece
from chatmusician.music.spelling import spell

# Onset, length, pitches.
Timed = tuple[Fraction, Fraction, tuple[int, ...]]
Span = tuple[Fraction, Fraction]


def layers(notes: list[Timed]) -> list[list[Timed]]:
    """Notes that overlap go to further layers, written with ``&``: each to the first free."""
    found: list[list[Timed]] = []
    busy: list[tuple[Fraction, int]] = []
    free: list[int] = []
    for note in sorted(notes, key=lambda n: (n[0], -n[1])):
        while busy and busy[0][0] <= note[0]:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if not free:
            free.append(len(found))
            found.append([])
        at = heapq.heappop(free)
        found[at].append(note)
        heapq.heappush(busy, (note[0] + note[1], at))
    return found


def by_bar(found: list[list[Timed]], bars: list[Span]) -> list[dict[int, list[Timed]]]:
    """For each bar the notes that sound in it, by layer; layer 0 is always there."""
    held: list[dict[int, list[Timed]]] = [{0: []} for _ in bars]
    starts = [start for start, _ in bars]
    for layer, notes in enumerate(found):
        for note in notes:
            at = max(0, bisect_right(starts, note[0]) - 1)
            while at < len(bars) and starts[at] < note[0] + note[1]:
                held[at].setdefault(layer, []).append(note)
                at += 1
    return held


def bar_pieces(
    notes: list[Timed], span: Span, hidden: bool, signature: tuple[int, ...], fifths: int
) -> list[Piece]:
    """A layer inside one bar: notes cut at its ends, gaps as rests, spelled by key."""
    start, end = span
    found: list[Piece] = []
    now = start
    for onset, length, pitches in notes:
        if onset >= end or onset + length <= start:
            continue
        begin, stop = max(onset, start), min(onset + length, end)
        if begin > now:
            found.append(Piece(now, begin - now, [], hidden=hidden))
        heads = [
            Head(*spell(pitch, signature, fifths), tied=onset + length > stop)
            for pitch in sorted(pitches)
        ]
        found.append(Piece(begin, stop - begin, heads, continues=onset < begin))
        now = stop
    if now < end:
        found.append(Piece(now, end - now, [], hidden=hidden))
    return found
