"""A motif of a brief as a tune of its own: its notes, the lengths of its bars."""

from __future__ import annotations

from fractions import Fraction

from chatmusician import abc
from chatmusician.abc.analysis import note_tokens, sections
from chatmusician.model.brief.brief import Brief


def motif_tune(motif: str, brief: Brief) -> abc.Tune:
    head = f"X:1\nM:{brief.meter or 'none'}\nL:{brief.unit or '1/8'}\nK:{brief.key or 'C'}\n"
    return abc.read(f"{head}{motif}\n").tunes[0]


def motif_tokens(motif: str, brief: Brief) -> list[str]:
    """The motif's notes as the analysis writes those of a tune: no bars, no blanks."""
    line = abc.timeline(motif_tune(motif, brief), trace=True)
    return [token for section in sections(line) for token in note_tokens(line, section)]


def motif_bars(motif: str, brief: Brief) -> list[Fraction]:
    """The length of each of its bars in whole notes."""
    line = abc.timeline(motif_tune(motif, brief))
    measures = line.voices[0].measures if line.voices else []
    lengths = [line.quarters(int(measure.length)) / 4 for measure in measures]
    return [length for length in lengths if length]
