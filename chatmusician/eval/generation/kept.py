"""What of a request a tune keeps: a yes or no for each thing that was asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from chatmusician.abc.analysis import (
    KEPT_BY,
    Bar,
    Form,
    Section,
    bar_count,
    heard,
    melody,
    note_tokens,
    progression,
)
from chatmusician.abc.timing import Timeline
from chatmusician.eval.generation.asked import Asked, as_tempo, key_of, timeline_of
from chatmusician.model.brief.adherence import is_row

_LENGTH = re.compile(r"(?<=[A-Ga-g,'zx\]])(\d*)(/*)(\d*)$")


def kept(
    asked: Asked, line: Timeline, bars: list[Bar], sections: Sequence[Section], form: Form
) -> dict[str, bool]:
    """A row for each thing asked; what was not asked is not there."""
    tune = line.tune
    found: dict[str, bool] = {}
    if asked.key:
        found["key"] = key_of(line) == asked.key
    if asked.meter:
        found["meter"] = line.meter.name == asked.meter
    if asked.unit:
        found["unit"] = "{}/{}".format(*line.unit) == asked.unit
    if asked.rhythm:
        found["rhythm"] = asked.rhythm in [f.value.strip().lower() for f in tune.fields("R")]
    if asked.tempo:
        found["tempo"] = asked.tempo in [as_tempo(f.value) for f in tune.fields("Q")]
    if asked.title:
        found["title"] = tune.title.strip() == asked.title
    if asked.bars is not None:
        found["bars"] = bar_count(bars) == asked.bars
    if asked.chords:
        found["chords"] = is_row(tuple(progression(line)), asked.chords)
    if asked.letters:
        found["form"] = form.letters == asked.letters
    elif asked.terms:
        found["form"] = set(form.terms) == set(asked.terms)
    if asked.motifs:
        found["motif"] = has_motifs(line, sections, asked.motifs)
    if asked.given:
        found.update(_given(asked, line, bars))
    return found


def wanted(asked: Asked) -> list[str]:
    """The names of the things asked: what a text without a tune keeps none of."""
    plain = {
        "key": asked.key,
        "meter": asked.meter,
        "unit": asked.unit,
        "rhythm": asked.rhythm,
        "tempo": asked.tempo,
        "title": asked.title,
        "bars": asked.bars is not None or asked.task == "infill",
        "chords": asked.chords,
        "form": asked.letters or asked.terms,
        "motif": asked.motifs,
        "given": asked.given and asked.task != "fix",
    }
    return [name for name, is_asked in plain.items() if is_asked]


def has_motifs(line: Timeline, sections: Sequence[Section], motifs: Sequence[str]) -> bool:
    """Whether each motif stands, note for note, in the section it was given for.

    With fewer sections than motifs, or more, it may stand in any.
    """
    written = [[plain_length(t) for t in note_tokens(line, section)] for section in sections]
    wanted = [[plain_length(token) for token in motif.split()] for motif in motifs]
    if len(written) != len(wanted):
        return all(any(_holds(tokens, run) for tokens in written) for run in wanted)
    return all(_holds(tokens, run) for tokens, run in zip(written, wanted, strict=True))


def _holds(tokens: Sequence[str], run: Sequence[str]) -> bool:
    size = len(run)
    return any(tokens[at : at + size] == run for at in range(len(tokens) - size + 1))


def plain_length(token: str) -> str:
    """One spelling for a length: ``c/`` and ``c1/2`` are ``c/2``, ``c1`` is ``c``."""
    found = _LENGTH.search(token)
    if not found or not found[0]:
        return token
    above = int(found[1] or 1)
    below = int(found[3]) if found[3] else 2 ** len(found[2])
    if not below:
        return token
    length = Fraction(above, below)
    text = "" if length.numerator == 1 else str(length.numerator)
    if length.denominator != 1:
        text += f"/{length.denominator}"
    return token[: found.start()] + text


def _given(asked: Asked, line: Timeline, bars: list[Bar]) -> dict[str, bool]:
    """What a request that comes with a tune asks of it."""
    if asked.task == "fix":
        return {}  # that it is mended is what the columns on errors tell
    other = timeline_of(asked.reference if asked.task == "transpose" else asked.given)
    if other is None:
        return {}
    if asked.task in KEPT_BY:
        found = {"given": KEPT_BY[asked.task](line, other)}
        if asked.task == "infill":
            found["bars"] = bar_count(bars) == bar_count(melody(other))
        return found
    return {"given": heard(bars) == heard(melody(other))}
