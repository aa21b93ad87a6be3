"""Likeness of sections, the letters it gives them, and the terms for the letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chatmusician.abc.analysis.sections import Section
from chatmusician.abc.analysis.similarity import SAME, VARIED, similarity

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
