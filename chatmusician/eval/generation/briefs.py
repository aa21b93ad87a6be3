"""From what a prompt asks to a brief: what the decoder is held to, and a tune checked for."""

from __future__ import annotations

from chatmusician.abc.canonical import key_text
from chatmusician.abc.fields import parse_key
from chatmusician.eval.generation.asked import Asked
from chatmusician.model.brief.brief import Brief

# Tasks on a given tune that leave its melody: the others make another one of it.
_GIVEN = ("continue", "infill", "harmonise", "variation", "transpose", "fix")


def brief_of(asked: Asked) -> Brief:
    """The prompt's own words are left to the model; letters are those of sections as written."""
    return Brief(
        task=asked.task if asked.task in _GIVEN else "compose",
        key=key_text(parse_key(asked.key)) if asked.key else "",
        meter=asked.meter,
        unit=asked.unit,
        rhythm=asked.rhythm,
        tempo=asked.tempo,
        bars=asked.bars,
        form=spaced(asked.letters),
        terms=asked.terms,
        chords=asked.chords,
        motifs=asked.motifs,
        title=asked.title,
        given=asked.given,
    )


def spaced(letters: str) -> str:
    """``A B B'``: with blanks between, as written; without, a brief reads them as played."""
    return "".join(f" {c}" if c.isalpha() else c for c in letters).strip()
