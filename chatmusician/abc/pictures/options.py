"""How a score is laid out on its page."""

from __future__ import annotations

import re
from dataclasses import dataclass

from chatmusician.errors import UsageError

PAPER = {
    "a3": (297.0, 420.0),
    "a4": (210.0, 297.0),
    "a5": (148.0, 210.0),
    "letter": (215.9, 279.4),
    "legal": (215.9, 355.6),
}
FIT_WIDTH = 190.0
# The same for a tune that asks for landscape format.
FIT_LANDSCAPE = 277.0
_MM = r"(\d+(?:\.\d+)?)"
_ROOM = 40.0


@dataclass(frozen=True)
class PageOptions:
    """`size`: a4, letter …, `200x100` in millimetres, or `fit` (`fit:160`).

    `fit` makes one picture, cropped to the music, with staves up to so many millimetres
    wide. `margin` is in millimetres (none given: 15, and 4 for `fit`), `scale` the size of
    the staves, 1 being some 7 mm. `width` (pixels) or `dpi` sets how fine a PNG is.
    `staff_width` (mm) is the width of the music where it is not that of the page less its
    margins; the left margin stays. `may_turn` lets `%%landscape` of a tune turn the page.
    """

    size: str = "a4"
    landscape: bool = False
    margin: float | None = None
    scale: float = 1.0
    width: int | None = None
    dpi: int | None = None
    staff_width: float | None = None
    may_turn: bool = True

    def __post_init__(self) -> None:
        width, height = self._paper()
        if self.fit and self.landscape:
            raise UsageError("a picture that fits its music has no landscape format")
        if self.width is not None and self.dpi is not None:
            raise UsageError("width and dpi both set how fine the picture is: give one of them")
        for name, value, low, high in (
            ("page width", width, 50, 2000),
            ("page height", height or 50, 30, 2000),
            ("margin", self.margin_mm, 0, 100),
            ("scale", self.scale, 0.2, 4),
            ("width", self.width or 1000, 50, 20_000),
            ("dpi", self.dpi or 150, 20, 1200),
        ):
            if not low <= value <= high:
                raise UsageError(f"the {name} {value:g} is not between {low} and {high}")
        narrow = self.right_margin_mm < 0 or self.inside_mm < _ROOM * self.scale / 2
        if self.staff_width and narrow:
            raise UsageError(f"no room for a staff of {self.inside_mm:g} mm on {self.size}")
        if min(width, height or width) - 2 * self.margin_mm < _ROOM * self.scale / 2:
            raise UsageError(
                f"margins of {self.margin_mm:g} mm leave no room for music of scale "
                f"{self.scale:g} on {self.size}"
            )

    @property
    def fit(self) -> bool:
        return self.size.lower().startswith("fit")

    @property
    def margin_mm(self) -> float:
        return self.margin if self.margin is not None else 4.0 if self.fit else 15.0

    @property
    def inside_mm(self) -> float:
        """The width of the music."""
        return self.staff_width or self.paper[0] - 2 * self.margin_mm

    @property
    def right_margin_mm(self) -> float:
        return self.paper[0] - self.margin_mm - self.inside_mm

    @property
    def paper(self) -> tuple[float, float | None]:
        """Width and height in millimetres; no height for `fit`."""
        width, height = self._paper()
        return (height, width) if self.landscape and height is not None else (width, height)

    def pixels(self, width_mm: float) -> int:
        """How many pixels wide a PNG of a page so wide becomes."""
        return self.width or max(1, round(width_mm / 25.4 * (self.dpi or 150)))

    def _paper(self) -> tuple[float, float | None]:
        size = self.size.lower()
        if self.fit and self.staff_width:
            return self.staff_width + 2 * self.margin_mm, None
        if size in PAPER:
            return PAPER[size]
        if size == "fit":
            return FIT_WIDTH, None
        if found := re.fullmatch(f"fit:{_MM}", size):
            return float(found[1]), None
        if found := re.fullmatch(f"{_MM}x{_MM}", size):
            return float(found[1]), float(found[2])
        raise UsageError(
            f"no page size {self.size!r}", hint=f"{', '.join(PAPER)}, 200x100 (mm), fit or fit:160"
        )
