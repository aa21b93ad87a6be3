"""What has been settled of the tune as a whole, and how bar lines and fields change it."""

from __future__ import annotations

from typing import NamedTuple

from chatmusician.model.decoding.lengths import WHOLE, grain
from chatmusician.model.decoding.place import (
    BOTH,
    CLOSE,
    OPEN,
    PLAIN,
)
from chatmusician.model.decoding.plan import SYNTAX, Constraints, Section
from chatmusician.music.meter import parse_meter


class Whole(NamedTuple):
    """Header, repeats and counts. Positions are ticks from the start of a full bar.

    seen      header fields read; `asked` how many of those asked for
    first     no bar line has ended a bar yet; `start` where in a full bar the tune began
    offset    where in a full bar the bar being filled begins
    loose     the bar begins a section and may be short (only where not strict)
    opening   lengths of the first bars of the tune and of the section, where they are short
    back      the position to which a :| would go back, -1 where there is none
    opened    a |: is open; `body`: there is a bar since then
    ending    the number of the ending being filled; `must`: that of the one that has to begin
    first_ending, in_ending   bars counted in the first ending, and in the one being filled
    bars, section, in_section, paced   bars counted; `paced` leaves out sections repeated by text
    motif     a motif waits for the next full bar
    stopped   a short bar has ended a section: a sign or the end must follow (only where not strict)
    split     the position at which the first ending began, -1 outside endings
    implied   a :| without |: has been read since the last |:
    signed    a sign has been read that ends a section or repeat
    hole      how many holes of a given text have been begun; `filling`: one is being filled
    copies    behind so many bar lines the text of another section follows
    home      the position to which abc2midi would go back from a :| without |:, -1: unclear
    """

    seen: tuple[str, ...] = ()
    asked: int = 0
    meter: str = ""
    hornpipe: bool = False
    unit: int = 0
    music: bool = False
    first: bool = True
    start: int = 0
    offset: int = 0
    loose: bool = False
    opening: tuple[int, ...] = (0, 0, 0)
    back: int = 0
    opened: bool = False
    body: bool = False
    ending: int = 0
    must: int = 0
    first_ending: int = 0
    in_ending: int = 0
    bars: int = 0
    section: int = 0
    in_section: int = 0
    paced: int = 0
    chord: int = 0
    last: str = ""
    motif: bool = False
    stopped: bool = False
    split: int = -1
    implied: bool = False
    home: int = 0
    signed: bool = False
    hole: int = 0
    filling: bool = False
    copies: int = 0


def bar_ticks(whole: Whole, plan: Constraints) -> int:
    """The length of a full bar, 0 in free meter and where bars do not count."""
    meter = parse_meter(whole.meter)
    if plan.level == SYNTAX or meter.free:
        return 0
    return meter.num * WHOLE // meter.den


def with_unit(whole: Whole, plan: Constraints, unit: int) -> Whole | None:
    """Another unit, if bars of this meter and the places of repeats can be met in it."""
    times = (bar_ticks(whole, plan), whole.start, max(0, whole.back), max(0, whole.split))
    if whole.music and any(time % grain(unit) for time in times):
        return None
    return whole._replace(unit=unit)


def with_meter(whole: Whole, plan: Constraints, meter: str) -> Whole | None:
    """Another meter, from a full bar on: none that would break up a pickup's complement."""
    ticks = bar_ticks(whole._replace(meter=meter), plan)
    places = (whole.start, max(0, whole.back), max(0, whole.split))
    if plan.strict and (not ticks or any(places)) and plan.level != SYNTAX:
        return None
    if plan.strict and whole.body:
        if whole.opened:
            return None
        whole = whole._replace(back=-1)
    if ticks % grain(whole.unit) or (
        plan.strict and any(p >= ticks for p in places if ticks and p)
    ):
        return None
    return whole._replace(meter=meter, home=-1 if whole.bars else whole.home)


# -- bars ------------------------------------------------------------------------


def with_ending(whole: Whole, plan: Constraints, number: int, at: int) -> Whole:
    """A variant ending begins, `at` ticks into the bar."""
    ticks = bar_ticks(whole, plan)
    here = (whole.offset + at) % ticks if ticks else 0
    split = here if whole.split < 0 else whole.split
    return whole._replace(
        ending=number, must=0, in_ending=0, stopped=False, loose=False, split=split, offset=split
    )


def with_bar(whole: Whole, plan: Constraints, kind: str, at: int, bars: int) -> Whole:
    """A bar line has been read: `at` ticks lie before it, `bars` of them where there is a Z."""
    ticks = bar_ticks(whole, plan)
    if at == 0:
        # |: at the start of a bar
        back = whole.offset
        whole = _sectioned(whole, plan)._replace(stopped=False, ending=0, split=-1)
        return whole._replace(
            opened=True, back=back, home=back, body=False, implied=False, last=kind
        )
    pickup = whole.first and 0 < at < ticks
    stopped = kind == PLAIN and not whole.first and not whole.loose and at + whole.offset < ticks
    where = (whole.offset + at) % ticks if ticks and not pickup else 0
    cut = 0 < at < ticks and whole.offset == 0
    loose = whole.loose
    if whole.first:
        start = ticks - at if pickup else 0
        whole = whole._replace(
            start=start, back=start, home=start, opening=(at if pickup else 0,) * 3
        )
    elif whole.loose or (whole.offset and whole.split < 0):
        short_by = at if at < ticks else 0
        kept = whole.opening[2] if whole.split >= 0 else short_by
        whole = whole._replace(opening=(whole.opening[0], short_by, kept))
    counted = 0 if pickup or whole.offset or (whole.loose and cut and kind == PLAIN) else bars
    whole = whole._replace(
        first=False,
        bars=whole.bars + counted,
        in_section=whole.in_section + counted,
        in_ending=whole.in_ending + counted,
        paced=whole.paced + (0 if is_replayed(whole, plan) else counted),
        offset=where,
        loose=False,
        body=True,
        last=kind,
        stopped=stopped,
    )
    if kind == PLAIN:
        return whole._replace(offset=0, loose=stopped)
    return _signed(whole, plan, kind, where, at, ticks, pickup, loose)


def _signed(
    whole: Whole,
    plan: Constraints,
    kind: str,
    where: int,
    at: int,
    ticks: int,
    pickup: bool,
    loose: bool,
) -> Whole:
    """After any bar line but a plain one."""
    if not plan.strict and (where == 0 or loose or pickup or _complements(whole, at, ticks)):
        whole = whole._replace(offset=0, loose=True)
    if kind in (CLOSE, BOTH) and whole.ending and kind == CLOSE and _goes_on(whole, plan):
        first = whole.in_ending if whole.ending == 1 else whole.first_ending
        return whole._replace(
            must=whole.ending + 1, ending=0, first_ending=first, offset=0, loose=False
        )
    ending = whole.ending
    whole = whole._replace(ending=0, split=-1, signed=True)
    if kind == OPEN:
        whole = whole if pickup else _sectioned(whole, plan)
        return whole._replace(opened=True, back=where, home=where, body=False, implied=False)
    if kind == BOTH:
        return _sectioned(whole, plan)._replace(
            opened=True, back=where, home=where, body=False, implied=False
        )
    if kind == CLOSE:
        return _sectioned(whole, plan)._replace(
            opened=False, back=where, home=where, body=False, implied=plan.strict
        )
    if whole.opened and not ending:
        return whole
    if plan.strict:
        # abc2midi goes back to the latest |: or the beginning, we to this bar line.
        home = -1 if ending and whole.home else whole.home
        back = home if home == where and home in (0, whole.start) else -1
        implied = whole.implied or whole.start > 0
        return _sectioned(whole, plan)._replace(
            opened=False, back=back, home=home, body=False, implied=implied
        )
    return _sectioned(whole, plan)._replace(opened=False, back=where, body=False)


def _goes_on(whole: Whole, plan: Constraints) -> bool:
    """Whether the ending that :| closes is followed by another."""
    return whole.ending == 1


def _complements(whole: Whole, at: int, ticks: int) -> bool:
    return any(pickup and pickup + at == ticks for pickup in whole.opening)


def _sectioned(whole: Whole, plan: Constraints) -> Whole:
    """The next section begins."""
    if whole.in_section == 0:
        return whole
    return whole._replace(section=whole.section + 1, in_section=0, motif=False, copies=0)


def is_replayed(whole: Whole, plan: Constraints) -> bool:
    section = section_of(whole, plan)
    return section is not None and section.replayed


def section_of(whole: Whole, plan: Constraints) -> Section | None:
    return plan.sections[whole.section] if whole.section < len(plan.sections) else None
