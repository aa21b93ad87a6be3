"""ABC notation: reading, time, checking, changing, writing."""

from __future__ import annotations

from chatmusician.abc.canonical import canonical
from chatmusician.abc.check import check, check_tune
from chatmusician.abc.events import to_events
from chatmusician.abc.find import FoundTune, find_tunes
from chatmusician.abc.fix import fix
from chatmusician.abc.from_events import from_events
from chatmusician.abc.reader import read
from chatmusician.abc.timeline import timeline
from chatmusician.abc.timing import Timeline
from chatmusician.abc.transform import (
    change_unit,
    expand_repeats,
    interleave_voices,
    separate_voices,
    take_bars,
    take_section,
    take_voices,
    transpose,
    transpose_to,
)
from chatmusician.abc.tune import Book, Diagnostic, Element, Tune

__all__ = [
    "Book",
    "Diagnostic",
    "Element",
    "FoundTune",
    "Timeline",
    "Tune",
    "canonical",
    "change_unit",
    "check",
    "check_tune",
    "expand_repeats",
    "find_tunes",
    "fix",
    "from_events",
    "interleave_voices",
    "read",
    "separate_voices",
    "take_bars",
    "take_section",
    "take_voices",
    "timeline",
    "to_events",
    "transpose",
    "transpose_to",
]
