"""A brief as what the decoder is held to: header, sections, motifs in bars, text that is given."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from chatmusician import abc
from chatmusician.abc.analysis import bar_count, melody
from chatmusician.abc.canonical import key_text
from chatmusician.model.brief.brief import Brief
from chatmusician.model.brief.prompt import UNIT, chord_plan, given_text, key
from chatmusician.model.decoding.plan import BARS, BRIEF, Constraints
from chatmusician.model.given import gone_on_with, with_holes, with_room_for_chords
from chatmusician.model.sections import USUAL_BARS, planned_sections
from chatmusician.music.meter import parse_meter

if TYPE_CHECKING:
    from chatmusician.model.decoding.state import State

# The lines down to K:.
_HEAD: Final = re.compile(r"(?:[A-Z]:.*\n)*?K:.*\n")
# The first of two endings, without its notes.
_ENDING: Final = re.compile(r"(?<=\|)\s*\[?1\s*$")


@dataclass(frozen=True)
class Plan:
    """``prefix`` is how the answer begins."""

    constraints: Constraints
    prefix: str = ""


def plan(level: str, brief: Brief, bars: int | None = None) -> Plan:
    """What a level holds of a brief; ``bars`` where it says nothing of a length."""
    if level != BRIEF:
        return Plan(Constraints(level=level, plain=level == BARS))
    if brief.given:
        if brief.task == "continue":
            return _begun(brief, bars)
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
        return Constraints(level=BARS, plain=True)
    tonic = key(brief) or (key_text(line.key) if line.key.valid else None)
    kept = {letter: tune.value(letter).strip() for letter in "RQ"}
    values = {"R": kept["R"], "M": asked, "L": UNIT, "Q": kept["Q"], "K": tonic}
    headers = tuple((letter, value) for letter, value in values.items() if value != "")
    told = Constraints(headers=headers).effective().headers or ()
    text = "".join(f"{letter}:{value or 'C'}\n" for letter, value in told)
    if _spelled(Constraints(headers=headers), f"X:1\n{text}") is not None:
        return Constraints(headers=headers)
    return Constraints(headers=(("M", asked), ("L", UNIT), ("K", tonic)), more=True)


def _begun(brief: Brief, bars: int | None) -> Plan:
    """The answer begins with what is given; its repeats are known if it is written strictly."""
    text, found = _ENDING.sub("", given_text(brief)), _given(brief)
    begun = _bars(_tune(text))
    if brief.bars:
        more: int | None = max(1, brief.bars - begun)
    else:
        # Up to a whole section.
        more = None if bars is None else bars - begun % USUAL_BARS
    state = _spelled(found, text)
    if state is not None:
        # A bar line is known to be whole by what comes behind it.
        ended = _spelled(found, f"{text} ") or state
        total = None if more is None else ended.stand.whole.bars + more
        return Plan(replace(found, bars=total), text)
    given = gone_on_with(text, _tune(text))
    return Plan(Constraints(given=given, bars=more), text) if given else Plan(found)


def _harmonised(brief: Brief) -> Plan:
    """The tune is given; chord symbols in it are the model's."""
    tune = _tune(given_text(brief))
    head = _HEAD.match(tune.text)
    return Plan(Constraints(given=with_room_for_chords(tune)), head[0] if head else "")


def _filled(brief: Brief) -> Plan:
    """All but the blank bars is given."""
    given = with_holes(_tune(given_text(brief)))
    if given is None:
        return _headed(brief)
    start = given.text[: given.holes[0].at].encode("latin-1").decode()
    return Plan(Constraints(given=given), start)


def _tune(text: str) -> abc.Tune:
    return abc.read(text).tunes[0]


def _headed(brief: Brief) -> Plan:
    """A tune of its own with the header of the given one, and as long; one that is mended may
    have another length."""
    found = _given(brief)
    bars = brief.bars or _bars(abc.read(brief.given).tunes[0])
    return Plan(found if brief.task == "fix" else replace(found, bars=bars or None))


def _bars(tune: abc.Tune) -> int:
    return bar_count(melody(abc.timeline(tune)))


_ON_GIVEN: Final[dict[str, Callable[[Brief], Plan]]] = {
    "infill": _filled,
    "harmonise": _harmonised,
}


def _spelled(constraints: Constraints, text: str) -> State | None:
    """Where a tune stands that begins with this text; None where it cannot."""
    from chatmusician.model.decoding.automaton import Automaton

    state, read = Automaton(constraints).spell(text)
    return state if read == len(text.encode()) else None
