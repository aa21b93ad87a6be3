"""States of the automaton: a place in the bar, and the tune as a whole."""

from __future__ import annotations

from typing import final

from chatmusician.model.decoding.place import HELD, NOTE, Event, Place
from chatmusician.model.decoding.whole import Whole


@final
class Node:
    """A place in the bar, and what each character leads to, as far as it has been asked.

    In a `note` the pitch is read; after a `tie` it is asked for: `tied` is where each leads.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.edges: dict[str, Node | Event | None] = {}
        self.note = place.mode == NOTE
        self.tie = place.tie == (HELD,)
        self.tied: dict[str, Node] = {}


@final
class Stand:
    """The tune as a whole, and what events make of it, as far as they have happened."""

    def __init__(self, whole: Whole) -> None:
        self.whole = whole
        self.after: dict[object, State | None] = {}
        # How masks see it; `masks.py`.
        self.seen: object = None


@final
class State:
    """Where a tune is.

    given   text that must follow
    tape    the section's text so far, `texts` those of the sections before it
    held    the pitch read last
    """

    def __init__(
        self,
        stand: Stand,
        node: Node,
        given: str = "",
        tape: str = "",
        texts: tuple[str, ...] = (),
        held: str = "",
    ) -> None:
        self.stand = stand
        self.node = node
        self.given = given
        self.tape = tape
        self.texts = texts
        self.held = held

    def at(self, stand: Stand, node: Node) -> State:
        return State(stand, node, self.given, self.tape, self.texts, self.held)

    def told(self, given: str) -> State:
        """The same state with this text to follow."""
        return State(self.stand, self.node, given, self.tape, self.texts, self.held)

    def taped(self, tape: str) -> State:
        return State(self.stand, self.node, self.given, tape, self.texts, self.held)
