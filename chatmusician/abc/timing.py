"""The shape of a tune in time: tones, marks, measures, voices. Filled by ``timeline``."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from mypy_extensions import i64, mypyc_attr

from chatmusician.abc.fields import NATURALS, Key, Properties, Tempo
from chatmusician.abc.tune import NO_ACCIDENTAL, Tune
from chatmusician.music.meter import Meter
from chatmusician.music.pitch import STEP_SEMITONES


@mypyc_attr(acyclic=True)
class Tone:
    """One sounding pitch; tied notes are one tone. ``element`` indexes Tune.elements."""

    __slots__ = ("duration", "element", "measure", "onset", "pitch")

    def __init__(self, onset: i64, duration: i64, pitch: i64, element: i64, measure: i64) -> None:
        self.onset: Final[i64] = onset
        self.duration: i64 = duration
        self.pitch: Final[i64] = pitch
        self.element: Final[i64] = element
        self.measure: Final[i64] = measure


@mypyc_attr(acyclic=True)
class Written:
    """How one written note was read; only kept when ``timeline`` is asked to trace.

    ``plain`` is its length without the tuplet it stands in, ``alter`` its accidental as
    it sounds, ``tied`` whether it goes on from the note before.
    """

    __slots__ = ("alter", "element", "layer", "measure", "onset", "plain", "tied", "voice")

    def __init__(
        self,
        element: i64,
        voice: str,
        measure: i64,
        layer: i64,
        onset: i64,
        plain: i64,
        alter: i64,
        tied: bool,
    ) -> None:
        self.element: Final[i64] = element
        self.voice: Final[str] = voice
        self.measure: Final[i64] = measure
        self.layer: Final[i64] = layer
        self.onset: Final[i64] = onset
        self.plain: i64 = plain
        self.alter: Final[i64] = alter
        self.tied: Final[bool] = tied


@mypyc_attr(acyclic=True)
class Mark:
    """Something with a place in time but no length: a chord symbol, a decoration …"""

    __slots__ = ("element", "measure", "onset", "text")

    def __init__(self, onset: i64, text: str, element: i64, measure: i64) -> None:
        self.onset: i64 = onset
        self.text: Final[str] = text
        self.element: Final[i64] = element
        self.measure: Final[i64] = measure


@mypyc_attr(acyclic=True)
class Measure:
    """One bar of one voice. ``want`` is the meter's length, 0 where the meter is free.

    ``opens`` and ``closes`` count repeat colons at its two ends; ``section`` tells that
    a double bar or repeat stands before it; ``count`` is above 1 for ``Z4``.
    ``flawed`` bars hold an error that explains a wrong length.
    """

    __slots__ = (
        "closed",
        "closes",
        "count",
        "double",
        "endings",
        "first",
        "flawed",
        "last",
        "length",
        "line_start",
        "opens",
        "overlay",
        "part",
        "section",
        "start",
        "want",
    )

    def __init__(self, start: i64, want: i64, first: i64) -> None:
        self.start: i64 = start
        self.length: i64 = 0
        self.want: i64 = want
        self.first: i64 = first
        self.last: i64 = first
        self.count: i64 = 1
        self.opens: i64 = 0
        self.closes: i64 = 0
        self.section: bool = False
        self.double: bool = False
        self.closed: bool = False
        self.line_start: bool = False
        self.flawed: bool = False
        self.overlay: i64 = -1
        self.endings: tuple[int, ...] = ()
        self.part: str = ""


@mypyc_attr(acyclic=True)
class PendingTie:
    __slots__ = ("end", "octave", "start", "step", "tone", "whole")

    def __init__(
        self, tone: Tone, step: i64, octave: i64, start: i64, end: i64, whole: bool
    ) -> None:
        self.tone: Final[Tone] = tone
        self.step: Final[i64] = step
        self.octave: Final[i64] = octave
        self.start: Final[i64] = start
        self.end: Final[i64] = end
        self.whole: Final[bool] = whole


NO_PROPERTIES: Final = Properties()
NO_KEY: Final = Key("", "none")
NO_METER: Final = Meter("", 0, 1)
# Never written to: replaced by a list of its own at the first accidental of a bar.
NO_STEPS: Final[list[int]] = [int(NO_ACCIDENTAL)] * 7


@mypyc_attr(acyclic=True)
class VoiceLine:
    """One voice in time: its tones, its measures, and what is attached to them."""

    def __init__(self, id: str, pattern: VoiceLine | None = None) -> None:
        self.id: str = id
        self.tones: list[Tone] = []
        self.measures: list[Measure] = []
        self.chord_symbols: list[Mark] = []
        self.annotations: list[Mark] = []
        self.marks: list[Mark] = []
        self.spots: list[Mark] = []
        self.words: list[tuple[int, int, int, int]] = []
        self.keys: list[tuple[int, Key]] = []
        self.meters: list[tuple[int, Meter]] = []
        self.properties: Properties = NO_PROPERTIES
        self.time: i64 = 0
        self.bar_start: i64 = 0
        self.bar_end: i64 = 0
        self.layer: i64 = 0
        self.redo: i64 = -1
        self.parked: Measure | None = None
        self.unit: i64 = 0
        self.want: i64 = 0
        self.compound: bool = False
        self.signature: tuple[int, ...] = NATURALS
        self.shift: i64 = 0
        # The pitch of each step in octave 0 under signature and shift.
        self.pitches: list[int] = []
        self.bar_steps: list[int] = NO_STEPS
        self.bar_octaves: dict[int, int] = {}
        self.altered: bool = False
        self.tuplet_left: i64 = 0
        self.tuplet_p: i64 = 1
        self.tuplet_q: i64 = 1
        self.tuplet_at: i64 = 0
        self.broken: i64 = 0
        self.broken_at: i64 = -1
        self.last_tone: Tone | None = None
        self.last_chord: list[Tone] = []
        self.last_length: i64 = 0
        self.last_written: i64 = 0
        self.last_ok: bool = False
        self.ties: list[PendingTie] = []
        self.waiting: list[PendingTie] = []
        self.layer_ties: list[list[PendingTie]] = []
        self.open: Measure | None = None
        self.place: i64 = -1
        self.rest_bars: i64 = 0
        self.next_opens: i64 = 0
        self.next_section: bool = False
        self.next_endings: tuple[int, ...] = ()
        self.next_part: str = ""
        self.next_line: bool = True
        self.has_music: bool = False
        self.slurs: list[int] = []
        self.words_from: int = 0
        self.words_upto: int = 0
        if pattern is not None:
            self.begin_like(pattern)

    def begin_like(self, pattern: VoiceLine) -> None:
        """Take over what the header says."""
        self.unit = pattern.unit
        self.want = pattern.want
        self.compound = pattern.compound
        self.signature = pattern.signature
        self.shift = pattern.shift

    def settle_pitches(self) -> None:
        """Work out ``pitches``, after a change of signature or shift."""
        shift = int(self.shift) + 60
        signature = self.signature
        self.pitches = [shift + STEP_SEMITONES[step] + signature[step] for step in range(7)]

    def at(self) -> i64:
        """The index of the measure being filled."""
        if self.redo >= 0:
            return self.redo
        return len(self.measures)

    def clear_accidentals(self) -> None:
        """Forget the accidentals of the bar: at a bar line and at a new key."""
        if self.altered:
            self.bar_steps = NO_STEPS
            self.bar_octaves = {}
            self.altered = False


@mypyc_attr(acyclic=True)
class Timeline:
    """What ``timeline`` makes of a tune."""

    def __init__(self, tune: Tune, resolution: int) -> None:
        self.tune: Tune = tune
        self.resolution: int = resolution
        self.voices: list[VoiceLine] = []
        self.problems: list[tuple[str, int, int, str]] = []
        self.key: Key = NO_KEY
        self.meter: Meter = NO_METER
        self.unit: tuple[int, int] = (1, 8)
        self.tempo: Tempo | None = None
        self.order: str = ""
        self.graces: int = 0
        self.written: list[Written] = []

    def quarters(self, ticks: int) -> Fraction:
        """Ticks as an exact fraction of a quarter note."""
        return Fraction(ticks * 4, self.resolution)
