"""An incremental automaton over ABC, byte by byte: ``advance``, ``accepting``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from chatmusician.model.decoding import whole as tune
from chatmusician.model.decoding.header import after_letter, at_line, in_value
from chatmusician.model.decoding.heading import clashes, with_header_field, with_letter
from chatmusician.model.decoding.lengths import WHOLE
from chatmusician.model.decoding.music import STEPS, ended
from chatmusician.model.decoding.place import (
    AFTER,
    BAR,
    GAP,
    LETTER,
    LINE,
    NEEDS_SOUND,
    NOTE,
    OVER,
    REST,
    START,
    VALUE,
    Event,
    Frame,
    Place,
    Step,
)
from chatmusician.model.decoding.plan import Constraints
from chatmusician.model.decoding.whole import Whole

_STEPS: Final[dict[str, Callable[[Place, str], Step]]] = {
    **STEPS,
    LINE: at_line,
    LETTER: after_letter,
    VALUE: in_value,
}
_MISSING: Final = object()
_MOST_NODES: Final = 400_000


class Node:
    """A place in the bar, and what each character leads to, as far as it has been asked."""

    __slots__ = ("edges", "place")

    def __init__(self, place: Place) -> None:
        self.place = place
        self.edges: dict[str, Node | Event | None] = {}


class Stand:
    """The tune as a whole, and what events make of it, as far as they have happened."""

    __slots__ = ("after", "whole")

    def __init__(self, whole: Whole) -> None:
        self.whole = whole
        self.after: dict[object, State | None] = {}


class State(NamedTuple):
    """`given`: text that must follow; `tape`: the section's text, `texts`: those before it."""

    stand: Stand
    node: Node
    given: str = ""
    tape: str = ""
    texts: tuple[str, ...] = ()


class Automaton:
    """The language of tunes that keep to the constraints."""

    def __init__(self, plan: Constraints) -> None:
        self.plan = plan.effective()
        self.nodes: dict[Place, Node] = {}
        self.stands: dict[Whole, Stand] = {}
        self.frames: dict[Whole, Frame] = {}
        self.tapes = any(section.same_as is not None for section in self.plan.sections)

    def start(self) -> State:
        place = Place(
            Frame(0, strict=self.plan.strict, one_line=self.plan.one_line), LINE, ("begin",)
        )
        return State(self.stand(Whole()), self.node(place))

    def node(self, place: Place) -> Node:
        node = self.nodes.get(place)
        if node is None:
            if len(self.nodes) > _MOST_NODES:
                self.nodes.clear()
            node = self.nodes[place] = Node(place)
        return node

    def stand(self, whole: Whole) -> Stand:
        found = self.stands.get(whole)
        if found is None:
            found = self.stands[whole] = Stand(whole)
        return found

    def frame(self, whole: Whole) -> Frame:
        found = self.frames.get(whole)
        if found is None:
            found = self.frames[whole] = tune.frame(whole, self.plan)
        return found

    # -- one character ----------------------------------------------------------

    def advance(self, state: State, char: str) -> State | None:
        """The state after one more character (a byte, as Latin-1), None where it cannot stand."""
        if state.given or self.tapes:
            return self.advance_given(state, char)
        return None if state.node.place.mode == OVER else self.plainly(state, char)

    def plainly(self, state: State, char: str) -> State | None:
        stand, node = state[0], state[1]
        while True:
            found = node.edges.get(char, _MISSING)
            if found is _MISSING:
                found = self.explore(node, char)
            if type(found) is Node:
                return State(stand, found, state[2], state[3], state[4])
            if found is None:
                return None
            assert isinstance(found, Event)
            after = self.happen(state, stand, node, found)
            if after is None or not found.again:
                return after
            state = after
            stand, node = after[0], after[1]
            if after.given:
                return self.advance_given(after, char)

    def explore(self, node: Node, char: str) -> Node | Event | None:
        step = _STEPS[node.place.mode](node.place, char)
        found = self.node(step) if isinstance(step, Place) else step
        node.edges[char] = found
        return found

    def advance_given(self, state: State, char: str) -> State | None:
        given = state.given
        if given and char != given[0]:
            # Chord symbols may stand between the notes of a motif.
            mode = state.node.place.mode
            if mode == START and char in " \n":
                return self.plainly(state, char)
            apart = mode in (GAP, START) or (mode == AFTER)
            if char == '"' and self.plan.chords is not None and apart and not self.replays(state):
                return self.plainly(state, char)
            if mode == "in quotes" and not self.replays(state):
                return self.plainly(state, char)
            return None
        bare = state._replace(given="")
        after = self.plainly(bare, char)
        if after is None:
            return None
        if self.tapes and state.stand.whole.music:
            same = after.stand.whole.section == state.stand.whole.section
            after = after._replace(tape=(after.tape if same else "") + char)
        # The last of a header's value may bring on a motif.
        return after._replace(given=given[1:] or after.given) if given else after

    def replays(self, state: State) -> bool:
        section = state.stand.whole.section
        sections = self.plan.sections
        return section < len(sections) and sections[section].same_as is not None

    def happen(self, state: State, stand: Stand, node: Node, event: Event) -> State | None:
        key: object = (event, node) if event.kind in ("chord", "field") else event
        if self.tapes:
            return self.result(state, stand, node, event)
        found = stand.after.get(key, _MISSING)
        if found is _MISSING:
            found = stand.after[key] = self.result(state, stand, node, event)
        assert found is None or isinstance(found, State)
        return found

    # -- events -------------------------------------------------------------------

    def result(self, state: State, stand: Stand, node: Node, event: Event) -> State | None:
        whole, place = stand.whole, node.place
        if event.kind == "letter":
            begun = with_letter(whole, self.plan, event.text)
            if begun is None:
                return None
            whole, given = begun
            doubtful = self.plan.strict and clashes(whole, event.text)
            frame = place.frame._replace(doubtful=doubtful)
            end = " " if self.plan.one_line else "\n"
            letter = self.node(Place(frame, LETTER, (event.text, end, -1)))
            return State(self.stand(whole), letter, given)
        if event.kind == "field":
            return self.field(state, stand, place, event)
        if event.kind == "chord":
            whole = whole._replace(chord=whole.chord + 1)
            frame = place.frame
            chords = self.plan.chords or ()
            chord = chords[whole.chord] if whole.chord < len(chords) else ""
            frame = frame._replace(chord=chord, owed=max(0, frame.owed - 1))
            return state._replace(
                stand=self.stand(whole),
                node=self.node(
                    place._replace(frame=frame, mode=GAP, arg=(), ahead=place.ahead | NEEDS_SOUND)
                ),
            )
        if event.kind == "ending":
            tie: tuple[str, ...] = ()
            slurs = 0
            whole = tune.with_ending(whole, self.plan, event.at, event.amount)
            if event.at == 1 or not self.plan.strict:
                tie, slurs = event.tie, event.slurs
            frame = self.frame(whole)._replace(starts="", ending=0, closed=False)
            started = Place(frame, START, (0,), tie=tie, slurs=slurs)
            return state._replace(stand=self.stand(whole), node=self.node(started))
        return self.bar(state, whole, event)

    def bar(self, state: State, whole: Whole, event: Event) -> State:
        texts = state.texts
        section = whole.section
        whole = tune.with_bar(whole, self.plan, event.text, event.at, event.amount)
        given = ""
        if self.tapes and whole.section != section and event.at:
            texts = (*texts, state.tape.strip(" \n").rstrip("|:] \n").lstrip("|: \n"))
        if self.plan.sections:
            whole, given = self.section_text(whole, texts, whole.section != section)
        if self.plan.suffix and self.plan.bars and whole.bars >= self.plan.bars:
            rest = Place(Frame(0), OVER)
            return State(self.stand(whole), self.node(rest), self.plan.suffix)
        started = Place(self.frame(whole), START, (0,), tie=event.tie, slurs=event.slurs)
        tape = state.tape if whole.section == section else ""
        return State(self.stand(whole), self.node(started), given, tape, texts)

    def section_text(self, whole: Whole, texts: tuple[str, ...], new: bool) -> tuple[Whole, str]:
        """The text with which the section (or its first full bar) must begin."""
        if whole.section >= len(self.plan.sections) or whole.must or whole.ending:
            return whole, ""
        section = self.plan.sections[whole.section]
        if new and section.same_as is not None:
            return whole, texts[section.same_as] + " "
        if section.motif and (new or whole.motif):
            if whole.offset == 0 and not tune.must_open(whole, self.plan):
                return whole._replace(motif=False), section.motif.strip() + " "
            return whole._replace(motif=True), ""
        return whole, ""

    def field(self, state: State, stand: Stand, place: Place, event: Event) -> State | None:
        whole = stand.whole
        letter, value = event.text[0], event.text[1:]
        if not whole.music:
            found = with_header_field(whole, self.plan, letter, value)
            if found is None:
                return None
            if not found.music:
                line = self.node(place._replace(mode=LINE, arg=()))
                return State(self.stand(found), line)
            given = ""
            if self.plan.sections and self.plan.sections[0].motif:
                given = self.plan.sections[0].motif.strip() + " "
            since = 1 if self.plan.one_line else 2
            started = Place(self.frame(found), START, (since,))
            return State(self.stand(found), self.node(started), given)
        if letter in "ML":
            changed = (
                tune.with_meter(whole, self.plan, value)
                if letter == "M"
                else tune.with_unit(whole, self.plan, WHOLE // int(value[2:]))
            )
            if changed is None:
                return None
            whole = changed
        elif letter == "P" and event.at >= 2:
            whole = whole._replace(loose=True, stopped=False)
        frame = place.frame
        if letter in "MLP" and event.at >= 2:
            frame = self.frame(whole)
        mode, arg = (START, (event.at,)) if event.at else (GAP, ())
        here = place._replace(frame=frame, mode=mode, arg=arg)
        return state._replace(stand=self.stand(whole), node=self.node(here))

    # -- the end --------------------------------------------------------------------

    def accepting(self, state: State) -> bool:
        """Whether the tune may end here."""
        if state.given.strip():
            return False
        place = state.node.place
        if place.mode == OVER:
            return True
        if place.mode == START:
            return place.frame.closed and not place.tie and not place.slurs
        if place.mode == BAR:
            event = ended(place)
            if event is None:
                return False
            after = self.happen(state, state.stand, state.node, event)
            return after is not None and after.node.place.frame.closed and not after.given.strip()
        if self.plan.strict or place.mode not in (NOTE, REST, AFTER, GAP):
            return False
        barred, read = self.spell("||", state)
        return read == 2 and self.accepting(barred)

    def spell(self, text: str, state: State | None = None) -> tuple[State, int]:
        """Advance over a text: the last state, and how many bytes could stand."""
        return self.spell_bytes(text.encode().decode("latin-1"), state or self.start())

    def spell_bytes(self, data: str, state: State) -> tuple[State, int]:
        """The same for bytes written as Latin-1 characters."""
        for index, char in enumerate(data):
            after = self.advance(state, char)
            if after is None:
                return state, index
            state = after
        return state, len(data)
