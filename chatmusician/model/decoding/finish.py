"""From any state the text that ends the tune soon: no state is a dead end, and none is too late."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from chatmusician.model.decoding import around
from chatmusician.model.decoding.automaton import Automaton
from chatmusician.model.decoding.lengths import allowed, longest
from chatmusician.model.decoding.place import (
    ACCIDENTAL,
    BAR,
    BARS_REST,
    BRACKET,
    CHORD,
    CHORD_LENGTH,
    DOUBTFUL,
    ENDING,
    GIVEN,
    GRACE,
    LETTER,
    LINE,
    MARK,
    NOTE,
    PAREN,
    PENDING,
    QUOTE,
    REST,
    START,
    TUPLET,
    VALUE,
    Place,
)
from chatmusician.model.decoding.plan import Constraints
from chatmusician.model.decoding.state import State
from chatmusician.model.decoding.values import NAMES, chord_ends

_MOST_STEPS: Final = 4_000
_BAR_LINES: Final = ("|]", ":|", "|", "||", "|:", "::")
_DEFAULTS: Final = {"X": "1", "M": "4/4", "L": "1/8", "K": "C", "Q": "1/4=90", "V": "1", "P": "A"}


def ending(automaton: Automaton, state: State) -> str | None:
    """A short text (bytes as Latin-1) after which the tune may end; None where none was found.

    At each step the first way on that is likely to be short is taken; one that leads nowhere is
    gone back on.
    """
    pieces: list[str] = []
    ways = [_ways(automaton, state)]
    seen: set[tuple[object, ...]] = set()
    for _ in range(_MOST_STEPS):
        if automaton.accepting(state):
            return "".join(pieces)
        found: tuple[str, State] | None = None
        while ways and found is None:
            found = next(ways[-1], None)
            if found is None:
                ways.pop()
                if pieces:
                    pieces.pop()
        if found is None:
            return None
        piece, state = found
        key = (id(state.stand), id(state.node), state.given, state.tape)
        if key in seen:
            ways.append(iter(()))
        else:
            seen.add(key)
            ways.append(_ways(automaton, state))
        pieces.append(piece)
    return None


def _ways(automaton: Automaton, state: State) -> Iterator[tuple[str, State]]:
    """What may be written next, with where it leads, the shortest way to the end first."""
    given = automaton.plan.given
    behind = around.behind_hole(given, state.stand.whole) if given is not None else ""
    for text in (*_candidates(state, automaton.plan), behind):
        if text:
            after, read = automaton.spell_bytes(text, state)
            if read == len(text):
                yield text, after


def _candidates(state: State, plan: Constraints) -> list[str]:
    """What may be written next, the shortest way to the end first."""
    place = state.node.place
    if place.mode == GIVEN and plan.given is not None:
        return [around.following(plan.given, state)]
    found = [state.given, *_in_mode(place)] if state.given else _in_mode(place)
    if plan.counts:
        # Where bars are counted a sign brings the end no nearer: it may halve them.
        found.sort(key=lambda text: text.endswith((":|", "::", "|:", "||")))
    return found


def _in_mode(place: Place) -> list[str]:
    mode, arg = place.mode, place.arg
    if mode == LINE:
        return ["K", "X", "M", *"LQTCORBDFGHNSZAP"]
    if mode in (LETTER, DOUBTFUL):
        return [":", *_elements(place)]
    if mode == VALUE:
        return _values(str(arg[0]), str(arg[1]), str(arg[2]))
    if mode == ACCIDENTAL:
        return list("CDEFGABcdefgab")
    if mode == GRACE:
        return ["}", "C}", "2}", "/}"]
    if mode == MARK:
        text = str(arg[0])
        return sorted((name[len(text) :] + "!" for name in NAMES if name.startswith(text)), key=len)
    if mode == QUOTE:
        return _quote_ends(place)
    if mode == CHORD:
        return _chord_ends(place)
    if mode == BRACKET:
        tied = ["".join(place.tie) + more + "]" for more in ("", "c", "e")]
        return [*tied, *_note_names(), "K", "1", "2", "3", "4", "5", "6"]
    if mode in (NOTE, REST, CHORD_LENGTH):
        return _lengths(place)
    if mode == TUPLET:
        return [*_elements(place), ":", *"23456789", "1"]
    return _elements(place)


def _quote_ends(place: Place) -> list[str]:
    text, asked = str(place.arg[0]), place.frame.chord
    found = [asked[len(text) :] + '"'] if asked and text != "^" and asked.startswith(text) else []
    if text in ("^", "."):
        return [tail + '"' for tail in _TEXT_ENDS]
    found += [tail + '"' for tail in chord_ends(text)]
    return [*found, '^"', *(tail + '"' for tail in _TEXT_ENDS)]


_TEXT_ENDS: Final = (
    "",
    "\x80",
    "\x80\x80",
    "\x80\x80\x80",
    "\xa0\x80",
    "\x90\x80\x80",
    "a",
    "\x80a",
)


def _chord_ends(place: Place) -> list[str]:
    sign, note, notes, _ = place.arg
    assert isinstance(note, str)
    assert isinstance(notes, tuple)
    marks = ("", ",", ",,", "'", "''", "'''")
    if note:
        firsts = list(marks)
    else:
        letters = [letter + mark for letter in "CDEFGABcdefgab" for mark in marks]
        firsts = letters if sign else ["", *letters]
    found = []
    for first in firsts:
        done = {*notes, note + first}
        tied = "".join(pitch for pitch in place.tie if pitch not in done)
        found += [f"{first}{tied}{more}]" for more in ("", "c", "e")]
    return found


def _note_names() -> list[str]:
    heads = [letter + mark for letter in "CDEFGAB" for mark in ("", ",", ",,")]
    return [first + second + "]" for second in ("", "c", "e") for first in (*heads, *"cdefgab")]


def _values(letter: str, text: str, end: str) -> list[str]:
    """Ways to end a field's value that has begun."""
    default = _DEFAULTS.get(letter, "a")
    found = [end, default.removeprefix(text.strip()) + end]
    if letter in "XMLKQVP":
        found += [
            tail + end
            for tail in (
                *(
                    "1",
                    "2",
                    "4",
                    "8",
                    "16",
                    "6",
                    "/4",
                    "/8",
                    "/2",
                    "/1",
                    "4=90",
                    "2=90",
                    "6=90",
                    "/4=90",
                    "=90",
                    "90",
                    "0",
                ),
                *(
                    "00",
                    '"1/4=90',
                    'a"1/4=90',
                    "1/4=90",
                    '"',
                    'a"',
                    "one",
                    "ne",
                    "e",
                    "p",
                    "P",
                    "m",
                    "n",
                    "r",
                    "x",
                    "c",
                    "C",
                ),
            )
        ]
        found += [tail + end for tail in _word_tails(letter, text)]
    return found + [tail + end for tail in _TEXT_ENDS]


def _word_tails(letter: str, text: str) -> list[str]:
    from chatmusician.model.decoding import values

    words = values.words(letter)
    last = text.rsplit(" ", 1)[-1]
    whole = text.lstrip(" ")
    tails = [word[len(whole) :] for word in words if whole and word.startswith(whole)]
    tails += [word[len(last) :] for word in words if last != whole and word.startswith(last)]
    return sorted(set(tails), key=len)[:40]


def _lengths(place: Place) -> list[str]:
    """A length for the note begun, then whatever follows."""
    length = str(place.arg[0]) if place.mode != NOTE else str(place.arg[1])
    table = allowed(place.frame.unit, place.room, place.tuplet, place.broken)
    marks: list[str] = []
    if place.mode == NOTE and place.tie:
        pitch = str(place.arg[0])
        marks = [tied[len(pitch) :] for tied in place.tie if tied.startswith(pitch)]
    best = longest(place.frame.unit, _way(place), place.tuplet, place.broken)
    found = []
    if best == length and not marks:
        found = [")" * place.slurs + line for line in (" |]", " :|", " |")] + [" "]
    if best is not None and best.startswith(length):
        found = [mark + best[len(length) :] + " " for mark in (*marks, "")]
    if table.get(length, -1) < 0:
        fitting = sorted(
            (t for t, ticks in table.items() if ticks > 0 and t.startswith(length)), key=len
        )
        found += [t[len(length) :] + " " for t in fitting]
    followers = [*_elements(place), " "]
    return [*(_closed(t, place) for t in found), *marks, *found, *followers]


def _closed(text: str, place: Place) -> str:
    return text.rstrip(" ") + ")" * place.slurs


def _way(place: Place) -> int:
    """How many ticks to fill: up to where a bar line may stand that ends the tune or a repeat."""
    times = dict(place.frame.ends)
    for kind in ("|]", ":|"):
        left = [time - place.at for time in times.get(kind) or () if time > place.at]
        if left and kind in times:
            return min(min(left), place.room)
    return place.room


def _elements(place: Place) -> list[str]:
    """Ways to go on between elements: end the bar, fill it, or fill what is needed first."""
    frame = place.frame
    found: list[str] = []
    if place.slurs and place.mode == "after a note":
        found.append(")" * place.slurs)
    if frame.must or place.mode == ENDING:
        found += [f"[{frame.ending} ", str(frame.ending)]
    found += [" "] if place.mode == ENDING else []
    if place.mode == BAR:
        text = str(place.arg[0])
        tails = [line[len(text) :] for line in _BAR_LINES if line.startswith(text)]
        ends = [tail for tail in tails if tail.startswith("]")]
        # Where bars are counted a plain bar line costs nothing, and a sign may halve the bars.
        order = [*ends, "", *(tail for tail in tails if tail and tail not in ends)]
        found += [] if frame.one_line else [tail + "\n" for tail in order]
        return [*found, *(tail for tail in order if tail), " "]
    bar_lines = list(_BAR_LINES)
    found += [" " + line for line in bar_lines] if place.mode not in (START,) else []
    found += bar_lines
    if frame.owed and frame.chord and not place.ahead & PENDING:
        found.append(f'"{frame.chord}"')
    best = longest(frame.unit, _way(place), place.tuplet, place.broken) or ""
    if place.tie:
        if len(place.tie) > 1:
            found.append("[" + "".join(place.tie) + "]" + best)
        found += [tied + best for tied in place.tie]
    found += ["z" + best, "C" + best]
    if frame.chord and not place.ahead & PENDING:
        found.append(f'"{frame.chord}"')
    if place.mode == PAREN:
        found = [*found, *"23468579"]
    if place.mode == BARS_REST:
        found = ["", "0", "2", *found]
    found += [")" * place.slurs, " ", "\n", "Z"]
    return found
