"""The tune in the editor as the beginning of a new one: continued, filled, varied, harmonised."""

from __future__ import annotations

from fractions import Fraction

from chatmusician import abc
from chatmusician.abc import Timeline, Tune
from chatmusician.abc.edit import apply_edits
from chatmusician.abc.notate import length_text
from chatmusician.abc.timing import Measure
from chatmusician.abc.tune import ChordSymbol
from chatmusician.errors import UsageError
from chatmusician.model.brief.brief import Brief, Heard, Reading
from chatmusician.model.score_text import first_error, score_text

TASKS = ("continue", "infill", "variation", "harmonise")


def reading(task: str, tune: Tune, first: int = 0, last: int = 0) -> Reading:
    """What the model is asked. Bars count from 1, a pickup among them, as the editor has them.

    `continue` keeps the bars up to `first`; `infill` writes `first` to `last` anew.
    """
    if task not in TASKS:
        raise UsageError(f"no such change: {task!r}", hint=f"one of {', '.join(TASKS)}")
    if code := first_error(tune):
        raise UsageError(f"the tune has an error ({code})", hint="mend it first")
    plain = abc.read(score_text(tune)).tunes[0]
    line = abc.timeline(plain)
    if len(line.voices) != 1:
        raise UsageError("the model works on tunes of one voice")
    measures = line.voices[0].measures
    if task == "continue":
        given = _begun(plain, measures, first)
    elif task == "infill":
        given = _blanked(plain, line, measures, first, last)
    else:
        given = _without_chords(plain) if task == "harmonise" else plain.text
    heard = Heard("task", task, "the tune in the editor")
    return Reading(Brief(task=task, given=given), (heard,))


def _begun(tune: Tune, measures: list[Measure], kept: int) -> str:
    if not 1 <= kept <= len(measures):
        raise UsageError(f"keep from 1 to {len(measures)} bars of this tune, not {kept}")
    if kept == len(measures):
        return tune.text
    return tune.text[: int(measures[kept].first)].rstrip() + "\n"


def _blanked(tune: Tune, line: Timeline, measures: list[Measure], first: int, last: int) -> str:
    if not 1 <= first <= last <= len(measures):
        raise UsageError(f"bars {first} to {last} of a tune with {len(measures)}")
    unit = Fraction(*line.unit) * 4
    edits = []
    for measure in measures[first - 1 : last]:
        music = tune.text[int(measure.first) : int(measure.last)]
        if any(sign in music for sign in "\n[:"):
            raise UsageError("bars with signs or fields within them cannot be filled")
        length = line.quarters(int(measure.length)) / unit
        edits.append((int(measure.first), int(measure.last), f"x{length_text(length)} "))
    return apply_edits(tune.text, edits)


def _without_chords(tune: Tune) -> str:
    cuts = [(int(e.start), int(e.end), "") for e in tune.elements if isinstance(e, ChordSymbol)]
    return apply_edits(tune.text, cuts)


def transposed(tune: Tune, semitones: int) -> str:
    if not -24 <= semitones <= 24:
        raise UsageError("from 24 semitones down (-24) to 24 up")
    return abc.transpose(tune, semitones).text


def named(text: str, tune: Tune) -> str:
    """A tune that came of another under the other's titles, which models are not given."""
    titles = [f"T:{field.value.strip()}" for field in tune.fields("T") if field.value.strip()]
    lines = text.split("\n")
    if not titles or any(line.startswith("T:") for line in lines):
        return text
    at = next((at for at, line in enumerate(lines) if line.startswith("X:")), -1) + 1
    return "\n".join([*lines[:at], *titles, *lines[at:]])
