"""What a performance is made of: notes in ticks, parts with a channel, a tempo map."""

from __future__ import annotations

from dataclasses import dataclass, field

from chatmusician.music.tempo import TempoMap

PERCUSSION = 9
"""The channel, counted from 0, on which General MIDI plays percussion."""


@dataclass(frozen=True)
class Options:
    """How a tune is performed. ``PLAIN`` plays the notes as they are written, no more.

    ``swing`` None leaves it to the rhythm (R:); ``program`` is a General MIDI number from 0
    for every voice; ``tempo`` are quarter notes a minute at the start, and what changes later
    changes in proportion; ``transpose`` are semitones.
    """

    chords: bool = True
    graces: bool = True
    ornaments: bool = True
    articulation: bool = True
    dynamics: bool = True
    directives: bool = True
    swing: bool | None = None
    program: int | None = None
    tempo: float | None = None
    transpose: int = 0


PLAIN = Options(
    chords=False,
    graces=False,
    ornaments=False,
    articulation=False,
    dynamics=False,
    directives=False,
    swing=False,
)


PlayedNote = tuple[int, int, int, int]
"""Start and end in ticks, pitch, velocity. A bare tuple: there are thousands of them."""


@dataclass
class Part:
    """What one voice, or the accompaniment, plays on one channel.

    ``programs`` and ``lyrics`` are (tick, value) in order of time.
    """

    name: str
    channel: int
    notes: list[PlayedNote]
    programs: list[tuple[int, int]] = field(default_factory=list)
    lyrics: list[tuple[int, str]] = field(default_factory=list)


@dataclass
class Performance:
    """A tune as it is played.

    ``division`` ticks make a quarter note. ``tempos`` are microseconds a quarter note,
    ``meters`` numerator and denominator, ``keys`` sharps (flats below 0) and whether minor;
    each with its tick. ``unheeded`` are the %%MIDI directives that had no effect.
    """

    division: int
    length: int
    title: str
    parts: list[Part]
    tempos: list[tuple[int, int]]
    meters: list[tuple[int, int, int]]
    keys: list[tuple[int, int, bool]]
    unheeded: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """How long it lasts by its tempo map."""
        return self.tempo_map.seconds(self.length)

    @property
    def tempo_map(self) -> TempoMap:
        """Ticks to seconds."""
        return TempoMap(self.division, self.tempos)


def playable(pitch: int) -> int:
    """A pitch that MIDI has no number for, moved by octaves to the nearest that it has."""
    if 0 <= pitch <= 127:
        return pitch
    return pitch % 12 if pitch < 0 else 116 + (pitch - 116) % 12
