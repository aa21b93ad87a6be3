"""Plots of a tune as PNG: what sounds when, and how the tune is made."""

from __future__ import annotations

from chatmusician.abc.plots.overview import overview
from chatmusician.abc.plots.piano_roll import piano_roll

__all__ = ["overview", "piano_roll"]
