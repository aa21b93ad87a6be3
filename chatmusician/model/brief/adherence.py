"""Which of the things asked for a tune has kept, each with what was found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from chatmusician.abc import Timeline, Tune, read, timeline
from chatmusician.abc.analysis import (
    KEPT_BY,
    bar_count,
    form,
    melody,
    note_tokens,
    progression,
    sections,
)
from chatmusician.abc.fields import parse_key, parse_tempo, parse_unit
from chatmusician.model.brief.brief import NAMES, Brief
from chatmusician.model.brief.form import written_sections
from chatmusician.model.brief.motif import motif_tokens
from chatmusician.music.meter import parse_meter


@dataclass(frozen=True)
class Kept:
    """``kept`` tells whether ``found``, in the tune, is what was ``asked``."""

    name: str
    asked: str
    found: str
    kept: bool


def adherence(brief: Brief, tune: Tune, line: Timeline | None = None) -> list[Kept]:
    """One row for each thing of the brief that a tune can show (style is none of them).

    - key: the K: field, tonic and mode; meter, unit: M: and L: as read; rhythm, title: the
      fields R: and T:, capitals aside; tempo: Q: by its quarters a minute.
    - bars: written bars, a repeat counted once, a pickup not (``analysis.bar_count``).
    - form: the letters found by ``analysis.form``, as written or as played, primes aside;
      letters with blanks between them as written, primes too. Terms: all of them.
    - chords: the chord symbols in order, none standing again at once, are those asked for,
      the whole row once or several times.
    - motif: its notes stand in a row in the tune, lengths and all; each of several, in its
      section where there are as many.
    - given tune: gone on with, filled in, harmonised or varied (``analysis.KEPT_BY``).
    """
    line = line or timeline(tune, trace=True)
    found = _Found(tune, line)
    asked = brief.asked()
    rows = [check(brief, found) for name, check in _CHECKS.items() if name in asked]
    return [*rows, *_given(brief, found)]


class _Found:
    def __init__(self, tune: Tune, line: Timeline) -> None:
        self.tune = tune
        self.line = line
        self.bars = melody(line)
        self.sections = sections(line)


def _row(name: str, asked: Any, found: Any, kept: bool) -> Kept:
    return Kept(NAMES[name], str(asked), str(found), kept)


def _key(brief: Brief, found: _Found) -> Kept:
    asked, has = parse_key(brief.key), found.line.key
    same = (asked.tonic, asked.mode) == (has.tonic, has.mode)
    return _row("key", asked.name, has.name, same)


def _meter(brief: Brief, found: _Found) -> Kept:
    asked, has = parse_meter(brief.meter), found.line.meter
    return _row("meter", asked.name, has.name, (asked.num, asked.den) == (has.num, has.den))


def _unit(brief: Brief, found: _Found) -> Kept:
    num, den = found.line.unit
    has = f"{num}/{den}"
    return _row("unit", brief.unit, has, parse_unit(brief.unit) == (num, den))


def _text(name: str, letter: str) -> Callable[[Brief, _Found], Kept]:
    def check(brief: Brief, found: _Found) -> Kept:
        asked = str(getattr(brief, name))
        has = found.tune.value(letter).strip()
        return _row(name, asked, has or "none", asked.lower() == has.lower())

    return check


def _tempo(brief: Brief, found: _Found) -> Kept:
    text = found.tune.value("Q").strip()
    asked = parse_tempo(brief.tempo).qpm
    return _row("tempo", brief.tempo, text or "none", bool(text) and parse_tempo(text).qpm == asked)


def _bars(brief: Brief, found: _Found) -> Kept:
    has = bar_count(found.bars)
    return _row("bars", brief.bars, has, has == brief.bars)


def _form(brief: Brief, found: _Found) -> Kept:
    asked = _plain(brief.form)
    has = form(found.sections)
    if " " in brief.form:
        kept = has.letters == brief.form.replace(" ", "")
        return _row("form", brief.form, has.letters or "none", kept)
    written = "".join(label for label, _ in written_sections(brief.form))
    same = asked in (_plain(has.played), _plain(has.letters)) or (
        all(repeated for _, repeated in written_sections(brief.form))
        and _plain(written) == _plain(has.letters)
        and all(plays > 1 for plays in has.plays)
    )
    return _row("form", brief.form, has.played or "none", same)


def _plain(letters: str) -> str:
    return letters.replace("'", "")


def _terms(brief: Brief, found: _Found) -> Kept:
    has = form(found.sections).terms
    same = set(brief.terms) <= set(has)
    return _row("terms", ", ".join(brief.terms), ", ".join(has) or "none", same)


def _chords(brief: Brief, found: _Found) -> Kept:
    has = tuple(progression(found.line))
    return _row(
        "chords", " ".join(brief.chords), " ".join(has) or "none", is_row(has, brief.chords)
    )


def is_row(has: tuple[str, ...], asked: tuple[str, ...]) -> bool:
    """Whether a progression is a row repeated, neighbours that are the same counted once."""
    if not has:
        return False
    row: list[str] = []
    while len(row) < len(has):
        row += [c for at, c in enumerate(asked) if c != (row[-1] if at == 0 and row else None)]
    return tuple(row) == has


def _motifs(brief: Brief, found: _Found) -> Kept:
    by_section = [note_tokens(found.line, section) for section in found.sections]
    wanted = [motif_tokens(motif, brief) for motif in brief.motifs]
    if len(wanted) == len(by_section):
        there = [_stands(run, own) for run, own in zip(wanted, by_section, strict=True)]
    else:
        everything = [token for own in by_section for token in own]
        there = [_stands(run, everything) for run in wanted]
    lost = [motif for motif, stands in zip(brief.motifs, there, strict=True) if not stands]
    said = "all of them" if not lost else f"not {', '.join(lost)}"
    return _row("motifs", " / ".join(brief.motifs), said, not lost)


def _given(brief: Brief, found: _Found) -> list[Kept]:
    if not brief.given or brief.task not in KEPT_BY:
        return []
    given = timeline(read(brief.given).tunes[0], trace=True)
    kept = KEPT_BY[brief.task](found.line, given)
    return [_row("given", brief.task, "kept" if kept else "not kept", kept)]


def _stands(motif: list[str], tokens: list[str]) -> bool:
    size = len(motif)
    return bool(size) and any(tokens[at : at + size] == motif for at in range(len(tokens)))


_CHECKS: Final[dict[str, Callable[[Brief, _Found], Kept]]] = {
    "key": _key,
    "meter": _meter,
    "unit": _unit,
    "rhythm": _text("rhythm", "R"),
    "tempo": _tempo,
    "bars": _bars,
    "form": _form,
    "terms": _terms,
    "chords": _chords,
    "motifs": _motifs,
    "title": _text("title", "T"),
}
