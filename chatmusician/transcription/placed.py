"""Notes with their place in a score."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Placed:
    """A note in quarters from the first bar line on; ``source`` is its index in the
    performance, ``voice`` the voice it is written in."""

    source: int
    onset: Fraction
    duration: Fraction
    pitch: int
    voice: int = 0

    @property
    def end(self) -> Fraction:
        return self.onset + self.duration
