"""Which voice is on which staff in a drawn score, read from the picture alone.

abcm2ps writes where each note of the ABC is (``<abc type="N" row="12" col="3" …>``) after the
glyph of its head; the staff is the one on which that height is the note's pitch in the clef
drawn there. verovio nests notes, whose ids name elements of the tune, in staves.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.etree import ElementTree

from chatmusician.abc.score_layout import score_of
from chatmusician.abc.timeline import timeline
from chatmusician.abc.tune import Chord, Element, Note, Tune

# What a drawn score says: for each staff, top to bottom, the voices on it.
Staves = list[list[str]]

_EVENT: Final = re.compile(
    r'<path d="m(?P<left>[\d.]+) (?P<bottom>-?[\d.]+)\n\th[\d.]+'
    r'|<use x="[\d.-]+" y="(?P<y>-?[\d.]+)" xlink:href="#(?P<glyph>\w+)"'
    r'|<abc type="(?P<type>\w)" row="(?P<row>\d+)" col="(?P<col>\d+)"'
)
_HEADS: Final = ("hd", "Hd", "HD", "HDD", "breve")
# The step above C4 of the lowest line, and how far its glyph is above that line.
_CLEFS: Final = {"tclef": (2, 6.0), "bclef": (-10, 18.0), "cclef": (-4, 12.0)}
_STEP: Final = 3.0
_SVG: Final = "{http://www.w3.org/2000/svg}"


@dataclass
class _System:
    bottoms: list[float] = field(default_factory=list)
    clefs: dict[int, str] = field(default_factory=dict)
    notes: list[tuple[str, float, int]] = field(default_factory=list)
    started: bool = False

    def settle(self, votes: dict[str, Counter[int]]) -> int:
        """Count the staff of each note: its clef may be drawn after it. How many fit none."""
        lost = 0
        for voice, y, step in self.notes:
            staff = self.staff_of(y, step)
            if staff < 0:
                lost += 1
            else:
                votes.setdefault(voice, Counter())[staff] += 1
        return lost

    def staves(self) -> Staves:
        votes: dict[str, Counter[int]] = {}
        self.settle(votes)
        return _staves(votes, len(self.bottoms))

    def nearest(self, y: float) -> int:
        """The staff whose middle is nearest to a height."""
        return min(range(len(self.bottoms)), key=lambda n: abs(self.bottoms[n] - 12 - y))

    def staff_of(self, y: float, step: int) -> int:
        """The staff on which a note of this step is drawn at this height; -1 for none."""
        fitting = [
            staff
            for staff, glyph in self.clefs.items()
            if abs(self.bottoms[staff] - _STEP * (step - _CLEFS[glyph][0]) - y) < 1
        ]
        return min(fitting, key=lambda n: abs(self.bottoms[n] - 12 - y)) if fitting else -1


@dataclass
class Outside:
    """What abcm2ps drew: the staves of the whole, those of each system, notes on no staff."""

    staves: Staves
    systems: list[Staves]
    lost: int


def by_abcm2ps(drawn: str, tune: Tune, first_row: int = 1) -> Outside:
    """The staves of each voice in abcm2ps's SVG.

    ``first_row`` is the row of the file in which the tune's text begins.
    """
    voices = voice_of(tune)
    at_place = {tune.place(element.start): n for n, element in enumerate(tune.elements)}
    systems = [_System()]
    heads: list[float] = []
    last = ("", 0.0)
    for found in _EVENT.finditer(drawn):
        if found["bottom"]:
            if systems[-1].started:
                systems.append(_System())
            systems[-1].bottoms.append(float(found["bottom"]))
        elif found["glyph"]:
            last = found["glyph"], float(found["y"])
            heads += [last[1]] if found["glyph"] in _HEADS else []
        else:
            system = systems[-1]
            system.started = system.started or bool(found["type"] in "NRc" and system.bottoms)
            if found["type"] == "c" and last[0] in _CLEFS and system.bottoms:
                staff = system.nearest(last[1] + _CLEFS[last[0]][1] - 12)
                system.clefs.setdefault(staff, last[0])
            row = int(found["row"]) - first_row + tune.first_line
            index = at_place.get((row, int(found["col"]) + 1), -1)
            steps = _steps(tune.elements[index]) if index >= 0 else []
            if found["type"] == "N" and steps and len(heads) == len(steps):
                # The lowest head is the lowest note.
                system.notes.append((voices[index], max(heads), min(steps)))
            heads = []
    votes: dict[str, Counter[int]] = {}
    lost = sum(system.settle(votes) for system in systems)
    most = max(len(system.bottoms) for system in systems)
    return Outside(_staves(votes, most), [system.staves() for system in systems], lost)


def _steps(element: Element) -> list[int]:
    """The steps above C4 of a note or the notes of a chord."""
    notes = element.notes if isinstance(element, Chord) else (element,)
    return [7 * int(n.octave) + int(n.step) for n in notes if isinstance(n, Note)]


def by_verovio(pages: list[str], tune: Tune) -> Staves:
    """The staves of each voice in the SVG of verovio.

    A note is on the staff that its group is in; one of a floating voice, whose group stays
    where the voice is, on the staff whose middle is nearest to its head.
    """
    voices = voice_of(tune)
    layout = score_of(tune, list(set(voices.values())))
    floating = {id for staff in layout.staves for id in staff.floating}
    votes: dict[str, Counter[int]] = {}
    most = 0
    for page in pages:
        for measure in ElementTree.fromstring(page).iter(f"{_SVG}g"):
            if not measure.get("class", "").startswith("measure"):
                continue
            staves = [g for g in measure if g.get("class", "").split(" ")[0] == "staff"]
            middles = [_numbers(staff.findall(f"{_SVG}path")[2].get("d"))[1] for staff in staves]
            most = max(most, len(staves))
            for number, staff in enumerate(staves):
                for voice, y in _verovio_notes(staff, voices):
                    at = number
                    if voice in floating:
                        at = min(range(len(middles)), key=lambda n: abs(middles[n] - y))
                    votes.setdefault(voice, Counter())[at] += 1
    return _staves(votes, most)


def _verovio_notes(staff: ElementTree.Element, voices: dict[int, str]) -> Iterator[tuple[str, int]]:
    """The voice of each note in a staff's group and the height of its head; no grace notes."""
    for group in staff.iter(f"{_SVG}g"):
        id = re.fullmatch(r"e(\d+)(?:-\d+)?", group.get("id", ""))
        if id is None or "note" not in group.get("class", "").split() or int(id[1]) not in voices:
            continue
        use = group.find(f"{_SVG}g/{_SVG}use")
        y = _numbers(use.get("transform"))[1] if use is not None else 0
        yield voices[int(id[1])], y


def _numbers(text: str | None) -> list[int]:
    return [int(number) for number in re.findall(r"-?\d+", text or "")]


def voice_of(tune: Tune) -> dict[int, str]:
    """The voice of each element that sounds."""
    return {int(w.element): w.voice for w in timeline(tune, trace=True).written}


def _staves(votes: dict[str, Counter[int]], count: int) -> Staves:
    """Each voice on the staff that has most of its notes."""
    staves: Staves = [[] for _ in range(count)]
    for id, found in sorted(votes.items()):
        staves[found.most_common(1)[0][0]].append(id)
    return staves
