"""Which samples share a row: best-fit decreasing over lengths, the same on every run."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence


def pack(lengths: Sequence[int], capacity: int) -> list[list[int]]:
    """Rows of sample numbers whose lengths add up to at most `capacity`."""
    order = sorted(range(len(lengths)), key=lambda number: (-lengths[number], number))
    rows: list[list[int]] = []
    waiting: dict[int, list[int]] = {}  # rows by the room they have left
    rooms: list[int] = []
    for number in order:
        length = lengths[number]
        at = bisect_left(rooms, length)
        if at == len(rooms):
            row, room = len(rows), capacity
            rows.append([])
        else:
            room = rooms[at]
            row = waiting[room].pop()
            if not waiting[room]:
                rooms.pop(at)
        rows[row].append(number)
        left = room - length
        if left:
            held = waiting.setdefault(left, [])
            if not held:
                insort(rooms, left)
            held.append(row)
    return rows


def fill_rate(lengths: Sequence[int], rows: int, capacity: int) -> float:
    return float(sum(lengths)) / (rows * capacity) if rows else 0.0
