"""The MIDI of what was heard keeps time in every meter: its bars, beats and length."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

import pytest

pytest.importorskip("numpy")
pytest.importorskip("mido")

from chatmusician.music.meter import parse_meter
from chatmusician.transcription.heard_midi import heard_midi
from chatmusician.transcription.notes import Note, Performance
from chatmusician.transcription.score import ScoreOptions, write_score

METERS = ("4/4", "3/4", "2/2", "6/8", "9/8", "12/8", "15/8", "18/8", "6/4", "9/16", "3/8", "7/8")
QUARTER = 0.5  # seconds
BARS = 6


def played(meter: str) -> Performance:
    """Bars whose first note is long, the rest moving in units of the meter."""
    unit = QUARTER * float(4 / Fraction(parse_meter(meter).den))
    num = parse_meter(meter).num
    notes = []
    for bar in range(BARS):
        for place in range(0 if num < 4 else 1, num):
            onset = (bar * num + (place if place > 1 else 0)) * unit
            length = unit * (2 if place == 1 else 1) * 0.95
            pitch = 60 + (0, 4, 7, 5, 2, 9, 11)[(place + bar) % 7]
            notes.append(Note(onset, onset + length, pitch, 100 if place < 2 else 70))
    return Performance(tuple(notes), seconds=notes[-1].end, method="by hand")


def read_midi(data: bytes) -> Any:
    mido: Any = pytest.importorskip("mido")
    return mido.MidiFile(file=io.BytesIO(data))


@pytest.mark.parametrize("meter", METERS)
def test_midi_lasts_as_long_as_the_music(meter: str) -> None:
    performance = played(meter)
    written = write_score(performance, ScoreOptions(meter=meter))
    midi = read_midi(heard_midi(performance, written))
    end = performance.notes[-1].end
    assert midi.length == pytest.approx(end, rel=0.02)


@pytest.mark.parametrize("meter", METERS)
def test_midi_has_the_quarters_of_the_score(meter: str) -> None:
    """A note begins as many quarters after the first in the file as it does in the score."""
    performance = played(meter)
    written = write_score(performance, ScoreOptions(meter=meter))
    midi = read_midi(heard_midi(performance, written))
    num, den = map(int, meter.split("/"))
    signature = [event for event in midi.tracks[0] if event.type == "time_signature"][-1]
    assert (signature.numerator, signature.denominator) == (num, den)
    bar = Fraction(4 * num, den)
    scored = sorted(note.bar * bar + note.place for note in written.notes)
    now = 0
    onsets: list[float] = []
    for event in midi.tracks[1]:
        now += event.time
        if event.type == "note_on" and event.velocity:
            onsets.append(now / midi.ticks_per_beat)
    assert len(onsets) == len(scored)
    for onset, place in zip(onsets, scored, strict=True):
        assert onset - onsets[0] == pytest.approx(float(place - scored[0]), abs=0.1)


@pytest.mark.parametrize("meter", METERS)
def test_beats_are_numbered_through_the_bar(meter: str) -> None:
    written = write_score(played(meter), ScoreOptions(meter=meter))
    assert max(beat.number for beat in written.beats) == len(parse_meter(meter).beats)
