"""Where in the ABC, and when, each thing on a drawn page is: data attributes of the SVG."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from chatmusician.abc.timeline import timeline
from chatmusician.abc.tune import Tune

_GROUP = re.compile(r'<g id="(e\d+(?:-\d+)?)"')
_HARM = re.compile(r'<g id="[^"]*" class="measure|<g id="([^"]*)" class="harm\b')


def add_places(
    pages: list[str], tune: Tune, places: Mapping[str, tuple[int, int]], *, onsets: bool
) -> list[str]:
    """Give every group whose id is known the place of its source."""
    times = onset_times(tune) if onsets else {}

    def attributes(found: re.Match[str]) -> str:
        place = places.get(found[1])
        if place is None:
            return found[0]
        time = times.get(int(found[1][1:].partition("-")[0]))
        return found[0] + place_attributes(tune, place, time)

    return [_GROUP.sub(attributes, page) for page in pages]


def place_attributes(
    tune: Tune, place: tuple[int, int], time: tuple[Fraction, Fraction] | None
) -> str:
    line, column = tune.place(place[0])
    attributes = (
        f' data-abc-start="{place[0]}" data-abc-end="{place[1]}" '
        f'data-abc-line="{line}" data-abc-column="{column}"'
    )
    if time is not None:
        attributes += f' data-onset="{_number(time[0])}" data-duration="{_number(time[1])}"'
    return attributes


def onset_times(tune: Tune) -> dict[int, tuple[Fraction, Fraction]]:
    """Onset and length, as written, of each element that takes time, by its index.

    Each note of a tie has its own part of the time; a chord's is that of the whole chord,
    up to what follows it.
    """
    line = timeline(tune, trace=True)
    times: dict[int, tuple[Fraction, Fraction]] = {}
    ends = {
        (voice.id, number): int(measure.start + measure.length)
        for voice in line.voices
        for number, measure in enumerate(voice.measures)
    }
    later: dict[tuple[str, int, int], tuple[int, int]] = {}
    for written in reversed(line.written):
        onset = int(written.onset)
        where = (written.voice, int(written.measure), int(written.layer))
        end = ends.get(where[:2], onset)
        after, begun = later.get(where, (end, end))
        if begun != onset:
            after = begun
        later[where] = (after, onset)
        length = line.quarters(max(0, after - onset))
        times[int(written.element)] = (line.quarters(onset), length)
    for voice in line.voices:
        for mark in voice.chord_symbols:
            times[int(mark.element)] = (line.quarters(int(mark.onset)), Fraction(0))
    return times


def name_harmonies(pages: list[str], music: str) -> list[str]:
    """Give chord symbols the ids they have in the MusicXML, which verovio drops.

    Bar by bar in order; where the counts differ the bar is left alone.
    """
    wanted = _harmonies(music)
    drawn = [0] * (len(wanted) + 1)
    at = -1
    for found in (m for page in pages for m in _HARM.finditer(page)):
        if found[1] is None:
            at += 1
        elif 0 <= at < len(wanted):
            drawn[at] += 1
    queues = [iter(ids if len(ids) == drawn[i] else ()) for i, ids in enumerate(wanted)]
    at = -1

    def named(found: re.Match[str]) -> str:
        nonlocal at
        if found[1] is None:
            at += 1
            return found[0]
        known = next(queues[at], None) if 0 <= at < len(queues) else None
        return found[0].replace(f'"{found[1]}"', f'"{known}"', 1) if known else found[0]

    return [_HARM.sub(named, page) for page in pages]


def _harmonies(music: str) -> list[list[str]]:
    """The ids of the chord symbols of each bar, all parts together."""
    bars: list[list[str]] = []
    for part in music.split("<part ")[1:]:
        for number, bar in enumerate(part.split("<measure ")[1:]):
            while len(bars) <= number:
                bars.append([])
            bars[number] += re.findall(r'<harmony\b[^>]*\bid="([^"]*)"', bar)
    return bars


def _number(value: Fraction) -> str:
    return str(int(value)) if value.denominator == 1 else f"{float(value):.6g}"
