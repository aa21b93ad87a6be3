"""New tunes from a tune: transposed, in another unit, expanded, cut, voices rearranged.

Each takes a ``Tune`` and gives a ``Tune``; the original is never changed.
"""

from __future__ import annotations

from chatmusician.abc.transform.cut import expand_repeats, take_bars, take_section
from chatmusician.abc.transform.transpose import transpose, transpose_to
from chatmusician.abc.transform.unit import change_unit
from chatmusician.abc.transform.voices import interleave_voices, separate_voices, take_voices

__all__ = [
    "change_unit",
    "expand_repeats",
    "interleave_voices",
    "separate_voices",
    "take_bars",
    "take_section",
    "take_voices",
    "transpose",
    "transpose_to",
]
