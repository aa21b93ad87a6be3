"""One character further inside a bar of music: notes, rests, chords, marks, bar lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from chatmusician.model.decoding.barlines import (
    BAR_PREFIXES,
    bar_can_be,
    bar_permitted,
    ended,
    in_ending,
    over,
)
from chatmusician.model.decoding.lengths import WHOLE, Tuplet, feasible
from chatmusician.model.decoding.marks import (
    ACCIDENTALS,
    LETTERS,
    MARKS,
    chord_ties,
    grace_fits,
    in_grace,
    in_mark,
    in_quote,
    is_new,
    mark_fits,
    marked,
    note_begins,
    pitch_fits,
    quote_fits,
    slur_fits,
    trill_fits,
)
from chatmusician.model.decoding.place import (
    ACCIDENTAL,
    AFTER,
    BAR,
    BARS_REST,
    BRACKET,
    BROKEN,
    CHORD,
    CHORD_LENGTH,
    DECORATED,
    DIGITS,
    DOTTED,
    DOUBTFUL,
    END,
    ENDING,
    GAP,
    GRACE,
    HELD,
    LETTER,
    MARK,
    MARKED,
    NEEDS_NOTE,
    NEEDS_SOUND,
    NOTE,
    OVER,
    PAREN,
    PENDING,
    QUOTE,
    REST,
    START,
    TRILLED,
    TUPLET,
    VALUE,
    Event,
    Place,
    Step,
)

# abc2midi reads a mark of one letter only directly before these.
_AFTER_MARK: Final = "^_=[" + MARKS
_MOST_IN_CHORD: Final = 6
_LONGEST_BREAK: Final = 3
_TIMES: Final = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}
_FINEST_BROKEN: Final = 8
# What `Place.last` says in the first note or rest of a line.
_LINE_BEGINS: Final = -1


# -- between elements -----------------------------------------------------------


def at_start(place: Place, char: str) -> Step:
    """At the start of a bar; arg: what is before it.

    0 | or :|, 1 a blank, 2 a line break, 3 an inline field, 4 an empty bar's line, 5 any other
    bar line, after which a bare number is no ending.
    """
    frame = place.frame
    since = place.arg[0]
    if char == " ":
        return place.but(arg=(1,)) if since in (0, 3, 4, 5) else None
    if char == "\n":
        # Behind a whole tune the chat format has a blank, and nothing after it.
        if since == 2 or frame.one_line or (since == 1 and frame.over):
            return None
        return place.but(arg=(2,))
    if frame.over:
        return None
    if char in DIGITS:
        if place.tie and frame.strict:
            return None
        directly = since in (0, 4) or (since == 5 and not frame.strict)
        if directly and frame.ending and char == str(frame.ending):
            return place.but(mode=ENDING, arg=(char, False))
        return None
    if char == "[":
        opened = place.but(mode=BRACKET, arg=(True,))
        return opened if _bracket_fits(opened) else None
    if frame.must:
        return None
    if char == "|":
        bound = frame.strict and (place.tie or place.slurs)
        if frame.starts and since not in (0, 5) and not bound:
            return place.but(mode=BAR, arg=("|", True))
        return None
    if frame.stopped and char not in frame.fields:
        return None
    if char in "ZX":
        bound = place.tie or (place.slurs and frame.strict)
        if frame.rests and not bound and not frame.owed:
            return place.but(mode=BARS_REST, arg=("", char), last=_LINE_BEGINS if since == 2 else 0)
        return None
    if since == 2 and char in frame.fields and not place.tie:
        return place.but(mode=DOUBTFUL, arg=(char,))
    begun = element(place.but(mode=GAP, arg=()), char)
    if since == 2 and isinstance(begun, Place) and begun.mode in (NOTE, REST):
        return begun.but(last=_LINE_BEGINS)
    return begun


def _is_field(place: Place, char: str, text: str) -> bool:
    """Whether a letter at the start of a line would become the name of a field."""
    return char == ":" and place.last == _LINE_BEGINS and not text


def doubtful(place: Place, char: str) -> Step:
    """After a letter on a new line that names a field if a colon follows."""
    letter = str(place.arg[0])
    if char == ":":
        return place.but(mode=VALUE, arg=(letter, "", "\n", 2))
    if letter in MARKS and mark_fits(place) and trill_fits(place, letter):
        return element(marked(place, letter), char)
    return None


def in_gap(place: Place, char: str) -> Step:
    """Between elements; arg: whether a blank has just been read."""
    if char == " ":
        if place.arg or (place.ahead & MARKED and place.frame.strict):
            return None
        return place.but(arg=(1,), last=0)
    return element(place, char)


def element(place: Place, char: str) -> Step:
    """The first character of whatever comes next in the bar."""
    frame = place.frame
    if char in LETTERS:
        return _note_head(place, "", char)
    if frame.strict and place.ahead & MARKED and char not in _AFTER_MARK:
        return None
    if char in "^_=":
        if not note_begins(place) or (place.tie and frame.strict):
            return None
        return place.but(mode=ACCIDENTAL, arg=(char,), last=0)
    if char in "zx":
        if place.tie or (frame.strict and place.ahead & NEEDS_NOTE):
            return None
        begun = place.but(mode=REST, arg=("",), last=0)
        return begun if begun.lengths() else None
    if char in "|:":
        return _bar_begins(place, char)
    if char == "[":
        opened = place.but(mode=BRACKET, arg=(False,), last=0)
        return opened if _bracket_fits(opened) else None
    if char == '"':
        return place.but(mode=QUOTE, arg=("", 0), last=0) if quote_fits(place) else None
    if char == "{":
        if place.broken or not grace_fits(place):
            return None
        return place.but(mode=GRACE, arg=(0, "", ""), last=0)
    if char == "!":
        return place.but(mode=MARK, arg=("",), last=0) if mark_fits(place) else None
    if char == "(":
        opened = place.but(mode=PAREN, arg=(), last=0)
        return opened if note_begins(place) and _paren_fits(opened) else None
    if char == ")" and not frame.strict and place.slurs:
        return place.but(slurs=place.slurs - 1)
    if char in MARKS:
        if not mark_fits(place) or not trill_fits(place, char):
            return None
        return marked(place, char)
    if char == "\n" and not frame.one_line and not place.ahead & PENDING:
        if not place.arg and bar_permitted(place, END):
            return Event("bar", END, place.at, 1)
        return None if frame.strict else place.but(mode=GAP, arg=(1,), last=0)
    return None


def _bracket_fits(place: Place) -> bool:
    """Whether anything that begins with [ may stand here."""
    if not place.frame.strict:
        return True
    chord = "^" if place.tie else "C"
    return any(after_bracket(place, c) is not None for c in (chord, *LETTERS, "K", "1", "2"))


def _paren_fits(place: Place) -> bool:
    """Whether a slur or a tuplet may begin here."""
    return slur_fits(place) or any(after_paren(place, digit) for digit in "23468")


# -- notes, rests, chords -------------------------------------------------------


def after_accidental(place: Place, char: str) -> Step:
    sign = str(place.arg[0])
    if char in "^_=":
        return place.but(arg=(sign + char,)) if sign + char in ACCIDENTALS else None
    return _note_head(place, sign, char) if char in LETTERS else None


def _note_head(place: Place, sign: str, letter: str) -> Step:
    if not place.lengths() or (
        place.tie and ((sign and place.frame.strict) or not _ties_to(place, letter, False))
    ):
        return None
    return place.but(mode=NOTE, arg=(letter if place.tie else _kind(letter), ""), last=0)


def _kind(letter: str) -> str:
    """A letter that allows the same octave marks."""
    return "A" if letter.isupper() else "c" if letter == "c" else "a"


def _ties_to(place: Place, pitch: str, whole: bool) -> bool:
    """Whether the note may be (or begin) the one that is tied."""
    if place.frame.strict and len(place.tie) > 1:
        return False
    if whole:
        return pitch in place.tie
    return any(tied.startswith(pitch) for tied in place.tie)


def in_note(place: Place, char: str) -> Step:
    """In a note; arg: its pitch, and the length as far as written."""
    pitch, length = str(place.arg[0]), str(place.arg[1])
    if _is_field(place, char, pitch[1:] + length):
        return None
    if char in ",'" and not length:
        longer = pitch + char
        if not pitch_fits(longer[0], longer[1:]):
            return None
        if place.tie and not _ties_to(place, longer, False):
            return None
        return place.but(arg=(longer, ""))
    tied = not place.tie or _ties_to(place, pitch, True)
    table = place.lengths()
    if tied and length + char in table:
        return place.but(arg=(pitch, length + char))
    ticks = table.get(length, -1)
    if ticks < 0 or not tied:
        return None
    return after(sounded(place, ticks, (HELD,)), char)


def in_rest(place: Place, char: str) -> Step:
    length = str(place.arg[0])
    if _is_field(place, char, length):
        return None
    table = place.lengths()
    if length + char in table:
        return place.but(arg=(length + char,))
    ticks = table.get(length, -1)
    return after(sounded(place, ticks, ()), char) if ticks > 0 else None


def in_bars_rest(place: Place, char: str) -> Step:
    """After Z: the number of bars."""
    digits, letter = str(place.arg[0]), str(place.arg[1])
    if _is_field(place, char, digits + letter[1:]):
        return None
    if char in "0123456789" and not letter[1:]:
        number = digits + char
        fits = number[0] != "0" and 1 < int(number) <= place.frame.rests
        begins = number == "1" and place.frame.rests >= 10
        return place.but(arg=(number, letter)) if fits or begins else None
    if digits == "1":
        return None
    if char == " ":
        return None if letter[1:] else place.but(arg=(digits, letter + " "))
    if char != "|" and char != ":":
        return None
    rested = place.but(mode=GAP, arg=("Z", int(digits or 1)), at=place.frame.need or WHOLE, last=0)
    return _bar_begins(rested, char)


def sounded(place: Place, ticks: int, pitches: tuple[str, ...]) -> Place:
    """The place after a note, rest or chord of this written length."""
    at, tuplet = place.at, place.tuplet
    last = ticks
    if tuplet is None:
        at += ticks
    else:
        left, written = tuplet.left - 1, tuplet.written + ticks
        tuplet = Tuplet(left, written, tuplet.p, tuplet.q, tuplet.room)
        if left == 0:
            at += written * tuplet.q // tuplet.p
            tuplet, last = None, 0
    if place.broken or place.ahead & (MARKED | DECORATED) or not pitches:
        # abc2midi takes no broken rhythm after a mark; nor is one chained to another.
        last = 0
    # abc2midi loses ties of dotted and trilled notes.
    shown = () if place.frame.strict and place.ahead & (TRILLED | DOTTED) else pitches
    return Place(place.frame, AFTER, shown, at, tuplet, last, 0, (), place.slurs, 0)


def after(place: Place, char: str) -> Step:
    """Directly after a note, rest or chord; arg: its pitches."""
    if char == "-" and place.arg:
        if place.at == place.frame.need and not place.frame.carry and place.tuplet is None:
            return None
        tied = tuple(str(pitch) for pitch in place.arg)
        return place.but(arg=(), tie=tied, last=0)
    if char == ")":
        if not place.slurs:
            return None
        arg = () if place.frame.strict else place.arg
        return place.but(slurs=place.slurs - 1, last=0, arg=arg)
    if char in "<>" and place.last and not place.tie:
        return _breaks(place, char)
    if place.slurs and not _slur_can_wait(place):
        return None
    gap = place.but(mode=GAP, arg=())
    return in_gap(gap, char)


def _slur_can_wait(place: Place) -> bool:
    """Whether there is a note left for the slur to end on."""
    if place.tuplet is not None or not place.frame.strict or not place.frame.need:
        return True
    return place.at < place.frame.need or place.frame.carry


def _breaks(place: Place, char: str) -> Step:
    """A broken rhythm: the next note must be as long as the last, in the same tuplet and bar."""
    if place.last < _FINEST_BROKEN or place.last % _FINEST_BROKEN:
        return None
    found = place.but(mode=BROKEN, arg=(char, 1), broken=place.last, last=0)
    return found if found.lengths() else None


def in_broken(place: Place, char: str) -> Step:
    sign, count = str(place.arg[0]), place.arg[1]
    assert isinstance(count, int)
    if char == sign:
        fits = count < _LONGEST_BREAK and place.broken % (_FINEST_BROKEN << count) == 0
        return place.but(arg=(sign, count + 1)) if fits else None
    return element(place.but(mode=GAP, arg=(), ahead=NEEDS_SOUND), char)


def in_chord(place: Place, char: str) -> Step:
    """Between [ and ]; arg: accidental, note being read, notes read, those tied."""
    sign, note, notes, ties = place.arg
    assert isinstance(sign, str)
    assert isinstance(note, str)
    assert isinstance(notes, tuple)
    assert isinstance(ties, tuple)
    if char in ",'" and note:
        longer = note + char
        fits = pitch_fits(longer[0], longer[1:]) and is_new(place, sign, longer, notes)
        return place.but(arg=(sign, longer, notes, ties)) if fits else None
    if note:
        if place.frame.strict and place.tie and (note in notes or (sign and note in place.tie)):
            return None
        notes = (*notes, note)
        if char == "-":
            # abc2midi loses count of ties of single notes in chords.
            return None if place.frame.strict else place.but(arg=("", "", notes, (*ties, note)))
        note, sign = "", ""
    missing = set(place.tie) - set(notes)
    room = _MOST_IN_CHORD - len(notes) - len(missing)
    if char in "^_=":
        longer = sign + char
        # What a tie goes on with, beside an accidental in its chord, is read in two ways.
        fits = longer in ACCIDENTALS and room > 0 and not (place.frame.strict and place.tie)
        return place.but(arg=(longer, "", notes, ties)) if fits else None
    if char in LETTERS:
        if not is_new(place, sign, char, notes, missing if room < 1 else None):
            return None
        return place.but(arg=(sign, char, notes, ties))
    fewest = 2 if place.frame.strict else 1
    if char == "]" and not sign and len(notes) >= fewest and chord_ties(place, notes):
        return place.but(mode=CHORD_LENGTH, arg=("", notes, ties))
    return None


def after_chord(place: Place, char: str) -> Step:
    """After ]: the chord's length."""
    length, notes, ties = place.arg
    assert isinstance(length, str)
    assert isinstance(notes, tuple)
    assert isinstance(ties, tuple)
    table = place.lengths()
    if length + char in table:
        return place.but(arg=(length + char, notes, ties))
    ticks = table.get(length, -1)
    if ticks < 0:
        return None
    done = sounded(place, ticks, notes)
    if place.frame.strict and len({str(note)[0].lower() for note in notes}) < len(notes):
        # Two octaves of a letter: which accidental a tie goes on with is read in two ways.
        done = done.but(arg=())
    if ties:
        if done.at == done.frame.need and not done.frame.carry and done.tuplet is None:
            return None
        done = done.but(tie=ties, last=0, arg=())
    return after(done, char)


# -- tuplets and slurs ----------------------------------------------------------


def after_paren(place: Place, char: str) -> Step:
    """After (: a digit begins a tuplet, anything else makes it a slur."""
    if char in DIGITS:
        if place.tuplet is not None or place.broken or char not in "23456789":
            return None
        begun = place.but(mode=TUPLET, arg=(char,))
        return begun if _tuplet(begun, char) or _tuplet(begun, char + ":2") else None
    if not slur_fits(place):
        return None
    return element(
        place.but(mode=GAP, arg=(), slurs=place.slurs + 1, ahead=place.ahead | NEEDS_NOTE),
        char,
    )


def in_tuplet(place: Place, char: str) -> Step:
    text = str(place.arg[0])
    if char == ":" and text.count(":") < 2 and text[-1] != ":":
        return place.but(arg=(text + ":",))
    if char in DIGITS and char != "0" and text[-1] == ":":
        longer = text + char
        return place.but(arg=(longer,)) if _tuplet(place, longer) else None
    tuplet = _tuplet(place, text)
    if tuplet is None:
        return None
    begun = place.but(mode=GAP, arg=(), ahead=place.ahead | NEEDS_SOUND)
    return in_gap(begun.within(tuplet), char)


def _tuplet(place: Place, text: str) -> Tuplet | None:
    """The tuplet that ( with this text begins, if it can be completed here."""
    numbers = text.split(":")
    p = int(numbers[0])
    if "" in numbers[1:]:
        return None
    if len(numbers) > 1:
        q = int(numbers[1])
    elif p in _TIMES:
        q = _TIMES[p]
    elif place.frame.doubtful:
        # What (5 means here is read in two ways: it must be said.
        return None
    else:
        q = 3 if place.frame.compound else 2
    r = int(numbers[2]) if len(numbers) > 2 else p
    room = place.room
    if room <= 0 or not feasible(place.frame.unit, r, 0, p, q, room):
        return None
    return Tuplet(r, 0, p, q, room)


# -- texts, marks, fields, bar lines ----------------------------------------------


def after_bracket(place: Place, char: str) -> Step:
    """After [: a chord, an inline field or an ending; arg: whether a bar has just begun."""
    begun = bool(place.arg[0])
    frame = place.frame
    if char in DIGITS:
        if place.tuplet is not None or place.broken or place.ahead & NEEDS_NOTE:
            return None
        if place.tie and frame.strict:
            return None
        within = frame.split and 0 < place.at < frame.need
        within = within and not (place.ahead & PENDING or place.slurs)
        apart = begun or not frame.strict or within
        if apart and frame.ending and char == str(frame.ending):
            return place.but(mode=ENDING, arg=(char, True))
        return None
    if frame.must:
        return None
    if char in frame.fields and char not in "wWs":
        bound = place.tuplet is not None or place.broken or place.ahead & PENDING or place.tie
        anywhere = char == "K" or (char == "P" and not frame.strict)
        if not bound and (anywhere or (begun and place.at == 0)):
            return place.but(mode=LETTER, arg=(char, "]", 3 if begun else 0))
        return None
    if char in LETTERS or char in "^_=":
        refused = frame.strict and (place.ahead & TRILLED or frame.hornpipe)
        if not note_begins(place) or frame.stopped or refused:
            return None
        empty = place.but(mode=CHORD, arg=("", "", (), ()), last=0)
        return in_chord(empty, char)
    return None


def _bar_begins(place: Place, char: str) -> Step:
    count = place.arg[1] if place.arg[:1] == ("Z",) else 1
    if place.at == 0 and not place.frame.strict and char == "|":
        return place.but(mode=BAR, arg=("|", True), ahead=0)
    begun = place.but(mode=BAR, arg=(char, False, count), last=0)
    return begun if bar_can_be(begun, char) else None


def in_bar(place: Place, char: str) -> Step:
    """In a bar line; arg: its text, whether it stands at the start of a bar, bars of rest."""
    text, at_beginning = str(place.arg[0]), bool(place.arg[1])
    longer = text + char
    if at_beginning:
        if longer == "|:" and "|:" in place.frame.starts:
            return Event("bar", "|:", tie=place.tie, slurs=place.slurs)
        if place.frame.strict:
            return None
        return at_start(place.but(mode=START, arg=(4,)), char)
    if longer in BAR_PREFIXES and bar_can_be(place, longer):
        return place.but(arg=(longer, False, place.arg[2]))
    return ended(place)


def unbarred(place: Place) -> bool:
    """Whether the tune may end here without a bar line."""
    bare = place.but(arg=()) if place.mode == GAP else place
    step = STEPS[bare.mode](bare, "\n")
    return isinstance(step, Event) and step.text == END


STEPS: Final[dict[str, Callable[[Place, str], Step]]] = {
    START: at_start,
    DOUBTFUL: doubtful,
    GAP: in_gap,
    AFTER: after,
    BROKEN: in_broken,
    ACCIDENTAL: after_accidental,
    NOTE: in_note,
    REST: in_rest,
    BARS_REST: in_bars_rest,
    CHORD: in_chord,
    CHORD_LENGTH: after_chord,
    GRACE: in_grace,
    PAREN: after_paren,
    TUPLET: in_tuplet,
    QUOTE: in_quote,
    MARK: in_mark,
    BRACKET: after_bracket,
    ENDING: in_ending,
    BAR: in_bar,
    OVER: over,
}
