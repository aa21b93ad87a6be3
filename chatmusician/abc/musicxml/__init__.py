"""ABC to MusicXML 4.0, written from our own reading of the tune.

Ids tell the place in the source: a note is ``e12`` where ``tune.elements[12]`` is its note,
chord, rest or grace group, further notes of the same element are ``e12-2``, ``e12-3``; a
measure is ``m12`` where element 12 is the first that sounds in it.
"""

from __future__ import annotations

from chatmusician.abc.musicxml.container import to_mxl
from chatmusician.abc.musicxml.layout_walk import Walk
from chatmusician.abc.musicxml.write import write_score
from chatmusician.abc.tune import Tune

__all__ = ["score_and_places", "source_places", "to_musicxml", "to_mxl"]


Places = dict[str, tuple[int, int]]


def to_musicxml(tune: Tune, *, line_breaks: bool = False, hidden: bool = True) -> bytes:
    """The tune as an uncompressed MusicXML score.

    Args:
        tune: The tune.
        line_breaks: Keep the line breaks of the source.
        hidden: Keep the voices that ``%%score`` leaves out, as parts that are not printed.
    """
    return score_and_places(tune, line_breaks=line_breaks, hidden=hidden)[0]


def source_places(tune: Tune) -> Places:
    """For each id in the score, where in ``tune.text`` it comes from (start, end)."""
    return score_and_places(tune)[1]


def score_and_places(
    tune: Tune, *, line_breaks: bool = False, hidden: bool = True
) -> tuple[bytes, Places]:
    """Both in one pass; the arguments are those of ``to_musicxml``."""
    text, ids = write_score(tune, Walk(tune).layout(hidden=hidden), line_breaks)
    return text.encode(), ids.places
