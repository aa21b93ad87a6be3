"""An incremental automaton over ABC, byte by byte: ``advance``, ``accepting``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from chatmusician.model.decoding import around, next_bar
from chatmusician.model.decoding import whole as tune
from chatmusician.model.decoding.barlines import ended
from chatmusician.model.decoding.copying import opening, unframed, without_chords
from chatmusician.model.decoding.header import after_letter, at_line, in_value
from chatmusician.model.decoding.heading import clashes, with_header_field, with_letter
from chatmusician.model.decoding.lengths import WHOLE
from chatmusician.model.decoding.marks import LETTERS
from chatmusician.model.decoding.music import STEPS, unbarred
from chatmusician.model.decoding.place import (
    AFTER,
    BAR,
    CHORD_LENGTH,
    CHORDED,
    CLOSE,
    END,
    GAP,
    LETTER,
    LINE,
    NEEDS_SOUND,
    NOTE,
    OVER,
    PLAIN,
    REST,
    START,
    VALUE,
    Event,
    Frame,
    Place,
    Step,
)
from chatmusician.model.decoding.plan import Constraints
from chatmusician.model.decoding.state import Node, Stand, State
from chatmusician.model.decoding.whole import Whole

_STEPS: Final[dict[str, Callable[[Place, str], Step]]] = {
    **STEPS,
    LINE: at_line,
    LETTER: after_letter,
    VALUE: in_value,
}
_MISSING: Final = object()
_MOST_NODES: Final = 400_000


class Automaton:
    """The language of tunes that keep to the constraints."""

    def __init__(self, plan: Constraints) -> None:
        self.plan = plan.effective()
        self.nodes: dict[tuple[object, ...], Node] = {}
        self.stands: dict[Whole, Stand] = {}
        self.frames: dict[Whole, Frame] = {}
        self.known: dict[Frame, Frame] = {}
        self.tapes = any(section.same_as is not None for section in self.plan.sections)
        # Whether more than the place in the bar decides what may follow.
        self.careful = self.tapes or self.plan.given is not None

    def start(self) -> State:
        if self.plan.given is not None:
            return around.begun(self, self.plan.given)
        frame = Frame(0, strict=self.plan.strict, one_line=self.plan.one_line)
        return State(self.stand(Whole()), self.node(Place(frame, LINE, ("begin",))))

    def node(self, place: Place) -> Node:
        key = place.key
        node = self.nodes.get(key)
        if node is None:
            if len(self.nodes) > _MOST_NODES:
                self.nodes.clear()
            node = self.nodes[key] = Node(place)
        return node

    def stand(self, whole: Whole) -> Stand:
        found = self.stands.get(whole)
        if found is None:
            found = self.stands[whole] = Stand(whole)
        return found

    def frame(self, whole: Whole) -> Frame:
        found = self.frames.get(whole)
        if found is None:
            made = next_bar.frame(whole, self.plan)
            found = self.frames[whole] = self.same(made)
        return found

    def same(self, frame: Frame) -> Frame:
        """The frame itself where it is known already: comparing then is quick."""
        return self.known.setdefault(frame, frame)

    # -- one character ----------------------------------------------------------

    def advance(self, state: State, char: str) -> State | None:
        """The state after one more character (a byte, as Latin-1), None where it cannot stand."""
        if self.plan.given is not None:
            return around.advance(self, self.plan.given, state, char)
        if state.given or self.tapes:
            return self.advance_given(state, char)
        return None if state.node.place.mode == OVER else self.plainly(state, char)

    def plainly(self, state: State, char: str) -> State | None:
        """One character further, without a look at what is given."""
        while True:
            node = state.node
            found = node.edges.get(char, _MISSING)
            if found is _MISSING:
                found = self.explore(node, char)
            if found is None:
                return None
            if isinstance(found, Node):
                held = state.held
                if found.note:
                    held = held + char if char in ",'" else char if char in LETTERS else held
                elif found.tie:
                    found = self.tied(found, held)
                return State(state.stand, found, state.given, state.tape, state.texts, held)
            assert isinstance(found, Event)
            after = self.happen(state, found)
            if after is None or not found.again:
                return after
            state = after
            if state.given and not (self.may_wait(state, char) and char != state.given[0]):
                return self.through_given(state, char)

    def tied(self, node: Node, pitch: str) -> Node:
        """The place after a tie, now that it matters which pitch was read."""
        found = node.tied.get(pitch)
        if found is None:
            found = node.tied[pitch] = self.node(node.place.but(tie=(pitch,)))
        return found

    def explore(self, node: Node, char: str) -> Node | Event | None:
        step = _STEPS[node.place.mode](node.place, char)
        found = self.node(step) if isinstance(step, Place) else step
        node.edges[char] = found
        return found

    def advance_given(self, state: State, char: str) -> State | None:
        """One character further, written down where sections come back."""
        given = state.given
        if given and not self.is_given(state, char):
            waiting = self.plainly(state.told(""), char) if self.may_wait(state, char) else None
            return waiting.told(given) if waiting is not None else None
        after = self.through_given(state, char)
        if after is not None and self.tapes and state.stand.whole.music:
            same = after.stand.whole.section == state.stand.whole.section
            after = after.taped((after.tape if same else "") + char)
        return after

    def through_given(self, state: State, char: str) -> State | None:
        """The next character of a text that is given, or any where none is."""
        given = state.given
        if given and not self.is_given(state, char):
            return None
        after = self.plainly(state.told("") if given else state, char)
        return after.told(given[1:] or after.given) if given and after is not None else after

    def is_given(self, state: State, char: str) -> bool:
        """Whether the character is the next of the text that is given."""
        return char == state.given[0]

    def may_wait(self, state: State, char: str) -> bool:
        """Whether the text that is given can wait: for blanks before a bar."""
        return state.node.place.mode == START and char in " \n"

    def replays(self, state: State) -> bool:
        section = state.stand.whole.section
        sections = self.plan.sections
        return section < len(sections) and sections[section].replayed

    def happen(self, state: State, event: Event) -> State | None:
        stand, node = state.stand, state.node
        if self.tapes:
            return self.result(state, stand, node, event)
        within = event.kind in ("chord", "field")
        key: object = (event, node) if within else event
        found = stand.after.get(key, _MISSING)
        if found is _MISSING:
            found = stand.after[key] = self.result(state, stand, node, event)
        if found is None:
            return None
        assert isinstance(found, State)
        return state.at(found.stand, found.node) if within and stand.whole.music else found

    # -- events -------------------------------------------------------------------

    def result(self, state: State, stand: Stand, node: Node, event: Event) -> State | None:
        whole, place = stand.whole, node.place
        if event.kind == "letter":
            begun = with_letter(whole, self.plan, event.text)
            if begun is None:
                return None
            whole, given = begun
            doubtful = self.plan.strict and clashes(whole, self.plan, event.text)
            frame = place.frame.but(doubtful=doubtful)
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
            owed = max(0, frame.owed - 1)
            frame = self.same(frame.but(chord=chord, again=frame.chord, owed=owed))
            ahead = place.ahead | NEEDS_SOUND | CHORDED
            here = place.but(frame=frame, mode=GAP, arg=(), ahead=ahead)
            return state.at(self.stand(whole), self.node(here))
        if event.kind == "ending":
            tie: tuple[str, ...] = ()
            slurs = 0
            whole = tune.with_ending(whole, self.plan, event.at, event.amount)
            if event.at == 1 or not self.plan.strict:
                tie, slurs = event.tie, event.slurs
            frame = self.same(self.frame(whole).but(starts="", ending=0, closed=False))
            started = Place(frame, START, (0,), tie=tie, slurs=slurs)
            return state.at(self.stand(whole), self.node(started))
        return self.bar(state, whole, event)

    def bar(self, state: State, whole: Whole, event: Event) -> State:
        texts = state.texts
        section = whole.section
        whole = tune.with_bar(whole, self.plan, event.text, event.at, event.amount)
        given = ""
        if self.tapes and whole.section != section and event.at:
            texts = (*texts, unframed(state.tape))
        if self.plan.sections:
            whole, given = self.section_text(whole, texts, whole.section != section)
        since = 2 if event.text == END else 0 if event.text in (PLAIN, CLOSE) else 5
        started = Place(self.frame(whole), START, (since,), tie=event.tie, slurs=event.slurs)
        tape = state.tape if whole.section == section else ""
        state = State(self.stand(whole), self.node(started), "", tape, texts)
        now = tune.section_of(whole, self.plan)
        if given and not whole.copies and now is not None and now.same_as is not None:
            given = self.spellable(state, given)
        return self.owing(state, given)

    def section_text(self, whole: Whole, texts: tuple[str, ...], new: bool) -> tuple[Whole, str]:
        """The text with which the section (or its first full bar) must begin."""
        if whole.section >= len(self.plan.sections) or whole.must or whole.ending:
            return whole, ""
        section = self.plan.sections[whole.section]
        if section.motif and (new or whole.motif):
            if whole.offset == 0 and not next_bar.must_open(whole, self.plan):
                motif = section.motif.strip()
                copies = motif.rstrip("|").count("|") + 1 if section.same_as is not None else 0
                return whole._replace(motif=False, copies=copies), f"{motif} "
            pickup = ""
            if new and whole.offset and section.same_as is not None:
                pickup = texts[section.same_as].partition("|")[0].strip() + " "
            return whole._replace(motif=True), pickup
        if whole.copies > 1:
            return whole._replace(copies=whole.copies - 1), ""
        if section.same_as is None or not (new or whole.copies):
            return whole, ""
        text = texts[section.same_as]
        if section.replayed:
            return whole, text + " "
        begun = 0 if new else whole.in_section
        text = opening(text, begun, whole.start > 0, varied=section.varied)
        return whole._replace(copies=0), without_chords(text) if self.plan.chords else text

    def spellable(self, state: State, given: str) -> str:
        """The text as far as it can stand: a section's bars may begin behind another tie, or in
        the middle of what they end. Whole bars of it are kept."""
        if self.plan.chords is not None:
            return given
        read = self.spell_plainly(given, self.unbound(state))[1]
        return given if read == len(given) else given[: given.rfind("| ", 0, read) + 1]

    def field(self, state: State, stand: Stand, place: Place, event: Event) -> State | None:
        whole = stand.whole
        letter, value = event.text[0], event.text[1:]
        if not whole.music:
            found = with_header_field(whole, self.plan, letter, value)
            if found is None:
                return None
            if not found.music:
                line = self.node(place.but(mode=LINE, arg=()))
                return State(self.stand(found), line)
            given = ""
            if self.plan.sections and self.plan.sections[0].motif:
                given = self.plan.sections[0].motif.strip() + " "
            since = 1 if self.plan.one_line else 2
            started = Place(self.frame(found), START, (since,))
            return self.owing(State(self.stand(found), self.node(started)), given)
        if letter in "ML":
            changed = (
                tune.with_meter(whole, self.plan, value)
                if letter == "M"
                else tune.with_unit(whole, self.plan, WHOLE // int(value[2:]))
            )
            if changed is None:
                return None
            whole = changed
        elif letter == "P" and event.at >= 2 and not self.plan.strict:
            whole = whole._replace(loose=True, stopped=False)
        frame = place.frame
        if letter in "MLP" and event.at >= 2:
            frame = self.frame(whole)
        if self.plan.strict:
            # Once in a bar: a model that does not know how to go on would write nothing else.
            left = "".join(f for f in frame.fields if f in place.frame.fields and f != letter)
            frame = self.same(frame.but(fields=left))
        mode, arg = (START, (event.at,)) if event.at else (GAP, ())
        here = place.but(frame=frame, mode=mode, arg=arg)
        return state.at(self.stand(whole), self.node(here))

    # -- chord symbols in text that is given ------------------------------------------

    def owing(self, state: State, given: str) -> State:
        """The state with this text to follow, the chord symbols due in its bars woven in."""
        if not given:
            return state
        if self.plan.chords is None or self.replays(state):
            return self.unbound(state).told(given)
        return self.unbound(state).told(self.woven(state, given))

    def unbound(self, state: State) -> State:
        """The same in a bar that owes no chord symbol: its text is given."""
        place = state.node.place
        if not place.frame.owed:
            return state
        return state.at(state.stand, self.node(place.but(frame=self.same(place.frame.but(owed=0)))))

    def woven(self, state: State, given: str) -> str:
        """The text with the chord symbols that its bars owe, spread evenly before its notes."""
        pieces: list[str] = []
        at = 0
        while at < len(given):
            owed = state.node.place.frame.owed
            state = self.unbound(state)
            end, spots = self.spots(state, given, at)
            if end == at:
                return "".join(pieces) + given[at:]
            count = min(owed, len(spots))
            chosen = [spots[n * len(spots) // count] for n in range(count)]
            text = ""
            for index in range(at, end):
                if index in chosen:
                    chord = (self.plan.chords or ())[state.stand.whole.chord + chosen.index(index)]
                    text += f'"{chord}"'
                text += given[index]
            after, _ = self.spell_plainly(text, state)
            pieces.append(text)
            state, at = after, end
            if at < len(given):
                # The bar line is known to be whole by the character after it.
                after, _ = self.spell_plainly(given[at], state)
                pieces.append(given[at])
                state, at = after, at + 1
        return "".join(pieces)

    def spots(self, state: State, given: str, at: int) -> tuple[int, list[int]]:
        """How far the bar goes in this text, and where in it a chord symbol could stand."""
        chord = state.node.place.frame.chord
        found: list[int] = []
        stand = state.stand
        for index in range(at, len(given)):
            text = f'"{chord}"{given[index]}'
            if chord and self.spell_plainly(text, state)[1] == len(text) and given[index] != " ":
                found.append(index)
            after = self.plainly(state, given[index])
            if after is None or after.stand is not stand:
                return index, found
            state = after
        return len(given), found

    def spell_plainly(self, data: str, state: State) -> tuple[State, int]:
        for index, char in enumerate(data):
            after = self.plainly(state, char)
            if after is None:
                return state, index
            state = after
        return state, len(data)

    # -- the end --------------------------------------------------------------------

    def accepting(self, state: State) -> bool:
        """Whether the tune may end here."""
        if state.given.strip() or state.stand.whole.filling:
            return False
        place = state.node.place
        if place.mode == OVER:
            return True
        if place.mode == START:
            return self.may_close(state.node)
        if place.mode == BAR:
            event = ended(place)
            if event is None:
                return False
            after = self.happen(state, event)
            return after is not None and not after.given.strip() and self.may_close(after.node)
        if place.mode not in (NOTE, REST, AFTER, GAP, CHORD_LENGTH):
            return False
        if self.plan.strict:
            return unbarred(place)
        barred, read = self.spell("||", state)
        return read == 2 and self.accepting(barred)

    def may_close(self, node: Node) -> bool:
        """Whether the tune may end before this bar."""
        place = node.place
        return place.frame.closed and not place.tie and not place.slurs

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
