"""What tells the voices of one staff apart: lines of words, names, and where each voice is."""

from __future__ import annotations

import json
from collections.abc import Mapping

from chatmusician.abc.musicxml.layout import Part, ScorePart, Sounding
from chatmusician.abc.musicxml.write_text import escape

# By voice: number of its part, its staff, its first layer and how many layers it has.
VoicePlaces = dict[str, tuple[int, int, int, int]]


def number_verses(part: Part, above: int) -> int:
    """Put the words of a voice below the ``above`` lines of the voices before it.

    Returns how many lines the staff has then.
    """
    lyrics = [
        lyric
        for bar in part.bars
        for layer in bar.layers
        for item in layer
        if isinstance(item, Sounding)
        for lyric in item.lyrics
    ]
    if above:
        for lyric in lyrics:
            lyric.number = lyric.verse + above
    return above + max((lyric.verse for lyric in lyrics), default=0)


def voices_text(places: VoicePlaces, voices: Mapping[str, Part]) -> str:
    """Which layers of which part are which voice, as JSON, for the way back to ABC."""
    rows = []
    for id, (number, staff, layer, count) in places.items():
        part = voices[id]
        rows.append([id, f"P{number}", staff, layer, count, part.name, part.short_name])
    return escape(json.dumps(rows, ensure_ascii=False, separators=(",", ":")))


def joined_name(score_part: ScorePart, *, short: bool) -> str:
    """The name of a part: those of its voices, each once."""
    names = (part.short_name if short else part.name for part in score_part.voices)
    return " / ".join(dict.fromkeys(name for name in names if name))
