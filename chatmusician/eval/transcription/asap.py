"""Pairs of a performance and its score, in the form of the ASAP and (n)ASAP datasets.

A pair is a MIDI file with, beside it, the match file of the same name (which note of the score
each note played is) and the beats as ``…_annotations.txt`` (seconds, seconds, ``b``, ``db`` or
``bR``, and behind the first one the meter and the sharps).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from chatmusician.errors import InputError
from chatmusician.eval.transcription.performer import Played, Player
from chatmusician.eval.transcription.truth import ScoreNote, Truth
from chatmusician.files import read_bytes
from chatmusician.music.keys import fifths_of_pitch_class
from chatmusician.music.pitch import pitch_class
from chatmusician.transcription.performed_midi import read_performance

_NOTE = re.compile(
    r"^snote\([^,]+,\[([A-G]),([^\]]*)\],(-?\d+),(-?\d+):(-?\d+),([\d/+]+),([\d/+]+),"
    r"(-?[\d.]+),(-?[\d.]+),"
)
_METERS = (
    re.compile(r"^meta\(timeSignature,(\d+)/(\d+),-?\d+,(-?[\d.]+)\)"),
    re.compile(r"^scoreprop\(timeSignature,(\d+)/(\d+),[^,]+,[^,]+,(-?[\d.]+)\)"),
)
_KEY = re.compile(r"keySignature,\[?([A-G])([b#]?)(m?)(?: (Maj|min))?")
_SIGNS = {"n": 0, "#": 1, "##": 2, "x": 2, "b": -1, "bb": -2}
# Onsets in match files are rounded; they are put back on this part of a quarter.
_GRID = 5040


@dataclass(frozen=True)
class Beats:
    beats: tuple[float, ...]
    downbeats: tuple[float, ...]
    meter: str
    fifths: int | None


def pairs(folder: str) -> list[Path]:
    """The MIDI files of all pairs below a folder."""
    found = [
        path
        for path in sorted(Path(folder).rglob("*.mid"))
        if path.with_suffix(".match").is_file() and _annotations(path).is_file()
    ]
    if not found:
        raise InputError("no pairs: a .mid with a .match and _annotations.txt", path=folder)
    return found


def read_pair(midi: Path) -> Played:
    """The performance, and what is true of it by its match file and annotations."""
    beats = read_beats(_text(_annotations(midi)), str(midi))
    match = _text(midi.with_suffix(".match"))
    notes = score_notes(match)
    if not notes:
        raise InputError("no notes of the score", path=str(midi.with_suffix(".match")))
    truth = Truth(
        notes=notes,
        bars=tuple(sorted({note.onset - note.place for note in notes})),
        meter=beats.meter,
        fifths=_fifths(match) if beats.fifths is None else beats.fifths,
        tonic=-1,
        mode="",
        end=max(note.onset + note.duration for note in notes),
    )
    return Played(
        performance=read_performance(read_bytes(str(midi))),
        truth=truth,
        player=Player(qpm=120.0),
        downbeats=beats.downbeats,
        beats=beats.beats,
    )


def read_beats(text: str, name: str = "") -> Beats:
    rows = [line.split("\t") for line in text.splitlines() if line.strip()]
    beats: list[float] = []
    downbeats: list[float] = []
    meter, fifths = "", None
    for row in rows:
        kind, *said = row[2].split(",")
        beats.append(float(row[0]))
        if kind == "db":
            downbeats.append(float(row[0]))
        if not meter:
            named = next((word for word in said if "/" in word), "")
            meter = named
            fifths = int(said[1]) if named and len(said) > 1 else None
    if not beats or not meter:
        raise InputError("no beats with a meter", path=name)
    return Beats(tuple(beats), tuple(downbeats), meter, fifths)


def score_notes(match: str) -> tuple[ScoreNote, ...]:
    """The notes of the score in the order they are played, repeats unfolded as they were;
    grace notes, which have no duration, are left out."""
    clock = _Clock(match)
    found: set[ScoreNote] = set()
    first = 0
    bars: dict[Fraction, int] = {}
    rows = []
    for line in match.splitlines():
        said = _NOTE.match(line)
        if said is None:
            continue
        step, sign, octave, measure, beat, offset, duration, onset, _ = said.groups()
        length = _sum(duration) * 4
        if not length:
            continue
        at, den = clock.at(float(onset))
        inside = Fraction((int(beat) - 1) * 4, den) + _sum(offset) * 4
        if clock.regular:
            inside = clock.inside(at)
        pitch = 12 * (int(octave) + 1) + pitch_class(step) + _SIGNS.get(sign, 0)
        rows.append((at, length, pitch, inside, int(measure)))
    if not rows:
        return ()
    rows.sort()
    starts = sorted({at - inside for at, _, _, inside, _ in rows})
    bars = {start: number for number, start in enumerate(starts)}
    first = rows[0][4]
    short = _pickup(starts, clock)
    for at, length, pitch, inside, measure in rows:
        start = at - inside
        place = inside + short if start == starts[0] and measure == first else inside
        found.add(ScoreNote(at, length, pitch, bars[start], place))
    return tuple(sorted(found, key=lambda n: (n.onset, n.pitch, n.duration)))


def _pickup(starts: list[Fraction], clock: _Clock) -> Fraction:
    """How much of a bar the first one lacks."""
    if len(starts) < 2:
        return Fraction(0)
    length = starts[1] - starts[0]
    return clock.bar - length if length < clock.bar else Fraction(0)


class _Clock:
    """Beats of a match file (of the meter's lower number) to quarters."""

    def __init__(self, match: str) -> None:
        # Files of this kind count the beats of a bar in units of their own (6/8 has two, 2/2
        # four), so that the place in a bar is found from its length.
        self.regular = "scoreprop(timeSignature" in match
        marks: list[tuple[float, int, int]] = []
        for line in match.splitlines():
            for pattern in _METERS:
                if found := pattern.match(line):
                    marks.append((float(found[3]), int(found[1]), int(found[2])))
        if not marks:
            raise InputError("the match file has no meter")
        marks.sort()
        self.bars = [Fraction(top * 4, below) for _, top, below in marks]
        self.bar = self.bars[0]
        self.beats, self.dens = [marks[0][0]], [marks[0][2]]
        self.quarters = [Fraction(marks[0][0]).limit_denominator(_GRID) * Fraction(4, marks[0][2])]
        for beat, _, den in marks[1:]:
            self.quarters.append(self.at(beat)[0])
            self.beats.append(beat)
            self.dens.append(den)

    def at(self, beat: float) -> tuple[Fraction, int]:
        """Quarters, and the lower number of the meter there."""
        place = max(0, bisect_right(self.beats, beat + 1e-6) - 1)
        den = self.dens[place]
        after = Fraction(round((beat - self.beats[place]) * 4 / den * _GRID), _GRID)
        # Four digits are what the file has; the grid of a note is coarser.
        return self.quarters[place] + after.limit_denominator(960), den

    def inside(self, quarters: Fraction) -> Fraction:
        place = max(0, bisect_right(self.quarters, quarters) - 1)
        return (quarters - self.quarters[place]) % self.bars[place]


def _fifths(match: str) -> int:
    """The sharps of the first key signature of a match file (``D``, ``[Eb Maj/C min]``)."""
    found = _KEY.search(match)
    if found is None:
        return 0
    minor = found[3] == "m" or found[4] == "min"
    tonic = pitch_class(found[1]) + _SIGNS[found[2] or "n"]
    return fifths_of_pitch_class(tonic, "minor" if minor else "major")


def _sum(text: str) -> Fraction:
    """``1/8``, ``1/4+1/16``, ``1/3/16`` (a sixteenth in a tuplet of three) in whole notes."""
    total = Fraction(0)
    for part in text.split("+"):
        value, *below = (int(number) for number in part.split("/"))
        found = Fraction(value)
        for number in below:
            found /= number
        if below or value == 0:
            total += found
        else:
            total += value
    return total


def _annotations(midi: Path) -> Path:
    return midi.with_name(f"{midi.stem}_annotations.txt")


def _text(path: Path) -> str:
    return read_bytes(str(path)).decode("utf-8", "replace")
