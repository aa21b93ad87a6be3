"""A brief in the words that models were trained on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chatmusician import abc
from chatmusician.abc.analysis import form_terms
from chatmusician.abc.canonical import key_text
from chatmusician.abc.fields import parse_key
from chatmusician.model.brief.brief import NAMES, Brief
from chatmusician.model.brief.form import written_sections
from chatmusician.model.brief.motif import motif_tokens
from chatmusician.model.score_text import first_error, score_text
from chatmusician.model.wording import HEADER_WORDS, WORDINGS, quoted

UNIT = "1/8"  # that of the canonical form, in which the rows are


_LONGEST_LOOP: Final = 8


@dataclass(frozen=True)
class Wording:
    """``text`` is the question; ``unsaid`` names what the task's wording has no place for."""

    task: str
    text: str
    unsaid: tuple[str, ...]


def wording(brief: Brief) -> Wording:
    """The task whose input says most of the brief, in this order: a given tune, motifs,
    chords, the header, the form, the style."""
    task = choose_task(brief)
    given, said = _INPUTS[task](brief)
    asked = [name for name in brief.asked() if name != "task"]
    unsaid = tuple(dict.fromkeys(NAMES[name] for name in asked if name not in said))
    text = WORDINGS[task][0]
    return Wording(task, f"{text}\n{given}" if given else text, unsaid)


def choose_task(brief: Brief) -> str:
    if brief.given:
        return brief.task
    if brief.motifs and (brief.form or not brief.terms):
        return "letters-motif-to-music"
    if brief.motifs:
        return "terms-motif-to-music"
    if brief.chords:
        return "chords-to-music"
    if brief.key or brief.meter or brief.rhythm or brief.tempo:
        return "text-to-music"
    if brief.form or brief.terms:
        return "form-to-music"
    return "bach" if brief.style == "Bach" else "text-to-music"


_Input = tuple[str, tuple[str, ...]]


def _header(brief: Brief) -> _Input:
    values = {
        "R": brief.rhythm,
        "M": brief.meter,
        "L": brief.unit or UNIT,
        "Q": brief.tempo,
        "K": key(brief),
    }
    lines = [f"{HEADER_WORDS[letter]} {value}" for letter, value in values.items() if value]
    if brief.title:
        lines.append(f"Title {brief.title}")
    return "\n".join(lines), ("rhythm", "meter", "unit", "tempo", "key", "title")


def _chords(brief: Brief) -> _Input:
    return quoted(list(chord_plan(brief))), ("chords",)


def chord_plan(brief: Brief) -> tuple[str, ...]:
    """The chords asked for; a loop of a few is repeated where there are bars for it, one a bar
    at most, and a longer row is the tune's whole progression."""
    if not brief.chords or not brief.bars or len(brief.chords) > _LONGEST_LOOP:
        return brief.chords
    row = brief.chords * max(1, brief.bars // len(brief.chords))
    return tuple(c for at, c in enumerate(row) if at == 0 or c != row[at - 1])


def form_words(brief: Brief) -> tuple[str, ...]:
    """The terms asked for, or those of the letters."""
    return brief.terms or form_terms([label for label, _ in written_sections(brief.form)])


def _form(brief: Brief) -> _Input:
    terms = form_words(brief)
    return ", ".join(terms), ("form", "terms") if terms else ()


def _letters_motif(brief: Brief) -> _Input:
    letters = "".join(label for label, _ in written_sections(brief.form)) or "AB"
    given = f"{quoted([letters])}; {_fields(brief)} {quoted(motifs(brief))}"
    return given, ("form", "motifs", "key", "meter", "unit")


def _terms_motif(brief: Brief) -> _Input:
    given = f"{', '.join(form_words(brief))}; {_fields(brief)} {quoted(motifs(brief))}"
    return given, ("terms", "motifs", "key", "meter", "unit")


def motifs(brief: Brief) -> list[str]:
    """As the rows have them: note by note, without bar lines."""
    return [" ".join(motif_tokens(motif, brief)) for motif in brief.motifs]


def _fields(brief: Brief) -> str:
    meter = f"M:{brief.meter} " if brief.meter else ""
    return f"X:1 {meter}L:{brief.unit or UNIT} K:{key(brief) or 'C'}"


def key(brief: Brief) -> str:
    return key_text(parse_key(brief.key)) if brief.key else ""


def _given(brief: Brief) -> _Input:
    return given_text(brief), ("given",)


def given_text(brief: Brief) -> str:
    """The given tune as prompts have it; what is to be gone on with has no end."""
    tune = abc.read(brief.given).tunes[0]
    text = (brief.given if first_error(tune) else score_text(tune)).strip()
    if brief.task == "continue" and text.endswith("|]"):
        text = text.removesuffix("]")
    return text


def _nothing(brief: Brief) -> _Input:
    return "", ("style",)


_INPUTS = {
    "text-to-music": _header,
    "chords-to-music": _chords,
    "form-to-music": _form,
    "letters-motif-to-music": _letters_motif,
    "terms-motif-to-music": _terms_motif,
    "bach": _nothing,
    "harmonise": _given,
    "continue": _given,
    "infill": _given,
    "variation": _given,
}
