"""Keys from durations against music21's Krumhansl-Schmuckler, and by symmetry."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmusician.music.key_finding import PROFILES, correlation, rank_keys
from chatmusician.music.pitch import FLAT_NAMES, pitch_class

TIMES = st.lists(st.integers(0, 40), min_size=12, max_size=12)
# A lullaby in G, a minor tune on A, and a row with a leading tone.
ROWS = [
    [4, 0, 6, 0, 5, 0, 2, 9, 0, 4, 0, 6],
    [6, 0, 4, 0, 8, 3, 0, 3, 2, 9, 0, 5],
    [8, 0, 5, 7, 0, 4, 1, 9, 6, 0, 1, 3],
]


@pytest.mark.parametrize("row", ROWS)
def test_keys_are_music21s(row: list[int]) -> None:
    music21 = pytest.importorskip("music21")
    stream: Any = music21.stream.Stream()
    for at, length in enumerate(row):
        if length:
            note = music21.note.Note(60 + at)
            note.quarterLength = length
            stream.append(note)
    theirs = music21.analysis.discrete.KrumhanslKessler(stream).getSolution(stream)
    score, tonic, mode = rank_keys(row)[0]
    assert (pitch_class(theirs.tonic.name.replace("-", "b")), theirs.mode) == (tonic, mode)
    assert score == pytest.approx(theirs.correlationCoefficient, abs=1e-6)


@pytest.mark.parametrize("mode", list(PROFILES))
@pytest.mark.parametrize("tonic", range(12))
def test_a_profile_is_its_own_key(tonic: int, mode: str) -> None:
    profile = PROFILES[mode]
    row = [profile[(at - tonic) % 12] for at in range(12)]
    score, found, found_mode = rank_keys(row)[0]
    assert (found, found_mode) == (tonic, mode), FLAT_NAMES[tonic]
    assert score == pytest.approx(1.0)


def test_profiles_are_krumhansl_and_kesslers() -> None:
    """Sums of the published values, and the order of degrees they are known for."""
    assert sum(PROFILES["major"]) == pytest.approx(41.79)
    assert sum(PROFILES["minor"]) == pytest.approx(44.51)
    assert sorted(range(12), key=lambda at: -PROFILES["major"][at])[:3] == [0, 7, 4]
    assert sorted(range(12), key=lambda at: -PROFILES["minor"][at])[:3] == [0, 3, 7]


@given(TIMES)
def test_all_keys_are_ranked(row: list[int]) -> None:
    ranked = rank_keys(row)
    assert len({(tonic, mode) for _, tonic, mode in ranked}) == 24
    scores = [score for score, _, _ in ranked]
    assert scores == sorted(scores, reverse=True)
    assert all(-1.0001 <= score <= 1.0001 for score in scores)


@given(TIMES, st.integers(0, 11))
def test_transposed_music_has_a_transposed_key(row: list[int], up: int) -> None:
    first, second = rank_keys(row), rank_keys(row[-up:] + row[:-up] if up else row)
    if first[0][0] - first[1][0] > 1e-9:
        assert second[0][1:] == ((first[0][1] + up) % 12, first[0][2])


def test_equal_durations_fit_no_key() -> None:
    assert rank_keys([1] * 12)[0] == (0.0, 0, "major")
    assert rank_keys([0] * 12)[:2] == [(0.0, 0, "major"), (0.0, 0, "minor")]


def test_pearson_by_hand() -> None:
    assert correlation([1, 2, 3], [2, 4, 6]) == pytest.approx(1.0)
    assert correlation([1, 2, 3], [6, 4, 2]) == pytest.approx(-1.0)
    assert correlation([1, 2, 3], [1, 3, 2]) == pytest.approx(0.5)
    assert correlation([1, 1, 1], [1, 2, 3]) == 0.0
