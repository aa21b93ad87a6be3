"""The events shape: what a book sounds like, as plain data (docs/events.md)."""

from __future__ import annotations

import json
from typing import Any

from chatmusician.abc.events_text import EventsText
from chatmusician.abc.sounding import Stretches
from chatmusician.abc.timing import Timeline
from chatmusician.abc.tune import Book, Tune


def to_events(book: Book) -> dict[str, Any]:
    """All tunes of a book; findings about the file itself beside them."""
    pieces: list[str] = []
    EventsText(pieces.append).book(book.tunes, lambda: book.problems)
    events: dict[str, Any] = json.loads("".join(pieces))
    return events


def tune_events(tune: Tune) -> dict[str, Any]:
    """The entry of one tune."""
    pieces: list[str] = []
    text = EventsText(pieces.append)
    text.tune(tune)
    text.flush()
    events: dict[str, Any] = json.loads("".join(pieces))
    return events


def expanded(line: Timeline) -> list[list[Any]]:
    """What sounds, in the order it sounds, all voices together: [onset, length, pitches]."""
    found: list[list[Any]] = []
    stretches = Stretches(line)
    stretch = stretches.following()
    while stretch is not None:
        for onset, duration, pitches in stretch:
            found.append([str(line.quarters(onset)), str(line.quarters(duration)), pitches])
        stretch = stretches.following()
    return found
