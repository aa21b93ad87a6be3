"""Where in a bar the automaton stands, and what the tune as a whole says of that bar."""

from __future__ import annotations

from typing import Final, NamedTuple

from chatmusician.model.decoding.lengths import Tuplet

# Kinds of bar lines.
PLAIN, DOUBLE, FINAL, OPEN, CLOSE, BOTH = "|", "||", "|]", "|:", ":|", "::"
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

# What `Place.ahead` says: a note or rest must come; a note must; before it stands a mark of one
# letter, grace notes, a trill or roll, a decoration in ! !, a dot.
NEEDS_SOUND, NEEDS_NOTE, MARKED, GRACED, TRILLED, DECORATED, DOTTED = 1, 2, 4, 8, 16, 32, 64

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
OVER = "after the tune"


class Frame(NamedTuple):
    """What holds for one bar.

    need      ticks up to the next plain bar line (0: free meter)
    ends      for each bar line that may end it, after how many ticks (None: any)
    starts    bar lines that may stand at its start
    ending    the number of the variant ending that may begin it (0: none); `must` that it does
    carry     ties and slurs may go on into the bar after
    rests     how many bars of rest (Z) may stand here
    chord     the chord symbol that comes next, "" for none, None for any
    owed      how many chord symbols this bar must still hold
    closed    the tune may end before this bar; `over`: it does
    fields    fields that may change here
    doubtful  (5, (7 and (9 must say their time; in the header: R: may not say hornpipe
    stopped   no music may follow, but a sign
    """

    need: int
    ends: tuple[tuple[str, frozenset[int] | None], ...] = ()
    starts: str = ""
    ending: int = 0
    must: bool = False
    carry: bool = True
    rests: int = 0
    chord: str | None = None
    owed: int = 0
    closed: bool = False
    over: bool = False
    fields: str = ""
    unit: int = 32
    compound: bool = False
    doubtful: bool = False
    strict: bool = True
    one_line: bool = False
    pickup: bool = False
    stopped: bool = False


class Place(NamedTuple):
    """A place in the bar.

    at        ticks since the bar began
    last      the length of the note just ended, where > or < may follow it; 0 elsewhere
    broken    the length the next note must have to complete a broken rhythm, or 0
    tie       pitches that the next note must hold; `whole`: one of them is enough
    ahead     what must come before the bar may end: bits, see below
    """

    frame: Frame
    mode: str = START
    arg: tuple[object, ...] = ()
    at: int = 0
    tuplet: Tuplet | None = None
    last: int = 0
    broken: int = 0
    tie: tuple[str, ...] = ()
    slurs: int = 0
    ahead: int = 0

    @property
    def room(self) -> int:
        """Ticks left, those kept for chord symbols still owed taken off."""
        if not self.frame.need:
            return 64 * 256
        return self.frame.need - self.at - self.frame.owed * self.frame.unit


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
