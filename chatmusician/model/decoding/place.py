"""Where in a bar the automaton stands, and what the tune as a whole says of that bar."""

from __future__ import annotations

from typing import Final, NamedTuple, final

from chatmusician.model.decoding.lengths import Tuplet, allowed

# Kinds of bar lines.
PLAIN, DOUBLE, FINAL, OPEN, CLOSE, BOTH = "|", "||", "|]", "|:", ":|", "::"
# The end of a tune without a bar line.
END: Final = "end"
BAR_LINES: Final[dict[str, str]] = {
    "|": PLAIN,
    "||": DOUBLE,
    "|]": FINAL,
    "|:": OPEN,
    ":|": CLOSE,
    "::": BOTH,
    ":|:": BOTH,
    ":||:": BOTH,
}
# Ways to write :: that abc2midi does not read as such.
LOOSE_LINES: Final = (":|:", ":||:")

# Not str.isdigit: bytes are read as Latin-1, where ² is a digit too.
DIGITS: Final = "0123456789"

# What `Place.ahead` says: a note or rest must come; a note must; before it stands a mark of one
# letter, grace notes, a trill or roll, a decoration in ! !, a dot.
NEEDS_SOUND, NEEDS_NOTE, MARKED, GRACED, TRILLED, DECORATED, DOTTED = 1, 2, 4, 8, 16, 32, 64
# What asks for nothing, but comes once before a note: an annotation, a chord symbol, a second mark.
ANNOTATED, CHORDED, TWICE = 128, 256, 512
PENDING = 127

# Modes: what has been read last, hence what a character means.
LINE = "header line"
LETTER = "header letter"
VALUE = "field value"
START = "start of a bar"
GAP = "between elements"
AFTER = "after a note"
BROKEN = "after > or <"
ACCIDENTAL = "after an accidental"
NOTE = "in a note"
REST = "in a rest"
BARS_REST = "in Z"
CHORD = "in [ ]"
CHORD_LENGTH = "after ]"
GRACE = "in { }"
PAREN = "after ("
TUPLET = "in a tuplet's numbers"
BRACKET = "after ["
ENDING = "in an ending's numbers"
QUOTE = "in quotes"
MARK = "in ! !"
BAR = "in a bar line"
DOUBTFUL = "a letter that may be a field's"
GIVEN = "in a text that is given"
OVER = "after the tune"

# In place of a pitch that is read but not looked at yet: only a tie asks for it. So bars that
# differ in pitches alone share their places.
HELD: Final = "?"


@final
class Frame:
    """What holds for one bar. Frames that say the same are equal.

    need      ticks up to the next plain bar line (0: free meter)
    ends      for each bar line that may end it, after how many ticks (None: any)
    starts    bar lines that may stand at its start
    ending    the number of the variant ending that may begin it (0: none); `must` that it does
    split     an ending may begin in mid-bar too
    carry     ties and slurs may go on into the bar after
    rests     how many bars of rest (Z) may stand here
    chord     the chord symbol that comes next, "" for none, None for any
    again     the one before it, which may be written once more
    owed      how many chord symbols this bar must still hold, of `parts`
    closed    the tune may end before this bar; `over`: it does
    fields    fields that may change here
    doubtful  (5, (7 and (9 must say their time; in the header: R: may not say hornpipe
    stopped   no music may follow, but a sign
    hornpipe  R: says it is one
    bare      no annotations and fingerings
    """

    def __init__(
        self,
        need: int,
        *,
        ends: tuple[tuple[str, frozenset[int] | None], ...] = (),
        starts: str = "",
        ending: int = 0,
        must: bool = False,
        split: bool = False,
        carry: bool = True,
        rests: int = 0,
        chord: str | None = None,
        again: str = "",
        owed: int = 0,
        parts: int = 0,
        closed: bool = False,
        over: bool = False,
        fields: str = "",
        unit: int = 32,
        compound: bool = False,
        doubtful: bool = False,
        strict: bool = True,
        one_line: bool = False,
        stopped: bool = False,
        hornpipe: bool = False,
        bare: bool = False,
    ) -> None:
        self.need: Final = need
        self.ends: Final = ends
        self.starts: Final = starts
        self.ending: Final = ending
        self.must: Final = must
        self.split: Final = split
        self.carry: Final = carry
        self.rests: Final = rests
        self.chord: Final = chord
        self.again: Final = again
        self.owed: Final = owed
        self.parts: Final = parts
        self.closed: Final = closed
        self.over: Final = over
        self.fields: Final = fields
        self.unit: Final = unit
        self.compound: Final = compound
        self.doubtful: Final = doubtful
        self.strict: Final = strict
        self.one_line: Final = one_line
        self.stopped: Final = stopped
        self.hornpipe: Final = hornpipe
        self.bare: Final = bare
        self.key: Final = (
            (need, ends, starts, ending, must, split, carry, rests, chord, again, owed, parts),
            (closed, over, fields, unit, compound, doubtful, strict, one_line),
            (stopped, hornpipe, bare),
        )
        self.hashed: Final = hash(self.key)

    def __hash__(self) -> int:
        return self.hashed

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Frame) and self.key == other.key)

    def __repr__(self) -> str:
        return f"Frame{self.key}"

    def but(
        self,
        *,
        need: int | None = None,
        ends: tuple[tuple[str, frozenset[int] | None], ...] | None = None,
        starts: str | None = None,
        ending: int | None = None,
        must: bool | None = None,
        split: bool | None = None,
        carry: bool | None = None,
        rests: int | None = None,
        chord: str | None = None,
        again: str | None = None,
        owed: int | None = None,
        closed: bool | None = None,
        over: bool | None = None,
        fields: str | None = None,
        doubtful: bool | None = None,
        stopped: bool | None = None,
    ) -> Frame:
        """The same frame with some things otherwise."""
        return Frame(
            self.need if need is None else need,
            ends=self.ends if ends is None else ends,
            starts=self.starts if starts is None else starts,
            ending=self.ending if ending is None else ending,
            must=self.must if must is None else must,
            split=self.split if split is None else split,
            carry=self.carry if carry is None else carry,
            rests=self.rests if rests is None else rests,
            chord=self.chord if chord is None else chord,
            again=self.again if again is None else again,
            owed=self.owed if owed is None else owed,
            parts=self.parts,
            closed=self.closed if closed is None else closed,
            over=self.over if over is None else over,
            fields=self.fields if fields is None else fields,
            unit=self.unit,
            compound=self.compound,
            doubtful=self.doubtful if doubtful is None else doubtful,
            strict=self.strict,
            one_line=self.one_line,
            stopped=self.stopped if stopped is None else stopped,
            hornpipe=self.hornpipe,
            bare=self.bare,
        )


@final
class Place:
    """A place in the bar.

    at        ticks since the bar began
    last      the length of the note just ended, where > or < may follow it; 0 elsewhere
    broken    the length the next note must have to complete a broken rhythm, or 0
    tie       pitches that the next note must hold
    ahead     what must come before the bar may end: bits, see above
    """

    def __init__(
        self,
        frame: Frame,
        mode: str = START,
        arg: tuple[object, ...] = (),
        at: int = 0,
        tuplet: Tuplet | None = None,
        last: int = 0,
        broken: int = 0,
        tie: tuple[str, ...] = (),
        slurs: int = 0,
        ahead: int = 0,
    ) -> None:
        self.frame: Final = frame
        self.mode: Final = mode
        self.arg: Final = arg
        self.at: Final = at
        self.tuplet: Final = tuplet
        self.last: Final = last
        self.broken: Final = broken
        self.tie: Final = tie
        self.slurs: Final = slurs
        self.ahead: Final = ahead
        self.table: dict[str, int] | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What tells places apart."""
        return (
            self.frame,
            self.mode,
            self.arg,
            self.at,
            self.tuplet,
            self.last,
            self.broken,
            self.tie,
            self.slurs,
            self.ahead,
        )

    def __repr__(self) -> str:
        return f"Place{self.key}"

    @property
    def room(self) -> int:
        """Ticks left, those kept for chord symbols still owed taken off: even parts of the bar."""
        frame = self.frame
        if not frame.need:
            return 64 * 256
        part = frame.need // max(frame.parts, 1) // frame.unit * frame.unit
        return frame.need - self.at - frame.owed * max(part, frame.unit)

    def lengths(self) -> dict[str, int]:
        """The beginnings of the lengths that a note may have here; see `lengths.allowed`."""
        table = self.table
        if table is None:
            waits = self.waits_for_chord
            self.table = table = (
                {} if waits else allowed(self.frame.unit, self.room, self.tuplet, self.broken)
            )
        return table

    @property
    def waits_for_chord(self) -> bool:
        """Whether a chord symbol that is due comes first: they stand on the downbeat, as in songs.

        Left to the end of the bar, it would break up what the model has begun.
        """
        return bool(self.frame.owed and not self.at and not self.ahead & CHORDED)

    def but(
        self,
        *,
        frame: Frame | None = None,
        mode: str | None = None,
        arg: tuple[object, ...] | None = None,
        at: int | None = None,
        last: int | None = None,
        broken: int | None = None,
        tie: tuple[str, ...] | None = None,
        slurs: int | None = None,
        ahead: int | None = None,
    ) -> Place:
        """The same place with some things otherwise."""
        return Place(
            self.frame if frame is None else frame,
            self.mode if mode is None else mode,
            self.arg if arg is None else arg,
            self.at if at is None else at,
            self.tuplet,
            self.last if last is None else last,
            self.broken if broken is None else broken,
            self.tie if tie is None else tie,
            self.slurs if slurs is None else slurs,
            self.ahead if ahead is None else ahead,
        )

    def within(self, tuplet: Tuplet | None) -> Place:
        """The same place in a tuplet, or outside."""
        return Place(
            self.frame,
            self.mode,
            self.arg,
            self.at,
            tuplet,
            self.last,
            self.broken,
            self.tie,
            self.slurs,
            self.ahead,
        )


class Event(NamedTuple):
    """Something that changes the tune as a whole; `again`: the character is still to be read."""

    kind: str
    text: str = ""
    at: int = 0
    amount: int = 0
    tie: tuple[str, ...] = ()
    slurs: int = 0
    again: bool = False


Step = Place | Event | None
