"""From a request in words, and flags, to a brief: what was understood, and what was not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from chatmusician import abc
from chatmusician.abc.fields import parse_key, parse_tempo, parse_unit
from chatmusician.errors import UsageError
from chatmusician.model.brief.brief import NAMES, Brief, Heard, Reading
from chatmusician.model.brief.conflicts import conflicts
from chatmusician.model.brief.rules import RULES, chord_row, form_letters, matches, motif_text
from chatmusician.model.brief.tables import ALIASES, FILLERS, MOODS, RHYTHMS, TEMPOS, TERMS
from chatmusician.music.meter import parse_meter

LONGEST: Final = 20_000
_TASKS: Final = (
    ("harmonise", r"harmoni[sz]e|add (?:some )?chords|chords? (?:for|to|under)|accompany"),
    ("infill", r"fill (?:in|out)|missing bars?|blank bars?"),
    ("variation", r"variations?|vary|another setting|new version"),
    ("continue", r"continue|finish|complete|go on|carry on|write the rest"),
)
_SHOWN_UNHEARD: Final = 12


def read_request(text: str, flags: Mapping[str, Any] | None = None) -> Reading:
    """What a request asks for. Never fails on words; a flag that makes no sense is an error."""
    if len(text) > LONGEST:
        raise UsageError(
            f"the request is {len(text)} characters long, and {LONGEST} are read at most",
            hint="say it shorter; a tune to work on may be cut to its first bars",
        )
    heard: list[Heard] = []
    text, given = _without_tune(text)
    words = text
    for rule in RULES:
        for found in matches(rule, words):
            value = rule.take(found)
            if value is None:
                continue
            heard.append(Heard(rule.field, value, " ".join(found[0].split())))
            words = words[: found.start()] + "\0" * len(found[0]) + words[found.end() :]
    if given:
        words = _task(words, heard)
        heard.append(Heard("given", given, given.strip().splitlines()[0]))
    heard += _flags(flags or {})
    return _reading(heard, _unheard(words))


def _without_tune(text: str) -> tuple[str, str]:
    """The words of a request, and the tune in it that is to be worked on.

    Header fields alone (``M:6/8 K:D``) are no tune but part of the request.
    """
    tunes = abc.find_tunes(text)
    with_music = [tune for tune in tunes if _has_music(tune.abc)]
    if not with_music:
        return text, ""
    tune = with_music[0]
    return text[: tune.start] + "\n" + text[tune.end :], tune.abc


def _has_music(text: str) -> bool:
    body = re.split(r"^K:.*$", text, maxsplit=1, flags=re.M)[-1]
    return "|" in body and bool(re.search(r"[A-Ga-gxz]", body))


def _task(words: str, heard: list[Heard]) -> str:
    for task, pattern in _TASKS:
        found = re.search(rf"\b(?:{pattern})\b", words, re.I)
        if found:
            heard.append(Heard("task", task, found[0]))
            return words[: found.start()] + "\0" * len(found[0]) + words[found.end() :]
    heard.append(Heard("task", "continue", "the tune in the request", implied=True))
    return words


def _unheard(words: str) -> tuple[str, ...]:
    left = re.findall(r"[^\s\0.,;:!?\"()\[\]]+", words)
    rest = [word for word in left if word.lower().strip("'`*-_") not in FILLERS | {""}]
    unique = list(dict.fromkeys(word[:40] for word in rest))
    more = len(unique) - _SHOWN_UNHEARD
    return tuple(unique if more <= 0 else [*unique[:_SHOWN_UNHEARD], f"and {more} words more"])


# -- flags ------------------------------------------------------------------


def _flags(flags: Mapping[str, Any]) -> list[Heard]:
    heard = []
    for name, value in flags.items():
        if value in (None, "", ()):
            continue
        if name not in _FLAG_HELP:
            raise UsageError(f"there is no {name!r} to ask for: {', '.join(_FLAG_HELP)}")
        field = {"motif": "motifs"}.get(name, name)
        taken = _flag_value(name, value)
        if taken is None:
            raise UsageError(f"--{name} {value}: {_FLAG_HELP[name]}")
        if isinstance(taken, Heard):
            heard.append(taken)
        else:
            heard.append(Heard(field, taken, f"--{name} {value}"))
    return heard


_FLAG_HELP: Final = {
    "key": "no such key; for example D, Em, Ador, Bb",
    "meter": "no such meter; for example 6/8",
    "unit": "no such note length; for example 1/8",
    "rhythm": "a word or two; for example jig",
    "bars": "a number from 1 to 512",
    "form": "letters as played (AABB), or a term (Binary)",
    "chords": "chord symbols with blanks between; for example Am G Am Em",
    "motif": "notes of ABC; for example DFA dfa",
    "style": "a name; for example Bach",
    "tempo": "beats a minute, or as ABC writes it; for example 120 or 1/4=120",
    "title": "one line of text",
}


def _flag_value(name: str, value: Any) -> Any:
    text = str(value).strip()
    match name:
        case "key":
            found = parse_key(text)
            return text if found.valid and found.tonic and found.stated else None
        case "meter":
            meter = parse_meter(text)
            return None if meter.free or not meter.valid else meter.name
        case "unit":
            unit = parse_unit(text)
            return f"{unit[0]}/{unit[1]}" if unit else None
        case "bars":
            return int(text) if text.isdigit() and 1 <= int(text) <= 512 else None
        case "form":
            term = TERMS.get(text.lower()) or next(
                (t for t in TERMS.values() if t.lower() == text.lower()), None
            )
            return Heard("terms", (term,), f"--form {text}") if term else form_letters(text)
        case "chords":
            return chord_row(text)
        case "motif":
            return motif_text(text)
        case "tempo":
            return int(text) if text.isdigit() else text if parse_tempo(text).numbered else None
        case "rhythm":
            return ALIASES.get(text.lower(), text.lower()) if text.isprintable() else None
        case _:
            return text if text.isprintable() and len(text) <= 100 else None


# -- putting it together ----------------------------------------------------


def _reading(heard: list[Heard], unheard: tuple[str, ...]) -> Reading:
    """One value a field: two that differ are a conflict, and the first is kept."""
    values: dict[str, Heard] = {}
    clashes: list[str] = []
    motifs: list[str] = []
    for one in heard:
        if one.field == "motifs":
            motifs += [motif for motif in one.value if motif not in motifs]
            values.setdefault("motifs", one)
        elif one.field not in values:
            values[one.field] = one
        elif values[one.field].value != one.value and one.field not in ("mood", "tempo"):
            first = values[one.field]
            clashes.append(
                f"{NAMES[one.field]} {first.value} ({first.words!r}) and "
                f"{one.value} ({one.words!r})"
            )
    if motifs:
        values["motifs"] = replace(values["motifs"], value=tuple(motifs))
    unsaid = list(unheard)
    _imply(values, unsaid)
    asked = {name: one.value for name, one in values.items()}
    brief = Brief(**asked)
    order = list(NAMES)
    shown = sorted(values.values(), key=lambda one: order.index(one.field))
    return Reading(brief, tuple(shown), tuple(unsaid), (*clashes, *conflicts(brief)))


def _imply(values: dict[str, Heard], unsaid: list[str]) -> None:
    """What follows from what was said: a meter from a dance, a key from a mood, a beat."""
    rhythm = values.get("rhythm")
    if rhythm and "meter" not in values and "given" not in values:
        meters = RHYTHMS.get(str(rhythm.value), ())
        if meters:
            values["meter"] = Heard("meter", meters[0], str(rhythm.value), implied=True)
    mood = values.pop("mood", None)
    if mood and "key" not in values and "given" not in values:
        values["key"] = Heard("key", MOODS[mood.value], mood.words, implied=True)
    elif mood:
        unsaid.append(f"{mood.words} (the key is set already)")
    tempo = values.get("tempo")
    if tempo and (isinstance(tempo.value, int) or tempo.value in TEMPOS):
        speed = tempo.value if isinstance(tempo.value, int) else TEMPOS[tempo.value]
        meter = str(values["meter"].value) if "meter" in values else ""
        beat = "3/8" if parse_meter(meter or "4/4").compound else "1/4"
        implied = not isinstance(tempo.value, int)
        values["tempo"] = Heard("tempo", f"{beat}={speed}", tempo.words, implied)
