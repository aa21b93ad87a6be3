"""One MusicXML part, measure by measure: notes, chords, grace notes at their times."""

from __future__ import annotations

from fractions import Fraction
from xml.etree.ElementTree import Element

from chatmusician.abc.imports.musicxml_cursor import MeasureDraft, Stream
from chatmusician.abc.imports.musicxml_directions import Directions
from chatmusician.abc.imports.musicxml_marks import Words, note_marks, sound_tempo, text_of
from chatmusician.abc.imports.musicxml_slurs import Slurs
from chatmusician.abc.pieces import GraceNotes, Head, Piece
from chatmusician.music.pitch import STEP_LETTERS
from chatmusician.music.spelling import respelled


class PartReader(Directions):
    """Reads the measures of one part into ``measures``."""

    def __init__(self, id: str, name: str, short: str) -> None:
        super().__init__(id)
        self.name, self.short = name, short
        self.measures: list[MeasureDraft] = []
        self.slurs = Slurs()
        self.words: dict[Stream, Words] = {}
        self.graces: dict[Stream, GraceNotes] = {}
        self.last: tuple[Stream, Piece] | None = None

    def read(self, measure: Element) -> None:
        """Append one measure."""
        self.place = f"part {self.id}, measure {measure.get('number') or len(self.measures) + 1}"
        self.start_measure()
        self.last = None
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
