"""What was played: notes in seconds, before any beat, bar or key is known."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Note:
    """``confidence`` is the engine's own, 1 where the source states its notes."""

    onset: float
    end: float
    pitch: int
    velocity: int = 80
    track: int = 0
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Track:
    """A track as its source names it; ``program`` is General MIDI's, None where unknown."""

    name: str = ""
    program: int | None = None
    drums: bool = False


@dataclass(frozen=True, slots=True)
class OnsetCurve:
    """How strongly something begins, ``rate`` values a second from time 0; audio only."""

    values: tuple[float, ...]
    rate: float


@dataclass(frozen=True)
class Performance:
    """``notes`` in the order of (onset, pitch); drums are left out. ``method`` names the engine."""

    notes: tuple[Note, ...]
    seconds: float
    method: str
    tracks: tuple[Track, ...] = (Track(),)
    onsets: OnsetCurve | None = None
    remarks: tuple[str, ...] = field(default=())

    @property
    def is_audio(self) -> bool:
        return self.onsets is not None
