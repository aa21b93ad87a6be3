"""The form and the motifs of a brief as sections for the decoder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final

from chatmusician.abc.analysis import form_terms
from chatmusician.model.brief.brief import Brief
from chatmusician.model.brief.form import written_sections
from chatmusician.model.brief.motif import in_bars, motif_tokens
from chatmusician.model.decoding.plan import Section

# Of a section in dances and songs: a model that is not told finds no end to the first.
USUAL_BARS: Final = 8
# Forms of more sections than this are not looked for behind a term.
_MOST_SECTIONS: Final = 8


def planned_sections(brief: Brief) -> tuple[Section, ...]:
    written = written_sections(brief.form) or [(label, None) for label in _letters(brief)]
    if not written:
        opening = in_bars(brief.motifs[:1], brief) if brief.motifs else ""
        return (Section(bars=brief.bars, motif=opening),) if opening else ()
    if len(written) == 1:
        # Without a sign a tune is cut into phrases.
        written = [(written[0][0], True)]
    labels = [label for label, _ in written]
    openings = [in_bars(motifs, brief) for motifs in _motifs(labels, brief)]
    bars = brief.bars // len(written) if brief.bars and brief.form else None
    if not brief.bars and not brief.chords and not any(map(_is_long, openings)):
        bars = USUAL_BARS
    made: list[Section] = []
    for at, (label, repeated) in enumerate(written):
        like = _like(labels, at)
        made.append(
            Section(
                bars=bars,
                repeated=repeated,
                same_as=like,
                varied=like is not None and labels[like] != label,
                motif=openings[at],
            )
        )
    return tuple(made)


def _is_long(opening: str) -> bool:
    return opening.count("|") >= USUAL_BARS - 1


def _like(labels: Sequence[str], at: int) -> int | None:
    """The first section of the same label, else of the same letter."""
    before = labels[:at]
    if labels[at] in before:
        return before.index(labels[at])
    letters = [label[0] for label in before]
    return letters.index(labels[at][0]) if labels[at][0] in letters else None


def _motifs(labels: Sequence[str], brief: Brief) -> Iterator[tuple[str, ...]]:
    """What each section opens with: nothing where that follows from the section it is like.

    Motifs are one for each section, or one for each label.
    """
    motifs = brief.motifs
    names = list(labels) if len(motifs) == len(labels) else list(dict.fromkeys(labels))
    for at, label in enumerate(labels):
        if len(motifs) != len(labels):
            first = at == labels.index(label)
            yield tuple(
                m for name, m in zip(names, motifs, strict=False) if name == label and first
            )
            continue
        like = _like(labels, at)
        known = like is not None and _tokens(motifs[like], brief) == _tokens(motifs[at], brief)
        yield () if known else (motifs[at],)


def _tokens(motif: str, brief: Brief) -> tuple[str, ...]:
    return tuple(motif_tokens(motif, brief))


# -- forms behind their terms ---------------------------------------------------


def _letters(brief: Brief) -> tuple[str, ...]:
    motifs = tuple(_tokens(motif, brief) for motif in brief.motifs)
    if len(motifs) > 1:
        found = letters_for(brief.terms, motifs)
        if found:
            return found
    return letters(brief.terms)


@cache
def letters(terms: tuple[str, ...]) -> tuple[str, ...]:
    """The shortest row of letters that has these terms and no others; empty for none."""
    wanted = set(terms)
    if wanted == {"Variational"}:
        return ("A", "A'")
    rows: list[tuple[str, ...]] = [()]
    while wanted and rows and len(rows[0]) < _MOST_SECTIONS:
        rows = [(*row, letter) for row in rows for letter in _next_letters(row)]
        for row in rows:
            if set(form_terms(row)) == wanted:
                return row
    return ()


@cache
def letters_for(terms: tuple[str, ...], motifs: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """A row of labels with these terms, a section for each motif; empty for none.

    Equal motifs have one label where that can be; different ones of a letter have primes.
    """
    rows: list[tuple[str, ...]] = [()]
    if len(motifs) > _MOST_SECTIONS or not terms:
        return ()
    for _ in motifs:
        rows = [(*row, letter) for row in rows for letter in _next_letters(row)]
    found = [(_strain(row, motifs), _primed(row, motifs)) for row in rows]
    fitting = [(strain, row) for strain, row in found if set(form_terms(row)) == set(terms)]
    return min(fitting)[1] if fitting else ()


def _next_letters(row: tuple[str, ...]) -> str:
    return "ABCDEFGH"[: len(set(row)) + 1]


def _primed(row: Sequence[str], motifs: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Different motifs of a letter told apart by primes."""
    known: dict[str, list[tuple[str, ...]]] = {}
    labels = []
    for letter, motif in zip(row, motifs, strict=True):
        own = known.setdefault(letter, [])
        if motif not in own:
            own.append(motif)
        labels.append(letter + "'" * own.index(motif))
    return tuple(labels)


def _strain(row: Sequence[str], motifs: Sequence[tuple[str, ...]]) -> int:
    """How often letters and motifs disagree about what is the same."""
    pairs = [(at, other) for at in range(len(row)) for other in range(at)]
    return sum((row[a] == row[b]) != (motifs[a] == motifs[b]) for a, b in pairs)
