"""Tasks that ask what a tune is built of: motifs and form."""

from __future__ import annotations

from random import Random

from chatmusician.model.wording import quoted, wording
from chatmusician.train.tasks.asked import Asked
from chatmusician.train.tasks.compose import motifs, terms
from chatmusician.train.tasks.piece import Piece


def extract_motif(piece: Piece, random: Random) -> Asked | None:
    found = motifs(piece)
    if not found:
        return None
    return Asked(wording("motif", random), piece.text, quoted(found))


def extract_form(piece: Piece, random: Random) -> Asked | None:
    if not piece.form.terms:
        return None
    return Asked(wording("form", random), piece.text, terms(piece))
