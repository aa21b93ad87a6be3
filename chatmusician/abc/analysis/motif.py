"""The motif of a section: what it says most often."""

from __future__ import annotations

from collections.abc import Sequence

from chatmusician.abc.analysis.sections import Section
from chatmusician.abc.timing import Timeline
from chatmusician.abc.tune import Chord, Note

LONGEST = 8


def note_tokens(line: Timeline, section: Section) -> list[str]:
    """The section's notes as written: accidental, letter, octave, length, tie dropped.

    Bar lines, rests, chord symbols, annotations, decorations, slurs and grace notes are
    left out; of notes together in brackets the whole bracket is one token.
    """
    tune = line.tune
    elements = sorted({note.element for bar in section.bars for note in bar.notes})
    return [
        tune.source(tune.elements[index]).rstrip("-")
        for index in elements
        if isinstance(tune.elements[index], (Note, Chord))
    ]


def motif(tokens: Sequence[str], *, shortest: int = 1, longest: int = LONGEST) -> tuple[str, ...]:
    """The most frequent run of ``shortest`` to ``longest`` tokens, then the longest, then
    the first.

    Occurrences may overlap. A run may be no longer than the tokens; with none, the motif
    is empty.
    """
    counts: dict[tuple[str, ...], int] = {}
    for size in range(shortest, min(longest, len(tokens)) + 1):
        for start in range(len(tokens) - size + 1):
            run = tuple(tokens[start : start + size])
            counts[run] = counts.get(run, 0) + 1
    if not counts:
        return ()
    best = max((count, len(run)) for run, count in counts.items())
    first = {run: at for at, run in reversed(list(enumerate(counts)))}
    return min((r for r, n in counts.items() if (n, len(r)) == best), key=lambda r: first[r])


def section_motifs(
    line: Timeline, sections: Sequence[Section], *, shortest: int = 1
) -> list[tuple[str, ...]]:
    """The motif of each section."""
    return [motif(note_tokens(line, section), shortest=shortest) for section in sections]
