"""Tempo: quarter notes a minute, microseconds, and ticks to seconds.

Definitions
-----------
tempo map
    The tempos of a piece by tick, as a MIDI file holds them: microseconds in a quarter note, of
    which a file with ``division`` ticks in a quarter knows how long each tick lasts. Before the
    first tempo, and without any, a quarter lasts half a second (120 a minute), as the MIDI
    standard has it.

Departures
----------
Times are summed in whole ticks times microseconds and divided once, so that the end of a long
piece is as exact as its beginning; pretty_midi and mido add seconds up tempo by tempo and differ
by rounding.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from fractions import Fraction
from typing import Final

DEFAULT_QPM: Final = Fraction(120)
"""Quarter notes a minute where nothing is stated: the default of the MIDI standard."""
DEFAULT_TEMPO: Final = 500_000
"""The same in microseconds a quarter note."""
SLOWEST_TEMPO: Final = (1 << 24) - 1
"""The most microseconds a quarter that the three bytes of a MIDI file hold."""


class TempoMap:
    """Ticks to seconds.

    Parameters
    ----------
    division
        Ticks in a quarter note.
    tempos
        Pairs (tick, microseconds a quarter note) in any order; of several at one tick the
        last holds.

    >>> TempoMap(480, [(0, 500_000), (960, 1_000_000)]).seconds(1440)
    2.0
    """

    def __init__(self, division: float, tempos: Iterable[tuple[int, int]] = ()) -> None:
        self.division = division
        self._ticks = [0]
        # Ticks times microseconds from the beginning to each tempo.
        self._sums = [0]
        self._tempos = [DEFAULT_TEMPO]
        for tick, tempo in sorted(tempos, key=lambda pair: pair[0]):
            passed = (tick - self._ticks[-1]) * self._tempos[-1]
            self._ticks.append(tick)
            self._sums.append(self._sums[-1] + passed)
            self._tempos.append(tempo)

    def seconds(self, tick: float) -> float:
        """When a tick falls, in seconds from tick 0."""
        at = max(0, bisect_right(self._ticks, tick) - 1)
        total = self._sums[at] + (tick - self._ticks[at]) * self._tempos[at]
        return total / self.division / 1e6

    def at_quarters(self, quarters: Fraction) -> float:
        """When a place in quarter notes falls, in seconds."""
        return self.seconds(float(quarters * Fraction(self.division)))


def film_frames(division: int) -> TempoMap | None:
    """The tempo map of a file that counts film frames (SMPTE); None where it counts quarters.

    Parameters
    ----------
    division
        The division as the header has it: its highest bit set, then frames a second as a
        negative byte (29 means 29.97), then ticks in a frame.
    """
    if not division & 0x8000:
        return None
    frames = 256 - (division >> 8)
    rate = 29.97 if frames == 29 else float(frames)
    return TempoMap(rate * (division & 0xFF), [(0, 1_000_000)])


def microseconds(qpm: Fraction) -> int:
    """A tempo in quarter notes a minute as MIDI has it, within its three bytes.

    >>> microseconds(Fraction(120))
    500000
    """
    return max(1, min(SLOWEST_TEMPO, round(60_000_000 / qpm)))
