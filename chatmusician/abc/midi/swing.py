"""Swing: pairs of eighths that the rhythm of a dance plays long and short."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from chatmusician.abc.midi.expression import lead_in
from chatmusician.abc.midi.unroll import Piece
from chatmusician.abc.timing import Timeline, VoiceLine

# Where the second note of a pair begins, as a share of the beat.
_RHYTHMS: Final = {
    "hornpipe": Fraction(2, 3),
    "schottische": Fraction(2, 3),
    "schottis": Fraction(2, 3),
    "barndance": Fraction(2, 3),
    "barn dance": Fraction(2, 3),
    "strathspey": Fraction(3, 4),
}
_USUAL: Final = Fraction(2, 3)


def swing_share(line: Timeline, wanted: bool | None) -> Fraction | None:
    """Where the second of two eighths goes, or None for even eighths."""
    if wanted is False or line.meter.compound or line.meter.den not in (2, 4):
        return None
    rhythm = " ".join(field.value for field in line.tune.fields("R")).lower()
    found = next((share for word, share in _RHYTHMS.items() if word in rhythm), None)
    return found or (_USUAL if wanted else None)


def swing(line: Timeline, voice: VoiceLine, share: Fraction, by_measure: list[list[Piece]]) -> None:
    """Move the middles of the beats of one voice, in place.

    Only beats of two notes move: even pairs, and dotted ones, which are played alike.
    """
    beat = line.resolution // 4
    moved: dict[int, int] = {}
    for index, measure in enumerate(voice.measures):
        origin = int(measure.start) - lead_in(measure, index)
        inside: dict[int, list[int]] = {}
        for start, _, _, _ in by_measure[index]:
            number, place = divmod(start - origin, beat)
            if place:
                inside.setdefault(number, []).append(place)
        for number, places in inside.items():
            target = _target(set(places), beat, share)
            if target:
                moved[origin + number * beat + places[0]] = origin + number * beat + target
    if moved:
        for pieces in by_measure:
            pieces[:] = [(moved.get(s, s), moved.get(e, e), p, v) for s, e, p, v in pieces]


def _target(places: set[int], beat: int, share: Fraction) -> int:
    if places in ({beat // 2}, {beat * 3 // 4}):
        return int(beat * share)
    return int(beat * (1 - share)) if places == {beat // 4} else 0
