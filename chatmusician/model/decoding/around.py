"""A tune that is given: bars filled in, chord symbols put in, or music written behind it.

The text is not read as ABC, it follows as it stands: so it may be written as it likes, parts,
repeats and other fields in it included. Only in a hole, and behind its end, is music free.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from chatmusician.model.decoding.music import unbarred
from chatmusician.model.decoding.place import (
    ANNOTATED,
    END,
    GIVEN,
    OVER,
    PLAIN,
    QUOTE,
    START,
    Frame,
    Place,
)
from chatmusician.model.decoding.plan import Given, Hole
from chatmusician.model.decoding.state import State
from chatmusician.model.decoding.whole import Whole
from chatmusician.music.meter import parse_meter

if TYPE_CHECKING:
    from chatmusician.model.decoding.automaton import Automaton

# Arguments of the mode GIVEN: whether a chord symbol stands before the next character already.
_TEXT: Final[tuple[object, ...]] = ()
_CHORDED: Final[tuple[object, ...]] = ("chorded",)


def begun(automaton: Automaton, given: Given) -> State:
    """The text is still to come, as far as the first hole."""
    stand = automaton.stand(Whole(music=True, meter="4/4", unit=1))
    return _told(automaton, State(stand, automaton.node(_place(_TEXT))), _segment(given, 0))


def advance(automaton: Automaton, given: Given, state: State, char: str) -> State | None:
    place, whole = state.node.place, state.stand.whole
    if place.mode == GIVEN:
        return _in_text(automaton, given, state, char)
    if state.given:
        return _in_symbol(automaton, state, char)
    if not whole.filling:
        return None if place.mode == OVER else automaton.plainly(state, char)
    behind = _segment(given, whole.hole)
    if char == behind[:1] and unbarred(place):
        filled = automaton.stand(whole._replace(filling=False))
        text = State(filled, automaton.node(_place(_TEXT)))
        return _read(automaton, given, text, behind)
    return automaton.plainly(state, char) if char not in "\n|" else None


def following(given: Given, state: State) -> str:
    """What may be written next of the text: up to where a chord symbol is due, or one."""
    at = len(given.text) - len(state.given)
    if at in given.due and state.node.place.arg != _CHORDED:
        return '"C"'
    return state.given[: min([due - at for due in given.due if due > at], default=None)]


def behind_hole(given: Given, whole: Whole) -> str:
    """The text that ends the hole being filled."""
    return _segment(given, whole.hole) if whole.filling else ""


def _place(arg: tuple[object, ...]) -> Place:
    return Place(Frame(0), GIVEN, arg)


def _segment(given: Given, index: int) -> str:
    """The text between two holes."""
    start = given.holes[index - 1].at if index else 0
    end = given.holes[index].at if index < len(given.holes) else len(given.text)
    return given.text[start:end]


def _told(automaton: Automaton, state: State, text: str) -> State:
    return State(state.stand, automaton.node(_place(_TEXT)), text)


def _in_text(automaton: Automaton, given: Given, state: State, char: str) -> State | None:
    open_spot = given.spots and state.node.place.arg != _CHORDED
    at = len(given.text) - len(state.given) if open_spot else -1
    if char == state.given[:1] and at not in given.due:
        return _read(automaton, given, state, state.given)
    if char != '"' or at not in given.spots:
        return None
    quote = Place(Frame(0, bare=True), QUOTE, ("", 0), ahead=ANNOTATED)
    return State(state.stand, automaton.node(quote), state.given)


def _in_symbol(automaton: Automaton, state: State, char: str) -> State | None:
    """In a chord symbol that is put in; a whole one leads back to the text."""
    after = automaton.plainly(state.told(""), char)
    if after is None or after.node.place.mode == QUOTE:
        return after.told(state.given) if after is not None else None
    return State(state.stand, automaton.node(_place(_CHORDED)), state.given)


def _read(automaton: Automaton, given: Given, state: State, text: str) -> State:
    """One character of the text has been read: more of it follows, or a hole, or the end."""
    if len(text) > 1:
        return _told(automaton, state, text[1:])
    whole = state.stand.whole
    if whole.hole < len(given.holes):
        return _hole(automaton, whole, given.holes[whole.hole], text)
    if given.after is None:
        return State(state.stand, automaton.node(Place(Frame(0), OVER)))
    meter, unit, back = given.after
    whole = Whole(
        music=True,
        meter=meter,
        unit=unit,
        first=False,
        back=back,
        home=back,
        opened=back >= 0,
        body=True,
        last=PLAIN,
        signed=True,
        implied=True,
    )
    place = Place(automaton.frame(whole), START, (_since(text),))
    return State(automaton.stand(whole), automaton.node(place))


def _hole(automaton: Automaton, whole: Whole, hole: Hole, before: str) -> State:
    whole = whole._replace(hole=whole.hole + 1, filling=True, meter=hole.meter, unit=hole.unit)
    frame = Frame(
        hole.ticks,
        ends=((END, frozenset({hole.ticks})),),
        unit=hole.unit,
        compound=parse_meter(hole.meter).compound,
        doubtful=True,
        carry=False,
        bare=True,
    )
    tie = (hole.tie,) if hole.tie else ()
    place = Place(automaton.same(frame), START, (_since(before),), tie=tie)
    return State(automaton.stand(whole), automaton.node(place))


def _since(before: str) -> int:
    """What `at_start` is told of the character before."""
    return {"\n": 2, " ": 1}.get(before, 0)
