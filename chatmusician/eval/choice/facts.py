"""Computed facts about the ABC in a question, as text for the prompt."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from chatmusician import abc
from chatmusician.abc.analysis import (
    Bar,
    bar_count,
    cadences,
    chords_per_bar,
    form,
    interval_name,
    melody,
    melody_range,
    sections,
)
from chatmusician.abc.timing import Timeline
from chatmusician.eval.choice.questions import Question
from chatmusician.music.keys import key_fifths

HEAD: Final = "Facts computed from the ABC (lengths in quarter notes):"
_MOST_BARS: Final = 16


def question_facts(question: Question) -> str:
    """Facts of the first tune in a question's ABC; empty where there is none to read.

    They are read from the ABC alone: neither the stem nor the options are looked at.
    """
    found = abc.find_tunes(question.abc_score) if question.abc_score else []
    if not found:
        return ""
    (tune,) = abc.read(found[0].abc).tunes
    line = abc.timeline(tune, trace=True)
    lines = [*_header(line), *_together(line), *_melody(line)]
    return "\n".join([HEAD, *lines]) if lines else ""


def _header(line: Timeline) -> list[str]:
    made = []
    if line.key.tonic and not line.key.explicit:
        made.append(f"Key field: {line.key.name}, {_signs(line)}")
    if not line.meter.free:
        made.append(f"Meter: {line.meter.name}, a bar is {_quarters(line.meter.length * 4)}")
    return made


def _signs(line: Timeline) -> str:
    count = key_fifths(line.key.tonic, line.key.mode)
    name = "sharp" if count > 0 else "flat"
    return f"{abs(count)} {name}{'s' if abs(count) > 1 else ''}" if count else "no sharps or flats"


def _quarters(length: Fraction) -> str:
    return f"{length} quarter {'note' if length == 1 else 'notes'}"


def _together(line: Timeline) -> list[str]:
    """Notes that sound together, from the lowest up, where a tune has such."""
    voice = line.voices[0] if line.voices else None
    if voice is None:
        return []
    heard: dict[tuple[int, int], list[int]] = {}
    for tone in voice.tones:
        heard.setdefault((int(tone.measure), int(tone.onset)), []).append(int(tone.pitch))
    chords = [sorted(pitches) for _, pitches in sorted(heard.items()) if len(pitches) > 2]
    if not chords or len(chords) > _MOST_BARS:
        return []
    shown = ["-".join(map(str, (p - chord[0] for p in chord[1:]))) for chord in chords]
    return [f"Chords, in semitones above the lowest note: {', '.join(shown)}"]


def _melody(line: Timeline) -> list[str]:
    bars = melody(line)
    span = melody_range(bars)
    if span is None:
        return []
    low, high = span
    made = [f"Bars: {bar_count(bars)}"]
    made.append(f"Range: {low.full_name} to {high.full_name}, {interval_name(low, high)}")
    made += [_bar(number, bar) for number, bar in enumerate(bars[:_MOST_BARS], 1)]
    parts = sections(line)
    if parts:
        made.append(f"Form: {form(parts).letters}")
    symbols = [" ".join(bar) for bar in chords_per_bar(line) if bar]
    if symbols:
        made.append(f"Chord symbols: {' | '.join(symbols)}")
    made += [f"Section {c.section + 1} ends with: {c.name} cadence" for c in cadences(line, parts)]
    return made


def _bar(number: int, bar: Bar) -> str:
    notes = ", ".join(f"{note.full_name} ({note.duration})" for note in bar.notes)
    steps = [interval_name(*pair) for pair in zip(bar.notes, bar.notes[1:], strict=False)]
    said = f"; intervals: {', '.join(steps)}" if steps else ""
    wrong = "" if bar.full else f"; holds {_quarters(bar.length)}, not a full bar"
    return f"Bar {number}: {notes}{said}{wrong}"
