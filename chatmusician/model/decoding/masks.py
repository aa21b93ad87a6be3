"""Which tokens may come next, kept by what of a state a token can see."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from chatmusician.model.decoding.automaton import Automaton
from chatmusician.model.decoding.next_bar import horizon
from chatmusician.model.decoding.place import AFTER, GIVEN, HELD, NOTE, OVER, PLAIN, QUOTE, Place
from chatmusician.model.decoding.state import State
from chatmusician.model.decoding.trie import Trie, in_free_text, reachable
from chatmusician.model.decoding.vocabulary import Vocabulary

_MOST_MASKS: Final = 100_000

Ids = NDArray[np.int64]


class Masks:
    """The masks of one vocabulary under one plan, each computed once."""

    def __init__(self, vocabulary: Vocabulary, automaton: Automaton) -> None:
        self.vocabulary = vocabulary
        self.automaton = automaton
        self.kept: dict[object, Ids] = {}
        self.texts: dict[object, Ids] = {}
        self.horizons: dict[object, object] = {}
        self.computed = 0

    def allowed(self, state: State) -> Ids:
        """The ids of the tokens that may follow, in ascending order."""
        key = self.key(state)
        if not state.given and not self.automaton.careful and in_free_text(state):
            return self.in_text(state, key)
        asks = _asks_pitch(state.node.place)
        whole = (key, state.held) if asks else key
        found = self.kept.get(whole)
        if found is None:
            if len(self.kept) >= _MOST_MASKS:
                self.kept.clear()
            found = self.kept[whole] = self.compute(state, key, asks)
        return found

    def compute(self, state: State, key: object, asks: bool) -> Ids:
        """Only tokens with a tie ask which pitch was read: the others are the same for all."""
        if state.node.place.mode == OVER and not state.given:
            return np.array(self.vocabulary.end, dtype=np.int64)
        if not asks or state.given or self.automaton.careful:
            return self.walk(state, self.vocabulary.root, accepts=True)
        common = self.kept.get(key)
        if common is None:
            common = self.kept[key] = self.walk(state, self.vocabulary.untied, accepts=True)
        own = self.walk(state, self.vocabulary.tied)
        return np.union1d(common, own) if len(own) else common

    def in_text(self, state: State, key: object) -> Ids:
        """In free text only what ends it depends on where it stands; the rest is kept once."""
        place = state.node.place
        end = '"' if place.mode == QUOTE else "\n"
        inside = self.texts.get((place.mode, place.arg))
        if inside is None:
            found = self.vocabulary.texts + reachable(
                self.automaton, state, self.vocabulary.inside[end]
            )
            inside = self.texts[place.mode, place.arg] = np.sort(np.array(found, dtype=np.int64))
        closing = self.closing(state, key)
        return np.insert(inside, np.searchsorted(inside, closing), closing)

    def closing(self, state: State, key: object = None) -> Ids:
        """The tokens that end a free text and may follow."""
        end = '"' if state.node.place.mode == QUOTE else "\n"
        whole = ("closing", key or self.key(state))
        found = self.kept.get(whole)
        if found is None:
            found = self.kept[whole] = self.walk(state, self.vocabulary.closing[end])
        return found

    def key(self, state: State) -> object:
        """What of the state a token can see: a few bars ahead, not the whole tune."""
        stand = state.stand
        if stand.seen is None:
            ahead = self.vocabulary.bars + 1
            seen = horizon(stand.whole, self.automaton.plan, ahead)
            stand.seen = self.horizons.setdefault(seen, object())
        if state.node.place.mode == GIVEN:
            return (state.node, stand.whole.hole, len(state.given))
        given = state.given[: self.vocabulary.longest + 1]
        if not self.automaton.tapes:
            return (state.node, stand.seen, given)
        closing = any(kind != PLAIN for kind, _ in state.node.place.frame.ends)
        return (state.node, stand.seen, given, state.texts, state.tape if closing else "")

    def walk(self, state: State, root: Trie, *, accepts: bool = False) -> Ids:
        self.computed += 1
        found = reachable(self.automaton, state, root)
        if accepts and self.automaton.accepting(state):
            found += self.vocabulary.end
        made = np.array(found, dtype=np.int64)
        made.sort()
        return made


def _asks_pitch(place: Place) -> bool:
    """Whether a tie may come next, of a pitch that the place does not know."""
    if place.mode == AFTER:
        return place.arg == (HELD,)
    return place.mode == NOTE and not place.tie
