"""Keys against music21, the circle of fifths and scales by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmusician.music.intervals import interval_size
from chatmusician.music.keys import (
    MAJOR_TONICS,
    MINOR_TONICS,
    MODE_FIFTHS,
    SCALES,
    SHARP_ORDER,
    fifths_of_pitch_class,
    key_fifths,
    signature,
    tonic_fifths,
    tonic_name,
    within_circle,
)
from chatmusician.music.pitch import STEP_LETTERS, parse_pitch, pitch_class

CIRCLE = [
    "Fb",
    "Cb",
    "Gb",
    "Db",
    "Ab",
    "Eb",
    "Bb",
    "F",
    "C",
    "G",
    "D",
    "A",
    "E",
    "B",
    "F#",
    "C#",
    "G#",
    "D#",
    "A#",
    "E#",
    "B#",
]
TONICS = [letter + sign for letter in "CDEFGAB" for sign in ("", "#", "b")]


@pytest.mark.parametrize("mode", list(MODE_FIFTHS))
@pytest.mark.parametrize("tonic", TONICS)
def test_signatures_are_music21s(tonic: str, mode: str) -> None:
    key = pytest.importorskip("music21.key").Key(tonic.replace("b", "-"), mode)
    fifths = key_fifths(tonic, mode)
    assert fifths == key.sharps
    altered = {p.step: int(p.accidental.alter) for p in key.alteredPitches}
    if abs(fifths) <= 7:  # beyond, music21 lists a letter once for each sign
        ours = {letter: a for letter, a in zip(STEP_LETTERS, signature(fifths), strict=True) if a}
        assert ours == altered


@pytest.mark.parametrize("fifths", range(-8, 13))
def test_the_circle_by_hand(fifths: int) -> None:
    assert tonic_name(fifths) == CIRCLE[fifths + 8]
    assert tonic_fifths(CIRCLE[fifths + 8]) == fifths


@given(st.integers(-60, 60))
def test_tonics_and_fifths_are_inverse(fifths: int) -> None:
    assert tonic_fifths(tonic_name(fifths)) == fifths
    assert pitch_class(tonic_name(fifths)) == fifths * 7 % 12


@given(st.integers(-30, 30))
def test_signatures_add_up(fifths: int) -> None:
    steps = signature(fifths)
    assert sum(steps) == fifths
    assert max(steps) - min(steps) <= 1
    assert signature(-fifths) == tuple(-alter for alter in reversed_by_fifths(steps))


def reversed_by_fifths(steps: tuple[int, ...]) -> list[int]:
    """Sharps enter from F on, flats from B on: the mirror image of the order of fifths."""
    mirror = dict(zip(SHARP_ORDER, SHARP_ORDER[::-1], strict=True))
    return [steps[mirror[step]] for step in range(7)]


def test_signatures_beyond_seven_signs() -> None:
    assert signature(0) == (0,) * 7
    assert signature(7) == (1,) * 7
    assert signature(8) == (1, 1, 1, 2, 1, 1, 1)
    assert signature(-8) == (-1, -1, -1, -1, -1, -1, -2)


def test_a_key_without_tonic_has_no_signs() -> None:
    assert key_fifths("", "minor") == 0
    assert key_fifths("D", "none") == 2


@pytest.mark.parametrize(
    ("fifths", "flats", "within"),
    [(8, 5, -4), (6, 5, 6), (7, 5, -5), (-6, 5, 6), (6, 6, -6), (-6, 6, -6), (5, 6, 5), (0, 5, 0)],
)
def test_enharmonic_keys(fifths: int, flats: int, within: int) -> None:
    assert within_circle(fifths, flats) == within


@given(st.integers(-60, 60), st.integers(0, 11))
def test_enharmonic_keys_sound_the_same(fifths: int, flats: int) -> None:
    found = within_circle(fifths, flats)
    assert -flats <= found <= 11 - flats
    assert pitch_class(tonic_name(found)) == pitch_class(tonic_name(fifths))


@pytest.mark.parametrize("mode", list(MODE_FIFTHS))
@pytest.mark.parametrize("tonic", range(12))
@pytest.mark.parametrize("flats", [5, 6])
def test_keys_of_pitch_classes(tonic: int, mode: str, flats: int) -> None:
    fifths = fifths_of_pitch_class(tonic, mode, flats)
    assert -flats <= fifths <= 11 - flats
    assert pitch_class(tonic_name(fifths - MODE_FIFTHS[mode])) == tonic


def test_unknown_modes() -> None:
    with pytest.raises(KeyError):
        fifths_of_pitch_class(0, "blues")


@pytest.mark.parametrize(("mode", "names"), [("major", MAJOR_TONICS), ("minor", MINOR_TONICS)])
def test_tonics_have_the_fewest_signs(mode: str, names: tuple[str, ...]) -> None:
    assert [pitch_class(name) for name in names] == list(range(12))
    for name in names:
        assert abs(key_fifths(name, mode)) <= 6
        assert key_fifths(name, mode) != -6 or mode == "minor"


@pytest.mark.parametrize("mode", ["major", "dorian", "phrygian", "lydian", "mixolydian", "locrian"])
@pytest.mark.parametrize("tonic", TONICS)
def test_scales_have_the_signs_of_their_key(tonic: str, mode: str) -> None:
    low = parse_pitch(tonic)
    notes = [low, *(low.moved_by(*interval_size(name)) for name in SCALES[mode])]
    steps = signature(key_fifths(tonic, mode))
    assert [note.alter for note in notes] == [steps[note.step % 7] for note in notes]


@pytest.mark.parametrize(
    ("scale", "notes"),
    [
        ("natural minor", "A B C D E F G"),
        ("harmonic minor", "A B C D E F G#"),
        ("ascending melodic minor", "A B C D E F# G#"),
        ("major pentatonic", "A B C# E F#"),
        ("minor pentatonic", "A C D E G"),
    ],
)
def test_scales_by_hand(scale: str, notes: str) -> None:
    low = parse_pitch("A")
    found = [low, *(low.moved_by(*interval_size(name)) for name in SCALES[scale])]
    assert " ".join(note.name for note in found) == notes
