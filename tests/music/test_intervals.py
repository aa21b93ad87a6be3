"""Intervals against music21, every size within a double octave."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmusician.music.intervals import interval_name, interval_size, names_of
from chatmusician.music.pitch import Pitch

QUALITIES = {
    "Perfect": "perfect",
    "Major": "major",
    "Minor": "minor",
    "Augmented": "augmented",
    "Diminished": "diminished",
}
NUMBERS = (
    *("Unison", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Octave"),
    *("Ninth", "Tenth", "Eleventh", "Twelfth", "Thirteenth", "Fourteenth", "Double-octave"),
)


@pytest.mark.parametrize("steps", range(15))
@pytest.mark.parametrize("alter", range(-3, 4))
def test_names_are_music21s(steps: int, alter: int) -> None:
    music21 = pytest.importorskip("music21")
    semitones = Pitch(steps, alter).midi - 60
    generic = music21.interval.GenericInterval(steps + 1)
    chromatic = music21.interval.ChromaticInterval(semitones)
    theirs = music21.interval.intervalsToDiatonic(generic, chromatic)
    quality = QUALITIES.get(theirs.specifier.niceName)
    number = theirs.generic.undirected - 1
    # music21 turns a diminished unison into a descending augmented one.
    wanted = f"{quality} {NUMBERS[number].lower().replace('-', ' ')}" if quality else ""
    if steps == 0 and semitones < 0:
        wanted = "diminished unison" if semitones == -1 else ""
    assert interval_name(steps, semitones) == wanted


@pytest.mark.parametrize(
    ("steps", "semitones", "name"),
    [
        (0, 0, "perfect unison"),
        (1, 3, "augmented second"),
        (3, 5, "perfect fourth"),
        (4, 6, "diminished fifth"),
        (6, 9, "diminished seventh"),
        (7, 12, "perfect octave"),
        (9, 15, "minor tenth"),
        (14, 24, "perfect double octave"),
        (14, 25, "augmented double octave"),
        (15, 26, ""),
        (-1, -2, ""),
        (2, 6, ""),
        (3, 7, ""),
    ],
)
def test_names_by_hand(steps: int, semitones: int, name: str) -> None:
    assert interval_name(steps, semitones) == name


@given(st.integers(0, 14), st.integers(-3, 27))
def test_names_and_sizes_are_inverse(steps: int, semitones: int) -> None:
    name = interval_name(steps, semitones)
    if name:
        assert interval_size(name) == (steps, semitones)


@pytest.mark.parametrize("name", ["", "perfect", "perfect third", "minor fifth", "major fifteenth"])
def test_no_interval(name: str) -> None:
    with pytest.raises(ValueError, match=r"is no interval$"):
        interval_size(name)


def test_short_names() -> None:
    assert names_of("m2 M3 P4 A4 d5 M7") == (
        "minor second",
        "major third",
        "perfect fourth",
        "augmented fourth",
        "diminished fifth",
        "major seventh",
    )


@pytest.mark.parametrize("short", ["m2", "M3", "P4", "A4", "d5", "P8", "m10", "d7", "P1", "A15"])
def test_short_names_are_music21s(short: str) -> None:
    theirs = pytest.importorskip("music21.interval").Interval(short)
    (name,) = names_of(short)
    assert interval_size(name) == (theirs.generic.undirected - 1, theirs.semitones)
