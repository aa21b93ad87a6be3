"""♯, ♭, ♮ and ``F#``: whose accidental is it, and what to write.

A sign directly after a bare note letter is that letter's (``B♭``, as names of notes are
written), unless other signs of the tune can only belong to the note after them (``♭B``).
Without such signs, one between two letters is mended only where the first note is nearer
to the key with it than the second.
A lower-case b is never a sign: ``Bb`` is two notes. The sign holds to the end of the bar
like any accidental.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from chatmusician.abc.faults.context import Context, Fault, Place
from chatmusician.abc.fields import Key, parse_key
from chatmusician.abc.mend import PITCH, Edit, Mend
from chatmusician.music.pitch import STEP_FIFTHS, STEP_LETTERS

MARKS: Final = {
    "\u266f": "^",
    "\u266d": "_",
    "\u266e": "=",
    "\uff03": "^",
    "#": "^",
    "\U0001d12a": "^^",
    "\U0001d12b": "__",
}
_ALTERS: Final = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}
# What programs put after a sign to choose how it is drawn.
_SELECTORS: Final = "\ufe0e\ufe0f"
_RUN: Final = re.compile(f"[{''.join(MARKS)}{_SELECTORS}]+")
_NOTE_BEFORE: Final = re.compile(r"([\^_=]?)([A-Ga-g])([,']*)(\d*/*\d*)\Z")
_NOTE_AFTER: Final = re.compile(r"([A-Ga-g])[,']*\d*/*\d*")
_TAIL: Final = re.compile(r"[,']*\d*/*\d*")


@dataclass(frozen=True)
class Sign:
    """A run of signs with the notes directly beside it."""

    start: int
    end: int
    mark: str
    typed: bool
    before: re.Match[str] | None
    after: re.Match[str] | None

    @property
    def sandwiched(self) -> bool:
        """Whether it stands between two notes and could belong to either."""
        return bool(self.before and self.after and not self.before[4])


class Accidentals:
    """The signs of one tune."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._others: dict[int, int] = {}

    def fault(self, at: int) -> Fault | None:
        """The fault of the sign at ``at``; None where no note is beside it."""
        sign = self.signs.get(at)
        if sign is None:
            return None
        side = self.side(sign)
        start = self._note_start(sign) if side == "before" else sign.start
        end = self._end(sign, side)
        mend = self._mend(sign, side, start, end) if side else None
        return Fault("accidental-sign", start, end, mend)

    @cached_property
    def signs(self) -> dict[int, Sign]:
        """Every run of signs that the reader could not read, by its offset."""
        found: dict[int, Sign] = {}
        upto = 0
        for finding in self.context.findings:
            if finding.code == "unknown-character" and finding.start >= upto:
                sign = self._sign(finding.start)
                if sign is not None:
                    found[sign.start] = sign
                    upto = sign.end
        return found

    def _sign(self, at: int) -> Sign | None:
        text = self.context.text
        run = _RUN.match(text, at)
        if not run:
            return None
        signs = [char for char in run[0] if char not in _SELECTORS]
        if not signs or len(set(signs)) > 1:
            return None
        mark = MARKS[signs[0]] * len(signs)
        before = _NOTE_BEFORE.search(text[max(0, at - 24) : at])
        after = _NOTE_AFTER.match(text, run.end())
        typed = signs[0] in "#\uff03"
        if mark not in _ALTERS or (before and before[1]):
            before = None if mark in _ALTERS else before
            after = after if mark in _ALTERS else None
        if typed:
            after = None
            before = before if before and not before[4] else None
        if before is None and after is None:
            return None
        return Sign(at, run.end(), mark, typed, before, after)

    def side(self, sign: Sign) -> str:
        """``before`` or ``after``: on which side its note is; empty where it is unclear."""
        if sign.mark not in _ALTERS:
            return ""
        if sign.typed:
            return "before"
        if self.context.bar_of(sign.start) in self._unclear_bars:
            return ""
        return self.habit if sign.sandwiched else _clear_side(sign)

    @cached_property
    def _unclear_bars(self) -> set[int]:
        """Bars with a sign whose side is unclear: an accidental reaches the others in its bar."""
        return {
            self.context.bar_of(sign.start)
            for sign in self.signs.values()
            if sign.sandwiched and not sign.typed and not self._is_clear(sign)
        }

    def _is_clear(self, sign: Sign) -> bool:
        """Whether the side of a sign between two notes is known.

        By the tune's other signs; without these, if the note before is altered so in or near
        the key, and the note after would be farther from it or need no sign.
        """
        if self.clear_sides:
            return bool(self.habit)
        assert sign.before is not None
        assert sign.after is not None
        own, other = (
            self._distance(sign.before[2], sign.mark),
            self._distance(sign.after[1], sign.mark),
        )
        return own < other or other == 0

    def _distance(self, letter: str, mark: str) -> int:
        """How many fifths an altered note lies outside the key; 0 inside."""
        accidentals = self.key.accidentals
        fifths = STEP_FIFTHS[STEP_LETTERS.index(letter.upper())] + 7 * _ALTERS[mark]
        sharps = sum(accidentals)
        return max(sharps - 1 - fifths, fifths - sharps - 5, 0)

    @cached_property
    def key(self) -> Key:
        return parse_key(self.context.tune.value("K"))

    @cached_property
    def habit(self) -> str:
        """On which side the tune writes signs that leave a choice; empty where it does both."""
        if "after" not in self.clear_sides:
            return "before"
        return "" if "before" in self.clear_sides else "after"

    @cached_property
    def clear_sides(self) -> set[str]:
        """The sides of the signs that leave no choice."""
        signs = self.signs.values()
        return {_clear_side(sign) for sign in signs if not sign.typed and not sign.sandwiched}

    def _note_start(self, sign: Sign) -> int:
        assert sign.before is not None
        return sign.start - len(sign.before[0])

    def _end(self, sign: Sign, side: str) -> int:
        if side == "after" and sign.after:
            return sign.after.end()
        tail = _TAIL.match(self.context.text, sign.end)
        return tail.end() if tail and side == "before" else sign.end

    def _mend(self, sign: Sign, side: str, start: int, end: int) -> Mend | None:
        letter_at = start if side == "before" else sign.end
        letter = self.context.text[letter_at]
        step = STEP_LETTERS.index(letter.upper())
        mark = "" if self._already(letter_at, step, sign.mark) else sign.mark
        if mark and self._would_reach_a_plain_note(letter_at, end, step):
            return None
        edits: tuple[Edit, ...] = ((sign.start, sign.end, mark),)
        if side == "before":
            edits = ((sign.start, sign.end, ""),)
            if mark:
                edits = ((letter_at, letter_at, mark), *edits)
        return Mend(edits, start, end, self.context.bar_end(end), PITCH, step)

    def _already(self, letter_at: int, step: int, mark: str) -> bool:
        """Whether the note sounds so without any sign, by the key or an earlier accidental."""
        alter = self.context.alters.get(letter_at)
        if alter is None or alter != _ALTERS[mark]:
            return False
        places = self.targets.get((step, self.context.bar_of(letter_at)), [letter_at])
        if places[0] >= letter_at:
            return True
        return self.marks[places[0]] == mark and letter_at <= self._first_other(places)

    def _first_other(self, places: list[int]) -> int:
        """The first of the signs of one letter in a bar that differs from those before it."""
        if places[0] not in self._others:
            others = (at for at in places if self.marks[at] != self.marks[places[0]])
            self._others[places[0]] = next(others, len(self.context.text))
        return self._others[places[0]]

    @cached_property
    def marks(self) -> dict[int, str]:
        """The sign of each note that has one, as ABC writes it, by the note's offset."""
        return {at: sign.mark for sign in self.signs.values() for at in self._target(sign)}

    @cached_property
    def targets(self) -> dict[tuple[int, int], list[int]]:
        """The offsets of the notes that signs belong to, by step and bar."""
        found: dict[tuple[int, int], list[int]] = {}
        for at in self.marks:
            step = STEP_LETTERS.index(self.context.text[at].upper())
            found.setdefault((step, self.context.bar_of(at)), []).append(at)
        return found

    @cached_property
    def marks_every_note(self) -> bool:
        """Whether the tune repeats signs within a bar, so that a bare letter means no sign.

        Bars that repeat a sign are counted against bars where a bare note comes after one.
        """
        last: dict[tuple[int, int, int], str] = {}
        repeats = bare = 0
        for place in self.context.places:
            mark = self.marks.get(place.start, "") or self._written(place)
            key = (place.bar, place.step, place.octave)
            if mark and last.get(key) == mark:
                repeats += 1
            elif not mark and key in last:
                bare += 1
            if mark:
                last[key] = mark
        return repeats > 0 and repeats >= bare

    def _written(self, place: Place) -> str:
        source = self.context.text[place.start : place.end]
        return source[: len(source) - len(source.lstrip("^_="))]

    def _target(self, sign: Sign) -> list[int]:
        side = self.side(sign)
        if not side:
            return []
        return [self._note_start(sign) if side == "before" else sign.end]

    def _would_reach_a_plain_note(self, letter_at: int, end: int, step: int) -> bool:
        """Whether a later note of the bar is bare in a tune that signs every note."""
        if not self.marks_every_note:
            return False
        return self._last_plain.get((self.context.bar_of(letter_at), step), -1) >= end

    @cached_property
    def _last_plain(self) -> dict[tuple[int, int], int]:
        """The last note without any sign, by bar and step."""
        return {
            (place.bar, place.step): place.start
            for place in self.context.places
            if not place.marked and not place.grace and place.start not in self.marks
        }


def _clear_side(sign: Sign) -> str:
    """The side of a sign that is not between two notes."""
    return "after" if sign.after and (not sign.before or sign.before[4]) else "before"
