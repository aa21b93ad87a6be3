"""Which tokens may come next: trie and automaton walked together, the result kept by state."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from chatmusician.model.decoding.automaton import Automaton, Node, State
from chatmusician.model.decoding.place import NOTE, OVER, PLAIN, QUOTE, VALUE, Place
from chatmusician.model.decoding.values import TEXT_FIELDS
from chatmusician.model.decoding.vocabulary import Trie, Vocabulary
from chatmusician.model.decoding.whole import horizon

# Modes in which any byte may stand.
_TEXT: Final = (QUOTE, VALUE)
_MOST_MASKS: Final = 100_000

Ids = NDArray[np.int64]


def _kind(place: Place) -> Place:
    """The place with a note of the same octave marks in place of the one being read."""
    if place.mode != NOTE or place.tie:
        return place
    pitch, length = str(place.arg[0]), place.arg[1]
    letter = "A" if pitch[0].isupper() else "c" if pitch[0] == "c" else "a"
    return place._replace(arg=(letter + pitch[1:], length))


def in_free_text(state: State) -> bool:
    """Whether every token of plain letters may come next, and changes nothing."""
    place = state.node.place
    if place.mode == QUOTE:
        return place.arg == ("^", 0)
    if place.mode != VALUE or place.arg[2] != "\n":
        return False
    letter, text = str(place.arg[0]), str(place.arg[1])
    if letter == "R":
        return text == "0."
    return (letter in TEXT_FIELDS or letter in "wWs") and text in ("", "0", "0.")


class Masks:
    """The masks of one vocabulary under one plan, each computed once."""

    def __init__(self, vocabulary: Vocabulary, automaton: Automaton) -> None:
        self.vocabulary = vocabulary
        self.automaton = automaton
        self.kept: dict[object, Ids] = {}
        self.keys: dict[object, object] = {}
        self.computed = 0
        self.asked = 0

    def allowed(self, state: State) -> Ids:
        """The ids of the tokens that may follow, in ascending order."""
        key = self.key(state)
        self.asked += 1
        found = self.kept.get(key)
        if found is None:
            if len(self.kept) >= _MOST_MASKS:
                self.kept.clear()
            found = self.kept[key] = self.compute(state)
        return found

    def compute(self, state: State) -> Ids:
        """In a note most of the mask does not ask for its pitch: one of its kind will do."""
        place = state.node.place
        if place.mode == OVER and not state.given:
            return np.array(self.vocabulary.end, dtype=np.int64)
        kind = _kind(place)
        if kind == place or state.given or self.automaton.tapes:
            return self.walk(state, self.vocabulary.root)
        alike = state._replace(node=self.automaton.node(kind))
        key = ("untied", self.key(alike))
        common = self.kept.get(key)
        if common is None:
            common = self.kept[key] = self.walk(alike, self.vocabulary.untied)
        own = self.walk(state, self.vocabulary.tied)
        return np.union1d(common, own) if len(own) else common

    def key(self, state: State) -> object:
        """What of the state a token can see: a few bars ahead, not the whole tune."""
        stand = state.stand
        seen = self.keys.get(stand)
        if seen is None:
            ahead = self.vocabulary.bars + 1
            seen = self.keys[stand] = horizon(stand.whole, self.automaton.plan, ahead)
        given = state.given[: self.vocabulary.longest + 1]
        if not self.automaton.tapes:
            return (state.node, seen, given)
        closing = any(kind != PLAIN for kind, _ in state.node.place.frame.ends)
        return (state.node, seen, given, state.texts, state.tape if closing else "")

    def walk(self, state: State, root: Trie) -> Ids:
        self.computed += 1
        found: list[int] = []
        advance = self.automaton.advance
        plain = not state.given and not self.automaton.tapes
        if plain and in_free_text(state):
            found += self.vocabulary.texts
            root = self.vocabulary.odd
        stack: list[tuple[Trie, State]] = [(root, state)]
        while stack:
            trie, here = stack.pop()
            edges = here.node.edges
            simple = plain and not here.given
            wide = here.node.place.mode in _TEXT
            for char, child in (trie.next if wide else trie.music).items():
                step = edges.get(char) if simple else None
                if type(step) is Node:
                    after: State | None = State(here.stand, step)
                elif step is None and simple and char in edges:
                    continue
                else:
                    after = advance(here, char)
                    if after is None:
                        continue
                if child.ids:
                    found += child.ids
                if child.next:
                    assert after is not None
                    stack.append((child, after))
        if root is not self.vocabulary.tied and self.automaton.accepting(state):
            found += self.vocabulary.end
        return np.array(sorted(found), dtype=np.int64)
