"""<note> elements, in the order of children that the schema prescribes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from chatmusician.abc.musicxml.layout import GraceGroup, Head, Lyric, Sounding
from chatmusician.abc.musicxml.layout_values import Piece, grace_value
from chatmusician.abc.musicxml.write_signs import CONTAINERS, NOTE_MARKS, NOTEHEADS
from chatmusician.abc.musicxml.write_text import escape
from chatmusician.music.pitch import STEP_LETTERS

_ACCIDENTALS: Final = {
    -2: "flat-flat",
    -1: "flat",
    0: "natural",
    1: "sharp",
    2: "double-sharp",
}
_MOST_SLURS: Final = 16


class Slurs:
    """Slur numbers: the lowest that is free, as long as the slur is open."""

    def __init__(self) -> None:
        self.numbers: dict[int, int] = {}

    def start(self, slur: int) -> str:
        used = set(self.numbers.values())
        number = next((n for n in range(1, _MOST_SLURS + 1) if n not in used), 0)
        if not number:
            return ""
        self.numbers[slur] = number
        return f'<slur type="start" number="{number}"/>'

    def stop(self, slur: int) -> str:
        number = self.numbers.pop(slur, 0)
        return f'<slur type="stop" number="{number}"/>' if number else ""


class NoteWriter:
    """Writes the notes of one part."""

    def __init__(
        self, out: list[str], new_id: Callable[[int], str], division: int, resolution: int
    ) -> None:
        self.out = out
        self.new_id = new_id
        self.division = division
        self.resolution = resolution
        self.slurs = Slurs()
        self.pipes = False

    def piece(self, piece: Piece, voice: int) -> None:
        """All notes of one written chord, note or rest."""
        sounding = piece.sounding
        if piece.first:
            self.graces(sounding.graces, voice)
        heads: list[Head | None] = [*sounding.heads] or [None]
        for at, head in enumerate(heads):
            self.note(piece, head, voice, at)

    def note(self, piece: Piece, head: Head | None, voice: int, at: int) -> None:
        sounding, value = piece.sounding, piece.value
        names = sounding.decorations
        hidden = not sounding.visible or "invisible" in names
        ties = self.ties(piece, head) if head else []
        parts = [
            f'<note id="{self.new_id(sounding.index)}"' + ' print-object="no"' * hidden + ">",
            "<chord/>" if at else "",
            pitch(head) if head else '<rest measure="yes"/>' if sounding.whole_bar else "<rest/>",
            f"<duration>{piece.ticks // self.division}</duration>",
            *(f'<tie type="{tie}"/>' for tie in ties),
            f"<voice>{voice}</voice>",
        ]
        if not sounding.whole_bar:
            parts.append(f"<type>{value.type}</type>" if value.type else "")
            parts.append("<dot/>" * value.dots)
        if head and head.shown and piece.first:
            parts.append(accidental(head, names))
        parts.append(_ratio(piece))
        if head:
            parts.append("<stem>none</stem>" if "stemless" in names else "")
            parts += [f"<notehead>{NOTEHEADS[n]}</notehead>" for n in names if n in NOTEHEADS][:1]
        if not at:
            parts += [f'<beam number="{n}">{b}</beam>' for n, b in enumerate(piece.beams, 1)]
        parts.append(self.notations(piece, ties, at))
        if not at and piece.first:
            parts += [lyric(one) for one in sounding.lyrics]
        parts.append("</note>")
        self.out.append("".join(parts))

    def ties(self, piece: Piece, head: Head) -> list[str]:
        found = ["stop"] if head.ties_back or not piece.first else []
        return [*found, "start"] if head.ties_on or not piece.last else found

    def notations(self, piece: Piece, ties: list[str], at: int) -> str:
        sounding = piece.sounding
        found = [f'<tied type="{tie}"/>' for tie in ties]
        if not at:
            if piece.last:
                found += [self.slurs.stop(slur) for slur in sounding.slurs_off]
            if piece.first:
                found += [self.slurs.start(slur) for slur in sounding.slurs_on]
                if sounding.tuplet_on:
                    bracket = "no" if piece.beams else "yes"
                    found.append(f'<tuplet type="start" number="1" bracket="{bracket}"/>')
            if piece.last and sounding.tuplet_off:
                found.append('<tuplet type="stop" number="1"/>')
            if piece.first:
                found.append(marks(sounding))
        elif piece.first and "arpeggio" in sounding.decorations:
            found.append("<arpeggiate/>")
        inner = "".join(found)
        return f"<notations>{inner}</notations>" if inner else ""

    def graces(self, groups: list[GraceGroup], voice: int) -> None:
        for group in groups:
            self.grace_group(group, voice)

    def grace_group(self, group: GraceGroup, voice: int) -> None:
        count = len(group.heads)
        values = [
            grace_value(head.plain, count, self.resolution, self.pipes) for head in group.heads
        ]
        levels = min(value.flags for value in values) if count > 1 else 0
        for at, (head, value) in enumerate(zip(group.heads, values, strict=True)):
            place = "begin" if not at else "end" if at == count - 1 else "continue"
            slash = ' slash="yes"' if group.slash and not at else ""
            slurs = [self.slurs.start(slur) for slur in group.slurs_on] if not at else []
            inner = "".join(slurs)
            parts = [
                f'<note id="{self.new_id(group.index)}"><grace{slash}/>',
                pitch(head),
                f"<voice>{voice}</voice><type>{value.type}</type>",
                "<dot/>" * value.dots,
                accidental(head, []) if head.shown else "",
                *(f'<beam number="{n}">{place}</beam>' for n in range(1, levels + 1)),
                f"<notations>{inner}</notations>" if inner else "",
                "</note>",
            ]
            self.out.append("".join(parts))


def pitch(head: Head) -> str:
    alter = f"<alter>{head.alter}</alter>" if head.alter else ""
    octave = min(9, max(0, head.octave + 4))
    step = STEP_LETTERS[head.step]
    return f"<pitch><step>{step}</step>{alter}<octave>{octave}</octave></pitch>"


def accidental(head: Head, names: list[str]) -> str:
    kind = _ACCIDENTALS.get(head.alter)
    if kind is None:
        return ""
    if "courtesy" in names:
        return f'<accidental cautionary="yes" parentheses="yes">{kind}</accidental>'
    if "editorial" in names:
        return f'<accidental editorial="yes">{kind}</accidental>'
    return f"<accidental>{kind}</accidental>"


def marks(sounding: Sounding) -> str:
    """The decorations of a note, those of one kind in one element."""
    rows = [NOTE_MARKS[name] for name in dict.fromkeys(sounding.decorations) if name in NOTE_MARKS]
    found: list[str] = []
    for container in CONTAINERS:
        inner = "".join(content for kind, content in rows if kind == container)
        if inner:
            found.append(f"<{container}>{inner}</{container}>" if container else inner)
    return "".join(found)


def lyric(one: Lyric) -> str:
    extend = f'<extend type="{one.extend}"/>' if one.extend else ""
    if not one.text:
        return f'<lyric number="{one.verse}">{extend}</lyric>'
    return (
        f'<lyric number="{one.verse}"><syllabic>{one.syllabic}</syllabic>'
        f"<text>{escape(one.text)}</text>{extend}</lyric>"
    )


def _ratio(piece: Piece) -> str:
    actual, normal = piece.ratio
    if actual == normal == 1:
        return ""
    return (
        f"<time-modification><actual-notes>{actual}</actual-notes>"
        f"<normal-notes>{normal}</normal-notes></time-modification>"
    )
