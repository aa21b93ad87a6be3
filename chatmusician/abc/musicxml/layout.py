"""A tune as a score has it: parts, bars, layers, notes with the value each is written in.

``layout_walk`` fills these from a tune, ``layout_values`` finds note values and beams, and
the ``write`` modules put them down as MusicXML. Times are ticks of the timeline.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from chatmusician.abc.fields import Key, Tempo
from chatmusician.abc.timing import NO_KEY, NO_METER
from chatmusician.music.meter import Meter


@dataclass(slots=True)
class Head:
    """One note of a chord, or the one note. ``shown`` is the accidental to print."""

    step: int
    octave: int
    alter: int
    ticks: int
    plain: int
    explicit: bool = False
    shown: bool = False
    ties_on: bool = False
    ties_back: bool = False


@dataclass(slots=True)
class GraceGroup:
    index: int
    heads: list[Head]
    slash: bool
    slurs_on: list[int] = field(default_factory=list)


@dataclass(slots=True)
class Lyric:
    """A syllable; ``number`` is its line below the staff where that is not ``verse``."""

    verse: int
    text: str
    syllabic: str
    extend: str = ""
    number: int = 0


@dataclass(slots=True)
class Sounding:
    """A note, chord or rest (no heads). ``ratio`` is that of the tuplet it is part of.

    ``lower`` is for a voice that moves between two staves: True on the lower one.
    """

    index: int
    onset: int
    ticks: int
    plain: int
    ratio: tuple[int, int]
    heads: list[Head] = field(default_factory=list)
    visible: bool = True
    whole_bar: bool = False
    spaced: bool = True
    lower: bool = False
    graces: list[GraceGroup] = field(default_factory=list)
    decorations: list[str] = field(default_factory=list)
    slurs_on: list[int] = field(default_factory=list)
    slurs_off: list[int] = field(default_factory=list)
    tuplet_on: bool = False
    tuplet_off: bool = False
    lyrics: list[Lyric] = field(default_factory=list)


@dataclass(slots=True)
class Mark:
    """Something between notes; ``kind`` is chord, words, sign, tempo, part or title."""

    kind: str
    index: int
    text: str
    placement: str = ""


@dataclass(frozen=True, slots=True)
class Staff:
    """The clef of a staff, and how far it sounds from what is written.

    ``middle`` is the note on the middle line by ``middle=``, in steps above C4.
    """

    clef: str = ""
    clef_octave: int = 0
    octave: int = 0
    transpose: int = 0
    lines: str = ""
    middle: int | None = None

    @property
    def written_shift(self) -> int:
        """Octaves between an ABC letter and the pitch MusicXML writes."""
        return self.clef_octave + self.octave


@dataclass(slots=True)
class Change:
    """New key, meter or staff; None where nothing is said."""

    key: Key | None = None
    meter: Meter | None = None
    staff: Staff | None = None


@dataclass(slots=True)
class Trailing:
    """Grace notes with no note after them in the bar."""

    graces: list[GraceGroup]


Item = Sounding | Mark | Change | Trailing


@dataclass(slots=True)
class ScoreBar:
    """One measure. ``first`` is the element index it begins with, -1 where it only fills up.

    ``apart`` holds chord notes with lengths of their own, which need a layer of their own.
    """

    first: int = -1
    start: int = 0
    length: int = 0
    want: int = 0
    span: tuple[int, int] = (0, 0)
    layers: list[list[Item]] = field(default_factory=lambda: [[]])
    apart: list[Sounding] = field(default_factory=list)
    left: int = -1
    right: int = -1
    opens: int = 0
    closes: int = 0
    closed: bool = True
    section: bool = False
    ending: tuple[int, ...] = ()
    ending_stops: tuple[int, ...] = ()
    fermata: bool = False
    number: str = ""
    implicit: bool = False
    line_start: bool = False
    continues: bool = False
    new_page: bool = False
    rest_bars: int = 0


@dataclass(slots=True)
class Part:
    """One voice of the tune, as it is written down."""

    id: str
    name: str = ""
    short_name: str = ""
    program: int | None = None
    channel: int | None = None
    key: Key = NO_KEY
    meter: Meter = NO_METER
    staff: Staff = Staff()
    bars: list[ScoreBar] = field(default_factory=list)


@dataclass(slots=True)
class ScoreStaff:
    """The voices on one staff; the first decides its clef, key and meter.

    ``floating`` voices move between this staff and the next.
    """

    voices: list[Part]
    floating: list[Part] = field(default_factory=list)

    @property
    def leader(self) -> Part:
        return self.voices[0]


@dataclass(slots=True)
class ScorePart:
    """One part of the score: an instrument with its staves. ``hidden`` ones only sound."""

    staves: list[ScoreStaff]
    hidden: bool = False

    @property
    def voices(self) -> list[Part]:
        return [part for staff in self.staves for part in (*staff.voices, *staff.floating)]

    @property
    def leader(self) -> Part:
        return self.staves[0].leader


# First part, last part, "brace", "bracket" or "none", whether bar lines go through.
PartGroup = tuple[int, int, str, bool]


@dataclass(slots=True)
class Layout:
    """``unit`` is the L: of the header in whole notes, the beat of a bare ``Q:120``.

    ``parts`` are the voices as they are written, ``voices`` their ids in the order of the
    tune, ``score`` says how they are drawn;
    ``score_text`` is that as the value of ``%%score``, where the tune has one.
    """

    parts: list[Part]
    resolution: int
    unit: Fraction
    tempo: Tempo | None = None
    order: str = ""
    score: list[ScorePart] = field(default_factory=list)
    groups: list[PartGroup] = field(default_factory=list)
    score_text: str = ""
    voices: list[str] = field(default_factory=list)
