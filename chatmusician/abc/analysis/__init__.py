"""Facts computed from a tune in time: melody, form, motif, key, harmony, identity.

Every function is pure, takes what ``timeline`` or ``melody`` gives, and states in its
docstring the definition it computes.
"""

from __future__ import annotations

from chatmusician.abc.analysis.form import Form, form, form_terms, letters
from chatmusician.abc.analysis.given import KEPT_BY, heard
from chatmusician.abc.analysis.harmony import Cadence, cadences, chords_per_bar, progression
from chatmusician.abc.analysis.identity import melody_signature, shingles, step_shingles
from chatmusician.abc.analysis.melody import (
    Bar,
    MelodyNote,
    bar_count,
    degree_name,
    interval_name,
    intervals,
    melody,
    melody_range,
)
from chatmusician.abc.analysis.motif import motif, note_tokens, section_motifs
from chatmusician.abc.analysis.sections import Section, phrase_lengths, sections
from chatmusician.abc.analysis.similarity import similarity
from chatmusician.abc.analysis.tonality import KeyGuess, estimate_key

__all__ = [
    "KEPT_BY",
    "Bar",
    "Cadence",
    "Form",
    "KeyGuess",
    "MelodyNote",
    "Section",
    "bar_count",
    "cadences",
    "chords_per_bar",
    "degree_name",
    "estimate_key",
    "form",
    "form_terms",
    "heard",
    "interval_name",
    "intervals",
    "letters",
    "melody",
    "melody_range",
    "melody_signature",
    "motif",
    "note_tokens",
    "phrase_lengths",
    "progression",
    "section_motifs",
    "sections",
    "shingles",
    "similarity",
    "step_shingles",
]
