"""Pitches against music21, and by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmusician.music.pitch import (
    FLAT_NAMES,
    SHARP_NAMES,
    STEP_FIFTHS,
    STEP_LETTERS,
    Pitch,
    accidentals,
    natural_pitch,
    note_name,
    parse_pitch,
    pitch_class,
)

NAMES = [letter + signs for letter in "CDEFGAB" for signs in ("", "#", "b", "##", "bb", "###")]
STEPS, ALTERS = st.integers(-40, 40), st.integers(-4, 4)


def of_music21(name: str) -> str:
    return name.replace("b", "-")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("octave", [0, 3, 4, 5, 9])
def test_midi_numbers_are_music21s(name: str, octave: int) -> None:
    theirs = pytest.importorskip("music21.pitch").Pitch(f"{of_music21(name)}{octave}")
    ours = parse_pitch(name, octave)
    assert ours.midi == int(theirs.ps)
    assert ours.step == theirs.diatonicNoteNum - 29
    assert ours.full_name == f"{name}{octave}"
    assert (ours.letter, ours.name) == (name[0], name)


@pytest.mark.parametrize("name", NAMES)
def test_pitch_classes_are_music21s(name: str) -> None:
    theirs = pytest.importorskip("music21.pitch").Pitch(of_music21(name))
    assert pitch_class(name) == theirs.pitchClass
    assert pitch_class(name.lower()) == theirs.pitchClass


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("C", 0),
        ("Cb", 11),
        ("B#", 0),
        ("F#", 6),
        ("Bb", 10),
        ("bb", 10),
        ("b", 11),
        ("G♯", 8),
        ("A♭", 8),
        ("Fbb", 3),
    ],
)
def test_pitch_classes_by_hand(name: str, number: int) -> None:
    assert pitch_class(name) == number


@pytest.mark.parametrize("name", ["", "H", "C4", "c-", "#", "Cs", "C b"])
def test_what_names_no_pitch(name: str) -> None:
    with pytest.raises(ValueError, match=r"no name of a pitch$"):
        pitch_class(name)
    with pytest.raises(ValueError, match=r"no name of a pitch$"):
        parse_pitch(name)


def test_middle_c() -> None:
    assert parse_pitch("C") == Pitch(0) == Pitch(0, 0)
    assert parse_pitch("C").midi == 60
    assert Pitch(-1).full_name == "B3"
    assert Pitch(7).full_name == "C5"
    assert [natural_pitch(step) for step in (-7, -1, 0, 6, 7, 8)] == [48, 59, 60, 71, 72, 74]


def test_twelve_names() -> None:
    assert [pitch_class(name) for name in FLAT_NAMES] == list(range(12))
    assert [pitch_class(name) for name in SHARP_NAMES] == list(range(12))
    assert "#" not in "".join(FLAT_NAMES)
    assert "b" not in "".join(SHARP_NAMES)


def test_letters_by_fifths() -> None:
    assert "".join(sorted(STEP_LETTERS, key=lambda x: STEP_FIFTHS["CDEFGAB".index(x)])) == "FCGDAEB"


def test_signs() -> None:
    assert [accidentals(alter) for alter in (-2, -1, 0, 1, 2)] == ["bb", "b", "", "#", "##"]
    assert note_name(3, 2) == "F##"


def test_a_move_by_hand() -> None:
    assert parse_pitch("C").moved_by(2, 3).full_name == "Eb4"
    assert parse_pitch("F").moved_by(-1, -1).full_name == "E4"
    assert parse_pitch("B").moved_by(1, 1).full_name == "C5"
    assert parse_pitch("E").altered(-2).name == "Ebb"
    assert parse_pitch("E").in_octave(-2).full_name == "E2"


@given(STEPS, ALTERS, STEPS, st.integers(-40, 40))
def test_a_move_there_and_back(step: int, alter: int, steps: int, semitones: int) -> None:
    pitch = Pitch(step, alter)
    moved = pitch.moved_by(steps, semitones)
    assert moved.midi - pitch.midi == semitones
    assert moved.step - step == steps
    assert moved.moved_by(-steps, -semitones) == pitch


@given(STEPS, ALTERS)
def test_names_are_read_back(step: int, alter: int) -> None:
    pitch = Pitch(step, alter)
    assert parse_pitch(pitch.name, 4 + step // 7) == pitch
    assert pitch_class(pitch.name) == pitch.midi % 12
    assert pitch.altered(1).midi == pitch.midi + 1
    assert pitch.in_octave(1).midi == pitch.midi + 12
    assert pitch.in_octave(1).name == pitch.name
