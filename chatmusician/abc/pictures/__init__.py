"""Scores as SVG, PNG and PDF."""

from __future__ import annotations

from chatmusician.abc.pictures.booklet import booklet
from chatmusician.abc.pictures.drawing import ENGINES, Drawing, draw
from chatmusician.abc.pictures.options import PageOptions

__all__ = ["ENGINES", "Drawing", "PageOptions", "booklet", "draw"]
