"""Mend what has one right answer, and say what was mended.

A repair is kept only if the mended tune, read again, sounds the same everywhere else and
has no new error (``guard``). What is refused stays as it was, and is reported.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from chatmusician.abc.check import check, check_tune
from chatmusician.abc.edit import Edit, apply_edits, reread
from chatmusician.abc.guard import Guard, Reading, reading
from chatmusician.abc.mend import Mend
from chatmusician.abc.reader import read
from chatmusician.abc.stray import AFTER_BLANK, without_blank_lines
from chatmusician.abc.tune import Book, Diagnostic, Tune

_MOST_ROUNDS: Final = 3
# How often one tune is read again to find the repairs that cannot be kept.
_MOST_READINGS: Final = 100
# The longer the tune the fewer: about as many characters are read for any tune.
_CHARACTERS_READ: Final = 1_000_000
# Repairs that change where a tune begins, which the whole file must confirm.
_SPLITTING: Final = frozenset({"missing-x", "field-order"})


def fix(text: str) -> tuple[str, tuple[Diagnostic, ...]]:
    """The text with what has one right answer mended, and the findings that were mended.

    Notes outside of a repair keep their pitch and length, tunes without a repair their
    bytes. What is mended may bring another finding to light, so it goes round a few times.
    """
    mended: list[Diagnostic] = []
    book, joined = _joined(read(text))
    mended.extend(joined)
    for _ in range(_MOST_ROUNDS):
        result = _round(book, frozenset()) or _round(book, _SPLITTING)
        if result is None or not result[1]:
            break
        book = result[0]
        mended.extend(result[1])
    return book.text, tuple(mended)


def _joined(book: Book) -> tuple[Book, list[Diagnostic]]:
    """The book with the music after empty lines joined to its tunes.

    This comes before the repairs of tunes: what is missing in a tune is known only once the
    rest of it is joined to it. A book in which a tune would then lose or change a note is left
    as it is.
    """
    lines = [tune.first_line for tune in book.tunes]
    edits: list[Edit] = []
    done: list[Diagnostic] = []
    for finding in check(book):
        if finding.code == AFTER_BLANK:
            tune = book.tunes[bisect_right(lines, finding.line) - 1]
            start, end = tune.offset + len(tune.text), tune.offset + finding.end
            edits.append((start, end, without_blank_lines(book.text[start:end])))
            done.append(finding)
    if not edits:
        return book, []
    after = read(apply_edits(book.text, edits))
    return (after, done) if _begin_alike(book, after) else (book, [])


def _begin_alike(before: Book, after: Book) -> bool:
    """Whether every tune of `after` begins with the notes that it has in `before`."""
    return len(before.tunes) == len(after.tunes) and all(
        _begins_with(reading(longer), reading(shorter))
        for shorter, longer in zip(before.tunes, after.tunes, strict=True)
        if shorter.text != longer.text
    )


def _begins_with(longer: Reading, shorter: Reading) -> bool:
    # The last note of a voice may be tied, or part of a broken rhythm, into what is joined.
    return all(
        [(s.start, s.pitch, s.length) for s in longer.voices.get(key, [])[: len(sounds) - 1]]
        == [(s.start, s.pitch, s.length) for s in sounds[:-1]]
        for key, sounds in shorter.voices.items()
    )


def _round(book: Book, without: frozenset[str]) -> tuple[Book, list[Diagnostic]] | None:
    """The book with its tunes mended; None where a tune would no longer be the same piece."""
    edits: list[Edit] = []
    done: list[Diagnostic] = []
    wanted: list[str] = []
    for tune in book.tunes:
        kept = _kept(tune, without)
        wanted.append(_applied(tune.text, [d.mend for d in kept if d.mend is not None]))
        for finding in kept:
            if finding.mend is not None:
                edits += [(s + tune.offset, e + tune.offset, n) for s, e, n in finding.mend.edits]
                done.append(finding)
    if not edits:
        return book, []
    again = read(apply_edits(book.text, edits))
    return (again, done) if [tune.text for tune in again.tunes] == wanted else None


def _kept(tune: Tune, without: frozenset[str]) -> list[Diagnostic]:
    """The findings of a tune whose repairs hold together."""
    findings = [d for d in check_tune(tune) if d.mend is not None and d.code not in without]
    findings = _apart(findings)
    if not findings:
        return []
    return _Keeper(tune).keep(findings)


def _apart(findings: list[Diagnostic]) -> list[Diagnostic]:
    """Those that do not overlap one before them; the rest waits for the next round."""
    kept: list[Diagnostic] = []
    done = -1
    for finding in sorted(findings, key=_first_edit):
        mend = finding.mend
        if mend is None or mend.edits[0][0] < done:
            continue
        kept.append(finding)
        done = max(done, mend.edits[-1][1])
    return kept


def _first_edit(finding: Diagnostic) -> int:
    return finding.mend.edits[0][0] if finding.mend is not None else finding.start


class _Keeper:
    """Finds the repairs of one tune that can be kept, with few readings."""

    def __init__(self, tune: Tune) -> None:
        self.tune = tune
        self.before: Reading = reading(tune)
        self.kept: list[Diagnostic] = []
        self.readings = 0
        self.most = max(3, min(_MOST_READINGS, _CHARACTERS_READ // max(1, len(tune.text))))

    def keep(self, findings: list[Diagnostic]) -> list[Diagnostic]:
        self._try(findings)
        return self.kept

    def _try(self, findings: list[Diagnostic]) -> None:
        """Keep all of them, or each half as far as it holds."""
        if self.readings >= self.most:
            return
        if self._holds([*self.kept, *findings]):
            self.kept += findings
        elif len(findings) > 1:
            middle = len(findings) // 2
            self._try(findings[:middle])
            self._try(findings[middle:])

    def _holds(self, findings: Sequence[Diagnostic]) -> bool:
        self.readings += 1
        mends = [finding.mend for finding in findings if finding.mend is not None]
        text = _applied(self.tune.text, mends)
        after = reading(reread(self.tune, text))
        return Guard(self.before, mends).holds(after)


def _applied(text: str, mends: Sequence[Mend]) -> str:
    return apply_edits(text, [edit for mend in mends for edit in mend.edits])
