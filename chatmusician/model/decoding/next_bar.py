"""What the tune as a whole allows of the next bar."""

from __future__ import annotations

from typing import Final

from chatmusician.model.decoding.lengths import grain
from chatmusician.model.decoding.place import (
    BOTH,
    CLOSE,
    DOUBLE,
    END,
    FINAL,
    OPEN,
    PLAIN,
    Frame,
)
from chatmusician.model.decoding.plan import SYNTAX, Constraints, Section
from chatmusician.model.decoding.whole import Whole, bar_ticks, is_replayed, section_of
from chatmusician.music.meter import parse_meter

_MANY: Final = 1_000_000
# The grain of the longest unit: every full bar is a multiple of it.
_COARSEST: Final = 8
_MOST_RESTS: Final = 16
_MOST_COUNTED_RESTS: Final = 2
# Meters in which abc2midi takes (5, (7 and (9 for compound and we do not, or the reverse.
_DOUBTFUL: Final = (
    "3/4",
    "3/8",
    "6/4",
    "9/4",
    "12/4",
    "6/16",
    "9/16",
    "12/16",
    "3/2",
    "6/2",
    "9/2",
)


def _left(whole: Whole, plan: Constraints) -> int:
    """How many bars may follow the one being filled."""
    counts = 0 if whole.offset else 1
    if plan.bars is None or any(section.bars for section in plan.sections):
        return _MANY
    return plan.bars - whole.bars - counts


def frame(whole: Whole, plan: Constraints) -> Frame:
    """What holds for the bar about to begin."""
    ticks = bar_ticks(whole, plan)
    meter = parse_meter(whole.meter)
    chord, owed = _chords(whole, plan, ticks)
    base = Frame(
        ticks - whole.offset if ticks else 0,
        unit=whole.unit,
        compound=meter.compound,
        doubtful=plan.strict and meter.name in _DOUBTFUL,
        strict=plan.strict,
        one_line=plan.one_line,
        hornpipe=whole.hornpipe,
        chord=chord,
        again=plan.chords[whole.chord - 1] if plan.chords and whole.chord else "",
        owed=owed,
        parts=owed,
        bare=plan.bare,
    )
    closed = _closed(whole, plan)
    if whole.must:
        return base.but(ending=whole.must, must=True)
    over = closed and (whole.last == END or _all_done(whole, plan))
    if over:
        return base.but(closed=True, over=True)
    left = _left(whole, plan)
    ends = _ends(whole, plan, ticks)
    base = base.but(need=_last(base.need, ends))
    branch = _may_branch(whole, plan, left)
    goes = any(kind == PLAIN for kind, _ in ends)
    fields = _fields(whole, plan)
    if plan.lyrics:
        fields += "wW"
    return base.but(
        ends=ends,
        starts=("|:" if _may_open(whole, plan, left) else "") + ("" if plan.strict else "|"),
        stopped=whole.stopped or must_open(whole, plan),
        ending=1 if branch else 0,
        split=branch and not plan.counts and plan.chords is None,
        carry=_plain_at(ends, base.need) and left > 0 and not _forced_next(whole),
        rests=_rests(whole, plan, left, goes, ticks) if base.need == ticks else 0,
        closed=closed,
        fields=fields,
    )


def _plain_at(ends: tuple[tuple[str, frozenset[int] | None], ...], time: int) -> bool:
    """Whether a plain bar line may stand there: one that a tie may cross."""
    return any(kind == PLAIN and (times is None or time in times) for kind, times in ends)


def _fields(whole: Whole, plan: Constraints) -> str:
    """The fields that may change at the start of the bar.

    In a `plain` tune only at the start of a later section, and where the header is held, only the
    key, if it is not asked for: a model that has something refused would change fields instead.
    """
    if plan.given is not None:
        return ""
    if plan.plain and (whole.first or whole.in_section):
        return ""
    if plan.headers is None:
        return _possible(whole, plan)
    settled = dict(plan.headers).get("K") is not None or plan.chords is not None
    return "" if settled or whole.first or whole.in_section or _copies(plan) else "K"


def _possible(whole: Whole, plan: Constraints) -> str:
    """The fields that may change as far as the bars go."""
    if _copies(plan):
        return "KQ"
    if whole.offset:
        return "KQP"
    if not plan.strict:
        return "KQMLP"
    places = (whole.start, max(0, whole.back), max(0, whole.split))
    fields = "KQP" if any(place % _COARSEST for place in places) else "KQPL"
    # A repeat would play what stands before in the new meter, or not: it is left out.
    if plan.sections or any(places) or (whole.opened and whole.body):
        return fields
    return fields + "M"


def _last(need: int, ends: tuple[tuple[str, frozenset[int] | None], ...]) -> int:
    """The latest place at which the bar may end: before the full bar where it must be short."""
    times = [times for _, times in ends]
    if not need or None in times or not times:
        return need
    return max(time for found in times for time in found or ())


def _forced_next(whole: Whole) -> bool:
    """Whether the bar after this one begins with text that is given."""
    return whole.motif or whole.copies == 1


def _chords(whole: Whole, plan: Constraints, ticks: int) -> tuple[str | None, int]:
    """The chord symbol that comes next, and how many this bar still owes."""
    if plan.chords is None:
        return None, 0
    if whole.chord >= len(plan.chords):
        return "", 0
    bars = paced_bars(plan)
    owed = 0
    if bars and not is_replayed(whole, plan):
        now = whole.paced + (0 if whole.offset else 1)
        due = -(-len(plan.chords) * min(now, bars) // bars)
        room = (ticks - whole.offset) // whole.unit if ticks else 4
        owed = max(0, min(due - whole.chord, room))
    return plan.chords[whole.chord], owed


def paced_bars(plan: Constraints) -> int:
    """The number of bars over which the chord symbols are spread, 0 where it is open."""
    if plan.sections and all(section.bars for section in plan.sections):
        return sum(s.bars or 0 for s in plan.sections if not s.replayed)
    return plan.bars or 0


def _all_done(whole: Whole, plan: Constraints) -> bool:
    """Whether nothing may follow the end reached."""
    if plan.sections:
        return whole.section >= len(plan.sections)
    return plan.bars is not None and whole.bars >= plan.bars


def _closed(whole: Whole, plan: Constraints) -> bool:
    """Whether the tune may end after the bar line just read."""
    if whole.first or whole.must or whole.ending == 1:
        return False
    if whole.opened and whole.ending < 2:
        return False
    if whole.last in (OPEN, BOTH) if plan.strict else whole.offset:
        return False
    if plan.strict and (not whole.bars or (whole.last == PLAIN and plan.counts)):
        return False
    if plan.strict and whole.last == DOUBLE and whole.offset not in (0, whole.start):
        return False
    if whole.last in (OPEN, BOTH) and not whole.body:
        return False
    if plan.sections and whole.section < len(plan.sections):
        return False
    if plan.bars is not None and not plan.sections and whole.bars < plan.bars:
        return False
    return plan.chords is None or whole.chord >= len(plan.chords)


def _may_open(whole: Whole, plan: Constraints, left: int) -> bool:
    if not plan.strict:
        return not whole.opened or whole.ending >= 2
    if (
        (whole.opened and whole.ending < 2)
        or whole.ending == 1
        or (whole.ending and (plan.counts or not whole.in_ending or whole.offset))
        or whole.must
        or left < 0
        or not (whole.first or plan.strict is False or whole.last != OPEN)
        or (whole.last == DOUBLE and whole.offset not in (0, whole.start))
    ):
        return False
    section = section_of(whole, plan)
    if plan.sections:
        if section is None or section.repeated is False or whole.in_section:
            return False
        if _copies(plan):
            return section.repeated is True and (whole.first or whole.last != PLAIN)
        return whole.offset in (0, whole.start)
    return (
        plan.strict is False or whole.first or whole.in_section == 0 or _soft_allowed(whole, plan)
    )


def must_open(whole: Whole, plan: Constraints) -> bool:
    """Whether the section, which is to be repeated, needs a |: before anything else."""
    section = section_of(whole, plan)
    wanted = section is not None and section.repeated is True
    return wanted and whole.back < 0 and whole.in_section == 0


def _copies(plan: Constraints) -> bool:
    """Whether a section repeats the text of another; then each closes as it is asked to."""
    return any(section.same_as is not None for section in plan.sections)


def _soft_allowed(whole: Whole, plan: Constraints) -> bool:
    return whole.last != OPEN


def _may_branch(whole: Whole, plan: Constraints, left: int) -> bool:
    """Whether [1 may stand here."""
    if (
        whole.first
        or whole.ending
        or whole.implied
        or not whole.body
        or whole.back < 0
        or whole.offset
        or left < 1
    ):
        return False
    section = section_of(whole, plan)
    if not plan.sections:
        return True
    if plan.bars is not None:
        # A second ending would be one more than was asked for.
        return False
    return section is not None and section.repeated is not False and not _copies(plan)


def _rests(whole: Whole, plan: Constraints, left: int, goes: bool, ticks: int) -> int:
    if whole.offset or not ticks or whole.loose:
        return 0
    if whole.first:
        return 1
    section = section_of(whole, plan)
    if section is not None and section.bars:
        return 1
    if plan.chords is not None:
        return 1
    # Few, so that most bars of a counted tune look alike, and share their masks.
    return _MOST_RESTS if left >= _MANY else max(1, min(left - 1, _MOST_COUNTED_RESTS))


def _ends(
    whole: Whole, plan: Constraints, ticks: int
) -> tuple[tuple[str, frozenset[int] | None], ...]:
    """The bar lines that may end the bar about to begin, and after how many ticks."""
    left = _left(whole, plan)
    section_left, is_last = _section_left(whole, plan)
    found: list[tuple[str, frozenset[int] | None]] = []
    full = frozenset({ticks - whole.offset}) if ticks else None
    free_first = (whole.first and not plan.tight) or whole.loose
    enough = 2 if whole.ending == 1 else 1
    if left >= enough and section_left != 0:
        times = full
        if not plan.strict and full and not whole.offset:
            times = full | {ticks - short for short in whole.opening if short}
        found.append((PLAIN, None if free_first else times))
    elif whole.first and ticks and not plan.tight:
        # only a pickup may stand before the one bar there is
        found.append((PLAIN, frozenset(range(grain(whole.unit), ticks, grain(whole.unit)))))
    if section_left is not None and section_left > 0:
        return tuple(found)
    for kind in (DOUBLE, FINAL, OPEN, CLOSE, BOTH):
        if _kind_fits(whole, plan, kind, left, is_last):
            times = _times(whole, plan, kind, ticks)
            if times is None or times:
                found.append((kind, times))
                if kind == FINAL and plan.strict and plan.level == SYNTAX:
                    found.append((END, times))
    return tuple(found)


def _section_left(whole: Whole, plan: Constraints) -> tuple[int | None, bool]:
    """Bars that must follow in the section after this one (None: open), and if it is the last."""
    if not plan.sections:
        return None, True
    section = plan.sections[min(whole.section, len(plan.sections) - 1)]
    is_last = whole.section >= len(plan.sections) - 1
    now = 0 if whole.offset else 1
    if whole.ending >= 2:
        return max(0, whole.first_ending - whole.in_ending - now), is_last
    if section.bars is None:
        return None, is_last
    return max(0, section.bars - whole.in_section - now), is_last


def _may_repeat(section: Section | None, plan: Constraints) -> bool:
    """Whether a section may be opened by a repeat sign: one that is copied must want it."""
    if section is None:
        return False
    return section.repeated is True if _copies(plan) else section.repeated is not False


def _kind_fits(whole: Whole, plan: Constraints, kind: str, left: int, is_last: bool) -> bool:
    section = section_of(whole, plan)
    if plan.sections and section is None:
        return False
    following = plan.sections[whole.section + 1] if plan.sections and not is_last else None
    wanted = section.repeated if section is not None else None
    if _copies(plan):
        wanted = bool(wanted)
    if whole.ending == 1:
        return kind == CLOSE and left >= 1
    if whole.ending >= 2:
        wanted = False
        if not plan.strict and kind in (CLOSE, BOTH):
            return True
    if kind == CLOSE:
        return wanted is not False and whole.back >= 0 and (not whole.first or not plan.chords)
    if kind == BOTH:
        fits = wanted is not False and whole.back >= 0 and left >= 1 and not whole.implied
        fits = fits and (whole.opened or not whole.signed or not plan.strict)
        return fits and (not plan.sections or _may_repeat(following, plan))
    open_now = whole.opened and whole.ending < 2
    if wanted is True:
        return False
    if kind == OPEN:
        if whole.opened and whole.ending < 2:
            return False
        fits = left >= 1
        return fits and (not plan.sections or _may_repeat(following, plan))
    if kind == FINAL:
        if open_now:
            return False
        if plan.sections:
            return is_last
        return left <= 0 or plan.bars is None
    if open_now and plan.strict and whole.back not in (0, whole.start):
        # `check` would look for the other half of the bar at :| behind this line.
        return False
    if plan.sections:
        return (plan.strict or not is_last) and not open_now
    return left >= (0 if plan.strict and not open_now else 1)


def _times(whole: Whole, plan: Constraints, kind: str, ticks: int) -> frozenset[int] | None:
    """After how many ticks this bar line may stand."""
    if not ticks:
        return None
    need = ticks - whole.offset
    if not plan.strict:
        return None if not whole.offset else frozenset({need})
    if whole.first:
        return None if kind == OPEN and not plan.sections else frozenset({need})
    if kind in (CLOSE, BOTH):
        if whole.back and whole.body and whole.offset and whole.split < 0:
            # With the pickup that comes back it would be a bar of three parts.
            return frozenset()
        where = whole.back or ticks
        return (
            frozenset({where - whole.offset})
            if where > whole.offset
            else frozenset({need} if whole.back == 0 else ())
        )
    if _copies(plan):
        where = whole.start or ticks
        return frozenset({where - whole.offset} if where > whole.offset else ())
    free = not whole.offset and not plan.counts and plan.chords is None
    if free and kind in (DOUBLE, OPEN):
        # The bar that follows completes this one.
        return None
    if whole.offset or (kind == DOUBLE and whole.opened and not whole.ending):
        return frozenset({need})
    return frozenset({need} | {p for p in (whole.start, whole.back) if p > 0})


# -- what a few bars ahead can depend on --------------------------------------------


def horizon(whole: Whole, plan: Constraints, bars: int) -> Whole:
    """The same tune as seen by something that reaches no more than `bars` bar lines ahead.

    Counts are replaced by what is left of them, up to that many: two tunes with one horizon
    allow the same for so long.
    """
    if not whole.music:
        return whole
    near = bars + 1
    left = max(0, min(plan.bars - whole.bars, near)) if plan.bars is not None else 0
    section = section_of(whole, plan)
    in_section = min(whole.in_section, 1)
    if section is not None and section.bars is not None:
        in_section = -max(0, min(section.bars - whole.in_section, near))
    in_ending, first_ending = whole.in_ending, whole.first_ending
    if not plan.sections:
        in_ending, first_ending = min(in_ending, 1), 0
    whole = whole._replace(
        seen=(),
        asked=0,
        bars=left,
        section=whole.section if plan.sections else 0,
        in_section=in_section,
        in_ending=in_ending,
        first_ending=first_ending,
    )
    if plan.chords is None:
        return whole._replace(paced=0, chord=0)
    total = paced_bars(plan)
    if total and whole.chord < len(plan.chords):
        # What is owed depends on both numbers; kept as they are.
        return whole
    return whole._replace(paced=0)
