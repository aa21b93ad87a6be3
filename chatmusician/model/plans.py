"""A brief as what the decoder is held to: header, sections, motifs in bars, text that is given."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from chatmusician import abc
from chatmusician.abc.analysis import bar_count, melody
from chatmusician.abc.canonical import key_text
from chatmusician.abc.fields import parse_meter
from chatmusician.model.brief.brief import Brief
from chatmusician.model.brief.prompt import UNIT, chord_plan, given_text, key
from chatmusician.model.decoding.plan import BARS, BRIEF, Constraints
from chatmusician.model.given import gone_on_with, with_holes, with_room_for_chords
from chatmusician.model.sections import planned_sections

# The lines down to K:.
_HEAD: Final = re.compile(r"(?:[A-Z]:.*\n)*?K:.*\n")


@dataclass(frozen=True)
class Plan:
    """``prefix`` is how the answer begins."""

    constraints: Constraints
    prefix: str = ""


def plan(level: str, brief: Brief, bars: int | None = None) -> Plan:
    """What a level holds of a brief; ``bars`` where it says nothing of a length."""
    if level != BRIEF:
        return Plan(Constraints(level=level))
    if brief.given:
        return _ON_GIVEN.get(brief.task, _headed)(brief)
    open_ended = not (brief.bars or brief.form or brief.terms or brief.chords)
    return Plan(_composed(replace(brief, bars=bars) if open_ended else brief))


def _composed(brief: Brief) -> Constraints:
    sections, chords = planned_sections(brief), chord_plan(brief) or None
    return Constraints(headers=_headers(brief), bars=brief.bars, chords=chords, sections=sections)


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


# -- a tune that is given -------------------------------------------------------


def _given(brief: Brief) -> Constraints:
    """The tune is the model's to copy and change: held are its header and its bars."""
    tune = abc.read(brief.given).tunes[0]
    line = abc.timeline(tune)
    asked = brief.meter or ("" if line.meter.free else line.meter.name)
    if not asked:
        return Constraints(level=BARS)
    tonic = key(brief) or (key_text(line.key) if line.key.valid else None)
    kept = {letter: tune.value(letter).strip() for letter in "RQ"}
    values = {"R": kept["R"], "M": asked, "L": UNIT, "Q": kept["Q"], "K": tonic}
    headers = tuple((letter, value) for letter, value in values.items() if value != "")
    text = "".join(f"{letter}:{value or 'C'}\n" for letter, value in headers)
    if _spelled(Constraints(headers=headers), f"X:1\n{text}") is not None:
        return Constraints(headers=headers)
    return Constraints(headers=(("M", asked), ("L", UNIT), ("K", tonic)), more=True)


def _begun(brief: Brief) -> Plan:
    """The answer begins with what is given; its repeats are known if it is written strictly."""
    text, found = given_text(brief), _given(brief)
    if _spelled(found, text) is not None:
        return Plan(found, text)
    given = gone_on_with(text, _tune(text))
    return Plan(Constraints(given=given), text) if given else Plan(found)


def _harmonised(brief: Brief) -> Plan:
    """The tune is given; chord symbols in it are the model's."""
    tune = _tune(given_text(brief))
    head = _HEAD.match(tune.text)
    return Plan(Constraints(given=with_room_for_chords(tune)), head[0] if head else "")


def _filled(brief: Brief) -> Plan:
    """All but the blank bars is given."""
    given = with_holes(_tune(given_text(brief)))
    if given is None:
        counted = bar_count(melody(abc.timeline(abc.read(brief.given).tunes[0])))
        return Plan(replace(_given(brief), bars=counted or None))
    start = given.text[: given.holes[0].at].encode("latin-1").decode()
    return Plan(Constraints(given=given), start)


def _tune(text: str) -> abc.Tune:
    return abc.read(text).tunes[0]


def _headed(brief: Brief) -> Plan:
    return Plan(_given(brief))


_ON_GIVEN: Final[dict[str, Callable[[Brief], Plan]]] = {
    "continue": _begun,
    "infill": _filled,
    "harmonise": _harmonised,
}


def _spelled(constraints: Constraints, text: str) -> bool | None:
    """Whether a tune may end with this text; None where it cannot begin with it."""
    from chatmusician.model.decoding.automaton import Automaton

    automaton = Automaton(constraints)
    state, read = automaton.spell(text)
    return automaton.accepting(state) if read == len(text.encode()) else None
