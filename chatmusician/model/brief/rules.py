"""The rules by which words of a request are understood, one a field, tried in order."""

# One rule a line: a table is read by its lines.
# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from chatmusician.abc.fields import parse_key, parse_tempo, parse_unit
from chatmusician.model.brief.tables import (
    ALIASES,
    METER_WORDS,
    MODES,
    MOODS,
    NUMBERS,
    RHYTHMS,
    TEMPOS,
    TERMS,
)
from chatmusician.music.chords import parse_chord
from chatmusician.music.meter import parse_meter


@dataclass(frozen=True)
class Rule:
    """``take`` gives the value of ``field``; None where the words do not mean it after all."""

    field: str
    pattern: re.Pattern[str]
    take: Callable[[re.Match[str]], Any]


def _any(words: Any) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


def _rule(
    field: str, pattern: str, take: Callable[[re.Match[str]], Any], flags: int = re.I
) -> Rule:
    return Rule(field, re.compile(pattern, flags), take)


def _group(found: re.Match[str]) -> str:
    return found[1].strip()


# -- keys ------------------------------------------------------------------

_SIGN = r"(?:\s?(?P<sign>#|\u266f|\u266d|sharp\b|-sharp\b|flat\b|-flat\b|b(?![a-z])))?"
_MODE = rf"(?:[\s-]*(?P<mode>{_any(MODES)}|m(?![a-z]))\b)"
# "in A" may be a key; "in a" is one only before a mode.
_KEY_SAID: Final = (
    rf"\b(?:in|key of|key:?)\s+(?:the key of\s+)?(?P<tonic>[A-G]){_SIGN}{_MODE}?(?![\w'/]|-\w)"
)
_KEY_MODE: Final = rf"\b(?P<tonic>[A-Ga-g]){_SIGN}[\s-]+(?P<mode>{_any(MODES)})\b"


def key_value(tonic: str, sign: str | None, mode: str | None) -> str | None:
    """``Em`` from ``E`` and ``minor``; None where there is no such key."""
    sign = (sign or "").strip().lower().lstrip("-")
    sign = {"sharp": "#", "\u266f": "#", "flat": "b", "\u266d": "b"}.get(sign, sign)
    name = tonic.upper() + sign + MODES.get((mode or "").lower(), "m" if mode == "m" else "")
    found = parse_key(name)
    usual = all(abs(step) <= 1 for step in found.accidentals)
    return name if found.valid and found.tonic and usual else None


def _key(found: re.Match[str]) -> str | None:
    return key_value(found["tonic"], found["sign"], found["mode"])


def _key_field(found: re.Match[str]) -> str | None:
    value = found[1].strip()
    return value if parse_key(value).valid and parse_key(value).stated else None


# -- meter, unit, bars ------------------------------------------------------


def _meter(found: re.Match[str]) -> str | None:
    meter = parse_meter(found[1].replace(" ", ""))
    likely = not meter.free and meter.num <= 24 and meter.den in (1, 2, 4, 8, 16)
    return meter.name if likely and meter.num > 1 else None


def _unit(found: re.Match[str]) -> str | None:
    unit = parse_unit(found[1])
    return f"{unit[0]}/{unit[1]}" if unit else None


def number(word: str) -> int | None:
    return int(word) if word.isdigit() else NUMBERS.get(word.lower())


_NUMBER = rf"\d{{1,5}}|{_any(NUMBERS)}"


# -- chords -----------------------------------------------------------------

_CHORD = r"[A-G][#b\u266f\u266d]?(?:maj|min|m|M|dim|aug|sus|add|\+|\u00b0|o)?\d{0,2}(?:sus\d|b\d|#\d)?(?:/[A-G][#b]?)?"
_BETWEEN = r"(?:\s*(?:[,|;\u2013\u2192]|->|-(?!>)|then|to)\s*|\s+)"
_CHORDS: Final = rf"(?:chords?|progression|harmon(?:y|ies)|over|changes)[\s:]*(?:(?:are|is|of|the|like|progression|chords?)[\s:]+)*['\"\[|]*(?P<row>{_CHORD}['\"]?(?:{_BETWEEN}['\"]?{_CHORD}['\"]?)+)(?![\w'])"


def chord_row(text: str) -> tuple[str, ...] | None:
    """Chord symbols of a text, one standing again at once left out; None with one unknown."""
    words = [word for word in re.split(r"[\s,|;'\"\[\]\u2013\u2192]+|->|-", text) if word]
    words = [word for word in words if word.lower() not in ("then", "to", "and")]
    chords = [word.replace("\u266f", "#").replace("\u266d", "b") for word in words]
    known = [parse_chord(chord) for chord in chords]
    if not chords or any(chord is None or not chord.intervals for chord in known):
        return None
    return tuple(c for at, c in enumerate(chords) if at == 0 or c != chords[at - 1])


# -- form, motif ------------------------------------------------------------

_LETTERS = r"(?:[A-H]'*[\s-]?){1,15}[A-H]'*"


def form_letters(text: str) -> str | None:
    """``AABB`` from letters that come in the order of the alphabet; None from other letters."""
    letters = re.sub(r"[\s-]", "", text)
    named = re.findall(r"[A-Z]'*", letters)
    if "".join(named) != letters or not named:
        return None
    known = ""
    for letter in (name[0] for name in named):
        if letter not in known:
            if letter != chr(ord("A") + len(known)):
                return None
            known += letter
    return letters


def _plain_form(found: re.Match[str]) -> str | None:
    """Letters standing alone are a form where they could hardly be a word."""
    letters = form_letters(found[1])
    return None if letters in (None, "AB", "ABC", "ABBA") and " " not in found[1] else letters


_MOTIF_TEXT = r"['\"\u201c](?P<quoted>[^'\"\u201d]{1,200})['\"\u201d]|(?P<bare>\|?[_^=]*[A-Ga-gz][A-Ga-gz0-9/,'|_^=>< ()\[\]]*)"


def motif_text(text: str) -> tuple[str, ...] | None:
    """A motif of ABC notes; None where the text is none."""
    text = text.strip()
    return (text,) if re.fullmatch(r"[A-Ga-gxz0-9/,'|_^=>< ()\[\]~.-]+", text) else None


def _motif(found: re.Match[str]) -> tuple[str, ...] | None:
    return motif_text(found["quoted"] or found["bare"] or "")


def _rhythm(found: re.Match[str]) -> str:
    name = re.sub(r"\s+", " ", found[1].lower())
    return ALIASES.get(name, name)


def _tempo_field(found: re.Match[str]) -> str | None:
    return found[1].strip() if parse_tempo(found[1]).numbered else None


_FIELD = r"(?<![\w|:\[]){letter}:[ ]?(?!\|)"
RULES: Final = (
    _rule("title", r"\b(?:called|titled|entitled|named|title:?)\s+['\"\u201c]([^'\"\u201d\n]{1,100})['\"\u201d]", _group),
    _rule("title", _FIELD.format(letter="T") + r"([^\n]{1,100})", _group, 0),
    _rule("motifs", rf"\b(?:motif|motive|figure|beginning with|starting with|starts with|begins with)[\s:]*(?:of|is)?\s*(?:{_MOTIF_TEXT})(?![a-z])", _motif, re.I),
    _rule("chords", _CHORDS, lambda found: chord_row(found["row"]), 0),
    _rule("tempo", _FIELD.format(letter="Q") + r"(\S+)", _tempo_field, 0),
    _rule("tempo", r"\b(?P<n>\d{2,3})\s*bpm\b|\b(?:tempo|quarter|crotchet)\s*(?:of|=|:|is)?\s*(?P<m>\d{2,3})\b", lambda f: int(f["n"] or f["m"])),
    _rule("unit", _FIELD.format(letter="L") + r"(\d+/\d+)", _unit, 0),
    _rule("unit", r"\b(?:unit|note length|unit note length|unit length)\s*(?:of|=|:|is)?\s*(1/\d{1,3})\b", _unit),
    _rule("meter", _FIELD.format(letter="M") + r"(\d+/\d+|C\|?)", _meter, 0),
    _rule("meter", rf"\b({_any(METER_WORDS)})\b", lambda found: METER_WORDS[found[1].lower()]),
    _rule("meter", r"(?<![\d/])(\d{1,2}\s?/\s?\d{1,2})(?![\d/])", _meter),
    _rule("rhythm", _FIELD.format(letter="R") + r"([^\n]{1,40})", _group, 0),
    _rule("bars", rf"\b({_NUMBER})[\s-]*(?:bars?|measures?)\b", lambda found: number(found[1])),
    _rule("form", rf"\b(?:form|structure|sections?)[\s:]+(?:of|is|like)?\s*['\"]?({_LETTERS})(?![\w'])", lambda f: form_letters(f[1]), 0),
    _rule("form", rf"(?<![\w'])['\"]?({_LETTERS})['\"]?\s+(?:form|structure)\b", lambda f: form_letters(f[1]), 0),
    _rule("form", r"(?<![\w'])((?:[A-H]'*){2,16}|[A-H]'*(?: [A-H]'*){2,15})(?![\w'])", _plain_form, 0),
    _rule("terms", rf"\b({_any(TERMS)})(?:\s+form)?\b", lambda found: (TERMS[found[1].lower()],)),
    _rule("key", _FIELD.format(letter="K") + r"(\S+)", _key_field, 0),
    _rule("key", _KEY_MODE, _key),
    _rule("key", _KEY_SAID, _key, 0),
    _rule("key", r"\b([A-G][#b]?m)\b", _key_field, 0),
    _rule("style", r"\b(Bach|J\. ?S\. ?Bach|Johann Sebastian Bach)(?:'s)?\b", lambda found: "Bach"),
    _rule("style", r"\b(?:style|manner|spirit) of ((?:[A-Z]\w+[ .]*){1,3})", _group, 0),
    _rule("rhythm", rf"\b({_any((*RHYTHMS, *ALIASES))})(?:e?s)?\b", _rhythm),
    _rule("tempo", rf"\b({_any(TEMPOS)})\b", lambda found: found[1].lower()),
    _rule("mood", rf"\b({_any(MOODS)})\b", lambda found: found[1].lower()),
)  # fmt: skip


def matches(rule: Rule, text: str) -> Iterator[re.Match[str]]:
    return rule.pattern.finditer(text)
