"""The header's lines: which fields may stand, in which order, and what they settle."""

from __future__ import annotations

from typing import Final

from chatmusician.abc.fields import default_unit
from chatmusician.model.decoding.lengths import WHOLE
from chatmusician.model.decoding.plan import HORNPIPE_METERS, SYNTAX, Constraints
from chatmusician.model.decoding.whole import Whole, with_unit
from chatmusician.music.meter import parse_meter

_ONCE: Final = "XMLQRKP"


def header_letters(whole: Whole, plan: Constraints) -> str:
    """The fields that may stand next in the header."""
    seen = whole.seen
    if not seen:
        return "X"
    free = "".join(
        letter for letter in _free_letters(plan) if letter not in seen or letter not in _ONCE
    )
    needs = () if plan.level == SYNTAX else ("M",)
    done = all(letter in seen for letter in needs)
    if plan.headers is None:
        return free + ("K" if done else "")
    rest = headers(plan)[whole.asked :]
    later = {letter for letter, _ in rest}
    extra = "".join(c for c in free if c not in later) if plan.more else ""
    if not rest:
        return "K"
    if rest[0][0] == "K" and not done and "M" not in later:
        return extra + "M" if extra else "M"
    return extra + rest[0][0]


def _free_letters(plan: Constraints) -> str:
    letters = "MLQ" + ("R" if plan.one_line else "TCORHBDFGNSZA")
    return letters + ("" if plan.strict else "P")


def headers(plan: Constraints) -> tuple[tuple[str, str | None], ...]:
    """The fields asked for between X: and K:, and K: itself."""
    asked = plan.headers or ()
    between = tuple(pair for pair in asked if pair[0] not in "XK")
    return (*between, next((pair for pair in asked if pair[0] == "K"), ("K", None)))


def with_letter(whole: Whole, plan: Constraints, letter: str) -> tuple[Whole, str] | None:
    """A header line has begun: the tune so far, and the text that must follow."""
    if letter not in header_letters(whole, plan):
        return None
    end = " " if plan.one_line else "\n"
    value: str | None = None
    if plan.headers is not None:
        rest = headers(plan)[whole.asked :]
        if letter == "X":
            value = dict(plan.headers).get("X", "1")
        elif rest and rest[0][0] == letter:
            value = rest[0][1]
            whole = whole._replace(asked=whole.asked + 1)
    return whole, f":{value}{end}" if value is not None else ""


def with_header_field(whole: Whole, plan: Constraints, letter: str, value: str) -> Whole | None:
    whole = whole._replace(seen=whole.seen if letter in whole.seen else (*whole.seen, letter))
    if letter == "M":
        return whole._replace(meter=value)
    if letter == "L":
        return with_unit(whole, plan, WHOLE // int(value[2:]))
    if letter == "R" and value == "hornpipe":
        return whole._replace(hornpipe=True)
    if letter == "K":
        unit = whole.unit
        if not unit:
            num, den = default_unit(parse_meter(whole.meter))
            unit = WHOLE * num // den
        return with_unit(whole._replace(music=True), plan, unit)
    return whole


def clashes(whole: Whole, plan: Constraints, letter: str) -> bool:
    """Whether M: must be a hornpipe's meter, or R: may not say hornpipe, as abc2midi asks."""
    if letter == "M":
        return whole.hornpipe
    meter = whole.meter or dict(plan.headers or ()).get("M")
    return letter == "R" and bool(meter) and meter not in HORNPIPE_METERS
