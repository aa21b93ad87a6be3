"""What MusicXML writes around notes, in ABC spelling: ornaments, dynamics, chord names, words."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Final
from xml.etree.ElementTree import Element

from chatmusician.abc.notate import word_text
from chatmusician.abc.tables import DECORATIONS
from chatmusician.music.chords import MUSICXML_KINDS
from chatmusician.music.durations import TYPE_LENGTHS

_MARKS: Final = {
    "staccato": ".",
    "accent": "!accent!",
    "tenuto": "!tenuto!",
    "detached-legato": ".!tenuto!",
    "staccatissimo": "!wedge!",
    "spiccato": "!wedge!",
    "breath-mark": "!breath!",
    "trill-mark": "!trill!",
    "turn": "!turn!",
    "delayed-turn": "!turn!",
    "inverted-turn": "!invertedturn!",
    "mordent": "!lowermordent!",
    "inverted-mordent": "!uppermordent!",
    "shake": "!uppermordent!",
    "up-bow": "!upbow!",
    "down-bow": "!downbow!",
    "open-string": "!open!",
    "harmonic": "!open!",
    "thumb-position": "!thumb!",
    "snap-pizzicato": "!snap!",
    "stopped": "!plus!",
    "heel": "!heel!",
    "toe": "!toe!",
    "arpeggiate": "!arpeggio!",
    "scoop": "!slide!",
}
_CAESURAS: Final = {"single": "mediumphrase", "normal": "longphrase", "thick": "longphrase"}
_FREE: Final = ("other-ornament", "other-articulation", "other-technical", "other-notation")
_HALF_STEPS: Final = {"-2": "bb", "-1": "b", "1": "#", "2": "##"}
_KINDS: Final = {
    **{kind: spellings[0] for kind, spellings in MUSICXML_KINDS.items()},
    "Neapolitan": "N6",
    "Italian": "It+6",
    "French": "Fr+6",
    "German": "Ger+6",
}
_SIGNS: Final = {"△": "maj", "Δ": "maj", "ø": "m7b5", "°": "dim", "o": "dim", "-": "m"}
_JUMPS: Final = (
    (re.compile(r"d\.?\s*c\.?\s*al\s*coda", re.I), "D.C.alcoda"),
    (re.compile(r"d\.?\s*c\.?\s*al\s*fine", re.I), "D.C.alfine"),
    (re.compile(r"d\.?\s*s\.?\s*al\s*coda", re.I), "D.S.alcoda"),
    (re.compile(r"d\.?\s*s\.?\s*al\s*fine", re.I), "D.S.alfine"),
    (re.compile(r"d\.?\s*c\.?|da capo", re.I), "D.C."),
    (re.compile(r"d\.?\s*s\.?|dal segno", re.I), "D.S."),
    (re.compile(r"fine", re.I), "fine"),
)
_BEATS: Final = {
    name: TYPE_LENGTHS[name] for name in ("whole", "half", "quarter", "eighth", "16th", "32nd")
}


def text_of(element: Element, path: str) -> str:
    return " ".join((element.findtext(path) or "").split())


def text_of_self(element: Element) -> str:
    return " ".join((element.text or "").split())


def voice_order(name: str) -> tuple[int, str]:
    return (int(name), "") if re.fullmatch(r"\d{1,6}", name) else (10**6, name)


def quoted(text: str) -> str:
    """A text that may stand between ABC's double quotes."""
    return " ".join(text.split()).replace("\\", "\\\\").replace('"', "\\u0022")


def annotation(text: str, below: bool = False) -> str:
    return f'"{"_" if below else "^"}{quoted(text)}"'


def note_marks(note: Element) -> list[str]:
    """The ornaments, articulations and fingerings of a note."""
    found: list[str] = []
    for notations in note.findall("notations"):
        for element in notations:
            if element.tag in ("ornaments", "articulations", "technical"):
                found += [mark for child in element if (mark := _mark(child))]
            elif element.tag == "dynamics":
                found += dynamics(element)
            elif mark := _mark(element):
                found.append(mark)
    return found


def _mark(element: Element) -> str:
    tag = element.tag
    if tag in _MARKS:
        return _MARKS[tag]
    text = (element.text or "").strip()
    if tag == "fermata":
        return "!invertedfermata!" if element.get("type") == "inverted" else "!fermata!"
    if tag == "strong-accent":
        return "!umarcato!" if element.get("type") == "down" else "!marcato!"
    if tag == "caesura":
        return f"!{_CAESURAS.get(text, 'shortphrase')}!"
    if tag == "fingering" and text in ("0", "1", "2", "3", "4", "5"):
        return f"!{text}!"
    if (
        tag == "tremolo"
        and element.get("type", "single") == "single"
        and text in ("1", "2", "3", "4")
    ):
        return "!trem4!" if text == "4" else f"!{'/' * int(text)}!"
    if tag == "wavy-line" and element.get("type") in ("start", "stop"):
        return "!trill(!" if element.get("type") == "start" else "!trill)!"
    if tag in _FREE and text:
        return f"!{text}!" if text in DECORATIONS else annotation(text)
    return ""


def dynamics(element: Element) -> list[str]:
    found = []
    for child in element:
        name = (child.text or "").strip() if child.tag == "other-dynamics" else child.tag
        if name:
            found.append(f"!{name}!" if name in DECORATIONS else annotation(name, below=True))
    return found


def jump(text: str) -> str:
    """``D.C.`` and its like as a decoration, "" where the words are none."""
    for pattern, name in _JUMPS:
        if pattern.fullmatch(text.strip().rstrip(".")) or pattern.fullmatch(text.strip()):
            return f"!{name}!"
    return ""


# -- tempo --------------------------------------------------------------------


def metronome(element: Element) -> str:
    """``3/8=60`` of a metronome mark, "" where it gives no number."""
    found = re.search(r"\d{1,5}(?:\.\d{1,4})?", text_of(element, "per-minute"))
    beat = _BEATS.get(text_of(element, "beat-unit"))
    if not found or beat is None or not float(found[0]):
        return ""
    dots = len(element.findall("beat-unit-dot"))
    return f"{beat * (2 - Fraction(1, 2 ** min(dots, 4)))}={number(found[0])}"


def sound_tempo(element: Element) -> str:
    """``1/4=60`` of a ``sound`` element's tempo, which counts quarters."""
    value = element.get("tempo", "")
    if not re.fullmatch(r"\d{1,4}(\.\d+)?", value) or not float(value):
        return ""
    return f"1/4={number(value)}"


def number(text: str) -> str:
    return f"{float(text):.3f}".rstrip("0").rstrip(".")


# -- chord names --------------------------------------------------------------


def harmony(element: Element) -> str:
    """A chord symbol as ABC text: root, kind, degrees, bass; "" where there is no root."""
    kind = element.find("kind")
    name = (kind.text or "").strip() if kind is not None else ""
    shown = kind.get("text") if kind is not None else None
    if name == "none":
        return shown or "N.C."
    root = _named(element, "root")
    if not root:
        return text_of(element, "function") or text_of(element, "numeral/numeral-root")
    text = _KINDS.get(name, "") if shown is None else _SIGNS.get(shown, shown)
    for degree in element.findall("degree"):
        if degree.get("print-object") == "no" and shown is not None:
            continue
        part = _degree(degree)
        text += "" if shown is not None and part.lstrip("ad") in shown else part
    bass = _named(element, "bass")
    return root + text.strip() + (f"/{bass}" if bass else "")


def _named(element: Element, part: str) -> str:
    """A root or bass; ``text`` is how it is shown where that is not as usual."""
    found = element.find(f"{part}/{part}-step")
    if found is None:
        return ""
    step = found.get("text", (found.text or "").strip().upper())
    alter = element.find(f"{part}/{part}-alter")
    if alter is None or alter.get("print-object") == "no":
        return step
    return step + _HALF_STEPS.get(text_of_self(alter), "")


def _degree(element: Element) -> str:
    value = text_of(element, "degree-value")
    alter = _HALF_STEPS.get(text_of(element, "degree-alter"), "")
    kind = text_of(element, "degree-type")
    if kind == "subtract":
        return f"no{value}"
    return f"add{value}" if kind == "add" and not alter else alter + value


# -- words --------------------------------------------------------------------


class Words:
    """The syllables of one voice: what a w: line writes under each note, by verse."""

    def __init__(self) -> None:
        self.verses: dict[str, int] = {}
        self.holds: dict[int, str] = {}

    def under(self, note: Element) -> dict[int, str]:
        found: dict[int, str] = {}
        if note.find("lyric") is None and not self.holds:
            return found
        for lyric in note.findall("lyric"):
            self.lyric(lyric, found)
        for verse, hold in self.holds.items():
            found.setdefault(verse, hold)
        return found

    def lyric(self, lyric: Element, found: dict[int, str]) -> None:
        verse = self.verse(lyric.get("number") or lyric.get("name") or "1")
        words = ["" if e.tag == "elision" else e.text or "" for e in lyric if e.tag in _SUNG]
        text = word_text(" ".join(w for w in words if w.strip()))
        extend = lyric.find("extend")
        if not text:
            if extend is not None and extend.get("type") == "stop":
                found[verse] = self.holds.pop(verse, "_")
            return
        hyphen = text_of(lyric, "syllabic") in ("begin", "middle")
        found[verse] = text + ("-" if hyphen else "")
        self.holds.pop(verse, None)
        if hyphen:
            self.holds[verse] = "-"
        elif extend is not None:
            self.holds[verse] = "_"

    def verse(self, name: str) -> int:
        if name not in self.verses:
            used = set(self.verses.values())
            wanted = int(name) if re.fullmatch(r"[1-9]\d?", name) else 1
            while wanted in used:
                wanted += 1
            self.verses[name] = wanted
        return self.verses[name]

    def rest(self) -> None:
        """A rest ends what is held."""
        self.holds = {verse: hold for verse, hold in self.holds.items() if hold != "_"}


_SUNG: Final = ("text", "elision")
