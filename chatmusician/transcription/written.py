"""What is asked of a score, and what was written: options, beats, bars and notes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from chatmusician.abc.fields import parse_key
from chatmusician.errors import UsageError
from chatmusician.music.meter import parse_meter

# Meters that are looked for; any other is used when the user names it.
METERS = ("2/4", "3/4", "4/4", "2/2", "6/8", "9/8", "12/8")
# Seconds between beats that are told; annotators have marked two within 27 ms.
SHORTEST_BEAT = 0.001


@dataclass(frozen=True, slots=True)
class Beat:
    """``number`` counts in the bar from 1, which is the downbeat; 0 where that is not known."""

    time: float
    number: int


@dataclass(frozen=True)
class ScoreOptions:
    """What the user knows, and how the score is written.

    ``tempo`` counts the beats of the meter a minute (of 6/8 the dotted quarters); it need be
    right only within a third or so, since players drift. ``key`` is a K: value. ``beats`` are
    where the beats fall, in order; they stand above ``tempo``. ``chords`` writes chord symbols;
    ``fold_repeats`` writes music that comes twice as a repeat.
    """

    tempo: float | None = None
    meter: str | None = None
    key: str | None = None
    beats: tuple[Beat, ...] = ()
    title: str = ""
    chords: bool = True
    fold_repeats: bool = True

    def __post_init__(self) -> None:
        if self.tempo is not None and not 10 <= self.tempo <= 600:
            raise UsageError(f"a tempo of {self.tempo:g} beats a minute: 10 to 600 can be used")
        if self.meter is not None:
            meter = parse_meter(self.meter)
            plain = meter.valid and not meter.free and self.meter == meter.name
            if not plain or not 1 <= meter.length * 16 <= 48:
                raise UsageError(f"no meter: {self.meter}", hint="for example 3/4 or 6/8")
        if self.key is not None and not parse_key(self.key).valid:
            raise UsageError(f"no key: {self.key}", hint="for example D, Gm or Ador")
        if len(self.beats) == 1:
            raise UsageError("one beat tells no tempo; two at least")
        for before, beat in zip(self.beats, self.beats[1:], strict=False):
            if not beat.time - before.time >= SHORTEST_BEAT:
                raise UsageError(f"the beat at {beat.time:g} s does not follow {before.time:g} s")


@dataclass(frozen=True, slots=True)
class WrittenBar:
    """One bar as it is played, in seconds. ``number`` is its index in the order of playing,
    ``measure`` in the ABC text (the same where nothing is folded)."""

    number: int
    start: float
    end: float
    measure: int
    confidence: float


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """Where a heard note stands: ``source`` is its index in the performance, ``bar`` the number
    of its bar as played, ``place`` its onset in the bar and ``duration`` in quarters."""

    source: int
    bar: int
    place: Fraction
    duration: Fraction
    pitch: int


@dataclass(frozen=True)
class Written:
    """A score and how sure it is. ``tempo`` counts beats of the meter a minute, the middle of
    what was played; ``tempos`` are (seconds, beats a minute) where it changes. ``pickup`` is
    in quarters, ``swing`` how many times longer the first of two written eighths is played
    (1: even), ``chords`` when each chord symbol begins, in seconds. ``confidence`` has a
    number from 0 to 1 for ``meter``, ``key`` and ``notes``.
    """

    abc: str
    meter: str
    key: str
    tempo: float
    pickup: Fraction
    beats: tuple[Beat, ...]
    bars: tuple[WrittenBar, ...]
    notes: tuple[WrittenNote, ...]
    swing: float = 1.0
    chords: tuple[tuple[float, str], ...] = ()
    tempos: tuple[tuple[float, float], ...] = ()
    confidence: dict[str, float] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
