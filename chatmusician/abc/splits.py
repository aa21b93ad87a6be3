"""Bars cut in pieces by line ends, as some models write them: ``CDE|`` and, below it, ``F|``.

Each piece has a bar line of its own, so the timeline has a measure for each. What belongs
together is decided here, once for the checks and the writers.
"""

from __future__ import annotations

from dataclasses import dataclass

from chatmusician.abc.timing import Measure, VoiceLine


@dataclass(frozen=True)
class Split:
    """The measures ``first`` to ``last`` of a voice (both included) are one bar in pieces."""

    first: int
    last: int


def split_bars(voices: list[VoiceLine], text: str) -> list[list[Split]]:
    """For each voice the bars that line ends cut in pieces, in order.

    The pieces add up to exactly one bar of the meter, nothing but a plain bar line and a line
    end is between two of them, and every voice that sounds then has the same pieces.

    Args:
        voices: all voices of a tune.
        text: the text of the tune.
    """
    sounding = [voice for voice in voices if voice.measures]
    lengths = {voice.id: {int(m.start): int(m.length) for m in voice.measures} for voice in voices}
    return [
        [
            split
            for split in _splits(voice.measures, text)
            if all(_has(lengths[other.id], other, voice, split) for other in sounding)
        ]
        for voice in voices
    ]


def _splits(measures: list[Measure], text: str) -> list[Split]:
    found: list[Split] = []
    at = 0
    while at < len(measures):
        last = _last_piece(measures, at, text)
        if last > at:
            found.append(Split(at, last))
        at = last + 1
    return found


def _last_piece(measures: list[Measure], first: int, text: str) -> int:
    """The index of the piece that completes the bar begun at ``first``; ``first`` if none does."""
    total, want = measures[first].length, measures[first].want
    if not 0 < total < want or measures[first].flawed:
        return first
    for at in range(first + 1, len(measures)):
        piece = measures[at]
        total += piece.length
        if piece.want != want or total > want or not _goes_on(measures[at - 1], piece, text):
            return first
        if total == want:
            return at
    return first


def _goes_on(before: Measure, piece: Measure, text: str) -> bool:
    """Whether only a plain bar line and a line end are between two measures."""
    marked = piece.section or piece.opens or piece.endings or piece.part
    ended = before.closes or before.double or not before.closed
    if marked or ended or piece.flawed or not piece.length:
        return False
    between = text[int(before.last) : int(piece.first)]
    return "\n" in between or "\r" in between


def _has(lengths: dict[int, int], other: VoiceLine, voice: VoiceLine, split: Split) -> bool:
    """Whether a voice has the same pieces at the same time, or has ended before."""
    pieces = voice.measures[split.first : split.last + 1]
    last = other.measures[-1]
    if pieces[0].start >= last.start + last.length:
        return True
    return all(lengths.get(int(piece.start)) == piece.length for piece in pieces)
