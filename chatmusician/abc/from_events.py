"""The events shape back to ABC."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from chatmusician.abc.fields import default_unit, parse_unit
from chatmusician.abc.notate import Part, Score, notate
from chatmusician.errors import InputError
from chatmusician.music.meter import parse_meter


def from_events(data: dict[str, Any]) -> str:
    """ABC text of every tune in ``data``; the notes, bars, keys, signs and words are kept."""
    tunes = data.get("tunes", [data]) if isinstance(data, dict) else data
    if not isinstance(tunes, list):
        raise InputError('the events have no list "tunes"')
    return "\n".join(notate(_score(tune, at)) for at, tune in enumerate(tunes))


def _score(tune: Any, at: int) -> Score:
    try:
        return _read(tune)
    except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        raise InputError(
            f"tune {at + 1} of the events cannot be read: {type(error).__name__}: {error}",
            hint="docs/events.md describes the shape",
        ) from error


def _read(tune: dict[str, Any]) -> Score:
    meter = tune.get("meter") or "none"
    unit = parse_unit(tune.get("unit") or "") or default_unit(parse_meter(meter))
    return Score(
        x=str(tune.get("x") or 1),
        title=str((tune.get("text") or {}).get("title") or ""),
        key=_key(tune),
        meter=meter,
        unit=Fraction(*unit),
        parts=[_part(voice) for voice in tune["voices"]],
        tempo=_tempo(tune.get("tempo")),
        order=str(tune.get("order") or ""),
    )


def _key(tune: dict[str, Any]) -> str:
    name = str(tune.get("key") or "none")
    if name.endswith("exp"):
        return " ".join([name, *tune.get("signature", [])])
    return name


def _tempo(tempo: dict[str, Any] | None) -> str:
    if not tempo:
        return ""
    text = f'"{tempo["text"]}"' if tempo.get("text") else ""
    speed = f"{tempo['beat']}={tempo['bpm']}" if tempo.get("beat") and tempo.get("bpm") else ""
    if speed and "/" not in speed.split("=")[0]:
        speed = speed.replace("=", "/1=")
    return " ".join(part for part in (text, speed) if part)


def _part(voice: dict[str, Any]) -> Part:
    def timed(name: str) -> list[tuple[Fraction, str]]:
        return [(Fraction(onset), str(text)) for onset, text in voice.get(name, [])]

    notes = [
        (Fraction(onset), Fraction(length), tuple(int(p) for p in pitches))
        for onset, length, pitches in voice["notes"]
    ]
    if any(length <= 0 or onset < 0 for onset, length, _ in notes):
        raise ValueError("a note without length or before the beginning")
    return Part(
        id=str(voice.get("id") or "1"),
        notes=notes,
        bars=[Fraction(length) for length in voice.get("bars", [])],
        chord_symbols=timed("chord_symbols"),
        lyrics=timed("lyrics"),
        signs=timed("signs"),
        meters=timed("meters"),
        keys=timed("keys"),
    )
