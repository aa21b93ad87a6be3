"""Page options: what they mean, and that contradictions are refused."""

from __future__ import annotations

import pytest

from chatmusician.abc.pictures import PageOptions
from chatmusician.errors import UsageError


@pytest.mark.parametrize(
    ("options", "paper"),
    [
        (PageOptions(), (210, 297)),
        (PageOptions("A4", landscape=True), (297, 210)),
        (PageOptions("letter"), (215.9, 279.4)),
        (PageOptions("200x100"), (200, 100)),
        (PageOptions("fit"), (190, None)),
        (PageOptions("fit:120.5"), (120.5, None)),
    ],
)
def test_paper(options: PageOptions, paper: tuple[float, float | None]) -> None:
    assert options.paper == paper


def test_pixels_by_width_or_by_dpi() -> None:
    assert PageOptions(width=800).pixels(210) == 800
    assert PageOptions(dpi=254).pixels(210) == 2100
    assert PageOptions().pixels(25.4) == 150


def test_cropped_pictures_have_small_margins() -> None:
    assert PageOptions("fit").margin_mm < PageOptions().margin_mm
    assert PageOptions("fit", margin=20).margin_mm == 20


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"size": "b7"}, "no page size 'b7'"),
        ({"size": "200x"}, "no page size"),
        ({"size": "20x5000"}, "is not between"),
        ({"size": "fit", "landscape": True}, "no landscape"),
        ({"width": 800, "dpi": 100}, "give one of them"),
        ({"scale": 0}, "the scale 0 is not between"),
        ({"scale": float("nan")}, "the scale nan is not between"),
        ({"margin": -1}, "the margin -1 is not between"),
        ({"size": "a5", "margin": 72}, "leave no room"),
        ({"width": 10}, "the width 10"),
        ({"dpi": 5000}, "the dpi 5000"),
    ],
)
def test_contradictions_are_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        PageOptions(**options)  # type: ignore[arg-type]
    assert caught.value.exit_code == 2
