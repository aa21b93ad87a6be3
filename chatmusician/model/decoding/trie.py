"""Tokens by their bytes, and which of them the automaton lets stand: both walked together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from chatmusician.model.decoding import barlines
from chatmusician.model.decoding.marks import LETTERS
from chatmusician.model.decoding.place import BAR, OVER, QUOTE, VALUE, Event
from chatmusician.model.decoding.state import Node, State
from chatmusician.model.decoding.values import TEXT_FIELDS

if TYPE_CHECKING:
    from chatmusician.model.decoding.automaton import Automaton

# Every character that can stand outside free text.
MUSIC: Final = frozenset(map(chr, range(0x20, 0x7F))) - set("#$%&*;?@\\`") | {"\n"}
_UNASKED: Final = object()
_BAR_LINE: Final = "|:]"


@final
class Trie:
    """Tokens by their bytes (as Latin-1 characters): `ids` are those that end here.

    `music` is the part of `next` that can be music; most of a vocabulary is not.
    """

    def __init__(self) -> None:
        self.next: dict[str, Trie] = {}
        self.music: dict[str, Trie] = {}
        self.ids: list[int] = []

    def add(self, piece: str, index: int) -> None:
        node = self
        for char in piece:
            found = node.next.get(char)
            if found is None:
                found = node.next[char] = Trie()
                if char in MUSIC:
                    node.music[char] = found
            node = found
        node.ids.append(index)


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


def reachable(automaton: Automaton, state: State, root: Trie) -> list[int]:
    """The tokens of the trie whose bytes the automaton lets follow, in no order."""
    found: list[int] = []
    stack: list[tuple[Trie, State]] = [(root, state)]
    careful = automaton.careful
    while stack:
        trie, here = stack.pop()
        if careful or here.given:
            _carefully(automaton, trie, here, found, stack)
            continue
        node = here.node
        mode = node.place.mode
        if mode == OVER:
            continue
        edges = node.edges
        children = trie.next if mode in (QUOTE, VALUE) else trie.music
        for char, child in children.items():
            step = edges.get(char, _UNASKED)
            if step is _UNASKED:
                step = automaton.explore(node, char)
            if step is None:
                continue
            if isinstance(step, Event) or (isinstance(step, Node) and step.tie):
                after = automaton.plainly(here, char)
                if after is None:
                    continue
            else:
                assert isinstance(step, Node)
                held = here.held
                if step.note:
                    held = char if char in LETTERS else held + char if char in ",'" else held
                after = State(here.stand, step, "", "", here.texts, held)
            _take(automaton, child, after, found, stack)
    return found


def _take(
    automaton: Automaton,
    trie: Trie,
    after: State,
    found: list[int],
    stack: list[tuple[Trie, State]],
) -> None:
    """The tokens that end there, and the longer ones to be looked at."""
    if trie.ids and not _leaves_open(automaton, trie, after):
        found.extend(trie.ids)
    if trie.next:
        stack.append((trie, after))


def _leaves_open(automaton: Automaton, trie: Trie, after: State) -> bool:
    """Whether a token ends inside a bar line that cannot end there, and there are tokens for each
    bar line it can become.

    Without them a model that counts a bar wrong takes the one that is no sign, and has to make a
    section of it.
    """
    if after.node.place.mode != BAR or barlines.ended(after.node.place) is not None:
        return False
    lines = [char for char in _BAR_LINE if automaton.advance(after, char) is not None]
    return bool(lines) and all(c in trie.next and trie.next[c].ids for c in lines)


def _carefully(
    automaton: Automaton,
    trie: Trie,
    here: State,
    found: list[int],
    stack: list[tuple[Trie, State]],
) -> None:
    """One step where text is given, or written down."""
    for char, child in trie.next.items():
        kept = here.given and not automaton.is_given(here, char)
        if kept and automaton.plan.given is None and not automaton.may_wait(here, char):
            continue
        after = automaton.advance(here, char)
        if after is not None:
            _take(automaton, child, after, found, stack)
