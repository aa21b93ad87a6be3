"""A motif of a brief as a tune of its own: its notes, the lengths of its bars."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from chatmusician import abc
from chatmusician.abc.analysis import note_tokens, sections
from chatmusician.abc.fields import parse_unit
from chatmusician.model.brief.brief import Brief
from chatmusician.music.meter import parse_meter

_LENGTH: Final = re.compile(r"(\d*)(/*)(\d*)$")
_PITCH: Final = re.compile(r"[\^_=]*[A-Ga-g][,']*")


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


def in_bars(motifs: Sequence[str], brief: Brief) -> str:
    """Motifs one after the other as music in the brief's meter, its bar lines put in.

    A motif that has bar lines is taken as it is. One whose notes would stand across a bar line
    begins later in its bar, behind a note of its own pitch; empty where that does not help.
    """
    if not motifs or not brief.meter or any("|" in motif for motif in motifs):
        return " ".join(motifs)
    tokens = [token for motif in motifs for token in motif_tokens(motif, brief)]
    above, below = parse_unit(brief.unit or "1/8") or (1, 8)
    unit = Fraction(above, below)
    meter = parse_meter(brief.meter)
    bar = meter.length / unit
    beat = meter.beat / unit
    lengths = [note_length(token) for token in tokens]
    pitch = _PITCH.search(tokens[0]) if tokens else None
    if pitch is None:
        return ""
    for late in range(int(bar)):
        start = [f"{pitch[0]}{late if late > 1 else ''}"] if late else []
        whole = [Fraction(late)] * bool(late) + lengths
        if _fits(whole, bar):
            return _written([*start, *tokens], whole, bar, beat)
    return ""


def note_length(token: str) -> Fraction:
    """The length of a note as written, in units."""
    found = _LENGTH.search(token)
    assert found is not None
    above = int(found[1] or 1)
    return Fraction(above, int(found[3]) if found[3] else 2 ** len(found[2]))


def _fits(lengths: Sequence[Fraction], bar: Fraction) -> bool:
    at = Fraction(0)
    for length in lengths:
        if at % bar + length > bar:
            return False
        at += length
    return True


def _written(
    tokens: Sequence[str], lengths: Sequence[Fraction], bar: Fraction, beat: Fraction
) -> str:
    """With bar lines, and blanks between beats, as the canonical form has them."""
    text, at = "", Fraction(0)
    for token, length in zip(tokens, lengths, strict=True):
        if at and at % bar == 0:
            text += " | "
        elif at % beat == 0 and at:
            text += " "
        text += token
        at += length
    return text
