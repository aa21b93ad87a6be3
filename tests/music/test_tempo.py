"""Tempo maps against pretty_midi and mido, and by hand."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatmusician.music.midi_bytes import midi_file, tempo_event, track_of
from chatmusician.music.tempo import (
    DEFAULT_QPM,
    DEFAULT_TEMPO,
    SLOWEST_TEMPO,
    TempoMap,
    film_frames,
    microseconds,
)

TEMPOS = st.lists(st.tuples(st.integers(0, 20_000), st.integers(1, SLOWEST_TEMPO)), max_size=8)
THREE = [(0, 500_000), (960, 1_000_000), (2400, 250_000)]


@pytest.mark.parametrize(
    ("tick", "seconds"),
    [(0, 0.0), (480, 0.5), (960, 1.0), (1440, 2.0), (2400, 4.0), (2880, 4.25), (-480, -0.5)],
)
def test_three_tempos_by_hand(tick: int, seconds: float) -> None:
    assert TempoMap(480, THREE).seconds(tick) == seconds
    assert TempoMap(480, THREE[::-1]).seconds(tick) == seconds
    assert TempoMap(480, THREE).at_quarters(Fraction(tick, 480)) == seconds


def test_times_are_pretty_midis() -> None:
    pretty_midi: Any = pytest.importorskip("pretty_midi")
    data = midi_file(480, [track_of((tick, tempo_event(tempo)) for tick, tempo in THREE)])
    theirs = pretty_midi.PrettyMIDI(io.BytesIO(data))
    times = TempoMap(480, THREE)
    for tick in range(0, 2400, 7):
        assert times.seconds(tick) == pytest.approx(theirs.tick_to_time(tick), abs=1e-9)


def test_without_tempos_a_quarter_is_half_a_second() -> None:
    assert TempoMap(96).seconds(96) == 0.5
    assert TempoMap(96, [(192, 1_000_000)]).seconds(288) == 2.0
    assert microseconds(DEFAULT_QPM) == DEFAULT_TEMPO == 500_000


def test_of_two_tempos_at_a_tick_the_last_holds() -> None:
    assert TempoMap(1, [(0, 4_000_000), (0, 1_000_000)]).seconds(3) == 3.0
    assert TempoMap(1, [(0, 1_000_000), (0, 4_000_000)]).seconds(3) == 12.0


@given(TEMPOS, st.integers(0, 40_000), st.integers(1, 960))
def test_times_are_the_sum_of_their_ticks(
    tempos: list[tuple[int, int]], tick: int, division: int
) -> None:
    holding = dict(sorted(tempos, key=lambda pair: pair[0]))
    marks = sorted({0: DEFAULT_TEMPO, **holding}.items())
    ends = [at for at, _ in marks[1:]] + [10**9]
    total = sum(
        (min(tick, end) - at) * tempo
        for (at, tempo), end in zip(marks, ends, strict=True)
        if at < tick
    )
    exact = Fraction(total, division * 10**6)
    assert TempoMap(division, tempos).seconds(tick) == pytest.approx(float(exact), rel=1e-12)


@given(TEMPOS, st.integers(0, 30_000))
def test_time_goes_on(tempos: list[tuple[int, int]], tick: int) -> None:
    times = TempoMap(480, tempos)
    assert times.seconds(tick) < times.seconds(tick + 1)
    assert times.seconds(tick) <= times.seconds(tick + 0.5) <= times.seconds(tick + 1)


@pytest.mark.parametrize(
    ("frames", "ticks", "rate"), [(24, 100, 24.0), (25, 40, 25.0), (29, 80, 29.97), (30, 2, 30.0)]
)
def test_film_frames(frames: int, ticks: int, rate: float) -> None:
    division = (256 - frames) << 8 | ticks
    times = film_frames(division)
    assert times is not None
    assert times.seconds(ticks) == pytest.approx(1 / rate)
    assert times.seconds(1000 * ticks) == pytest.approx(1000 / rate)


def test_a_division_in_quarters_has_no_frames() -> None:
    assert film_frames(480) is None
    assert film_frames(0x7FFF) is None


@pytest.mark.parametrize(
    ("qpm", "tempo"),
    [
        ("120", 500000),
        ("60", 1000000),
        ("1000000000", 1),
        ("1/1000", SLOWEST_TEMPO),
        ("100", 600000),
        ("7", 8571429),
    ],
)
def test_microseconds(qpm: str, tempo: int) -> None:
    assert microseconds(Fraction(qpm)) == tempo
