"""Directions of MusicXML: words, tempo, dynamics, hairpins, labels; and chord symbols."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Final
from xml.etree.ElementTree import Element

from chatmusician.abc.imports.musicxml_attributes import Attributes
from chatmusician.abc.imports.musicxml_marks import (
    annotation,
    dynamics,
    harmony,
    jump,
    metronome,
    quoted,
    sound_tempo,
    text_of,
    text_of_self,
    voice_order,
)
from chatmusician.abc.pieces import Piece

# The id of words that were a chord symbol in the tune our own MusicXML was written from.
_CHORD_ID: Final = "chord-e"


@dataclass
class _Mark:
    offset: Fraction
    staff: int
    text: str
    ends: bool = False


class Directions(Attributes):
    """What stands between notes and belongs to one of them."""

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self.wedges: dict[str, str] = {}
        self.marks: list[_Mark] = []

    def offset(self, element: Element) -> Fraction:
        """Where a direction or chord symbol belongs: the cursor and its own offset."""
        shift = self.number(text_of(element, "offset") or "0", "offset")
        if not shift:
            return self.now
        return max(Fraction(0), self.rounded(self.now + shift / self.divisions))

    def harmony(self, element: Element) -> None:
        text = harmony(element)
        if text and element.get("print-object") != "no":
            staff = self.integer(text_of(element, "staff") or "1", "staff", 100)
            self.measure.symbols.append((self.offset(element), staff, quoted(text)))

    def direction(self, element: Element) -> None:
        offset = self.offset(element)
        staff = self.integer(text_of(element, "staff") or "1", "staff", 100)
        below = element.get("placement") == "below"
        words: list[str] = []
        speed = ""
        for child in (c for kind in element.findall("direction-type") for c in kind):
            if child.tag == "words" and child.get("id", "").startswith(_CHORD_ID):
                self.measure.symbols.append((offset, staff, quoted(text_of_self(child))))
            elif child.tag == "words":
                words.append(text_of_self(child))
            elif child.tag == "metronome":
                speed = metronome(child) or speed
            elif child.tag == "rehearsal" and text_of_self(child):
                label = re.sub(r"[][%]", "", text_of_self(child))
                self.measure.signs.append((offset, f"P:{label}"))
            elif mark := self.direction_mark(child):
                ends = mark.endswith(")!")
                self.marks.append(_Mark(offset, staff, mark, ends))
        sound = element.find("sound")
        if sound is not None:
            speed = speed or sound_tempo(sound)
        text = " ".join(w for w in words if w)
        if speed:
            self.tempo(speed, text, offset)
        elif text:
            self.marks.append(_Mark(offset, staff, jump(text) or annotation(text, below)))

    def direction_mark(self, element: Element) -> str:
        kind = element.get("type", "")
        match element.tag:
            case "dynamics":
                return "".join(dynamics(element))
            case "wedge" if kind in ("crescendo", "diminuendo"):
                self.wedges[element.get("number", "1")] = kind
                return f"!{kind}(!"
            case "wedge" if kind == "stop":
                opened = self.wedges.pop(element.get("number", "1"), "")
                return f"!{opened})!" if opened else ""
            case "segno" | "coda":
                return f"!{element.tag}!"
            case "pedal" if kind in ("start", "stop"):
                return "!ped!" if kind == "start" else "!ped-up!"
        return ""

    def tempo(self, speed: str, text: str, offset: Fraction) -> None:
        if speed:
            label = f'"{quoted(re.sub("[][]", "", text))}" ' if text else ""
            self.measure.inline.append((offset, 1, f"[Q:{label}{speed}]"))

    def attach_marks(self) -> None:
        """Each mark to the note it stands at: the next one, or the last for what ends."""
        waiting, self.marks = self.marks, []
        for mark in waiting:
            pieces = self.leading(mark.staff)
            at = next((i for i, p in enumerate(pieces) if p.onset >= mark.offset), len(pieces))
            if mark.ends and at:
                pieces[at - 1].marks.append(mark.text)
            elif at < len(pieces):
                pieces[at].marks.append(mark.text)
            elif pieces:
                pieces[-1].marks.append(mark.text)
            else:
                mark.offset = Fraction(0)
                self.marks.append(mark)

    def leading(self, staff: int) -> list[Piece]:
        """The pieces of the first voice on a staff."""
        streams = self.measure.streams
        own = sorted((s for s in streams if s[0] == staff), key=lambda s: voice_order(s[1]))
        return streams[own[0]] if own else []
