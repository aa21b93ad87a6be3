"""One MusicXML part, measure by measure: notes at their times, marks, changes, bar lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Final
from xml.etree.ElementTree import Element

from chatmusician.abc.imports.draft import Clef
from chatmusician.abc.imports.keys import explicit_key, key_name
from chatmusician.abc.imports.musicxml_marks import (
    Words,
    annotation,
    dynamics,
    harmony,
    jump,
    metronome,
    note_marks,
    quoted,
    sound_tempo,
    text_of,
)
from chatmusician.abc.imports.musicxml_slurs import Slurs
from chatmusician.abc.pieces import GraceNotes, Head, Piece
from chatmusician.abc.spelling import respelled
from chatmusician.abc.tables import STEP_LETTERS
from chatmusician.errors import InputError, LimitError

MAX_DIVISIONS: Final = 1_000_000
MAX_QUARTERS: Final = 256
_FINEST: Final = 3840

_TYPES: Final = {
    "1024th": Fraction(1, 256),
    "512th": Fraction(1, 128),
    "256th": Fraction(1, 64),
    "128th": Fraction(1, 32),
    "64th": Fraction(1, 16),
    "32nd": Fraction(1, 8),
    "16th": Fraction(1, 4),
    "eighth": Fraction(1, 2),
    "quarter": Fraction(1),
    "half": Fraction(2),
    "whole": Fraction(4),
    "breve": Fraction(8),
    "long": Fraction(16),
    "maxima": Fraction(32),
}
_CLEFS: Final = {
    ("G", "2"): "treble",
    ("G", "1"): "treble1",
    ("F", "4"): "bass",
    ("F", "3"): "bass3",
    ("C", "1"): "soprano",
    ("C", "2"): "mezzosoprano",
    ("C", "3"): "alto",
    ("C", "4"): "tenor",
    ("C", "5"): "baritone",
}
_STYLES: Final = {
    "regular": "|",
    "light-light": "||",
    "light-heavy": "|]",
    "heavy-light": "[|",
    "heavy-heavy": "|]",
    "heavy": "|]",
    "dotted": ".|",
    "dashed": ".|",
    "none": "[|]",
}

# A staff and a voice on it.
Stream = tuple[int, str]
# A length in quarters and the tuplet it stands in.
Length = tuple[Fraction, tuple[int, int] | None]
# Where in its measure, on which staff (0: all), and what.
Change = tuple[Fraction, int, str]


@dataclass
class MeasureDraft:
    """One measure of one part; times from its beginning. ``right`` are the signs at its end."""

    length: Fraction = Fraction(0)
    nominal: Fraction = Fraction(0)
    streams: dict[Stream, list[Piece]] = field(default_factory=dict)
    keys: list[Change] = field(default_factory=list)
    meters: list[Change] = field(default_factory=list)
    symbols: list[Change] = field(default_factory=list)
    inline: list[Change] = field(default_factory=list)
    clefs: list[tuple[Fraction, int, Clef]] = field(default_factory=list)
    transposes: list[tuple[Fraction, int, int]] = field(default_factory=list)
    signs: list[tuple[Fraction, str]] = field(default_factory=list)
    right: list[str] = field(default_factory=list)


@dataclass
class _Mark:
    offset: Fraction
    staff: int
    text: str
    ends: bool = False


class PartReader:
    """Reads the measures of one part into ``measures``."""

    def __init__(self, id: str, name: str, short: str) -> None:
        self.id, self.name, self.short = id, name, short
        self.measures: list[MeasureDraft] = []
        self.staves = 1
        self.divisions = 1
        self.lengths: dict[tuple[Fraction, str, int, tuple[int, int] | None], Length] = {}
        self.full = Fraction(4)
        self.slurs = Slurs()
        self.words: dict[Stream, Words] = {}
        self.graces: dict[Stream, GraceNotes] = {}
        self.wedges: dict[str, str] = {}
        self.marks: list[_Mark] = []
        self.place = ""
        self.start_measure()

    def start_measure(self) -> None:
        self.measure = MeasureDraft(nominal=self.full)
        self.raw = Fraction(0)
        self.now = Fraction(0)
        self.known: dict[Fraction, Fraction] = {self.raw: self.now}
        self.last: tuple[Stream, Piece] | None = None

    def read(self, measure: Element) -> None:
        """Append one measure."""
        self.place = f"part {self.id}, measure {measure.get('number') or len(self.measures) + 1}"
        self.start_measure()
        for element in measure:
            match element.tag:
                case "note":
                    self.note(element)
                case "backup":
                    self.move(-self.duration(element))
                case "forward":
                    self.move(self.duration(element))
                case "attributes":
                    self.attributes(element)
                case "direction":
                    self.direction(element)
                case "harmony":
                    self.harmony(element)
                case "barline":
                    self.barline(element)
                case "sound":
                    self.tempo(sound_tempo(element), "", self.now)
        self.end_measure()

    def end_measure(self) -> None:
        self.attach_marks()
        for stream, graces in list(self.graces.items()):
            if pieces := self.measure.streams.get(stream):
                pieces[-1].tails.append(graces)
                del self.graces[stream]
        self.measures.append(self.measure)

    # -- time -----------------------------------------------------------------

    def error(self, what: str) -> InputError:
        return InputError(f"{self.place}: {what}")

    def number(self, text: str, what: str) -> Fraction:
        value = _number(text)
        if value is None:
            raise self.error(f"{what} {text[:20]!r} is no number")
        return value

    def integer(self, text: str, what: str, most: int) -> int:
        if len(text) == 1 and text.isdecimal() and text.isascii() and int(text) <= most:
            return int(text)
        value = self.number(text, what)
        if value.denominator != 1 or abs(value) > most:
            raise self.error(f"{what} {text} makes no sense")
        return int(value)

    def duration(self, element: Element) -> Fraction:
        value = self.number(text_of(element, "duration") or "0", "duration")
        if value < 0:
            raise self.error(f"duration {value} is below zero")
        if value > MAX_QUARTERS * self.divisions:
            raise LimitError(f"{self.place}: a duration of more than {MAX_QUARTERS} quarter notes")
        return value

    def move(self, raw: Fraction) -> None:
        self.raw = max(Fraction(0), self.raw + raw)
        self.now = self.position()
        self.reach(min(self.now, self.measure.nominal))

    def reach(self, time: Fraction) -> None:
        """Notes make a measure as long as they are, empty room only as long as its meter."""
        self.measure.length = max(self.measure.length, time)
        if max(self.measure.length, self.now) > 4 * MAX_QUARTERS:
            raise LimitError(f"{self.place}: more than {4 * MAX_QUARTERS} quarter notes long")

    def position(self) -> Fraction:
        """The exact time of the cursor: where notes begin or end there (or a rounded unit
        beside it), theirs."""
        for near in (self.raw, self.raw - 1, self.raw + 1):
            found = self.known.get(near)
            if found is not None and (near == self.raw or found != near / self.divisions):
                return found
        return self.rounded(self.raw / self.divisions)

    def rounded(self, time: Fraction) -> Fraction:
        return time if time.denominator <= _FINEST else time.limit_denominator(_FINEST // 4)

    def exact(self, note: Element, raw: Fraction) -> Length:
        """A note's length and tuplet."""
        kind = (note.findtext("type") or "").strip()
        dots = min(len(note.findall("dot")), 8)
        change = note.find("time-modification")
        ratio = None
        if change is not None:
            p = self.integer(text_of(change, "actual-notes") or "1", "actual-notes", 10_000)
            q = self.integer(text_of(change, "normal-notes") or "1", "normal-notes", 10_000)
            ratio = (p, q) if p > 0 and q > 0 and p != q else None
        key = (raw, kind, dots, ratio)
        if key not in self.lengths:
            self.lengths[key] = self.work_out(raw, kind, dots, ratio)
        return self.lengths[key]

    def work_out(
        self, raw: Fraction, kind: str, dots: int, ratio: tuple[int, int] | None
    ) -> Length:
        """Where divisions cannot hold a tuplet's notes, their durations are rounded: then
        the written type gives the length."""
        length = self.rounded(raw / self.divisions)
        plain = _TYPES.get(kind)
        if plain is None:
            return length, None
        plain *= 2 - Fraction(1, 2**dots)
        written = plain * Fraction(ratio[1], ratio[0]) if ratio else plain
        units = written * self.divisions
        if written == length or (units.denominator != 1 and abs(units - raw) < 1):
            return written, ratio
        return length, None

    # -- notes ----------------------------------------------------------------

    def note(self, note: Element) -> None:
        staff = self.integer(text_of(note, "staff") or "1", "staff", 100)
        stream = (staff, text_of(note, "voice") or "1")
        if note.find("grace") is not None:
            self.grace(note, stream)
        elif note.find("chord") is not None and self.last is not None:
            self.chord_note(note, stream)
        else:
            self.new_note(note, stream)

    def new_note(self, note: Element, stream: Stream) -> None:
        raw = self.duration(note)
        length, ratio = self.exact(note, raw)
        if length <= 0:
            return
        piece = Piece(self.now, length, self.heads(note), ratio=ratio)
        rest = note.find("rest")
        if not piece.heads:
            piece.hidden = note.get("print-object") == "no"
            piece.whole_bar = rest is not None and rest.get("measure") == "yes"
        self.dress(note, stream, piece)
        self.measure.streams.setdefault(stream, []).append(piece)
        self.last = (stream, piece)
        self.raw += raw
        self.now += length
        self.known.setdefault(self.raw, self.now)
        self.reach(self.now)

    def dress(self, note: Element, stream: Stream, piece: Piece) -> None:
        """What stands at a note: graces, words, marks, beam, tuplet, slurs."""
        if graces := self.graces.pop(stream, None):
            piece.graces.append(graces)
        words = self.words.get(stream)
        if words is None:
            words = self.words[stream] = Words()
        if piece.heads:
            piece.syllables = words.under(note)
        else:
            words.rest()
        beam = note.findtext("beam")
        if beam is not None:
            piece.joined = beam.strip() in ("continue", "end")
        if note.find("notations") is not None:
            piece.marks += note_marks(note)
            piece.first = any(t.get("type") == "start" for t in note.iterfind("notations/tuplet"))
            self.slurs.note(note, stream, piece)

    def chord_note(self, note: Element, stream: Stream) -> None:
        """A further note of a chord; on another staff it is a chord of its own there."""
        assert self.last is not None
        own, first = self.last
        heads = self.heads(note)
        length, ratio = self.exact(note, self.duration(note))
        if length <= 0 or not heads:
            return
        pieces = self.measure.streams.setdefault((stream[0], own[1]), [])
        piece = pieces[-1] if pieces and pieces[-1].onset == first.onset else None
        if piece is None or not piece.heads:
            piece = Piece(first.onset, length, heads, ratio=ratio)
            pieces.append(piece)
        else:
            for each in heads:
                each.length = length if length != piece.length else None
            piece.heads += heads
        if note.find("notations") is not None:
            new = [m for m in note_marks(note) if m not in piece.marks]
            piece.marks += [m for m in new if m != "!arpeggio!" or piece.onset == first.onset]
            self.slurs.note(note, (stream[0], own[1]), piece)

    def grace(self, note: Element, stream: Stream) -> None:
        heads = self.heads(note)
        if not heads:
            return
        for each in heads:
            each.tied = False
        graces = self.graces.get(stream)
        if graces is None:
            slash = note.find("grace")
            graces = GraceNotes([], slash is not None and slash.get("slash") == "yes")
            self.graces[stream] = graces
        if note.find("chord") is not None and graces.chords:
            graces.chords[-1][0].extend(heads)
        else:
            graces.chords.append((heads, Fraction(1)))
        self.slurs.grace(note, stream)

    def heads(self, note: Element) -> list[Head]:
        ties = [*note.findall("tie"), *note.findall("notations/tied")]
        tied = any(t.get("type") == "start" for t in ties)
        pitch = note.find("pitch")
        if pitch is not None:
            letter = text_of(pitch, "step").upper()
            alter = round(self.number(text_of(pitch, "alter") or "0", "alter"))
            octave = text_of(pitch, "octave")
        elif (pitch := note.find("unpitched")) is not None:
            letter, alter = text_of(pitch, "display-step").upper() or "B", 0
            octave = text_of(pitch, "display-octave") or "4"
        else:
            return []
        if len(letter) != 1 or letter not in STEP_LETTERS:
            raise self.error(f"a pitch on step {letter[:10]!r}")
        if abs(alter) > 4:
            raise self.error(f"a pitch altered by {alter}")
        height = self.integer(octave, "octave", 12) - 4
        return [Head(*respelled(STEP_LETTERS.index(letter), alter, height), tied=tied)]

    # -- attributes -----------------------------------------------------------

    def attributes(self, element: Element) -> None:
        for child in element:
            staff = self.integer(child.get("number", "0"), "staff", 100)
            match child.tag:
                case "divisions":
                    self.set_divisions(child)
                case "key":
                    self.measure.keys.append((self.now, staff, self.key(child)))
                case "time":
                    self.time(child, staff)
                case "staves":
                    self.staves = self.integer((child.text or "").strip() or "1", "staves", 32)
                case "clef":
                    self.measure.clefs.append((self.now, staff or 1, self.clef(child)))
                case "transpose":
                    shift = self.number(text_of(child, "chromatic") or "0", "chromatic")
                    octaves = self.integer(text_of(child, "octave-change") or "0", "octave", 9)
                    semitones = max(-120, min(120, round(shift) + 12 * octaves))
                    self.measure.transposes.append((self.now, staff, semitones))

    def set_divisions(self, element: Element) -> None:
        value = self.number((element.text or "").strip(), "divisions")
        if value <= 0 or value.denominator != 1:
            raise self.error(f"divisions {value} make no sense")
        if value > MAX_DIVISIONS:
            raise LimitError(f"{self.place}: divisions of {value}; at most {MAX_DIVISIONS}")
        self.divisions = int(value)
        self.lengths.clear()
        self.raw = self.now * self.divisions
        self.known = {Fraction(0): Fraction(0), self.raw: self.now}

    def key(self, element: Element) -> str:
        steps = [(e.text or "").strip().upper() for e in element.findall("key-step")]
        if steps:
            alters = [text_of_self(e) for e in element.findall("key-alter")]
            values = [round(self.number(a or "0", "key-alter")) for a in alters]
            return explicit_key(list(zip(steps, values, strict=False)))
        fifths = self.integer(text_of(element, "fifths") or "0", "fifths", 14)
        return key_name(fifths, text_of(element, "mode").lower())

    def time(self, element: Element, staff: int) -> None:
        beats = [text_of_self(e).replace(" ", "") for e in element.findall("beats")]
        types = [text_of_self(e) for e in element.findall("beat-type")]
        text = _meter(beats, types, element.get("symbol", ""))
        self.measure.meters.append((self.now, staff, text))
        whole = sum(
            (
                Fraction(sum(int(n) for n in b.split("+")), int(t))
                for b, t in zip(beats, types, strict=False)
                if text != "none"
            ),
            Fraction(0),
        )
        self.full = whole * 4 or self.full
        if not self.now:
            self.measure.nominal = self.full

    def clef(self, element: Element) -> Clef:
        sign, line = text_of(element, "sign"), text_of(element, "line")
        octave = self.integer(text_of(element, "clef-octave-change") or "0", "octave", 9)
        if sign == "percussion":
            return Clef(self.now, "perc")
        default = {"G": "2", "F": "4", "C": "3"}.get(sign, "")
        name = _CLEFS.get((sign, line or default), "none" if sign == "none" else "treble")
        return Clef(self.now, name, max(-2, min(2, octave)) if name != "none" else 0)

    # -- directions -----------------------------------------------------------

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
            if child.tag == "words":
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

    # -- bar lines ------------------------------------------------------------

    def barline(self, element: Element) -> None:
        location = element.get("location", "right")
        offset = Fraction(0) if location == "left" else self.now
        out: list[str] = []
        ending, repeat = element.find("ending"), element.find("repeat")
        if repeat is not None:
            times = self.integer(repeat.get("times", "2"), "times", 20)
            colons = ":" * max(1, times - 1)
            out.append(f"|{colons}" if repeat.get("direction") == "forward" else f"{colons}|")
        elif style := _STYLES.get(text_of(element, "bar-style"), ""):
            out.append("" if location == "left" and style == "|" else style)
        if ending is not None:
            self.ending(ending, offset, out)
        if location == "right":
            self.measure.right += [sign for sign in out if sign]
        else:
            self.measure.signs += [(offset, sign) for sign in out if sign]

    def ending(self, element: Element, offset: Fraction, out: list[str]) -> None:
        numbers = _numbers(element.get("number", "")) or _numbers(element.text or "")
        if element.get("type") == "start" and numbers:
            self.measure.signs.append((offset, "|" + ",".join(map(str, numbers))))
        elif element.get("type") in ("stop", "discontinue"):
            out.append("end")


@lru_cache(maxsize=4096)
def _number(text: str) -> Fraction | None:
    return Fraction(text) if re.fullmatch(r"-?\d{1,12}(\.\d{1,9})?", text) else None


def text_of_self(element: Element) -> str:
    return " ".join((element.text or "").split())


def voice_order(name: str) -> tuple[int, str]:
    return (int(name), "") if re.fullmatch(r"\d{1,6}", name) else (10**6, name)


def _numbers(text: str) -> list[int]:
    """``1, 2`` or ``1-3`` as numbers."""
    found: list[int] = []
    for first, last in re.findall(r"(\d{1,2})(?:\s*-\s*(\d{1,2}))?", text):
        found += range(int(first), min(int(last or first), int(first) + 20) + 1)
    return [n for n in dict.fromkeys(found) if n]


def _meter(beats: list[str], types: list[str], symbol: str) -> str:
    pairs = list(zip(beats, types, strict=False))
    usual = all(re.fullmatch(r"\d{1,3}(\+\d{1,3})*", b) for b in beats)
    if (
        not pairs
        or not usual
        or any(t not in ("1", "2", "4", "8", "16", "32", "64") for t in types)
    ):
        return "none"
    if symbol == "common" and pairs == [("4", "4")]:
        return "C"
    if symbol == "cut" and pairs == [("2", "2")]:
        return "C|"
    finest = max(int(t) for t in types)
    counts = [str(int(n) * finest // int(t)) for b, t in pairs for n in b.split("+")]
    if all(c == "0" for c in counts):
        return "none"
    return f"({'+'.join(counts)})/{finest}" if len(counts) > 1 else f"{counts[0]}/{finest}"
