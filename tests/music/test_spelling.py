"""Spelling in keys: by hand, against music21's scales, and what holds for every pitch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmusician.music.keys import signature
from chatmusician.music.pitch import natural_pitch, note_name
from chatmusician.music.spelling import respelled, spell

CHROMATIC = {
    0: "C C# D Eb E F F# G G# A Bb B",
    2: "C C# D D# E F F# G G# A A# B",
    -3: "C Db D Eb E F Gb G Ab A Bb B",
}


@pytest.mark.parametrize("fifths", [0, 2, -3])
def test_chromatic_scales_by_hand(fifths: int) -> None:
    found = [spell(pitch, signature(fifths), fifths) for pitch in range(60, 72)]
    assert " ".join(note_name(step, alter) for step, alter, _ in found) == CHROMATIC[fifths]


@pytest.mark.parametrize("fifths", range(-7, 8))
def test_scale_notes_are_music21s(fifths: int) -> None:
    scale = pytest.importorskip("music21.key").KeySignature(fifths).getScale("major")
    for theirs in scale.getPitches("C4", "C6"):
        step, alter, octave = spell(int(theirs.ps), signature(fifths), fifths)
        assert note_name(step, alter) == theirs.name.replace("-", "b")
        assert octave == theirs.octave - 4


@given(st.integers(0, 127), st.integers(-9, 9))
def test_a_spelling_sounds_as_meant(pitch: int, fifths: int) -> None:
    step, alter, octave = spell(pitch, signature(fifths), fifths)
    assert natural_pitch(step + 7 * octave) + alter == pitch
    assert alter == signature(fifths)[step] or abs(alter) <= 1


@given(st.integers(0, 127), st.integers(8, 20))
def test_keys_beyond_seven_sharps_count_as_seven(pitch: int, fifths: int) -> None:
    assert spell(pitch, (0,) * 7, fifths) == spell(pitch, (0,) * 7, 7)
    assert spell(pitch, (0,) * 7, -fifths) == spell(pitch, (0,) * 7, -7)


@pytest.mark.parametrize(
    ("given_", "found"),
    [
        ((0, 3, 0), (1, 1, 0)),
        ((0, 2, 0), (0, 2, 0)),
        ((6, 3, 0), (0, 2, 1)),
        ((0, -3, 0), (6, -2, -1)),
        ((2, 4, 1), (4, 1, 1)),
        ((3, -3, 0), (2, -2, 0)),
    ],
)
def test_triple_accidentals_by_hand(
    given_: tuple[int, int, int], found: tuple[int, int, int]
) -> None:
    assert respelled(*given_) == found


@given(st.integers(0, 6), st.integers(-12, 12), st.integers(-3, 5))
def test_respelling_keeps_the_pitch(step: int, alter: int, octave: int) -> None:
    to_step, to_alter, to_octave = respelled(step, alter, octave)
    assert abs(to_alter) <= 2
    assert 0 <= to_step < 7
    before, after = natural_pitch(step + 7 * octave), natural_pitch(to_step + 7 * to_octave)
    assert after + to_alter == before + alter
