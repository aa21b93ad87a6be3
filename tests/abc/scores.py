"""Reading written MusicXML in tests, with the standard library only."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from chatmusician import abc
from chatmusician.abc.musicxml import to_musicxml
from chatmusician.abc.score_layout import score_of
from chatmusician.abc.timeline import timeline
from chatmusician.abc.tune import Tune

HEAD = "X:1\nT:t\nM:4/4\nL:1/8\nK:C\n"


def score(music: str, head: str = HEAD, *, line_breaks: bool = False) -> Element:
    """The score of a tune, given its music below ``head``."""
    tune = abc.read(head + music + "\n").tunes[0]
    return ElementTree.fromstring(to_musicxml(tune, line_breaks=line_breaks))


def measures(root: Element, part: int = 0) -> list[Element]:
    return root.findall("part")[part].findall("measure")


def voices_by_staff(tune: Tune) -> list[list[str]]:
    """The ids of the voices with music on each staff of the score, then those not drawn."""
    ids = [voice.id for voice in timeline(tune).voices if voice.measures]
    layout = score_of(tune, ids).keeping(ids)
    staves = [[*staff.voices, *staff.floating] for staff in layout.staves]
    return staves + [[id] for id in ids if id not in layout.voices]


def text(element: Element, path: str) -> str:
    found = element.find(path)
    return "" if found is None else found.text or ""


def told(note: Element) -> str:
    """A note in short: ``C#4 eighth. 3`` (pitch or rest, type and dots, duration)."""
    if note.find("rest") is not None:
        name = "rest"
    else:
        alter = int(text(note, "pitch/alter") or 0)
        sign = "#" * alter + "b" * -alter
        name = text(note, "pitch/step") + sign + text(note, "pitch/octave")
    words = ["grace"] if note.find("grace") is not None else []
    words += ["+"] if note.find("chord") is not None else []
    words += [name, text(note, "type") + "." * len(note.findall("dot")), text(note, "duration")]
    return " ".join(word for word in words if word)


def notes(root: Element, part: int = 0) -> list[str]:
    """All notes of a part, bars apart by ``|``."""
    found: list[str] = []
    for measure in measures(root, part):
        found += [told(note) for note in measure.findall("note")] + ["|"]
    return found


def kinds(element: Element, path: str, name: str = "type") -> list[str]:
    return [found.get(name, "") for found in element.iterfind(path)]


# The order of children that the 4.0 schema prescribes.
ORDER = {
    "score-partwise": "work movement-number movement-title identification defaults credit "
    "part-list part",
    "identification": "creator rights encoding source relation miscellaneous",
    "score-part": "identification part-link part-name part-name-display part-abbreviation "
    "part-abbreviation-display group score-instrument player midi-device midi-instrument",
    "note": "grace cue chord pitch unpitched rest duration tie instrument footnote level voice "
    "type dot accidental time-modification stem notehead notehead-text staff beam notations "
    "lyric play listen",
    "attributes": "footnote level divisions key time staves part-symbol instruments clef "
    "staff-details transpose for-part directive measure-style",
    "barline": "bar-style footnote level wavy-line segno coda fermata ending repeat",
    "direction": "direction-type offset footnote level voice staff sound listening",
    "harmony": "root numeral function kind inversion bass degree frame offset footnote level staff",
    "lyric": "syllabic text elision extend laughing humming end-line end-paragraph",
    "print": "page-layout system-layout staff-layout measure-layout measure-numbering",
    "clef": "sign line clef-octave-change",
    "transpose": "diatonic chromatic octave-change double",
    "pitch": "step alter octave",
    "time-modification": "actual-notes normal-notes normal-type normal-dot",
    "metronome": "beat-unit beat-unit-dot per-minute",
}


def out_of_order(root: Element) -> list[str]:
    """Elements whose children stand in an order the schema does not allow."""
    wrong: list[str] = []
    for element in root.iter():
        allowed = ORDER.get(element.tag)
        if allowed is None:
            continue
        ranks = {name: rank for rank, name in enumerate(allowed.split())}
        tags = [child.tag for child in element]
        if any(tag not in ranks for tag in tags):
            wrong.append(f"{element.tag}: unknown child in {tags}")
        elif [ranks[tag] for tag in tags] != sorted(ranks[tag] for tag in tags):
            wrong.append(f"{element.tag}: {tags}")
    return wrong
