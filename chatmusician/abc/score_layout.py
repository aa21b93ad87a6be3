"""``%%score`` and ``%%staves``: which voice is drawn on which staff, and what joins the staves.

A directive is parsed into a :class:`ScoreLayout`: staves from top to bottom, the voices on
each, braces and brackets over runs of staves, and between which staves the bar lines go on.

>>> layout = parse_score("[(S A) | (T B)]")
>>> [staff.voices for staff in layout.staves]
[('S', 'A'), ('T', 'B')]
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from chatmusician.abc.tune import Chord, Directive, Note, Rest, Tune

NAMES: Final = ("score", "staves")
BRACE: Final = "brace"
BRACKET: Final = "bracket"

_TOKEN: Final = re.compile(r"[\[\](){}|*+]|[^\s\[\](){}|*+]+")
_SIGNS: Final = "[](){}|*+"
_SYMBOLS: Final = {"{": BRACE, "[": BRACKET}
_CLOSING: Final = {"}": "{", "]": "[", ")": "("}
_OPENING: Final = {opening: closing for closing, opening in _CLOSING.items()}


@dataclass(frozen=True, slots=True)
class StaffVoices:
    """One staff.

    ``voices`` are drawn on it, the first with its stems up. ``floating`` voices move between
    this staff and the next below, note by note. ``joined`` is True where the bar lines go on
    to the staff below.
    """

    voices: tuple[str, ...]
    floating: tuple[str, ...] = ()
    joined: bool = False


@dataclass(frozen=True, slots=True)
class StaffGroup:
    """A brace or bracket before the staves ``first`` to ``last`` (from 0, both included)."""

    first: int
    last: int
    symbol: str


@dataclass(frozen=True, slots=True)
class ScoreProblem:
    """What is wrong at ``start`` to ``end`` (offsets in the directive's value)."""

    code: str
    start: int
    end: int
    detail: str


@dataclass(frozen=True, slots=True)
class ScoreLayout:
    """The staves of a score from top to bottom; ``groups`` lists outer groups before inner."""

    staves: tuple[StaffVoices, ...] = ()
    groups: tuple[StaffGroup, ...] = ()
    problems: tuple[ScoreProblem, ...] = ()

    @property
    def voices(self) -> tuple[str, ...]:
        """All voices that are drawn, staff by staff."""
        return tuple(id for staff in self.staves for id in (*staff.voices, *staff.floating))

    def keeping(self, ids: Collection[str]) -> ScoreLayout:
        """The layout with only these voices; staves and groups left empty are dropped.

        A floating voice whose staff is dropped becomes an ordinary one.
        """
        kept: list[StaffVoices] = []
        place: dict[int, int] = {}
        for at, staff in enumerate(self.staves):
            voices = tuple(id for id in staff.voices if id in ids)
            floating = tuple(id for id in staff.floating if id in ids)
            if voices or floating:
                place[at] = len(kept)
                kept.append(StaffVoices(voices or floating, floating * bool(voices), staff.joined))
        if kept:
            kept[-1] = replace(_settled(kept[-1]), joined=False)
        return ScoreLayout(tuple(kept), _moved(self.groups, place), self.problems)


def _settled(staff: StaffVoices) -> StaffVoices:
    """A staff with no staff below it: its floating voices stay on it."""
    return replace(staff, voices=(*staff.voices, *staff.floating), floating=())


def _moved(groups: Sequence[StaffGroup], place: dict[int, int]) -> tuple[StaffGroup, ...]:
    moved = []
    for group in groups:
        inside = [place[at] for at in range(group.first, group.last + 1) if at in place]
        if inside:
            moved.append(StaffGroup(inside[0], inside[-1], group.symbol))
    return tuple(moved)


def one_staff_each(ids: Sequence[str]) -> ScoreLayout:
    """The layout where no directive gives one: a staff for each voice, nothing joined."""
    return ScoreLayout(tuple(StaffVoices((id,)) for id in ids))


def parse_score(value: str, name: str = "score") -> ScoreLayout:
    """Read the value of ``%%score``, or of ``%%staves`` where ``name`` says so.

    What is wrong is listed in ``problems``; the rest is read as abcm2ps reads it. In
    ``%%staves`` a ``|`` stops the bar lines and its absence lets them through, a brace of
    three voices has a floating one in its middle, a brace of four has two on each staff.
    """
    parser = _Parser(name == "staves")
    for token in _TOKEN.finditer(value):
        parser.token(token[0], token.start(), token.end())
    return parser.finish(len(value.rstrip()))


def named_voices(value: str) -> list[tuple[str, int, int]]:
    """The voices a directive's value names, each with its start and end there."""
    return [
        (token[0], token.start(), token.end())
        for token in _TOKEN.finditer(value)
        if token[0] not in _SIGNS
    ]


@dataclass(slots=True)
class _Open:
    """A bracket that is not closed yet: its place and the staff it begins at."""

    sign: str
    start: int
    staff: int
    plain: bool = True


class _Parser:
    def __init__(self, inverted: bool) -> None:
        self.inverted = inverted
        self.staves: list[StaffVoices] = []
        self.groups: list[StaffGroup] = []
        self.problems: list[ScoreProblem] = []
        self.open: list[_Open] = []
        self.sharing = -1  # where in ``open`` the parenthesis is, -1 outside of one
        self.fresh = True  # the next voice begins a staff
        self.float_next = False
        self.stops: set[int] = set()  # staves followed by a ``|``
        self.seen: set[str] = set()

    def token(self, sign: str, start: int, end: int) -> None:
        if sign in _OPENING:
            self.opening(sign, start)
        elif sign in _CLOSING:
            self.closing(sign, start)
        elif sign == "|":
            if self.staves:
                self.stops.add(len(self.staves) - 1)
        elif sign == "*":
            self.float_next = True
        elif sign != "+":
            self.voice(sign, start, end)

    def problem(self, detail: str, start: int, end: int) -> None:
        self.problems.append(ScoreProblem("bad-score", start, end, detail))

    def opening(self, sign: str, start: int) -> None:
        if self.sharing >= 0:
            self.problem(f"{sign} inside ( )", start, start + 1)
            return
        for outer in self.open:
            outer.plain = False
        self.open.append(_Open(sign, start, len(self.staves)))
        if sign == "(":
            self.sharing = len(self.open) - 1
        self.fresh = True

    def closing(self, sign: str, start: int) -> None:
        if not self.open or self.open[-1].sign != _CLOSING[sign]:
            self.problem(f"{sign} without {_CLOSING[sign]}", start, start + 1)
            return
        opened = self.open.pop()
        if sign == ")":
            self.sharing = -1
            self.fresh = True
            return
        if opened.sign == "{" and opened.plain and self.inverted:
            self.keyboard(opened.staff)
        last = len(self.staves) - 1
        if opened.staff <= last:
            self.groups.append(StaffGroup(opened.staff, last, _SYMBOLS[opened.sign]))

    def keyboard(self, first: int) -> None:
        """``%%staves {a b c}`` is ``{a *b c}``, ``{a b c d}`` is ``{(a b) (c d)}``.

        Only where no staff is shared in the brace, and no ``|`` follows the second voice.
        """
        inside = self.staves[first:]
        ids = [id for staff in inside for id in staff.voices]
        if any(staff.floating for staff in inside) or any(at > first for at in self.stops):
            return
        if len(ids) == 3:
            self.staves[first:] = [StaffVoices((ids[0],), (ids[1],)), StaffVoices((ids[2],))]
        elif len(ids) == 4:
            self.staves[first:] = [
                StaffVoices((ids[0], ids[1])),
                StaffVoices((ids[2], ids[3])),
            ]

    def voice(self, id: str, start: int, end: int) -> None:
        if id in self.seen:
            self.problem(f"voice {id} again", start, end)
            return
        self.seen.add(id)
        floats = self.float_next and self.in_brace() and bool(self.staves)
        self.float_next = False
        if floats:
            above = self.staves[-1]
            self.staves[-1] = replace(above, floating=(*above.floating, id))
        elif self.sharing >= 0 and not self.fresh:
            above = self.staves[-1]
            self.staves[-1] = replace(above, voices=(*above.voices, id))
        else:
            self.staves.append(StaffVoices((id,)))
            self.fresh = False

    def in_brace(self) -> bool:
        braces = [group for group in self.open if group.sign == "{"]
        return bool(braces) and braces[-1].staff < len(self.staves)

    def finish(self, end: int) -> ScoreLayout:
        while self.open:
            opened = self.open[-1]
            detail = f"{opened.sign} without {_OPENING[opened.sign]}"
            self.problem(detail, opened.start, opened.start + 1)
            self.closing(_OPENING[opened.sign], end)
        last = len(self.staves) - 1
        self.settle_floating()
        staves = tuple(
            replace(staff, joined=at < last and (at in self.stops) != self.inverted)
            for at, staff in enumerate(self.staves)
        )
        groups = sorted(self.groups, key=lambda group: (group.first, -group.last))
        return ScoreLayout(staves, tuple(groups), tuple(self.problems))

    def settle_floating(self) -> None:
        """A floating voice with no staff of its brace below it gets a staff of its own."""
        ends = {group.last for group in self.groups if group.symbol == BRACE}
        for at in sorted(ends, reverse=True):
            staff = self.staves[at]
            if not staff.floating:
                continue
            self.staves[at] = replace(staff, floating=())
            self.staves[at + 1 : at + 1] = [StaffVoices((id,)) for id in staff.floating]
            self.make_room(at, len(staff.floating))

    def make_room(self, at: int, count: int) -> None:
        """Shift what lies below a staff after which others were put in."""
        self.stops = {stop + count if stop >= at else stop for stop in self.stops}
        self.groups = [
            StaffGroup(
                group.first + count * (group.first > at),
                group.last + count * (group.last >= at),
                group.symbol,
            )
            for group in self.groups
        ]


# -- writing ------------------------------------------------------------------


def score_text(layout: ScoreLayout) -> str:
    """The value of a ``%%score`` that reads as this layout."""
    words: list[str] = []
    for at, staff in enumerate(layout.staves):
        starts = [group for group in layout.groups if group.first == at]
        ends = [group for group in layout.groups if group.last == at]
        before = "".join("{" if group.symbol == BRACE else "[" for group in starts)
        after = "".join("}" if group.symbol == BRACE else "]" for group in reversed(ends))
        voices = " ".join(staff.voices)
        if len(staff.voices) > 1:
            voices = f"({voices})"
        floating = "".join(f" *{id}" for id in staff.floating)
        words.append(before + voices + floating + after)
        if staff.joined:
            words.append("|")
    return " ".join(words)


# -- of a tune ----------------------------------------------------------------


def score_directives(tune: Tune) -> tuple[Directive | None, list[Directive]]:
    """The directive in force where the music begins, and those that come later."""
    first: Directive | None = None
    later: list[Directive] = []
    started = False
    for element in (*tune.inherited, *tune.header, *tune.elements):
        if isinstance(element, (Note, Chord, Rest)):
            started = True
        elif isinstance(element, Directive) and element.name in NAMES:
            if started:
                later.append(element)
            else:
                first = element
    return first, later


def score_of(tune: Tune, ids: Sequence[str]) -> ScoreLayout:
    """The staves of a tune whose voices are ``ids``, those of later directives included.

    Without a directive each voice has a staff. The staves hold for the whole tune: voices
    that only a later directive names are put where it has them, as far as the staves of the
    first directive allow.
    """
    first, later = score_directives(tune)
    if first is None and not later:
        return one_staff_each(ids)
    layout = one_staff_each(ids) if first is None else parse_score(first.value, first.name)
    for directive in later:
        layout = with_later(layout, parse_score(directive.value, directive.name))
    return layout if any(id in ids for id in layout.voices) else one_staff_each(ids)


def with_later(layout: ScoreLayout, later: ScoreLayout) -> ScoreLayout:
    """A layout with the voices that only ``later`` has: on the staff of those they share one
    with there, else on a staff of their own below the staff that precedes theirs there."""
    known = set(layout.voices)
    for number, staff in enumerate(later.staves):
        new = tuple(id for id in (*staff.voices, *staff.floating) if id not in known)
        if not new:
            continue
        mates = {id for id in (*staff.voices, *staff.floating) if id in known}
        above = {id for before in later.staves[:number] for id in before.voices}
        layout = _with_voices(layout, new, mates, above)
        known.update(new)
    return layout


def _with_voices(
    layout: ScoreLayout, new: tuple[str, ...], mates: set[str], above: set[str]
) -> ScoreLayout:
    staves = list(layout.staves)
    at = next((n for n, staff in enumerate(staves) if mates & set(staff.voices)), -1)
    if at >= 0:
        staves[at] = replace(staves[at], voices=(*staves[at].voices, *new))
        return replace(layout, staves=tuple(staves))
    at = max((n + 1 for n, staff in enumerate(staves) if above & set(staff.voices)), default=0)
    inner = at > 0 and staves[at - 1].joined
    staves.insert(at, StaffVoices(new, joined=inner))
    groups = tuple(
        StaffGroup(group.first + (group.first >= at), group.last + (group.last >= at), group.symbol)
        for group in layout.groups
    )
    return ScoreLayout(tuple(staves), groups, layout.problems)
