"""Likeness of sections, the letters it gives them, and the terms for the letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from chatmusician.abc.analysis.melody import Bar
from chatmusician.abc.analysis.sections import SAME, Section

VARIED: Final = 6.0
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Form:
    """``letters`` as written (``ABB'C``), ``played`` with repeats (``AABB``), and the terms."""

    labels: tuple[str, ...]
    plays: tuple[int, ...]
    terms: tuple[str, ...]

    @property
    def letters(self) -> str:
        return "".join(self.labels)

    @property
    def played(self) -> str:
        return "".join(n * label for label, n in zip(self.labels, self.plays, strict=True))


def similarity(first: Sequence[Bar], second: Sequence[Bar]) -> float:
    """How alike two runs of bars are, from 0 to 10.

    Two bars agree for the share of their time in which the same pitch sounds (each note
    holding until the next). The bars of both runs are aligned in order, as well as
    possible, bars left out where that helps; the result is 10 times twice the agreeing
    time over the time of both. 10: the same melody; a pickup weighs as little as it lasts.
    """
    total = sum((bar.length for bar in (*first, *second)), Fraction(0))
    if not total:
        return 0.0
    lines = [_steps(bar) for bar in first], [_steps(bar) for bar in second]
    best = [Fraction(0)] * (len(second) + 1)
    for ours in lines[0]:
        above = list(best)
        for at, theirs in enumerate(lines[1], 1):
            agreed = above[at - 1] + _agreement(ours, theirs)
            best[at] = max(above[at], best[at - 1], agreed)
    return float(20 * best[-1] / total)


_Steps = tuple[tuple[Fraction, Fraction, int], ...]


def _steps(bar: Bar) -> _Steps:
    """(from, to, pitch) of each note, held until the next one or the bar's end."""
    onsets = [note.onset for note in bar.notes]
    ends = [*onsets[1:], bar.length]
    return tuple(
        (Fraction(0) if at == 0 else note.onset, end, note.pitch)
        for at, (note, end) in enumerate(zip(bar.notes, ends, strict=False))
    )


def _agreement(first: _Steps, second: _Steps) -> Fraction:
    if first == second:
        return first[-1][1] if first else Fraction(0)
    agreed, i, j = Fraction(0), 0, 0
    while i < len(first) and j < len(second):
        (a, b, pitch), (c, d, other) = first[i], second[j]
        if pitch == other:
            agreed += max(Fraction(0), min(b, d) - max(a, c))
        i, j = i + (b <= d), j + (d <= b)
    return agreed


def letters(sections: Sequence[Section]) -> tuple[str, ...]:
    """A label for each section: ``A``, ``B``, ``B'``.

    Each is compared with all before it. The likeliest one at 8 or more lends its label;
    at 6 or more its letter with one prime more than that letter has had; below 6 the
    section gets the next letter. Beyond Z no section is told apart any more.
    """
    labels: list[str] = []
    for at, section in enumerate(sections):
        scores = [similarity(section.bars, before.bars) for before in sections[:at]]
        best = max(scores, default=0.0)
        if scores and best >= SAME:
            labels.append(labels[scores.index(best)])
        elif scores and best >= VARIED:
            letter = labels[scores.index(best)][0]
            primes = max(label.count("'") for label in labels if label[0] == letter)
            labels.append(letter + "'" * (primes + 1))
        else:
            used = len({label[0] for label in labels})
            labels.append(_LETTERS[min(used, len(_LETTERS) - 1)])
    return tuple(labels)


def form_terms(labels: Sequence[str]) -> tuple[str, ...]:
    """The terms for a row of labels; none where no definition below fits.

    Primes are dropped first, except for Variational. Neighbours of one letter count as
    one for Binary and Ternary.

    - Only One Section: one letter, no prime. Variational: one letter, with primes.
    - Binary: A B. Ternary: A B A. Through Composed: three or more letters, none twice.
    - Sectional: American Popular: exactly AABA. Verse/Chorus: AB at least twice (ABAB …).
      Verse/Chorus/Bridge: AB at least twice, then C, then B, AB or nothing.
      Verse/Chorus/Verse/Bridge: ABAC, any number of times.
    - Compound Binary: halves of two letters or more each, none shared, and one repeated
      within its half. Compound Ternary: X Y X where X has two letters or more and Y has
      none of them.
    """
    plain = "".join(label[0] for label in labels)
    if not plain:
        return ()
    if len(set(plain)) == 1:
        return ("Variational",) if any("'" in label for label in labels) else ("Only One Section",)
    return tuple(name for name, holds in _TERMS if holds(plain))


def _squeezed(plain: str) -> str:
    return "".join(c for at, c in enumerate(plain) if at == 0 or c != plain[at - 1])


def _is_verse_chorus(plain: str) -> bool:
    return len(plain) >= 4 and plain == "AB" * (len(plain) // 2)


def _is_bridged(plain: str) -> bool:
    at = plain.find("C")
    return at >= 4 and _is_verse_chorus(plain[:at]) and plain[at + 1 :] in ("", "B", "AB")


def _is_compound_binary(plain: str) -> bool:
    half = len(plain) // 2
    parts = plain[:half], plain[half:]
    if len(plain) % 2 or any(len(set(part)) < 2 for part in parts):
        return False
    return not set(parts[0]) & set(parts[1]) and any(len(set(p)) < len(p) for p in parts)


def _is_compound_ternary(plain: str) -> bool:
    return any(
        plain[:size] == plain[-size:]
        and len(set(plain[:size])) >= 2
        and not set(plain[:size]) & set(plain[size:-size])
        for size in range(2, (len(plain) - 1) // 2 + 1)
    )


_TERMS: Final = (
    ("Binary", lambda plain: _squeezed(plain) == "AB"),
    ("Ternary", lambda plain: _squeezed(plain) == "ABA"),
    ("Sectional: American Popular", lambda plain: plain == "AABA"),
    ("Sectional: Verse/Chorus", _is_verse_chorus),
    ("Sectional: Verse/Chorus/Bridge", _is_bridged),
    ("Sectional: Verse/Chorus/Verse/Bridge", lambda p: p == "ABAC" * (len(p) // 4)),
    ("Through Composed", lambda plain: len(plain) >= 3 and len(set(plain)) == len(plain)),
    ("Compound Binary", _is_compound_binary),
    ("Compound Ternary", _is_compound_ternary),
)


def form(sections: Sequence[Section]) -> Form:
    """Letters, times played and terms of a tune's sections."""
    labels = letters(sections)
    return Form(labels, tuple(section.plays for section in sections), form_terms(labels))
