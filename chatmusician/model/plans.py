"""A brief as what the decoder is held to: header, sections, motifs in bars, text that is given."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from chatmusician import abc
from chatmusician.abc.analysis import bar_count, form_terms, melody
from chatmusician.abc.canonical import key_text
from chatmusician.abc.fields import parse_meter
from chatmusician.model.brief.brief import Brief
from chatmusician.model.brief.form import written_sections
from chatmusician.model.brief.motif import in_bars
from chatmusician.model.brief.prompt import UNIT, chord_plan, given_text, key
from chatmusician.model.decoding.plan import BARS, BRIEF, Constraints, Section

# Blank bars (x6) one after the other, each with its bar line.
_BLANKS: Final = re.compile(r"(?:(?<![\w:])x\d*(?:/\d+)?\s*\|(?![|\]:])\s*)+")
_BLANK: Final = re.compile(r"(?<![\w:])x(?=[\d/\s|])")
# Names of parts are not offered while decoding.
_PART: Final = re.compile(r"\[P:[^\]\n]*\] ?")
# The lines down to K:.
_HEAD: Final = re.compile(r"(?:[A-Z]:.*\n)*?K:.*\n")
# Of a section in dances and songs: a model that is not told finds no end to the first.
USUAL_BARS: Final = 8
# Forms of more sections than this are not looked for behind a term.
_MOST_SECTIONS: Final = 8


@dataclass(frozen=True)
class Plan:
    """``prefix`` is how the answer begins."""

    constraints: Constraints
    prefix: str = ""


def plan(level: str, brief: Brief, bars: int | None = None) -> Plan:
    """What a level holds of a brief; ``bars`` where it says nothing of a length."""
    if level != BRIEF:
        return Plan(Constraints(level=level))
    if brief.given:
        return _ON_GIVEN.get(brief.task, _headed)(brief)
    open_ended = not (brief.bars or brief.form or brief.terms or brief.chords)
    return Plan(_composed(replace(brief, bars=bars) if open_ended else brief))


def _composed(brief: Brief) -> Constraints:
    sections, chords = _sections(brief), chord_plan(brief) or None
    bars = None if brief.form else brief.bars
    return Constraints(headers=_headers(brief), bars=bars, chords=chords, sections=sections)


def _headers(brief: Brief) -> tuple[tuple[str, str | None], ...]:
    """In the canonical order, which the rows have; M:, L: and K: always, and no others: a row
    that does not name a rhythm is one of a tune without R:."""
    values = {
        "T": brief.title or "",
        "R": brief.rhythm or "",
        "M": parse_meter(brief.meter).name if brief.meter else None,
        "L": brief.unit or UNIT,
        "Q": brief.tempo or "",
        "K": key(brief) or None,
    }
    return tuple((letter, value) for letter, value in values.items() if value != "")


# -- a tune that is given -------------------------------------------------------


def _given(brief: Brief) -> Constraints:
    """The tune is the model's to copy and change: held are its header and its bars."""
    tune = abc.read(brief.given).tunes[0]
    line = abc.timeline(tune)
    asked = brief.meter or ("" if line.meter.free else line.meter.name)
    if not asked:
        return Constraints(level=BARS)
    tonic = key(brief) or (key_text(line.key) if line.key.valid else None)
    kept = {letter: tune.value(letter).strip() for letter in "RQ"}
    values = {"R": kept["R"], "M": asked, "L": UNIT, "Q": kept["Q"], "K": tonic}
    headers = tuple((letter, value) for letter, value in values.items() if value != "")
    text = "".join(f"{letter}:{value or 'C'}\n" for letter, value in headers)
    if _spelled(Constraints(headers=headers), f"X:1\n{text}") is not None:
        return Constraints(headers=headers)
    return Constraints(headers=(("M", asked), ("L", UNIT), ("K", tonic)), more=True)


def _begun(brief: Brief) -> Plan:
    """The answer begins with what is given, if that is written as strictly as ours is."""
    prefix, found = given_text(brief), _given(brief)
    return Plan(found, prefix if _spelled(found, prefix) is not None else "")


def _harmonised(brief: Brief) -> Plan:
    """The melody is given, chord symbols are the model's; where it is not written as strictly as
    ours is, it is the model's to copy."""
    found, text = _given(brief), given_text(brief)
    head = _HEAD.match(text)
    if head is None:
        return Plan(found)
    music = _PART.sub("", text[head.end() :])
    if '"' in music or not _spelled(found, head[0] + music):
        return Plan(found)
    return Plan(replace(found, melody=music), head[0])


def _filled(brief: Brief) -> Plan:
    """All but the blank bars is given, if they stand together and no repeat is in the way; else
    as many bars as are given."""
    counted = bar_count(melody(abc.timeline(abc.read(brief.given).tunes[0])))
    loose = Plan(replace(_given(brief), bars=counted or None))
    text = given_text(brief)
    runs = list(_BLANKS.finditer(text))
    blank = len(_BLANK.findall(text))
    if len(runs) != 1 or len(_BLANK.findall(runs[0][0])) != blank:
        return loose
    start = runs[0].start()
    line = runs[0][0].rstrip()
    prefix, suffix = text[:start].rstrip(" "), text[start + len(line) :]
    sounding = prefix + line.replace("x", "z") + suffix
    for bars in range(1, sounding.count("|") + 1):
        found = Constraints(bars=bars, suffix=suffix)
        if _spelled(found, sounding):
            return Plan(found, prefix)
    return loose


def _headed(brief: Brief) -> Plan:
    return Plan(_given(brief))


_ON_GIVEN: Final[dict[str, Callable[[Brief], Plan]]] = {
    "continue": _begun,
    "infill": _filled,
    "harmonise": _harmonised,
}


def _spelled(constraints: Constraints, text: str) -> bool | None:
    """Whether a tune may end with this text; None where it cannot begin with it."""
    from chatmusician.model.decoding.automaton import Automaton

    automaton = Automaton(constraints)
    state, read = automaton.spell(text)
    return automaton.accepting(state) if read == len(text.encode()) else None


# -- sections -------------------------------------------------------------------


def _sections(brief: Brief) -> tuple[Section, ...]:
    written = written_sections(brief.form) or [(label, None) for label in letters(brief.terms)]
    if not written:
        opening = in_bars(brief.motifs[:1], brief) if brief.motifs else ""
        return (Section(bars=brief.bars, motif=opening),) if opening else ()
    if len(written) == 1:
        # Without a sign a tune is cut into phrases.
        written = [(written[0][0], True)]
    labels = [label for label, _ in written]
    openings = list(_openings(labels, brief))
    bars = brief.bars // len(written) if brief.bars and brief.form else None
    if not brief.bars and not brief.chords and not any(map(_is_long, openings)):
        bars = USUAL_BARS
    made = [
        Section(bars=bars, repeated=repeated, same_as=_same_as(labels, at), motif=motif)
        for at, ((_, repeated), motif) in enumerate(zip(written, openings, strict=True))
    ]
    return tuple(made)


def _is_long(opening: str) -> bool:
    return opening.count("|") >= USUAL_BARS - 1


def _same_as(labels: list[str], at: int) -> int | None:
    first = labels.index(labels[at])
    return first if first < at else None


def _openings(labels: list[str], brief: Brief) -> Iterator[str]:
    """What each section opens with: its motif, and those of sections that are the same.

    Motifs are one for each section, or one for each letter.
    """
    order = labels if len(brief.motifs) == len(labels) else list(dict.fromkeys(labels))
    for at, label in enumerate(labels):
        own = [m for name, m in zip(order, brief.motifs, strict=False) if name == label]
        yield in_bars(tuple(dict.fromkeys(own)), brief) if labels.index(label) == at else ""


@cache
def letters(terms: tuple[str, ...]) -> tuple[str, ...]:
    """The shortest row of letters that has these terms and no others; empty for none.

    Variations are none: what they have in common is more than a letter tells.
    """
    wanted = set(terms)
    rows: list[tuple[str, ...]] = [()]
    while wanted and rows and len(rows[0]) < _MOST_SECTIONS:
        rows = [(*row, letter) for row in rows for letter in _next_letters(row)]
        for row in rows:
            if set(form_terms(row)) == wanted:
                return row
    return ()


def _next_letters(row: tuple[str, ...]) -> str:
    return "ABCDEFGH"[: len(set(row)) + 1]
