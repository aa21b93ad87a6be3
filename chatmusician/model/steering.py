"""How a brief steers a model: masks while it decodes, or another try where that cannot be."""

from __future__ import annotations

import importlib
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from chatmusician.abc.fields import parse_meter
from chatmusician.errors import UsageError
from chatmusician.model.brief.brief import Brief
from chatmusician.model.brief.form import written_sections
from chatmusician.model.brief.prompt import UNIT, chord_plan, key
from chatmusician.model.generation import Backend, TokenConstraint, Tokens

OFF: Final = "off"
BRIEF: Final = "brief"
LEVELS: Final = (OFF, "syntax", "bars", BRIEF)
_VOCABULARIES: weakref.WeakKeyDictionary[Tokens, Any] = weakref.WeakKeyDictionary()
# The grammars used last, by their plans: what they have worked out is worth keeping.
_GRAMMARS: weakref.WeakKeyDictionary[Tokens, dict[Any, Any]] = weakref.WeakKeyDictionary()
_MOST_GRAMMARS: Final = 4


@dataclass(frozen=True)
class Steering:
    """``start`` makes the constraint of one sequence; None where there is none to hold.

    ``retry`` tells that tunes are checked and asked for again instead.
    """

    level: str
    start: Callable[[], TokenConstraint] | None = None
    retry: bool = False
    remarks: tuple[str, ...] = ()


def steer(level: str, brief: Brief, backend: Backend, budget: int) -> Steering:
    """`budget` is how many tokens an answer may have: a tune is brought to its end in time."""
    if level not in LEVELS:
        raise UsageError(f"unknown level {level!r}", hint=f"one of {', '.join(LEVELS)}")
    if level == OFF:
        return Steering(OFF)
    if not backend.can.logits or backend.tokens is None:
        said = "the server gives no logits: tunes are checked, and asked for again where not right"
        return Steering(level, retry=True, remarks=(said,))
    made = _grammar(constraints(level, brief), backend.tokens)
    return Steering(level, lambda: made.start(budget=budget))


def _grammar(plan: Any, tokens: Tokens) -> Any:
    known = _GRAMMARS.setdefault(tokens, {})
    made = known.pop(plan, None) or _decoder("constraint").Grammar(plan, _vocabulary(tokens))
    known[plan] = made
    if len(known) > _MOST_GRAMMARS:
        del known[next(iter(known))]
    return made


def _decoder(module: str) -> Any:
    return importlib.import_module(f"chatmusician.model.decoding.{module}")


def _vocabulary(tokens: Tokens) -> Any:
    """The decoder's view of a tokenizer, made once."""
    if tokens not in _VOCABULARIES:
        made = _decoder("vocabulary").Vocabulary(tokens.pieces(), [tokens.end])
        _VOCABULARIES[tokens] = made
    return _VOCABULARIES[tokens]


def constraints(level: str, brief: Brief) -> Any:
    """The brief as the decoder's `Constraints`."""
    plan = _decoder("plan")
    if brief.given or level != "brief":
        # A tune that is given is the model's to copy; its bars still add up.
        return plan.Constraints(level="bars" if level == "brief" else level)
    return plan.Constraints(
        level=level,
        headers=_headers(brief),
        bars=None if brief.form else brief.bars,
        chords=chord_plan(brief) or None,
        sections=_sections(brief, plan.Section),
    )


def _headers(brief: Brief) -> tuple[tuple[str, str | None], ...]:
    """In the canonical order, which the rows have; M:, L: and K: always, and no others: a row
    that does not name a rhythm is one of a tune without R:."""
    values = {
        "T": brief.title or "",
        "R": brief.rhythm or "",
        "M": parse_meter(brief.meter).name if brief.meter else None,
        "L": brief.unit or UNIT,
        "Q": brief.tempo or "",
        "K": key(brief) or None,
    }
    return tuple((letter, value) for letter, value in values.items() if value != "")


def _sections(brief: Brief, section: Callable[..., Any]) -> tuple[Any, ...]:
    written = written_sections(brief.form)
    if not written and brief.motifs:
        return (section(bars=brief.bars, motif=brief.motifs[0]),)
    labels = [label for label, _ in written]
    letters = list(dict.fromkeys(labels))
    bars = brief.bars // len(written) if brief.bars and written else None
    made = []
    for at, (label, repeated) in enumerate(written):
        first = labels.index(label)
        which = letters.index(label)
        motif = brief.motifs[which] if which < len(brief.motifs) and first == at else ""
        made.append(
            section(
                bars=bars,
                repeated=repeated,
                same_as=first if first < at else None,
                motif=motif,
            )
        )
    return tuple(made)
