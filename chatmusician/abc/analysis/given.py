"""Whether a tune keeps what it was given: begun with it, filled in, harmonised, or varied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Final

from chatmusician.abc.analysis.melody import Bar, melody
from chatmusician.abc.timing import Timeline
from chatmusician.abc.tune import Rest

Heard = list[tuple[Fraction, Fraction, int]]
_CHORDED: Final = 0.5


def heard(bars: Sequence[Bar]) -> Heard:
    """Onset, length and pitch of the notes, no longer than to the end of their bar.

    A tie into a bar that was left out ends at the bar line, and is no other note for that.
    """
    return [
        (note.onset, min(note.duration, bar.length - note.onset), note.pitch)
        for bar in bars
        for note in bar.notes
    ]


def _continued(line: Timeline, given: Timeline) -> bool:
    """It begins with the given notes and has more bars."""
    bars, theirs = melody(line), melody(given)
    begun = heard(theirs)
    return heard(bars)[: len(begun)] == begun and len(bars) > len(theirs)


def _filled(line: Timeline, given: Timeline) -> bool:
    """The bars that had no rest ``x`` have the same notes, and in the others something sounds.

    A note given at the beginning of a bar may be tied to one that was filled in before it.
    """
    bars, theirs = melody(line), melody(given)
    if len(bars) != len(theirs):
        return False
    blanks = _blanks(given)
    held = Fraction(0)
    blank = False
    for ours, asked in zip(bars, theirs, strict=True):
        mine, wanted = heard([ours]), heard([asked])
        if blank and held > 0:
            wanted = [note for note in wanted if note[0] > 0]
        blank = asked.index in blanks and not asked.notes
        if mine != wanted if not blank else not mine and held <= 0:
            return False
        ends = [note.onset + note.duration for note in ours.notes]
        held = max([held, *ends]) - ours.length
    return True


def _blanks(line: Timeline) -> set[int]:
    """The bars of the first voice that hold a rest ``x``, by their numbers."""
    rests = [e.start for e in line.tune.elements if isinstance(e, Rest) and e.letter == "x"]
    measures = line.voices[0].measures if line.voices else []
    return {at for at, m in enumerate(measures) if any(m.first <= r < m.last for r in rests)}


def _harmonised(line: Timeline, given: Timeline) -> bool:
    """The same notes, with chord symbols in half of the bars at least."""
    bars = melody(line)
    chorded = {int(m.measure) for voice in line.voices for m in voice.chord_symbols}
    enough = len(chorded) >= _CHORDED * len(bars)
    return enough and heard(bars) == heard(melody(given))


def _varied(line: Timeline, given: Timeline) -> bool:
    """Not the same notes."""
    return heard(melody(line)) != heard(melody(given))


# By task: whether the tune keeps what was asked of the given one.
KEPT_BY: Final[dict[str, Callable[[Timeline, Timeline], bool]]] = {
    "continue": _continued,
    "infill": _filled,
    "harmonise": _harmonised,
    "variation": _varied,
}
