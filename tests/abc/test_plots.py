"""Plots: what they count, checked by hand, and pictures that can be read."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction

import pytest

from chatmusician import abc
from chatmusician.abc.plots import overview, piano_roll
from chatmusician.abc.plots.canvas import first_number
from chatmusician.abc.plots.overview import Spread, contour, equal_bars, length_counts, tone_shares
from chatmusician.abc.plots.piano_roll import rows_of
from chatmusician.errors import InputError, UsageError
from tests.abc.pictures import HOSTILE, REEL, png_pixels, titled, tune

pytest.importorskip("matplotlib")

SMALL = "X:1\nT:Small\nM:4/4\nL:1/4\nK:F\nF2 A c | F2 A c | B,4 | z4 | F2 A c |]\n"


def test_tones_by_their_share_of_time() -> None:
    shares = tone_shares(abc.timeline(tune(SMALL)))
    # Sixteen quarters sound: six of F, three of A, three of c, four of B flat.
    expected = {5: 6 / 16, 9: 3 / 16, 0: 3 / 16, 10: 4 / 16}
    assert shares == [pytest.approx(expected.get(tone, 0)) for tone in range(12)]


def test_lengths_are_counted() -> None:
    counts = length_counts(abc.timeline(tune(SMALL)))
    assert counts == [(Fraction(1, 4), 6), (Fraction(1, 2), 3), (Fraction(1), 1)]


def test_contour_is_weighted_and_rests_are_gaps() -> None:
    spreads = contour(abc.timeline(tune(SMALL)).voices[0])
    # (2 * 65 + 69 + 72) / 4
    assert spreads[0] == Spread(65, 67.75, 72)
    assert spreads[2] == Spread(58, 58.0, 58)
    assert spreads[3] is None


def test_equal_bars_have_one_number() -> None:
    assert equal_bars(abc.timeline(tune(SMALL)).voices[0]) == [0, 0, -1, -1, 0]


@pytest.mark.parametrize(("music", "first"), [("D | CDEF |", 0), ("CDEF | D |", 1), ("z4|C4|", 1)])
def test_a_pickup_is_bar_nought(music: str, first: int) -> None:
    line = abc.timeline(tune(f"X:1\nM:4/4\nL:1/4\nK:C\n{music}\n"))
    assert first_number(line.voices[0]) == first


def test_rows_hold_whole_bars() -> None:
    line = abc.timeline(tune("X:1\nM:3/4\nL:1/4\nK:C\n" + "CDE|" * 40))
    rows = rows_of(line)
    bar = 3 * line.resolution // 4
    assert [(row.start % bar, row.end % bar) for row in rows] == [(0, 0)] * len(rows)
    assert [row.end for row in rows[:-1]] == [row.start for row in rows[1:]]
    assert rows[-1].end == 40 * bar
    assert len(rows) == 4


@pytest.mark.parametrize("plot", [piano_roll, overview])
@pytest.mark.parametrize("width", [700, 1000])
def test_plots_have_the_width_asked_for(plot: object, width: int) -> None:
    made = (piano_roll if plot is piano_roll else overview)(tune(REEL), width=width)
    found, height, ink = png_pixels(made)
    assert found == width
    assert height > width / 5
    assert ink > 0.01


@pytest.mark.parametrize("title", HOSTILE)
def test_any_title(title: str, recwarn: pytest.WarningsRecorder) -> None:
    for plot in (piano_roll, overview):
        assert png_pixels(plot(titled(title)))[0] == 1000
    assert not [str(w.message) for w in recwarn if "lyph" in str(w.message)]


@pytest.mark.parametrize(
    "music",
    [
        "C",
        "C16|" * 3,
        "[CEG]4 & z2 c2|",
        "(3CDE (5CDEFG|1 C:|2 D|]",
        "Z40|C4|",
        "C,,,,c'''|",
        '"$x^2$""^a_b{"C4|',
        "CDEF|" * 400,
    ],
)
def test_any_music(music: str) -> None:
    made = tune(f"X:1\nT:t\nM:none\nL:1/4\nK:C\n{music}\n")
    for plot in (piano_roll, overview):
        assert png_pixels(plot(made))[2] > 0.001


def test_voices_have_colours_of_their_own() -> None:
    pil = pytest.importorskip("PIL.Image")
    import io

    made = tune("X:1\nL:1/4\nK:C\nV:1\nc4|\nV:2\nC4|\n")
    image = pil.open(io.BytesIO(piano_roll(made))).convert("RGB")
    colours = {colour for count, colour in image.getcolors(1 << 20) if count > 2000}
    strong = [c for c in colours if max(c) - min(c) > 80]
    assert len(strong) == 2


def test_no_notes_no_plot() -> None:
    for plot in (piano_roll, overview):
        with pytest.raises(InputError, match="X:1 has no notes to plot"):
            plot(tune("X:1\nT:Rests\nK:C\nz4|z4|\n"))
        with pytest.raises(UsageError, match="the width 5 is not between"):
            plot(tune(REEL), width=5)


def test_threads_plot_at_once_and_no_global_state_is_made() -> None:
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: overview(tune(SMALL)), range(8)))
    assert len(set(made)) == 1
    assert "matplotlib.pyplot" not in sys.modules
