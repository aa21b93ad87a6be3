"""What fields change in the timeline: key, meter, unit, voices, parts, words."""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import Final

from mypy_extensions import i64

from chatmusician.abc.fields import (
    Properties,
    default_unit,
    parse_key,
    parse_tempo,
    parse_unit,
    parse_voice,
)
from chatmusician.abc.parts import part_labels, parts_field
from chatmusician.abc.timing import NO_PROPERTIES, Mark, Measure, Timeline, VoiceLine
from chatmusician.abc.tune import NO_ACCIDENTAL, Directive, Element, Field, Note, Tune
from chatmusician.music.meter import parse_meter

FINEST: Final = 1 << 36
_MOST_VOICES: Final = 256

SCOPE_PITCH: Final[i64] = 0
SCOPE_OCTAVE: Final[i64] = 1
SCOPE_NOT: Final[i64] = 2
_SCOPES: Final[dict[str, i64]] = {"pitch": 0, "octave": 1, "not": 2}


class FieldBuilder:
    """Follows the fields of a tune; ``Builder`` adds the music."""

    def __init__(self, tune: Tune, resolution: int) -> None:
        self.tune: Tune = tune
        self.line: Timeline = Timeline(tune, resolution)
        self.whole: i64 = resolution
        self.need: int = 1
        self.voices: dict[str, VoiceLine] = {}
        self.base: VoiceLine = VoiceLine("")
        self.voice: VoiceLine = self.base
        self.in_body: bool = False
        self.scope: i64 = SCOPE_PITCH
        self.unit_stated: bool = False
        self.has_words: bool = tune.has_words
        self.index: i64 = 0
        self.tracing: bool = False
        self.tempo_field: Field | None = None
        self.parts_fields: list[Field] = []

    def problem(self, code: str, start: i64, end: i64, detail: str = "") -> None:
        self.line.problems.append((code, int(start), int(end), detail))

    def exact(self, num: i64, den: i64) -> i64:
        """``num/den``, noting the finer resolution it would need to be whole.

        Only the first need is noted: what follows may be made of rounded numbers.
        """
        if num % den != 0 and self.need == 1:
            self.need = int(den) // gcd(int(num), int(den))
        return num // den

    # -- header and fields ----------------------------------------------------

    def build(self) -> None:
        tune = self.tune
        for part in (tune.inherited, tune.header):
            for element in part:
                if isinstance(element, Field):
                    self.field(element)
                elif isinstance(element, Directive):
                    self.directive(element)
            if part is tune.inherited:
                self.line.problems.clear()  # their places are the file header's
        self.end_header()
        self.in_body = True
        self.elements(tune.elements)
        for voice in self.line.voices:
            self.end_voice(voice)

    def end_header(self) -> None:
        line = self.line
        if self.parts_fields:
            self.order()
        if not self.unit_stated:
            line.unit = default_unit(line.meter)
        num, den = line.unit
        self.base.unit = self.exact(self.whole * num, den)
        if self.tempo_field is not None:
            line.tempo = parse_tempo(self.tempo_field.value, Fraction(num, den))
        for voice in self.line.voices:
            voice.begin_like(self.base)
            self.place(voice)

    def field(self, field: Field) -> None:
        letter = field.letter
        if letter == "K":
            self.key(field)
        elif letter == "M":
            self.meter(field)
        elif letter == "L":
            self.unit(field)
        elif letter == "V":
            self.switch_voice(field)
        elif letter == "Q":
            self.tempo(field)
        elif letter == "P":
            self.part(field)
        elif letter == "w":
            self.words(field)

    def key(self, field: Field) -> None:
        key = parse_key(field.value)
        if not key.valid and not key.tonic:
            return
        for voice in self.affected():
            if key.stated:
                voice.signature = key.accidentals
                voice.settle_pitches()
                voice.clear_accidentals()
                voice.keys.append((int(voice.time), key))
            self.properties(voice, key.properties)
        if not self.in_body and key.stated:
            self.line.key = key

    def affected(self) -> list[VoiceLine]:
        """The voices a field speaks of: all before any music is assigned, else the current."""
        if not self.in_body:
            return [self.base]
        voice = self.current()
        if self.base.has_music or self.voice is not self.base:
            return [voice]
        return [self.base, *self.line.voices]

    def properties(self, voice: VoiceLine, new: Properties) -> None:
        """Lay what K: or V: says over what was said before."""
        if new == NO_PROPERTIES:
            return
        old = voice.properties
        clef_octave = old.clef_octave if new.clef is None else new.clef_octave
        merged = Properties(
            old.clef if new.clef is None else new.clef,
            old.octave if new.octave is None else new.octave,
            old.transpose if new.transpose is None else new.transpose,
            clef_octave,
            old.other + new.other,
        )
        voice.properties = merged
        self.place(voice)

    def place(self, voice: VoiceLine) -> None:
        """Work out by how many semitones a voice sounds above what is written."""
        own, common = voice.properties, self.base.properties
        if own is NO_PROPERTIES and common is NO_PROPERTIES:
            voice.shift = 0
        else:
            octave = own.octave if own.octave is not None else common.octave or 0
            transpose = own.transpose if own.transpose is not None else common.transpose or 0
            clef = own.clef_octave if own.clef is not None else common.clef_octave
            voice.shift = 12 * (octave + clef) + transpose
        voice.settle_pitches()

    def pitch(self, voice: VoiceLine, note: Note) -> i64:
        """The sounding pitch of a note, accidentals of bar and key included."""
        if voice.altered or note.accidental != NO_ACCIDENTAL:
            return self.altered_pitch(voice, note)
        return 12 * note.octave + voice.pitches[note.step]

    def altered_pitch(self, voice: VoiceLine, note: Note) -> i64:
        step: i64 = note.step
        alter: i64 = note.accidental
        if alter != NO_ACCIDENTAL:
            if not voice.altered:
                voice.altered = True
                voice.bar_steps = [int(NO_ACCIDENTAL)] * 7
            if self.scope == SCOPE_PITCH:
                voice.bar_steps[step] = int(alter)
            elif self.scope == SCOPE_OCTAVE:
                voice.bar_octaves[int(step + 7 * note.octave)] = int(alter)
        else:
            if voice.altered:
                if self.scope == SCOPE_PITCH:
                    alter = voice.bar_steps[step]
                elif self.scope == SCOPE_OCTAVE:
                    alter = voice.bar_octaves.get(int(step + 7 * note.octave), int(NO_ACCIDENTAL))
            if alter == NO_ACCIDENTAL:
                return 12 * note.octave + voice.pitches[step]
        return 12 * note.octave + voice.pitches[step] - voice.signature[step] + alter

    def meter(self, field: Field) -> None:
        meter = parse_meter(field.value)
        if not meter.valid:
            return
        want = self.exact(self.whole * meter.num, meter.den)
        for voice in self.affected():
            voice.want = want
            voice.compound = meter.compound
            voice.meters.append((int(voice.time), meter))
            opened = voice.open
            if opened is not None and voice.time == voice.bar_start:
                opened.want = want
        if not self.in_body:
            self.line.meter = meter

    def unit(self, field: Field) -> None:
        unit = parse_unit(field.value)
        if unit is None:
            return
        num, den = unit
        if num > 16 or den > 1024:
            self.problem("absurd-unit", field.start, field.end, field.value[:20])
            return
        if not self.in_body:
            self.line.unit = unit
            self.unit_stated = True
            return
        for voice in self.affected():
            voice.unit = self.exact(self.whole * num, den)

    def switch_voice(self, field: Field) -> None:
        parsed = parse_voice(field.value)
        name = parsed.id
        if not name or name == "*":
            return
        voice = self.voices.get(name)
        if voice is None:
            if len(self.voices) >= _MOST_VOICES:
                self.problem("too-deep", field.start, field.end, "voices")
                return
            voice = VoiceLine(name, self.base if self.in_body else None)
            self.voices[name] = voice
            self.line.voices.append(voice)
            if self.in_body:
                self.place(voice)
        if parsed.properties != NO_PROPERTIES:
            self.properties(voice, parsed.properties)
        if self.in_body:
            self.voice = voice

    def current(self) -> VoiceLine:
        """The voice music goes to, made on first use where no V: says one."""
        voice = self.voice
        if voice is not self.base:
            return voice
        if self.line.voices:
            voice = self.line.voices[0]
        else:
            voice = VoiceLine("1", self.base)
            self.place(voice)
            self.voices["1"] = voice
            self.line.voices.append(voice)
        return voice

    def tempo(self, field: Field) -> None:
        num, den = self.line.unit if self.unit_stated else default_unit(self.line.meter)
        tempo = parse_tempo(field.value, Fraction(num, den))
        if not tempo.valid:
            return
        if not self.in_body:
            self.tempo_field = field
            self.line.tempo = tempo
        else:
            self.mark(self.music_voice(), "Q")

    def part(self, field: Field) -> None:
        if not self.in_body:
            self.parts_fields.append(field)
            return
        voice = self.music_voice()
        self.break_measure(voice, field.start)
        voice.next_part = field.value.strip()[:1] or voice.next_part
        if self.line.order:
            voice.next_section = True

    def order(self) -> None:
        """The order of the parts: the last P: of the header that is one."""
        labels = part_labels(self.tune.elements)
        for field in self.parts_fields:
            judged = parts_field(field.value, labels)
            if judged.is_order:
                self.line.order = field.value
            if judged.code and field.value and field in self.tune.header:
                self.problem(judged.code, field.start, field.end, judged.detail)

    def directive(self, directive: Directive) -> None:
        if directive.name == "propagate-accidentals":
            word = directive.value.split(" ")[0]
            if word in _SCOPES:
                self.scope = _SCOPES[word]
            else:
                self.problem("bad-directive", directive.start, directive.end, directive.value[:40])

    def words(self, field: Field) -> None:
        voice = self.current()
        count = len(voice.spots)
        if not count:
            self.problem("lyrics-without-notes", field.start, field.end)
            return
        verse = voice.words[-1][3] + 1 if voice.words else 1
        if count > voice.words_upto:
            voice.words_from = voice.words_upto
            voice.words_upto = count
            verse = 1
        voice.words.append((int(self.index), voice.words_from, voice.words_upto, verse))

    # -- what the music adds --------------------------------------------------

    def elements(self, elements: tuple[Element, ...]) -> None:
        """Walk the body."""

    def end_voice(self, voice: VoiceLine) -> None:
        """Close what is open when the tune ends."""

    def break_measure(self, voice: VoiceLine, place: i64) -> Measure | None:
        """End the measure being filled, if it holds anything."""
        return None

    def music_voice(self) -> VoiceLine:
        """The voice that the next element of music belongs to."""
        voice = self.voice
        if voice is self.base:
            voice = self.current()
            self.voice = voice
        return voice

    def new_mark(self, voice: VoiceLine, text: str) -> Mark:
        return Mark(voice.time, text, self.index, voice.at())

    def mark(self, voice: VoiceLine, text: str) -> None:
        voice.marks.append(self.new_mark(voice, text))
