"""Whether the bars of a score add up, worked out apart from ``check``."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from chatmusician import abc


def wrong_bars(text: str) -> list[str]:
    """What does not add up in the first tune of an ABC text, in words; nothing where all does.

    A bar is as long as its meter says. A shorter one is right as the pickup, at the very end,
    and where a repeat or an ending cuts a bar in two that add up (the next measure, or the
    section's own pickup, has the rest). All voices have bars of the same lengths.
    """
    book = abc.read(text)
    if not book.tunes:
        return ["no tune"]
    line = abc.timeline(book.tunes[0])
    found: list[str] = []
    shapes = []
    for number, voice in enumerate(line.voices, 1):
        lengths = [line.quarters(int(m.length)) for m in voice.measures]
        wants = [line.quarters(int(m.want)) for m in voice.measures]
        found += [f"voice {number}, {what}" for what in _wrong(lengths, wants)]
        shapes.append(lengths)
    if any(shape != shapes[0] for shape in shapes[1:]):
        found.append("the voices have bars of different lengths")
    return found


def _wrong(lengths: Sequence[Fraction], wants: Sequence[Fraction]) -> list[str]:
    found: list[str] = []
    pickup = lengths[0] if lengths and lengths[0] < wants[0] else Fraction(0)
    last = len(lengths) - 1
    at = 1 if pickup else 0
    while at <= last:
        length, want = lengths[at], wants[at]
        if length > want:
            found.append(f"bar {at + 1} holds {length} quarters of {want}")
        elif length < want and at < last:
            if lengths[at + 1] + length == want:
                at += 1
            elif length + pickup != want:
                found.append(f"bar {at + 1} holds {length} quarters of {want}")
        at += 1
    return found
