"""When everything in a tune sounds, as written, in exact time.

Times are whole numbers of ticks. ``Timeline.resolution`` says how many make a whole
note; it is chosen so that every length of the tune is a whole number, so nothing is
rounded (``Timeline.quarters`` turns ticks into a fraction of a quarter note).
Compiled with mypyc like the lexer.
"""

from __future__ import annotations

from typing import Final

from mypy_extensions import i64

from chatmusician.abc.timing import Mark, Measure, PendingTie, Timeline, Tone, VoiceLine, Written
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
from chatmusician.abc.voices import FINEST, FieldBuilder
from chatmusician.music.pitch import STEP_SEMITONES

# 2^10 · 3^3 · 5 · 7 · 11 · 13 ticks to a whole note hold all usual tuplets exactly.
RESOLUTION: Final = 138_378_240
# Each pass makes the resolution finer by one factor; hardly a tune needs a second.
_MOST_PASSES: Final = 8
_LONGEST_WHOLES: Final[i64] = 64
_MOST_REST_BARS: Final[i64] = 1000


class Builder(FieldBuilder):
    """Walks a tune's elements once and fills a timeline."""

    def elements(self, elements: tuple[object, ...]) -> None:
        # As plain objects: else each one is first checked to be an Element at all.
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
                voice = self.touched(element)
                voice.chord_symbols.append(self.new_mark(voice, element.text))
            elif isinstance(element, Rest):
                self.rest(self.music_voice(), element)
            elif isinstance(element, LineBreak):
                self.voice.next_line = True
            else:
                self.rarer(element)
            i += 1

    def rarer(self, element: object) -> None:
        if isinstance(element, Slur):
            self.slur(self.touched(element), element)
        elif isinstance(element, BrokenRhythm):
            self.broken(self.music_voice(), element)
        elif isinstance(element, Decoration):
            self.mark(self.touched(element), element.name)
        elif isinstance(element, Tuplet):
            self.tuplet(self.touched(element), element)
        elif isinstance(element, Grace):
            self.touched(element)
            self.line.graces += len(element.notes)
        elif isinstance(element, Chord):
            self.chord(self.music_voice(), element)
        elif isinstance(element, Ending):
            self.ending(self.music_voice(), element)
        elif isinstance(element, Field):
            self.field(element)
        elif isinstance(element, Directive):
            self.directive(element)
        elif isinstance(element, Tie):
            self.late_tie(self.music_voice(), element)
        elif isinstance(element, Overlay):
            self.overlay(self.music_voice(), element)
        elif isinstance(element, Annotation):
            voice = self.touched(element)
            voice.annotations.append(self.new_mark(voice, element.text))
        elif isinstance(element, Unknown):
            self.flaw(element)

    def touched(self, element: Element) -> VoiceLine:
        """The voice of an element without length; a bar begins where its first one stands."""
        voice = self.music_voice()
        if voice.open is None and voice.place < 0:
            voice.place = element.start
        return voice

    def flaw(self, element: Element) -> None:
        opened = self.voice.open
        if opened is not None and element.end - element.start > 3:
            opened.flawed = True

    def measure(self, voice: VoiceLine, place: i64) -> Measure:
        """The measure being filled, opened at ``place`` where none is."""
        opened = voice.open
        if opened is None:
            opened = Measure(voice.time, voice.want, place if voice.place < 0 else voice.place)
            voice.place = -1
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
        if den == 1:
            return total
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

    def note(self, voice: VoiceLine, note: Note) -> None:
        if voice.open is None:
            self.measure(voice, note.start)
        if voice.broken:
            self.settle_broken(voice, note.num, note.den)
        ticks = self.scaled(voice, note.num, note.den)
        if ticks > self.whole and self.too_long(voice, ticks, note):
            ticks = voice.unit
        pitch = self.pitch(voice, note)
        tone: Tone | None = None
        tied = False
        if voice.ties:
            voice.waiting = voice.ties[:] if self.tracing else []
            tone = self.take_tie(voice, note, pitch, ticks)
            tied = tone is not None
            self.drop_ties(voice)
        if tone is None:
            tone = Tone(voice.time, ticks, pitch, self.index, voice.at())
            voice.tones.append(tone)
        if self.tracing:
            voice.last_written = len(self.line.written)
            self.trace(voice, note, ticks, pitch, tied)
        if self.has_words:
            voice.spots.append(self.new_mark(voice, ""))
        if note.tie:
            voice.ties.append(
                PendingTie(tone, note.step, note.octave, note.end - 1, note.end, False)
            )
        voice.last_tone = tone
        self.advance(voice, ticks)

    def trace(self, voice: VoiceLine, note: Note, ticks: i64, pitch: i64, tied: bool) -> None:
        """Keep how a note was read; a tied note sounds as the tone it goes on from."""
        plain = self.exact(ticks * voice.tuplet_p, voice.tuplet_q) if voice.tuplet_left else ticks
        natural = 60 + 12 * note.octave + STEP_SEMITONES[note.step] + voice.shift
        alter = pitch - natural
        if tied and note.accidental == NO_ACCIDENTAL:
            for tie in voice.waiting:
                if tie.step == note.step and tie.octave == note.octave:
                    alter = tie.tone.pitch - natural
        self.line.written.append(
            Written(self.index, voice.id, voice.at(), voice.layer, voice.time, plain, alter, tied)
        )

    def trace_rest(self, voice: VoiceLine, ticks: i64) -> None:
        plain = self.exact(ticks * voice.tuplet_p, voice.tuplet_q) if voice.tuplet_left else ticks
        written = Written(
            self.index, voice.id, voice.at(), voice.layer, voice.time, plain, 0, False
        )
        self.line.written.append(written)

    def take_tie(self, voice: VoiceLine, note: Note, pitch: i64, ticks: i64) -> Tone | None:
        """Lengthen the tone tied to this note, if there is one."""
        for at in range(len(voice.ties)):
            tie = voice.ties[at]
            tone = tie.tone
            same = (
                note.accidental == NO_ACCIDENTAL
                and tie.step == note.step
                and tie.octave == note.octave
            )
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
        voice.waiting = waiting
        if voice.broken:
            self.settle_broken(voice, chord.notes[0].num * num, chord.notes[0].den * den)
        if self.tracing:
            voice.last_written = len(self.line.written)
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
            if self.tracing:
                self.trace(voice, note, ticks, pitch, tone is not None)
            if tone is None:
                tone = Tone(voice.time, ticks, pitch, self.index, voice.at())
                voice.tones.append(tone)
            sounding.append(tone)
            if note.tie or chord.tie:
                whole = not note.tie
                at = chord.end if whole else note.end
                pending.append(PendingTie(tone, note.step, note.octave, at - 1, at, whole))
        self.drop_ties(voice)
        voice.ties = pending
        if self.has_words:
            voice.spots.append(self.new_mark(voice, ""))
        voice.last_tone = None
        voice.last_chord = sounding
        self.advance(voice, first)

    def chord_tie(
        self, voice: VoiceLine, waiting: list[PendingTie], note: Note, pitch: i64, ticks: i64
    ) -> Tone | None:
        for tie in waiting:
            tone = tie.tone
            same = (
                note.accidental == NO_ACCIDENTAL
                and tie.step == note.step
                and tie.octave == note.octave
            )
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
        if voice.broken:
            self.settle_broken(voice, rest.num, rest.den)
        ticks = self.scaled(voice, rest.num, rest.den)
        if ticks > self.whole and self.too_long(voice, ticks, rest):
            ticks = voice.unit
        voice.last_tone = None
        voice.last_chord = []
        if self.tracing:
            voice.last_written = len(self.line.written)
            self.trace_rest(voice, ticks)
        self.advance(voice, ticks)

    def bar_rest(self, voice: VoiceLine, rest: Rest, opened: Measure) -> None:
        count = rest.num
        voice.rest_bars += count
        if count > _MOST_REST_BARS or voice.rest_bars > _MOST_REST_BARS * 20:
            self.problem("absurd-length", rest.start, rest.end)
            count = 1
        if voice.time == opened.start:
            opened.count = count
        voice.time += (voice.want or self.whole) * count
        voice.last_ok = False

    def broken(self, voice: VoiceLine, mark: BrokenRhythm) -> None:
        """Remember the mark; the note after decides whether it holds."""
        if not voice.last_ok or voice.open is None or voice.broken:
            self.problem("broken-rhythm-alone", mark.start, mark.end)
            return
        voice.last_ok = False
        voice.broken = mark.count
        voice.broken_at = mark.start

    def settle_broken(self, voice: VoiceLine, num: i64, den: i64) -> None:
        """Change the length of the note before, if the two notes are equally long.

        2.1 leaves unequal notes undefined; read as written, more real bars add up.
        """
        count = voice.broken
        voice.broken = 0
        if self.scaled(voice, num, den) != voice.last_length:
            self.problem("broken-rhythm-unequal", voice.broken_at, voice.broken_at + 1)
            return
        delta = self.broken_change(voice.last_length, count)
        tone = voice.last_tone
        if tone is not None:
            tone.duration += delta
        else:
            for sounding in voice.last_chord:
                if sounding.onset + sounding.duration == voice.time:
                    sounding.duration += delta
                else:
                    sounding.duration += self.broken_change(sounding.duration, count)
        for marks in (voice.chord_symbols, voice.annotations, voice.marks):
            move_last(marks, voice.time, delta)
        opened = voice.open
        if opened is not None and opened.start == voice.time and voice.redo < 0:
            # The bar line stands between the two notes, and moves with the change.
            opened.start += delta
            voice.bar_start += delta
            if voice.measures:
                voice.measures[len(voice.measures) - 1].length += delta
        voice.time += delta
        voice.broken = count
        if self.tracing:
            for written in self.line.written[voice.last_written :]:
                if written.voice == voice.id:
                    written.plain += self.broken_change(written.plain, count)

    def broken_change(self, length: i64, count: i64) -> i64:
        if count > 0:
            return self.exact(length * ((1 << count) - 1), 1 << count)
        return -self.exact(length * ((1 << -count) - 1), 1 << -count)

    def tuplet(self, voice: VoiceLine, tuplet: Tuplet) -> None:
        if voice.tuplet_left > 0:
            self.problem("tuplet-short", voice.tuplet_at, voice.tuplet_at + 2)
            self.measure(voice, tuplet.start).flawed = True
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
        """``&`` goes back one bar line, ``&&`` two, and so on (7.4)."""
        opened = voice.open
        repeated = self.index > 0 and isinstance(self.tune.elements[self.index - 1], Overlay)
        if (opened is None or repeated) and voice.at() > 0:
            self.go_back(voice)
        else:
            opened = self.measure(voice, overlay.start)
            self.end_layer(voice, opened)
            voice.layer += 1
            voice.time = opened.start
        self.new_bar_state(voice)
        layer = voice.layer
        while len(voice.layer_ties) <= layer:
            voice.layer_ties.append([])
        voice.ties = voice.layer_ties[layer]

    def go_back(self, voice: VoiceLine) -> None:
        """Reopen the measure before, to lay music over it."""
        if voice.redo < 0:
            voice.parked = voice.open
            if voice.layer == 0:
                voice.layer = 1
        voice.redo = voice.at() - 1
        reopened = voice.measures[voice.redo]
        voice.open = reopened
        voice.time = reopened.start

    def end_redo(self, voice: VoiceLine, measure: Measure) -> Measure | None:
        """A bar line while laying music over measures that exist: on to the next of them."""
        length = voice.time - measure.start
        if length != measure.length and measure.overlay < 0:
            measure.overlay = length
        voice.time = measure.start + measure.length
        voice.redo += 1
        self.new_bar_state(voice)
        if voice.redo < len(voice.measures):
            voice.open = voice.measures[voice.redo]
            return None
        voice.redo = -1
        voice.open = voice.parked
        voice.parked = None
        if voice.open is None:
            voice.layer = 0
        return None

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

    def new_bar_state(self, voice: VoiceLine) -> None:
        voice.clear_accidentals()
        if voice.tuplet_left > 0:
            self.problem("tuplet-short", voice.tuplet_at, voice.tuplet_at + 2)
            voice.tuplet_left = 0

    def break_measure(self, voice: VoiceLine, place: i64) -> Measure | None:
        """End the measure being filled, if it holds anything."""
        opened = voice.open
        if opened is None:
            return None
        if voice.redo >= 0:
            return self.end_redo(voice, opened)
        if voice.layer > 0:
            self.end_layer(voice, opened)
            voice.layer = 0
            voice.ties = voice.layer_ties[0]
            voice.time = voice.bar_end
        opened.flawed = opened.flawed or voice.tuplet_left > 0
        opened.length = voice.time - opened.start
        opened.last = place
        voice.measures.append(opened)
        voice.open = None
        self.new_bar_state(voice)
        return opened

    def bar(self, voice: VoiceLine, bar: Bar) -> None:
        redone = voice.redo >= 0
        ended = self.break_measure(voice, bar.start)
        voice.place = -1
        if redone:
            return
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
        if voice.broken:
            self.problem("broken-rhythm-alone", voice.broken_at, voice.broken_at + 1)
        self.drop_ties(voice)
        self.break_measure(voice, len(self.tune.text))
        for ties in voice.layer_ties[1:]:
            voice.ties = ties
            self.drop_ties(voice)
        for start in voice.slurs:
            self.problem("unclosed-slur", start, start + 1)


def move_last(marks: list[Mark], onset: i64, delta: i64) -> None:
    """Move the marks at ``onset`` along: they belong to the note whose onset changed."""
    at = len(marks) - 1
    while at >= 0 and marks[at].onset == onset:
        marks[at].onset += delta
        at -= 1


def timeline(tune: Tune, *, trace: bool = False) -> Timeline:
    """The tune in time. Never fails: what is wrong is in ``problems``.

    ``trace`` also fills ``written``: how each note was read, for those who write it anew.
    """
    resolution = RESOLUTION
    for _ in range(_MOST_PASSES):
        builder = Builder(tune, resolution)
        builder.tracing = trace
        builder.build()
        if builder.need == 1:
            return builder.line
        if resolution * builder.need > FINEST:
            break
        resolution *= builder.need
    builder.problem("resolution", 0, 1)
    return builder.line
