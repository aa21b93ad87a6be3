"""What in a brief cannot be had together, each in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from chatmusician import abc
from chatmusician.abc.analysis import form_terms
from chatmusician.abc.fields import parse_key, parse_tempo
from chatmusician.model.brief.brief import Brief
from chatmusician.model.brief.form import written_sections
from chatmusician.model.brief.motif import motif_bars, motif_tokens
from chatmusician.model.brief.tables import RHYTHMS
from chatmusician.music.meter import parse_meter

MOST_BARS: Final = 512
_TEMPO_RANGE: Final = (20, 400)


def conflicts(brief: Brief) -> list[str]:
    return [
        *_rhythm(brief),
        *_bars(brief),
        *_form(brief),
        *_motifs(brief),
        *_tempo(brief),
        *_task(brief),
    ]


def _rhythm(brief: Brief) -> Iterator[str]:
    meters = RHYTHMS.get(brief.rhythm, ())
    if brief.meter and meters and brief.meter not in meters:
        yield f"a {brief.rhythm} is in {' or '.join(meters)}, not in {brief.meter}"


def _bars(brief: Brief) -> Iterator[str]:
    bars, chords = brief.bars, len(brief.chords)
    if bars is None:
        return
    if not 1 <= bars <= MOST_BARS:
        yield f"{bars} bars; a tune has from 1 to {MOST_BARS}"
    elif chords > bars and chords % bars:
        yield (
            f"{chords} chords for {bars} bars: they do not divide over the bars "
            f"({bars * (chords // bars)} or {bars * (chords // bars + 1)} would)"
        )


def _form(brief: Brief) -> Iterator[str]:
    sections = len(written_sections(brief.form))
    if brief.form and brief.bars and brief.bars % sections:
        yield (
            f"{brief.bars} bars for the form {brief.form}: {sections} sections of equal length "
            f"want a multiple of {sections}"
        )
    if brief.form and brief.terms:
        terms = form_terms([label for label, _ in written_sections(brief.form)])
        if not set(terms) & set(brief.terms):
            known = ", ".join(terms) or "none of the named forms"
            yield f"the form {brief.form} is {known}, not {', '.join(brief.terms)}"


def _motifs(brief: Brief) -> Iterator[str]:
    sections = len(set(re.findall(r"[A-Z]'*", brief.form)))
    if brief.form and len(brief.motifs) > sections:
        yield f"{len(brief.motifs)} motifs for the {sections} sections of {brief.form}"
    for motif in brief.motifs:
        yield from _motif(motif, brief)


def _motif(motif: str, brief: Brief) -> Iterator[str]:
    if not motif_tokens(motif, brief):
        yield f"the motif {motif!r} has no notes"
        return
    if not brief.meter:
        return
    wanted = parse_meter(brief.meter).length
    bars = motif_bars(motif, brief)
    if max(bars) > wanted:
        yield (
            f"the motif {motif!r} lasts {max(bars)} where a bar of {brief.meter} lasts {wanted}: "
            "put bar lines into it, or take another meter"
        )
    elif any(length < wanted for length in bars[1:-1]):
        yield f"the motif {motif!r} has a bar that is shorter than {brief.meter}"


def _tempo(brief: Brief) -> Iterator[str]:
    found = parse_tempo(brief.tempo) if brief.tempo else None
    if found and found.qpm is not None and not _TEMPO_RANGE[0] <= found.qpm <= _TEMPO_RANGE[1]:
        low, high = _TEMPO_RANGE
        speed = f"{float(found.qpm):g} quarter notes a minute"
        yield f"a tempo of {speed}; from {low} to {high} is played"


def _task(brief: Brief) -> Iterator[str]:
    if brief.task != "compose" and not brief.given:
        yield f"to {brief.task} needs a tune in the request"
    if not brief.given:
        return
    tune = abc.read(brief.given).tunes[0]
    line = abc.timeline(tune)
    if brief.key and line.key.tonic and line.key.name != _key_name(brief.key):
        yield f"the tune given is in {line.key.name}, the request says {brief.key}"
    if brief.meter and not line.meter.free and line.meter.name != parse_meter(brief.meter).name:
        yield f"the tune given is in {line.meter.name}, the request says {brief.meter}"


def _key_name(value: str) -> str:
    return parse_key(value).name
