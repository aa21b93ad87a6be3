"""How a brief steers a model: masks while it decodes, or another try where that cannot be."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from chatmusician.errors import LimitError, UsageError
from chatmusician.model.brief.brief import Brief
from chatmusician.model.chat_format import Turn
from chatmusician.model.decoding.plan import LEVELS, OFF, Constraints
from chatmusician.model.generation import Backend, Sampling, TokenConstraint, Tokens
from chatmusician.model.plans import Plan, plan
from chatmusician.model.prompts import answer_room

_VOCABULARIES: weakref.WeakKeyDictionary[Tokens, Any] = weakref.WeakKeyDictionary()
# The grammars used last, by their plans: what they have worked out is worth keeping.
_GRAMMARS: weakref.WeakKeyDictionary[Tokens, dict[Any, Any]] = weakref.WeakKeyDictionary()
_MOST_GRAMMARS: Final = 4


@dataclass(frozen=True)
class Steering:
    """``start`` makes the constraint of one sequence; None where there is none to hold. Its
    text begins with ``prefix``.

    ``retry`` tells that tunes are checked and asked for again instead; ``whole`` that all of
    the brief is held that can be.
    """

    level: str
    start: Callable[[], TokenConstraint] | None = None
    prefix: str = ""
    retry: bool = False
    whole: bool = True
    remarks: tuple[str, ...] = ()


def steer(
    level: str, brief: Brief, backend: Backend, turns: tuple[Turn, ...], sampling: Sampling
) -> Steering:
    """`turns` and `sampling` say how many tokens an answer may have: it is brought to its end
    in time."""
    if level not in LEVELS:
        raise UsageError(f"unknown level {level!r}", hint=f"one of {', '.join(LEVELS)}")
    if level == OFF:
        return Steering(OFF)
    if not backend.can.logits or backend.tokens is None:
        said = "the server gives no logits: tunes are checked, and asked for again where not right"
        return Steering(level, retry=True, remarks=(said,))
    found = plan(level, brief, backend.can.bars)
    try:
        held = _held(level, found, backend, turns, sampling)
        return replace(held, remarks=_assumed(found, brief))
    except (LimitError, UsageError) as error:
        if not found.prefix:
            raise
        said = f"what is given is the model's to repeat: {error}"
        free = plan(level, replace(brief, task="variation"))
        held = _held(level, free, backend, turns, sampling)
        return replace(held, remarks=(said,), whole=False)


def _assumed(found: Plan, brief: Brief) -> tuple[str, ...]:
    """Lengths that were not asked for."""
    held, bars = found.constraints, [section.bars for section in found.constraints.sections]
    if brief.bars or brief.given or not (held.bars or any(bars)):
        return ()
    length = f"{bars[0]} bars to a section" if len(bars) > 1 else f"{held.bars or bars[0]} bars"
    return (f"{length}: the request says no number",)


def _held(
    level: str, found: Plan, backend: Backend, turns: tuple[Turn, ...], sampling: Sampling
) -> Steering:
    assert backend.tokens is not None
    made = _grammar(found.constraints, backend.tokens)
    room = answer_room(turns, backend, sampling, found.prefix)
    if found.prefix:
        made.start(prefix=found.prefix, budget=room)
    return Steering(level, lambda: made.start(prefix=found.prefix, budget=room), found.prefix)


def _grammar(constraints: Constraints, tokens: Tokens) -> Any:
    from chatmusician.model.decoding.constraint import Grammar

    known = _GRAMMARS.setdefault(tokens, {})
    made = known.pop(constraints, None) or Grammar(constraints, _vocabulary(tokens))
    known[constraints] = made
    if len(known) > _MOST_GRAMMARS:
        del known[next(iter(known))]
    return made


def _vocabulary(tokens: Tokens) -> Any:
    """The decoder's view of a tokenizer, made once."""
    from chatmusician.model.decoding.vocabulary import Vocabulary

    if tokens not in _VOCABULARIES:
        _VOCABULARIES[tokens] = Vocabulary(tokens.pieces(), [tokens.end])
    return _VOCABULARIES[tokens]
