"""One tune being decoded: which tokens may come next, and the budget that must see it ended."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from chatmusician.errors import InputError, UsageError
from chatmusician.model.decoding.automaton import Automaton
from chatmusician.model.decoding.finish import ending
from chatmusician.model.decoding.masks import Ids, Masks
from chatmusician.model.decoding.plan import OFF, Constraints
from chatmusician.model.decoding.state import State
from chatmusician.model.decoding.trie import in_free_text
from chatmusician.model.decoding.vocabulary import Vocabulary

# By how many tokens one token may put off the end.
_GROWTH: Final = 48
# A title or an annotation is no longer: a model that does not find its end would fill the tune.
_MOST_TEXT_TOKENS: Final = 24


class Grammar:
    """A plan and a vocabulary, with their masks: shared by all tunes of a batch."""

    def __init__(self, plan: Constraints, vocabulary: Vocabulary) -> None:
        self.plan = plan
        self.vocabulary = vocabulary
        self.automaton = Automaton(plan)
        self.masks = Masks(vocabulary, self.automaton)
        self.every = np.arange(vocabulary.size, dtype=np.int64)

    @classmethod
    def of(cls, plan: Constraints, tokenizer: Any) -> Grammar:
        return cls(plan, Vocabulary.of(tokenizer))

    def start(self, prefix: str = "", budget: int | None = None) -> Constraint:
        """A tune that begins with the prefix and ends within `budget` more tokens."""
        return Constraint(self, prefix, budget)


class Constraint:
    """The state of one tune. `allowed()` are token ids; `push` says which one was taken."""

    def __init__(self, grammar: Grammar, prefix: str = "", budget: int | None = None) -> None:
        self.grammar = grammar
        self.left = budget
        self.closing: str | None = None
        self.ended = False
        self._unchecked = 0
        self._text_tokens = 0
        automaton = grammar.automaton
        self.state = automaton.start()
        if grammar.plan.level == OFF:
            return
        self.state = self._read(prefix)
        text = ending(automaton, self.state)
        if text is None:
            raise UsageError(
                "no tune can be all that is asked",
                hint="does the motif fit the meter, and is there a note for every chord symbol?",
            )
        needed = grammar.vocabulary.count(text) + 1
        if budget is not None and needed > budget:
            raise UsageError(
                f"{budget} tokens are too few for what is asked", hint=f"at least {needed}"
            )

    def _read(self, prefix: str) -> State:
        state, read = self.grammar.automaton.spell(prefix)
        data = prefix.encode()
        if read < len(data):
            before = data[:read].decode(errors="ignore")
            line = before.count("\n") + 1
            column = len(before) - before.rfind("\n")
            raise InputError(
                f"the beginning cannot be gone on with: line {line}, column {column}: "
                f"{data[read : read + 20].decode(errors='replace')!r} cannot stand there",
                hint="run `chatmusician check` on it",
            )
        return state

    def allowed(self) -> Ids:
        """The ids that may come next; when the tune is over, only the end tokens."""
        grammar = self.grammar
        end = np.array(grammar.vocabulary.end, dtype=np.int64)
        if grammar.plan.level == OFF:
            return grammar.every
        if self.ended:
            return end
        if self.closing is None and self.left is not None:
            self._watch()
        if self.closing is not None:
            if not self.closing:
                return end
            token = grammar.vocabulary.longest_beginning(self.closing)
            return np.array([token], dtype=np.int64)
        if self._text_tokens >= _MOST_TEXT_TOKENS:
            closing = grammar.masks.closing(self.state)
            if len(closing):
                return closing
        return grammar.masks.allowed(self.state)

    def _watch(self) -> None:
        """Settle how the tune ends once the budget allows no more than that."""
        assert self.left is not None
        if self._unchecked > 0:
            self._unchecked -= 1
            return
        text = ending(self.grammar.automaton, self.state)
        if text is None:
            return
        slack = self.left - 1 - self.grammar.vocabulary.count(text) - _GROWTH
        if slack <= 0:
            self.closing = text
        else:
            self._unchecked = slack // (_GROWTH + 1)

    def push(self, token: int) -> None:
        """The model has taken this token."""
        if self.left is not None:
            self.left -= 1
        if self.grammar.plan.level == OFF:
            self.ended = self.ended or token in self.grammar.vocabulary.end
            return
        if token in self.grammar.vocabulary.end or self.ended:
            self.ended = True
            return
        pieces = self.grammar.vocabulary.pieces
        piece = pieces[token] if token < len(pieces) else None
        if piece is None:
            raise UsageError(f"token {token} is not allowed here")
        state, read = self.grammar.automaton.spell_bytes(piece, self.state)
        if read < len(piece):
            raise UsageError(f"token {token} ({piece!r}) is not allowed here")
        self.state = state
        self._text_tokens = self._text_tokens + 1 if in_free_text(state) else 0
        if self.closing is not None:
            self.closing = self.closing[len(piece) :]

    @property
    def complete(self) -> bool:
        """Whether the tune may end here."""
        return self.grammar.plan.level == OFF or self.grammar.automaton.accepting(self.state)
