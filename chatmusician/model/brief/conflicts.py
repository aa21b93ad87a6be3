"""What in a brief cannot be had together, each in a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from chatmusician import abc
from chatmusician.abc.analysis import form_terms
from chatmusician.abc.fields import parse_key, parse_meter, parse_tempo
from chatmusician.model.brief.brief import Brief
from chatmusician.model.brief.form import written_sections
from chatmusician.model.brief.tables import RHYTHMS

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
    meter = brief.meter or "4/4"
    for motif in brief.motifs:
        tune, bars = _motif_bars(motif, brief)
        found = [d.message for d in abc.check_tune(tune) if d.severity == "error"]
        wanted = parse_meter(meter).length
        if not bars:
            yield f"the motif {motif!r} has no notes"
        elif brief.meter and any(length > wanted for length in bars):
            longest = max(bars)
            yield (
                f"the motif {motif!r} lasts {longest} where a bar of {meter} lasts {wanted}: "
                "put bar lines into it, or take another meter"
            )
        elif brief.meter and any(length < wanted for length in bars[1:-1]):
            yield f"the motif {motif!r} has a bar that is shorter than {meter}"
        elif found and brief.meter:
            yield f"the motif {motif!r} cannot be read: {found[0]}"


def _motif_bars(motif: str, brief: Brief) -> tuple[abc.Tune, list[Fraction]]:
    """The motif as a tune, and the length of each of its bars in whole notes."""
    head = f"X:1\nM:{brief.meter or '4/4'}\nL:{brief.unit or '1/8'}\nK:{brief.key or 'C'}\n"
    tune = abc.read(f"{head}{motif}\n").tunes[0]
    line = abc.timeline(tune)
    voice = line.voices[0] if line.voices else None
    lengths = [line.quarters(int(m.length)) / 4 for m in voice.measures] if voice else []
    return tune, [length for length in lengths if length]


def _tempo(brief: Brief) -> Iterator[str]:
    found = parse_tempo(brief.tempo) if brief.tempo else None
    if found and found.qpm is not None and not _TEMPO_RANGE[0] <= found.qpm <= _TEMPO_RANGE[1]:
        low, high = _TEMPO_RANGE
        yield f"a tempo of {float(found.qpm):g} quarter notes a minute; from {low} to {high} is played"


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
