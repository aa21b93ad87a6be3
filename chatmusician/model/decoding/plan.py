"""What a tune is held to while it is decoded, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from chatmusician.errors import UsageError

OFF: Final = "off"
SYNTAX: Final = "syntax"
BARS: Final = "bars"
BRIEF: Final = "brief"
LEVELS: Final = (OFF, SYNTAX, BARS, BRIEF)


@dataclass(frozen=True)
class Section:
    """One section of the form.

    `bars` counts full bars (a pickup is none, two halves at a repeat sign are one, a second
    ending is left out); `repeated` tells how it closes: True by a repeat, False by a double bar
    (the last by the final bar), None as the model likes. `same_as` is the index of an earlier
    section whose text it repeats; if `varied`, most of it, and then goes on otherwise. `motif` is
    ABC text in the tune's unit, which opens the section; the repeated text follows it.
    """

    bars: int | None = None
    repeated: bool | None = None
    same_as: int | None = None
    varied: bool = False
    motif: str = ""

    @property
    def replayed(self) -> bool:
        """Whether all of its text is known."""
        return self.same_as is not None and not self.varied and not self.motif


@dataclass(frozen=True)
class Hole:
    """A bar to be filled in a given text, before the byte `at`; a unit is so many ticks.

    `tie` is the pitch of a note before it that is tied.
    """

    at: int
    ticks: int
    meter: str
    unit: int
    tie: str = ""


@dataclass(frozen=True)
class Given:
    """A tune's text (bytes as Latin-1) that follows as it stands.

    Bars are filled in at the `holes`; chord symbols may be put in before the bytes `spots`, and
    must before those of them that are `due`.
    `after`: the tune goes on behind the text, in a meter and a unit; a :| would go back to a
    place so many ticks into a bar, -1 where no |: is open.
    """

    text: str
    holes: tuple[Hole, ...] = ()
    spots: frozenset[int] = frozenset()
    due: frozenset[int] = frozenset()
    after: tuple[str, int, int] | None = None


# The meters that abc2midi takes for a hornpipe.
HORNPIPE_METERS: Final = frozenset({"2/4", "4/4", "C"})


def _readable(
    headers: tuple[tuple[str, str | None], ...] | None,
) -> tuple[tuple[str, str | None], ...] | None:
    """abc2midi refuses a hornpipe in any other meter, unless it is written in capitals."""
    meter = dict(headers or ()).get("M")
    if headers is None or meter is None or meter in HORNPIPE_METERS:
        return headers
    return tuple(
        (letter, value.upper())
        if letter == "R" and value and value.strip().lower().startswith("hornpipe")
        else (letter, value)
        for letter, value in headers
    )


@dataclass(frozen=True)
class Constraints:
    """What holds at level `brief`; the levels below it read only the fields that say so.

    headers    fields in order, `("T", None)` leaves the value to the model; X: stands first and
               K: last whether they are named or not. None: any header.
    more       other fields may stand between those asked for
    bars       full bars in all, both endings counted; with sections that have bars those hold,
               and there are no endings
    chords     the chord symbols, in order; spread so that all of them find room, due at the
               beginning of a bar. One may be written again until the next
    sections   the form
    one_line   ChatMusician's form on one line: fields and music separated by blanks (every level)
    strict     halves of a bar at a repeat sign add up in the order of reading, and the tune ends
               with |] or :|; else whatever `check` accepts (every level)
    lyrics     w: and W: lines may be written (every level)
    plain      no words in quotes and fingerings, and fields change at the start of a later section
               alone: what a model writes that has something refused (every level)
    given      a tune that is given: filled in, harmonised, gone on with. Then nothing else holds
    """

    level: str = BRIEF
    headers: tuple[tuple[str, str | None], ...] | None = None
    more: bool = False
    bars: int | None = None
    chords: tuple[str, ...] | None = None
    sections: tuple[Section, ...] = ()
    one_line: bool = False
    strict: bool = True
    lyrics: bool = False
    plain: bool = False
    given: Given | None = None

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise UsageError(f"unknown level {self.level!r}", hint=f"one of {', '.join(LEVELS)}")
        if self.bars is not None and self.bars < 1:
            raise UsageError(f"{self.bars} bars", hint="at least 1")
        for index, section in enumerate(self.sections):
            if section.same_as is not None and not 0 <= section.same_as < index:
                raise UsageError(
                    f"section {index + 1} is to be the same as section {section.same_as + 1}",
                    hint="name an earlier one",
                )
            if section.bars is not None and section.bars < 1:
                raise UsageError(f"a section of {section.bars} bars", hint="at least 1")
        for chord in self.chords or ():
            if not chord or any(c in chord for c in '"\n\\') or not chord.isascii():
                raise UsageError(f"{chord!r} is no chord symbol")

    def effective(self) -> Constraints:
        """These constraints with what their level does not read left out."""
        if self.level == BRIEF:
            return replace(self, headers=_readable(self.headers))
        return replace(
            self, headers=None, more=True, bars=None, chords=None, sections=(), given=None
        )

    @property
    def bare(self) -> bool:
        """Whether annotations and fingerings are left out: nobody asks for any."""
        held = self.headers is not None or self.given is not None
        return self.plain or (self.level == BRIEF and held)

    @property
    def tight(self) -> bool:
        """Whether a motif fills its section: behind a pickup its last bar would be too short."""
        return any(
            section.bars is not None and section.motif.rstrip("| ").count("|") + 1 >= section.bars
            for section in self.sections
            if section.motif
        )

    @property
    def counts(self) -> bool:
        """Whether the number of bars is given, in all or by sections."""
        return self.bars is not None or bool(self.sections)
