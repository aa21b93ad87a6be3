"""What a prompt asks for, as data: read from an instruction row of `corpus tasks`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from chatmusician import abc
from chatmusician.abc.analysis import bar_count, melody
from chatmusician.abc.fields import parse_key, parse_tempo, parse_unit
from chatmusician.abc.timing import Timeline
from chatmusician.model.chat_format import row_turns, strip_question
from chatmusician.music.meter import parse_meter

# Tasks whose answer is one tune, and so are scored here.
TUNE_TASKS = (
    "text-to-music",
    "chords-to-music",
    "form-to-music",
    "letters-motif-to-music",
    "terms-motif-to-music",
    "bach",
    "harmonise",
    "continue",
    "infill",
    "transpose",
    "variation",
    "fix",
)
_WORD = re.compile(r"^(Meter|Note Length|Key|Rhythm|Tempo|Title|Bars) (.+)$", re.M)
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_HEADER = re.compile(r"\b([XLMK]):(\S+)")


@dataclass(frozen=True)
class Asked:
    """A prompt and what it asks for; what is empty or None was not asked.

    ``key``, ``meter``, ``unit`` and ``tempo`` are spelled one way (``as_key`` …), so that they can
    be compared as texts. ``bars``, where the words say nothing of them, is the number that the
    row's own answer has: only a decoder that counts bars can be told. ``given`` is the ABC that
    came with the request; ``reference`` the row's own answer, a tune by people.
    """

    id: str
    task: str
    prompt: str
    reference: str
    key: str = ""
    meter: str = ""
    unit: str = ""
    rhythm: str = ""
    tempo: str = ""
    title: str = ""
    bars: int | None = None
    chords: tuple[str, ...] = ()
    letters: str = ""
    terms: tuple[str, ...] = ()
    motifs: tuple[str, ...] = ()
    given: str = ""


def read_row(row: dict[str, Any]) -> Asked | None:
    """What a row asks for; None for a task whose answer is no tune.

    The task is the last part of the row's ``id`` (or the one before, in later rounds).
    """
    task = next((part for part in reversed(str(row["id"]).split("/")) if part in TUNE_TASKS), "")
    if not task:
        return None
    turns = row_turns(row["instruction"], row["input"], row["output"])
    given = strip_question(row["input"]).strip() if row["input"] else ""
    asked = Asked(str(row["id"]), task, turns[-1].question, turns[-1].answer or "")
    return _READERS[task](asked, given)


def read_rows(rows: Iterable[dict[str, Any]]) -> Iterator[Asked]:
    for row in rows:
        asked = read_row(row)
        if asked is not None:
            yield asked


def as_key(value: str) -> str:
    """``D major`` for ``D``, ``Dmaj``, ``D ionian``; empty where it cannot be read."""
    key = parse_key(value)
    name = key.name if key.valid else ""
    return name.replace("ionian", "major").replace("aeolian", "minor")


def as_meter(value: str) -> str:
    """``4/4`` for ``C`` and ``4/4``."""
    meter = parse_meter(value)
    return meter.name if meter.valid else ""


def as_unit(value: str) -> str:
    unit = parse_unit(value)
    return f"{unit[0]}/{unit[1]}" if unit else ""


def as_tempo(value: str) -> str:
    tempo = parse_tempo(value)
    return f"{tempo.beat}={tempo.bpm}" if tempo.bpm else ""


def _words(asked: Asked, given: str) -> Asked:
    found = dict(_WORD.findall(given))
    said = found.get("Bars", "").strip()
    return replace(
        asked,
        key=as_key(found.get("Key", "")) if "Key" in found else "",
        meter=as_meter(found.get("Meter", "")) if "Meter" in found else "",
        unit=as_unit(found.get("Note Length", "")),
        tempo=as_tempo(found.get("Tempo", "")) if "Tempo" in found else "",
        rhythm=found.get("Rhythm", "").strip().lower(),
        title=found.get("Title", "").strip(),
        bars=int(said) if said.isdigit() else _answer_bars(asked),
    )


def _chords(asked: Asked, given: str) -> Asked:
    return replace(asked, chords=_list(given), bars=_answer_bars(asked))


def _answer_bars(asked: Asked) -> int | None:
    line = timeline_of(asked.reference)
    return bar_count(melody(line)) if line is not None else None


def _terms(asked: Asked, given: str) -> Asked:
    return replace(asked, terms=_split_terms(given))


def _letters_motifs(asked: Asked, given: str) -> Asked:
    letters, _, rest = given.partition(";")
    # A prime is the quote that opens a text as well: what is asked stands up to the ``;``.
    return _motifs(replace(asked, letters=letters.strip()[1:-1]), rest)


def _terms_motifs(asked: Asked, given: str) -> Asked:
    terms, _, rest = given.partition(";")
    return _motifs(replace(asked, terms=_split_terms(terms)), rest)


def _motifs(asked: Asked, rest: str) -> Asked:
    head = rest[: min((at for at in (rest.find("'"), rest.find('"')) if at >= 0), default=0)]
    found = dict(_HEADER.findall(head))
    return replace(
        asked,
        key=as_key(found.get("K", "")),
        meter=as_meter(found.get("M", "")),
        unit=as_unit(found.get("L", "")),
        motifs=_list(rest[len(head) :]),
    )


def _split_terms(text: str) -> tuple[str, ...]:
    return tuple(term.strip() for term in text.split(",") if term.strip())


def _list(text: str) -> tuple[str, ...]:
    """``'Dm', "c'"`` to its texts."""
    return tuple(single or double for single, double in _QUOTED.findall(text))


def _as_given(asked: Asked, given: str) -> Asked:
    """Key and meter stay those of the tune that is given."""
    return _like(replace(asked, given=given), given)


def _as_answer(asked: Asked, given: str) -> Asked:
    """The given tune is damaged or is to be moved: the answer has the key and the meter."""
    return _like(replace(asked, given=given), asked.reference)


def _like(asked: Asked, text: str) -> Asked:
    line = timeline_of(text)
    if line is None:
        return asked
    return replace(asked, key=key_of(line), meter=line.meter.name)


def timeline_of(text: str) -> Timeline | None:
    """The first tune of a text in time; None where there is none."""
    tunes = abc.read(text).tunes
    return abc.timeline(tunes[0], trace=True) if tunes else None


def key_of(line: Timeline) -> str:
    return line.key.name.replace("ionian", "major").replace("aeolian", "minor")


def _nothing(asked: Asked, given: str) -> Asked:
    return asked


_READERS: dict[str, Callable[[Asked, str], Asked]] = {
    "text-to-music": _words,
    "chords-to-music": _chords,
    "form-to-music": _terms,
    "letters-motif-to-music": _letters_motifs,
    "terms-motif-to-music": _terms_motifs,
    "bach": _nothing,
    "harmonise": _as_given,
    "continue": _as_given,
    "infill": _as_given,
    "transpose": _as_answer,
    "variation": _as_given,
    "fix": _as_answer,
}
