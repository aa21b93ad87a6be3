"""When everything in a tune sounds, as written, in exact time.

Times are whole numbers of ticks. ``Timeline.resolution`` says how many make a whole
note; it is chosen so that every length of the tune is a whole number, so nothing is
rounded (``Timeline.quarters`` turns ticks into a fraction of a quarter note).
Compiled with mypyc like the lexer.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import Final

from mypy_extensions import i64, mypyc_attr

from chatmusician.abc.fields import (
    NATURALS,
    Key,
    Meter,
    Properties,
    Tempo,
    default_unit,
    parse_key,
    parse_meter,
    parse_tempo,
    parse_unit,
    parse_voice,
)
from chatmusician.abc.tune import (
    BAR_DOTTED,
    BAR_INVISIBLE,
    BAR_PLAIN,
    NO_ACCIDENTAL,
    Annotation,
    Bar,
    BrokenRhythm,
    Chord,
    ChordSymbol,
    Decoration,
    Directive,
    Element,
    Ending,
    Field,
    Grace,
    LineBreak,
    Note,
    Overlay,
    Rest,
    Slur,
    Tie,
    Tune,
    Tuplet,
    Unknown,
)

# 2^10 · 3^3 · 5 · 7 · 11 · 13 ticks to a whole note hold all usual tuplets exactly.
RESOLUTION: Final = 138_378_240
_FINEST: Final = 1 << 36
_LONGEST_WHOLES: Final[i64] = 64
_MOST_REST_BARS: Final[i64] = 1000
_MOST_VOICES: Final = 256

_SEMITONES: Final[list[i64]] = [0, 2, 4, 5, 7, 9, 11]
SCOPE_PITCH: Final[i64] = 0
SCOPE_OCTAVE: Final[i64] = 1
SCOPE_NOT: Final[i64] = 2
_SCOPES: Final[dict[str, i64]] = {"pitch": 0, "octave": 1, "not": 2}


@mypyc_attr(acyclic=True)
class Tone:
    """One sounding pitch; tied notes are one tone. ``element`` indexes Tune.elements."""

    __slots__ = ("duration", "element", "measure", "onset", "pitch")

    def __init__(self, onset: i64, duration: i64, pitch: i64, element: i64, measure: i64) -> None:
        self.onset: Final[i64] = onset
        self.duration: i64 = duration
        self.pitch: Final[i64] = pitch
        self.element: Final[i64] = element
        self.measure: Final[i64] = measure


@mypyc_attr(acyclic=True)
class Mark:
    """Something with a place in time but no length: a chord symbol, a decoration …"""

    __slots__ = ("element", "measure", "onset", "text")

    def __init__(self, onset: i64, text: str, element: i64, measure: i64) -> None:
        self.onset: Final[i64] = onset
        self.text: Final[str] = text
        self.element: Final[i64] = element
        self.measure: Final[i64] = measure


@mypyc_attr(acyclic=True)
class Measure:
    """One bar of one voice. ``want`` is the meter's length, 0 where the meter is free.

    ``opens`` and ``closes`` count repeat colons at its two ends; ``section`` tells that
    a double bar or repeat stands before it; ``count`` is above 1 for ``Z4``.
    ``flawed`` bars hold an error that explains a wrong length.
    """

    __slots__ = (
        "closed",
        "closes",
        "count",
        "double",
        "endings",
        "first",
        "flawed",
        "last",
        "length",
        "line_start",
        "opens",
        "overlay",
        "part",
        "section",
        "start",
        "want",
    )

    def __init__(self, start: i64, want: i64, first: i64) -> None:
        self.start: i64 = start
        self.length: i64 = 0
        self.want: i64 = want
        self.first: i64 = first
        self.last: i64 = first
        self.count: i64 = 1
        self.opens: i64 = 0
        self.closes: i64 = 0
        self.section: bool = False
        self.double: bool = False
        self.closed: bool = False
        self.line_start: bool = False
        self.flawed: bool = False
        self.overlay: i64 = -1
        self.endings: tuple[int, ...] = ()
        self.part: str = ""


@mypyc_attr(acyclic=True)
class PendingTie:
    __slots__ = ("end", "octave", "start", "step", "tone", "whole")

    def __init__(self, tone: Tone, step: i64, octave: i64, start: i64, end: i64, whole: bool) -> None:
        self.tone: Final[Tone] = tone
        self.step: Final[i64] = step
        self.octave: Final[i64] = octave
        self.start: Final[i64] = start
        self.end: Final[i64] = end
        self.whole: Final[bool] = whole


class VoiceLine:
    """One voice in time: its tones, its measures, and what is attached to them."""

    def __init__(self, id: str) -> None:
        self.id: str = id
        self.tones: list[Tone] = []
        self.measures: list[Measure] = []
        self.chord_symbols: list[Mark] = []
        self.annotations: list[Mark] = []
        self.marks: list[Mark] = []
        self.spots: list[Mark] = []
        self.words: list[tuple[int, int, int, int]] = []
        self.keys: list[tuple[int, Key]] = []
        self.meters: list[tuple[int, Meter]] = []
        self.properties: Properties = Properties()
        self.reset(None)

    def reset(self, pattern: VoiceLine | None) -> None:
        """Start in the state of ``pattern`` (the header), or in that of no header."""
        self.time: i64 = 0
        self.bar_start: i64 = 0
        self.bar_end: i64 = 0
        self.layer: i64 = 0
        self.unit: i64 = pattern.unit if pattern else 0
        self.want: i64 = pattern.want if pattern else 0
        self.compound: bool = pattern.compound if pattern else False
        self.signature: list[int] = list(pattern.signature) if pattern else [0] * 7
        self.shift: i64 = pattern.shift if pattern else 0
        self.bar_steps: list[int] = [int(NO_ACCIDENTAL)] * 7
        self.bar_octaves: dict[int, int] = {}
        self.altered: bool = False
        self.tuplet_left: i64 = 0
        self.tuplet_p: i64 = 1
        self.tuplet_q: i64 = 1
        self.tuplet_at: i64 = 0
        self.broken: i64 = 0
        self.broken_at: i64 = -1
        self.last_tone: Tone | None = None
        self.last_chord: list[Tone] = []
        self.last_length: i64 = 0
        self.last_ok: bool = False
        self.ties: list[PendingTie] = []
        self.layer_ties: list[list[PendingTie]] = []
        self.tie_of: list[tuple[Tone, int, int]] = []
        self.open: Measure | None = None
        self.next_opens: i64 = 0
        self.next_section: bool = False
        self.next_endings: tuple[int, ...] = ()
        self.next_part: str = ""
        self.next_line: bool = True
        self.has_music: bool = False
        self.slurs: list[int] = []
        self.words_from: int = 0
        self.words_upto: int = 0


class Timeline:
    """What ``timeline`` makes of a tune."""

    def __init__(self, tune: Tune, resolution: int) -> None:
        self.tune: Tune = tune
        self.resolution: int = resolution
        self.voices: list[VoiceLine] = []
        self.problems: list[tuple[str, int, int, str]] = []
        self.key: Key = Key("", "none")
        self.meter: Meter = Meter("", 0, 1)
        self.unit: tuple[int, int] = (1, 8)
        self.tempo: Tempo | None = None
        self.order: str = ""
        self.graces: int = 0

    def quarters(self, ticks: int) -> Fraction:
        """Ticks as an exact fraction of a quarter note."""
        return Fraction(ticks * 4, self.resolution)


class Builder:
    """Walks a tune's elements once and fills a timeline."""

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

    def problem(self, code: str, start: i64, end: i64, detail: str = "") -> None:
        self.line.problems.append((code, int(start), int(end), detail))

    def exact(self, num: i64, den: i64) -> i64:
        """``num/den``, noting the finer resolution it would need to be whole."""
        if num % den != 0:
            missing = int(den) // gcd(int(num), int(den))
            self.need = self.need * missing // gcd(self.need, missing)
            if self.need > _FINEST:
                self.need = _FINEST + 1
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
        self.end_header()
        self.in_body = True
        self.elements(tune.elements)
        for voice in self.line.voices:
            self.end_voice(voice)

    def end_header(self) -> None:
        line = self.line
        if not self.unit_stated:
            line.unit = default_unit(line.meter)
        num, den = line.unit
        self.base.unit = self.exact(self.whole * num, den)
        for voice in self.line.voices:
            voice.reset(self.base)
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
        if not key.valid:
            return
        for voice in self.affected():
            if key.stated:
                voice.signature = list(key.accidentals)
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
        octave = own.octave if own.octave is not None else common.octave or 0
        transpose = own.transpose if own.transpose is not None else common.transpose or 0
        clef = own.clef_octave if own.clef is not None else common.clef_octave
        voice.shift = 12 * (octave + clef) + transpose

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
        if num > 16 or den > 1_000_000:
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
            voice = VoiceLine(name)
            self.voices[name] = voice
            self.line.voices.append(voice)
            if self.in_body:
                voice.reset(self.base)
                self.place(voice)
        if parsed.properties.clef is not None or parsed.properties != Properties():
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
            voice = VoiceLine("1")
            voice.reset(self.base)
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
            self.line.tempo = tempo
        else:
            self.mark(self.music_voice(), "Q")

    def part(self, field: Field) -> None:
        if not self.in_body:
            self.line.order = field.value
            return
        voice = self.music_voice()
        self.break_measure(voice, field.start)
        voice.next_part = field.value.strip()[:1] or voice.next_part
        voice.next_section = True

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

    # -- music ----------------------------------------------------------------

    def elements(self, elements: tuple[Element, ...]) -> None:
        voice = self.voice
        count: i64 = len(elements)
        i: i64 = 0
        while i < count:
            element = elements[i]
            self.index = i
            if isinstance(element, Note):
                voice = self.music_voice()
                self.note(voice, element)
            elif isinstance(element, Bar):
                self.bar(self.music_voice(), element)
            elif isinstance(element, ChordSymbol):
                voice = self.music_voice()
                voice.chord_symbols.append(self.new_mark(voice, element.text))
            elif isinstance(element, Rest):
                self.rest(self.music_voice(), element)
            elif isinstance(element, LineBreak):
                self.voice.next_line = True
            else:
                self.rarer(element)
            i += 1

    def rarer(self, element: Element) -> None:
        if isinstance(element, Chord):
            self.chord(self.music_voice(), element)
        elif isinstance(element, BrokenRhythm):
            self.broken(self.music_voice(), element)
        elif isinstance(element, Tuplet):
            self.tuplet(self.music_voice(), element)
        elif isinstance(element, Ending):
            self.ending(self.music_voice(), element)
        elif isinstance(element, Field):
            self.field(element)
        elif isinstance(element, Directive):
            self.directive(element)
        elif isinstance(element, Decoration):
            self.mark(self.music_voice(), element.name)
        elif isinstance(element, Grace):
            self.line.graces += len(element.notes)
        elif isinstance(element, Slur):
            self.slur(self.music_voice(), element)
        elif isinstance(element, Tie):
            self.late_tie(self.music_voice(), element)
        elif isinstance(element, Overlay):
            self.overlay(self.music_voice(), element)
        elif isinstance(element, Annotation):
            voice = self.music_voice()
            voice.annotations.append(self.new_mark(voice, element.text))
        elif isinstance(element, Unknown):
            self.flaw(element)

    def flaw(self, element: Element) -> None:
        opened = self.voice.open
        if opened is not None and element.end - element.start > 3:
            opened.flawed = True

    def music_voice(self) -> VoiceLine:
        voice = self.voice
        if voice is self.base:
            voice = self.current()
            self.voice = voice
        return voice

    def new_mark(self, voice: VoiceLine, text: str) -> Mark:
        return Mark(voice.time, text, self.index, len(voice.measures))

    def mark(self, voice: VoiceLine, text: str) -> None:
        voice.marks.append(self.new_mark(voice, text))

    def measure(self, voice: VoiceLine, place: i64) -> Measure:
        """The measure being filled, opened at ``place`` where none is."""
        opened = voice.open
        if opened is None:
            opened = Measure(voice.time, voice.want, place)
            opened.opens = voice.next_opens
            opened.section = voice.next_section
            opened.endings = voice.next_endings
            opened.part = voice.next_part
            opened.line_start = voice.next_line
            voice.next_opens = 0
            voice.next_section = False
            voice.next_endings = ()
            voice.next_part = ""
            voice.next_line = False
            voice.open = opened
            voice.bar_start = voice.time
            voice.has_music = True
        return opened

    def scaled(self, voice: VoiceLine, num: i64, den: i64) -> i64:
        """A length in ticks, with tuplet and broken rhythm; uses neither up."""
        total: i64 = voice.unit * num
        if voice.tuplet_left > 0:
            total *= voice.tuplet_q
            den *= voice.tuplet_p
        broken = voice.broken
        if broken > 0:
            den <<= broken
        elif broken < 0:
            total *= (2 << -broken) - 1
            den <<= -broken
        ticks = total // den
        if ticks * den != total:
            ticks = self.exact(total, den)
        return ticks

    def advance(self, voice: VoiceLine, ticks: i64) -> None:
        voice.time += ticks
        voice.last_length = ticks
        voice.last_ok = True
        voice.broken = 0
        if voice.tuplet_left > 0:
            voice.tuplet_left -= 1

    def too_long(self, voice: VoiceLine, ticks: i64, element: Element) -> bool:
        if ticks <= self.whole * _LONGEST_WHOLES:
            return False
        self.problem("absurd-length", element.start, element.end)
        self.measure(voice, element.start).flawed = True
        return True

    def pitch(self, voice: VoiceLine, note: Note) -> i64:
        """The sounding pitch of a note, accidentals of bar and key included."""
        step: i64 = note.step
        alter: i64 = note.accidental
        if alter != NO_ACCIDENTAL:
            voice.altered = True
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
                alter = voice.signature[step]
        return 60 + 12 * note.octave + _SEMITONES[step] + alter + voice.shift

    def note(self, voice: VoiceLine, note: Note) -> None:
        opened = voice.open
        if opened is None:
            opened = self.measure(voice, note.start)
        ticks = self.scaled(voice, note.num, note.den)
        if ticks > self.whole and self.too_long(voice, ticks, note):
            ticks = voice.unit
        pitch = self.pitch(voice, note)
        tone: Tone | None = None
        if voice.ties:
            tone = self.take_tie(voice, note, pitch, ticks)
            self.drop_ties(voice)
        if tone is None:
            tone = Tone(voice.time, ticks, pitch, self.index, len(voice.measures))
            voice.tones.append(tone)
        if self.has_words and voice.layer == 0:
            voice.spots.append(self.new_mark(voice, ""))
        if note.tie:
            voice.ties.append(PendingTie(tone, note.step, note.octave, note.end - 1, note.end, False))
        voice.last_tone = tone
        self.advance(voice, ticks)

    def take_tie(self, voice: VoiceLine, note: Note, pitch: i64, ticks: i64) -> Tone | None:
        """Lengthen the tone tied to this note, if there is one."""
        for at in range(len(voice.ties)):
            tie = voice.ties[at]
            tone = tie.tone
            same = note.accidental == NO_ACCIDENTAL and tie.step == note.step and tie.octave == note.octave
            if (tone.pitch == pitch or same) and tone.onset + tone.duration == voice.time:
                tone.duration += ticks
                voice.ties.pop(at)
                if tie.whole:
                    voice.ties = [t for t in voice.ties if not t.whole]
                return tone
        return None

    def drop_ties(self, voice: VoiceLine) -> None:
        for tie in voice.ties:
            self.problem("tie-to-nothing", tie.start, tie.end)
            if tie.whole:
                break
        voice.ties = []

    def chord(self, voice: VoiceLine, chord: Chord) -> None:
        self.measure(voice, chord.start)
        first: i64 = -1
        num: i64 = chord.num
        den: i64 = chord.den
        sounding: list[Tone] = []
        pending: list[PendingTie] = []
        waiting = voice.ties
        for note in chord.notes:
            if note.num * num > 20_000 or note.den * den > 20_000:
                ticks = voice.unit
                self.problem("absurd-length", note.start, note.end)
            else:
                ticks = self.scaled(voice, note.num * num, note.den * den)
            if ticks > self.whole and self.too_long(voice, ticks, note):
                ticks = voice.unit
            if first < 0:
                first = ticks
            pitch = self.pitch(voice, note)
            tone = self.chord_tie(voice, waiting, note, pitch, ticks)
            if tone is None:
                tone = Tone(voice.time, ticks, pitch, self.index, len(voice.measures))
                voice.tones.append(tone)
            sounding.append(tone)
            if note.tie or chord.tie:
                whole = not note.tie
                at = chord.end if whole else note.end
                pending.append(PendingTie(tone, note.step, note.octave, at - 1, at, whole))
        self.drop_ties(voice)
        voice.ties = pending
        if self.has_words and voice.layer == 0:
            voice.spots.append(self.new_mark(voice, ""))
        voice.last_tone = None
        voice.last_chord = sounding
        self.advance(voice, first)

    def chord_tie(
        self, voice: VoiceLine, waiting: list[PendingTie], note: Note, pitch: i64, ticks: i64
    ) -> Tone | None:
        for tie in waiting:
            tone = tie.tone
            same = note.accidental == NO_ACCIDENTAL and tie.step == note.step and tie.octave == note.octave
            if (tone.pitch == pitch or same) and tone.onset + tone.duration == voice.time:
                tone.duration += ticks
                voice.ties = [t for t in voice.ties if t is not tie and not (tie.whole and t.whole)]
                return tone
        return None

    def rest(self, voice: VoiceLine, rest: Rest) -> None:
        opened = self.measure(voice, rest.start)
        if voice.ties:
            self.drop_ties(voice)
        if rest.letter == "Z" or rest.letter == "X":
            self.bar_rest(voice, rest, opened)
            return
        ticks = self.scaled(voice, rest.num, rest.den)
        if ticks > self.whole and self.too_long(voice, ticks, rest):
            ticks = voice.unit
        voice.last_tone = None
        voice.last_chord = []
        self.advance(voice, ticks)

    def bar_rest(self, voice: VoiceLine, rest: Rest, opened: Measure) -> None:
        count = rest.num
        if count > _MOST_REST_BARS:
            self.problem("absurd-length", rest.start, rest.end)
            count = 1
        if voice.time == opened.start:
            opened.count = count
        voice.time += (voice.want or self.whole) * count
        voice.last_ok = False

    def broken(self, voice: VoiceLine, mark: BrokenRhythm) -> None:
        """Change the length of the note before, and remember it for the note after."""
        if not voice.last_ok or voice.open is None or voice.broken:
            self.problem("broken-rhythm-alone", mark.start, mark.end)
            return
        count = mark.count
        length = voice.last_length
        delta = self.broken_change(length, count)
        tone = voice.last_tone
        if tone is not None:
            tone.duration += delta
        else:
            for sounding in voice.last_chord:
                if sounding.onset + sounding.duration == voice.time:
                    sounding.duration += delta
                else:
                    sounding.duration += self.broken_change(sounding.duration, count)
        voice.time += delta
        voice.last_ok = False
        voice.broken = count
        voice.broken_at = mark.start

    def broken_change(self, length: i64, count: i64) -> i64:
        if count > 0:
            return self.exact(length * ((1 << count) - 1), 1 << count)
        return -self.exact(length * ((1 << -count) - 1), 1 << -count)

    def tuplet(self, voice: VoiceLine, tuplet: Tuplet) -> None:
        if voice.tuplet_left > 0:
            self.problem("tuplet-short", voice.tuplet_at, voice.tuplet_at + 2)
        p: i64 = tuplet.p
        q: i64 = tuplet.q
        if q == 0:
            if p == 2 or p == 4 or p == 8:
                q = 3
            elif p == 3 or p == 6:
                q = 2
            else:
                q = 3 if voice.compound else 2
        voice.tuplet_p = p
        voice.tuplet_q = q
        voice.tuplet_left = tuplet.r or p
        voice.tuplet_at = tuplet.start

    def slur(self, voice: VoiceLine, slur: Slur) -> None:
        if slur.opens:
            voice.slurs.append(int(slur.start))
        elif voice.slurs:
            voice.slurs.pop()
        else:
            self.problem("slur-not-open", slur.start, slur.end)

    def late_tie(self, voice: VoiceLine, tie: Tie) -> None:
        """A tie that stands apart from its note ties what sounded last."""
        sounding = [voice.last_tone] if voice.last_tone is not None else voice.last_chord
        if not sounding or voice.ties:
            self.problem("tie-to-nothing", tie.start, tie.end)
            return
        for tone in sounding:
            if tone is not None:
                voice.ties.append(PendingTie(tone, -1, 0, tie.start, tie.end, True))

    # -- bars -----------------------------------------------------------------

    def overlay(self, voice: VoiceLine, overlay: Overlay) -> None:
        opened = self.measure(voice, overlay.start)
        self.end_layer(voice, opened)
        voice.layer += 1
        voice.time = opened.start
        self.new_bar_state(voice)
        layer = voice.layer
        while len(voice.layer_ties) <= layer:
            voice.layer_ties.append([])
        voice.ties = voice.layer_ties[layer]

    def end_layer(self, voice: VoiceLine, opened: Measure) -> None:
        """Close the layer being filled: remember its ties and where it ends."""
        layer = voice.layer
        while len(voice.layer_ties) <= layer:
            voice.layer_ties.append([])
        voice.layer_ties[layer] = voice.ties
        if layer == 0:
            voice.bar_end = voice.time
            return
        length = voice.time - opened.start
        if length != voice.bar_end - opened.start and opened.overlay < 0:
            opened.overlay = length
        if voice.time > voice.bar_end:
            voice.bar_end = voice.time

    def new_bar_state(self, voice: VoiceLine) -> None:
        if voice.altered:
            voice.bar_steps = [int(NO_ACCIDENTAL)] * 7
            voice.bar_octaves = {}
            voice.altered = False
        if voice.tuplet_left > 0:
            self.problem("tuplet-short", voice.tuplet_at, voice.tuplet_at + 2)
            voice.tuplet_left = 0
        voice.last_ok = False

    def break_measure(self, voice: VoiceLine, place: i64) -> Measure | None:
        """End the measure being filled, if it holds anything."""
        opened = voice.open
        if opened is None:
            return None
        if voice.layer > 0:
            self.end_layer(voice, opened)
            voice.layer = 0
            voice.ties = voice.layer_ties[0]
            voice.time = voice.bar_end
        opened.length = voice.time - opened.start
        opened.last = place
        voice.measures.append(opened)
        voice.open = None
        self.new_bar_state(voice)
        if voice.broken:
            self.problem("broken-rhythm-alone", voice.broken_at, voice.broken_at + 1)
            voice.broken = 0
        return opened

    def bar(self, voice: VoiceLine, bar: Bar) -> None:
        ended = self.break_measure(voice, bar.start)
        if ended is None and voice.measures:
            ended = voice.measures[len(voice.measures) - 1]
        if bar.closes > 0 and ended is not None:
            ended.closes = max(ended.closes, bar.closes)
        strong = bar.style not in (BAR_PLAIN, BAR_DOTTED, BAR_INVISIBLE)
        if ended is not None:
            ended.closed = True
            ended.double = ended.double or strong
        if strong or bar.closes > 0 or bar.opens > 0:
            voice.next_section = True
        if bar.opens > 0:
            voice.next_opens = max(voice.next_opens, bar.opens)

    def ending(self, voice: VoiceLine, ending: Ending) -> None:
        opened = voice.open
        if opened is not None and voice.time > opened.start:
            self.break_measure(voice, ending.start)
        if voice.open is not None:
            voice.open.endings = ending.numbers
        voice.next_endings = ending.numbers

    def end_voice(self, voice: VoiceLine) -> None:
        self.drop_ties(voice)
        self.break_measure(voice, len(self.tune.text))
        for ties in voice.layer_ties[1:]:
            voice.ties = ties
            self.drop_ties(voice)
        for start in voice.slurs:
            self.problem("unclosed-slur", start, start + 1)


def timeline(tune: Tune) -> Timeline:
    """The tune in time. Never fails: what is wrong is in ``problems``."""
    resolution = RESOLUTION
    for _ in range(3):
        builder = Builder(tune, resolution)
        builder.build()
        if builder.need == 1:
            break
        if resolution * builder.need > _FINEST:
            builder.problem("resolution", 0, 1)
            break
        resolution *= builder.need
    return builder.line
