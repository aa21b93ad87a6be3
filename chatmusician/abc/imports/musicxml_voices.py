"""Voices that share a part: MusicXML of our own names them, so each becomes a voice again.

Without that, the further voices of a staff are overlays of the first. A part is split before
it is read: each voice gets its own copy of the measures, with the notes of others as gaps.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Final
from xml.etree.ElementTree import Element

from chatmusician.abc.score_layout import parse_score, score_text

_ID: Final = re.compile(r"[^\s\[\](){}|*+%\"\\]{1,20}")
_NUMBERED: Final = ("key", "time", "clef", "staff-details", "transpose", "measure-style")
_MARKS: Final = ("direction", "harmony")


@dataclass(frozen=True)
class VoicePlace:
    """Where a voice of the tune is: its part, its staff there, the numbers of its layers."""

    id: str
    part: str
    staff: int
    voices: frozenset[str]
    name: str
    short: str


def voice_places(root: Element, parts: dict[str, list[Element]]) -> list[VoicePlace]:
    """The voices the file names, in the order of the tune.

    Empty where it names none, or where they do not fit its notes: another program may have
    changed the file.
    """
    text = _field(root, "voices")
    if not text or not _field(root, "score"):
        return []
    try:
        places = [_place(row) for row in json.loads(text)]
    except (ValueError, TypeError, RecursionError):
        return []
    ids = [place.id for place in places]
    if len(set(ids)) < len(ids) or not all(_ID.fullmatch(id) for id in ids):
        return []
    known: dict[tuple[str, str], int] = {}
    for place in places:
        for voice in place.voices:
            known[place.part, voice] = known.get((place.part, voice), 0) + 1
    used = {
        (id, (note.findtext("voice") or "1").strip())
        for id, measures in parts.items()
        for measure in measures
        for note in measure.iterfind("note")
    }
    fits = used <= set(known) and all(count == 1 for count in known.values())
    return places if fits and set(parts) == {place.part for place in places} else []


def _field(root: Element, name: str) -> str:
    fields = root.iterfind("identification/miscellaneous/miscellaneous-field")
    return next((field.text or "" for field in fields if field.get("name") == name), "")


def _place(row: Any) -> VoicePlace:
    id, part, staff, layer, count, name, short = row
    texts = all(isinstance(text, str) for text in (id, part, name, short))
    numbers = all(isinstance(number, int) and 0 < number < 1000 for number in (staff, layer, count))
    if not texts or not numbers:
        raise ValueError("not a voice")
    voices = frozenset(str(number) for number in range(layer, layer + count))
    return VoicePlace(id, part, staff, voices, name, short)


def score_directive(root: Element, ids: Sequence[str]) -> str:
    """The ``%%score`` line of the tune, with the voices there are."""
    layout = parse_score(_field(root, "score")).keeping(ids)
    return f"%%score {score_text(layout)}"


def own_measures(measures: list[Element], place: VoicePlace) -> list[Element]:
    """The measures of a part with the notes of one voice; those of others become gaps."""
    return [_own_measure(measure, place) for measure in measures]


def _own_measure(measure: Element, place: VoicePlace) -> Element:
    own = Element("measure", dict(measure.attrib))
    for segment in _segments(measure):
        notes = (child for child in segment if child.tag == "note")
        first = next((_voice(note) for note in notes), "")
        for child in segment:
            own.extend(_own_child(child, place, mine=first in place.voices))
    return own


def _segments(measure: Element) -> Iterator[list[Element]]:
    """The children between two ``<backup>``: our own MusicXML writes one layer there."""
    segment: list[Element] = []
    for child in measure:
        if child.tag == "backup":
            yield segment
            segment = []
        segment.append(child)
    yield segment


def _voice(note: Element) -> str:
    return (note.findtext("voice") or "1").strip()


def _own_child(child: Element, place: VoicePlace, *, mine: bool) -> list[Element]:
    if child.tag == "note":
        return [_on_one_staff(child)] if _voice(child) in place.voices else _gap(child)
    if child.tag in _MARKS:
        # Marks go with the layer they are written in; a tempo holds for all.
        return [_on_one_staff(child)] if mine else []
    if child.tag == "attributes":
        return [_own_attributes(child, place.staff)]
    return [child]


def _gap(note: Element) -> list[Element]:
    duration = note.find("duration")
    if duration is None or note.find("chord") is not None:
        return []
    gap = Element("forward")
    gap.append(duration)
    return [gap]


def _on_one_staff(element: Element) -> Element:
    own = copy(element)
    for staff in element.findall("staff"):
        own.remove(staff)
    return own


def _own_attributes(attributes: Element, staff: int) -> Element:
    own = Element("attributes")
    for child in attributes:
        number = child.get("number")
        if child.tag == "staves" or (child.tag in _NUMBERED and number not in (None, str(staff))):
            continue
        kept = copy(child)
        if child.tag in _NUMBERED:
            kept.attrib.pop("number", None)
        own.append(kept)
    return own
