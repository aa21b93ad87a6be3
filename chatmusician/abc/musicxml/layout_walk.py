"""From a tune to its layout: one walk over the elements, beside the timeline's reading."""

from __future__ import annotations

from fractions import Fraction

from chatmusician.abc.fields import parse_key, parse_voice
from chatmusician.abc.musicxml.layout import (
    Change,
    GraceGroup,
    Head,
    Item,
    Layout,
    Mark,
    Part,
    ScoreBar,
    Sounding,
    Staff,
    Trailing,
)
from chatmusician.abc.musicxml.layout_finish import finish
from chatmusician.abc.musicxml.layout_staff import Settings
from chatmusician.abc.musicxml.write_signs import is_note_mark
from chatmusician.abc.timeline import timeline
from chatmusician.abc.timing import Timeline, VoiceLine, Written
from chatmusician.abc.tune import (
    BAR_HEAVY_START,
    NO_ACCIDENTAL,
    Annotation,
    Bar,
    Chord,
    ChordSymbol,
    Decoration,
    Directive,
    Element,
    Ending,
    Field,
    Grace,
    Note,
    Overlay,
    Rest,
    Slur,
    Tune,
    Tuplet,
)
from chatmusician.music.meter import parse_meter
from chatmusician.music.pitch import STEP_SEMITONES

# Which bar line wins where several stand together: plain, dotted, invisible below double.
_STRENGTH = (0, 3, 5, 4, 1, 2)


class _Voice:
    """One voice as the walk has it so far."""

    def __init__(self, timed: VoiceLine, staff: Staff, compound: bool) -> None:
        self.timed = timed
        self.bars = [ScoreBar() for _ in timed.measures] or [ScoreBar()]
        self.at = 0
        self.ended = -1
        # While music is laid over bars that exist: the bar it has come to.
        self.redo = -1
        self.layer = 0
        self.staff = staff
        self.compound = compound
        self.waiting: list[Item] = []
        self.graces: list[GraceGroup] = []
        self.decorations: list[str] = []
        self.slurs_on: list[int] = []
        self.open_slurs: list[tuple[int, Sounding | None]] = []
        self.last: Sounding | None = None
        self.spaced = True
        self.place = 0
        self.tuplet = (1, 1)
        self.tuplet_left = 0
        self.tuplet_new = False
        # The heads that end at a tick with a pitch: what a tie goes on from.
        self.ends: dict[tuple[int, int], list[Head]] = {}

    @property
    def bar_open(self) -> bool:
        return self.at < len(self.timed.measures) and self.bars[self.at].first >= 0

    def bar_at(self, measure: int, onset: int) -> ScoreBar:
        """A bar by its number, made where the tune's end cuts an overlay off."""
        while len(self.bars) <= measure:
            self.bars.append(ScoreBar(start=onset))
        return self.bars[measure]

    @property
    def bar(self) -> ScoreBar:
        return self.bars[min(self.at, len(self.bars) - 1)]


class Walk:
    def __init__(self, tune: Tune) -> None:
        self.tune = tune
        self.line: Timeline = timeline(tune, trace=True)
        self.read: dict[int, list[Written]] = {}
        for written in self.line.written:
            self.read.setdefault(written.element, []).append(written)
        self.settings = Settings(tune)
        compound = self.line.meter.compound
        self.voices = {
            voice.id: _Voice(voice, self.settings.staff(voice.id), compound)
            for voice in self.line.voices
        }
        self.current: _Voice | None = None
        self.first_staffs = {id: voice.staff for id, voice in self.voices.items()}

    def layout(self) -> Layout:
        for index, element in enumerate(self.tune.elements):
            self.element(index, element)
        parts: list[Part] = []
        for id, voice in self.voices.items():
            self.flush(voice, voice.bar)
            self.settle(voice)
            name, short = self.settings.names(id)
            program, channel = self.settings.sound(id)
            staff = self.first_staffs[id]
            key, meter = self.line.key, self.line.meter
            parts.append(Part(id, name, short, program, channel, key, meter, staff, voice.bars))
        unit = Fraction(*self.line.unit)
        return finish(Layout(parts, self.line.resolution, unit, self.line.tempo), self.line)

    # -- elements -------------------------------------------------------------

    def element(self, index: int, element: Element) -> None:
        if isinstance(element, Field):
            self.field(index, element)
            return
        if isinstance(element, Directive):
            if element.name == "MIDI" and self.current is None:
                self.settings.base.midi(element.value)
            elif element.name == "MIDI" and self.current is not None:
                self.settings.of(self.current.timed.id).midi(element.value)
            return
        voice = self.music_voice()
        if voice is None:
            return
        if element.start > voice.place and self.blank(voice.place, element.start):
            voice.spaced = True
        voice.place = max(voice.place, element.end)
        if isinstance(element, (Note, Chord, Rest)):
            self.sounding(voice, index, element)
        elif isinstance(element, Bar):
            self.bar_line(voice, element)
        else:
            self.mark(voice, index, element)

    def blank(self, start: int, end: int) -> bool:
        gap = self.tune.text[start:end]
        return any(char in " \t\r\n" for char in gap)

    def music_voice(self) -> _Voice | None:
        if self.current is None:
            self.current = next(iter(self.voices.values()), None)
        return self.current

    def mark(self, voice: _Voice, index: int, element: Element) -> None:
        """What takes no time."""
        if isinstance(element, ChordSymbol):
            voice.waiting.append(Mark("chord", index, element.text))
        elif isinstance(element, Annotation):
            voice.waiting.append(Mark("words", index, element.text, element.placement))
        elif isinstance(element, Decoration):
            self.decoration(voice, index, element.name)
        elif isinstance(element, Grace):
            self.grace(voice, index, element)
        elif isinstance(element, Slur):
            self.slur(voice, index, element)
        elif isinstance(element, Tuplet):
            self.tuplet(voice, element)
        elif isinstance(element, Overlay):
            before = self.tune.elements[index - 1] if index else None
            self.overlay(voice, isinstance(before, Overlay))
        elif isinstance(element, Ending):
            self.break_bar(voice, element.start)

    def decoration(self, voice: _Voice, index: int, name: str) -> None:
        if is_note_mark(name):
            voice.decorations.append(name)
        else:
            voice.waiting.append(Mark("sign", index, name))

    def grace(self, voice: _Voice, index: int, grace: Grace) -> None:
        if not grace.notes:
            return
        heads = [
            Head(
                note.step,
                note.octave + voice.staff.written_shift,
                note.accidental,
                0,
                self.line.resolution * note.num // note.den,
                explicit=note.accidental != NO_ACCIDENTAL,
            )
            for note in grace.notes
        ]
        voice.graces.append(GraceGroup(index, heads, grace.slash, voice.slurs_on))
        voice.slurs_on = []

    def slur(self, voice: _Voice, index: int, slur: Slur) -> None:
        if slur.opens:
            voice.slurs_on.append(index)
            voice.open_slurs.append((index, voice.last))
            return
        if not voice.open_slurs:
            return
        opened, before = voice.open_slurs.pop()
        waiting = opened in voice.slurs_on
        if voice.last is None or voice.last is before or waiting:
            # Nothing sounds between the two: no slur.
            self.forget_slur(voice, opened)
        elif opened in voice.last.slurs_on:
            voice.last.slurs_on.remove(opened)
        else:
            voice.last.slurs_off.append(opened)

    def forget_slur(self, voice: _Voice, opened: int) -> None:
        for slurs in (voice.slurs_on, *(group.slurs_on for group in voice.graces)):
            if opened in slurs:
                slurs.remove(opened)

    def tuplet(self, voice: _Voice, tuplet: Tuplet) -> None:
        self.end_tuplet(voice)
        p, q = int(tuplet.p), int(tuplet.q)
        if q == 0:
            q = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}.get(p, 3 if voice.compound else 2)
        voice.tuplet = (p, q)
        voice.tuplet_left = int(tuplet.r) or p
        voice.tuplet_new = True

    def end_tuplet(self, voice: _Voice) -> None:
        """A tuplet cut short ends with the last note it has."""
        if voice.tuplet_left and not voice.tuplet_new and voice.last is not None:
            voice.last.tuplet_off = True
        voice.tuplet_left = 0

    # -- notes ----------------------------------------------------------------

    def sounding(self, voice: _Voice, index: int, element: Element) -> None:
        if isinstance(element, Rest) and element.letter in "ZX":
            self.bar_rest(voice, index, element)
            return
        read = self.read.get(index)
        if not read:
            return
        notes = element.notes if isinstance(element, Chord) else (element,)
        inside = voice.tuplet_left > 0
        p, q = voice.tuplet if inside else (1, 1)
        sounding = Sounding(
            index,
            int(read[0].onset),
            int(read[0].plain) * q // p,
            int(read[0].plain),
            (p, q),
            spaced=voice.spaced,
        )
        if isinstance(element, Rest):
            sounding.visible = element.letter != "x"
        else:
            for note, written in zip(notes, read, strict=False):
                if isinstance(note, Note):
                    self.head(voice, sounding, note, written)
        if isinstance(element, Chord):
            for inner in element.inner:
                if isinstance(inner, Decoration):
                    self.decoration(voice, index, inner.name)
        if inside:
            sounding.tuplet_on = voice.tuplet_new
            voice.tuplet_new = False
            voice.tuplet_left -= 1
            sounding.tuplet_off = voice.tuplet_left == 0
        self.place(voice, sounding, int(read[0].measure), int(read[0].layer))

    def head(self, voice: _Voice, sounding: Sounding, note: Note, written: Written) -> None:
        p, q = sounding.ratio
        shift = voice.staff.written_shift
        head = Head(
            int(note.step),
            int(note.octave) + shift,
            int(written.alter),
            int(written.plain) * q // p,
            int(written.plain),
            explicit=note.accidental != NO_ACCIDENTAL,
        )
        pitch = 12 * head.octave + STEP_SEMITONES[head.step] + head.alter + voice.staff.transpose
        if written.tied:
            before = voice.ends.get((sounding.onset, pitch))
            if before:
                before.pop(0).ties_on = True
                head.ties_back = True
        voice.ends.setdefault((sounding.onset + head.ticks, pitch), []).append(head)
        if head.ticks == sounding.ticks:
            sounding.heads.append(head)
            return
        apart = Sounding(sounding.index, sounding.onset, head.ticks, head.plain, (p, q), [head])
        voice.bar_at(int(written.measure), apart.onset).apart.append(apart)

    def place(self, voice: _Voice, sounding: Sounding, measure: int, layer: int) -> None:
        """Put a note where it was read, with all that was waiting for it."""
        bar = voice.bar_at(measure, sounding.onset)
        if bar.first < 0:
            bar.first = sounding.index
        if voice.redo < 0:
            voice.at = measure
        while len(bar.layers) <= layer:
            bar.layers.append([])
        items = bar.layers[layer]
        items += voice.waiting
        voice.waiting = []
        sounding.graces, voice.graces = voice.graces, []
        sounding.decorations, voice.decorations = voice.decorations, []
        sounding.slurs_on += voice.slurs_on
        voice.slurs_on = []
        items.append(sounding)
        voice.last = sounding
        voice.spaced = False

    def bar_rest(self, voice: _Voice, index: int, rest: Rest) -> None:
        """``Z``: alone in its bar it becomes as many bars as it says, else it stays inside."""
        measures = voice.timed.measures
        if not measures:
            return
        at = min(voice.redo if voice.redo >= 0 else voice.at, len(measures) - 1)
        measure = measures[at]
        want = int(measure.want) or self.line.resolution
        layers = voice.bars[at].layers
        layer = layers[voice.layer] if voice.layer < len(layers) else []
        before = next((i for i in reversed(layer) if isinstance(i, Sounding)), None)
        alone = voice.layer == 0 and before is None
        onset = int(measure.start) if before is None else before.onset + before.ticks
        if alone:
            voice.bars[at].rest_bars = int(measure.count)
        inside = 1 if alone and measure.count > 1 else int(rest.num)
        room = int(measure.start + measure.length) - onset
        for _ in range(min(inside, max(1, room // want))):
            sounding = Sounding(index, onset, want, want, (1, 1), whole_bar=True)
            sounding.visible = rest.letter == "Z"
            self.place(voice, sounding, at, voice.layer)
            onset += want

    # -- bars and fields ------------------------------------------------------

    def bar_line(self, voice: _Voice, bar: Bar) -> None:
        redone = voice.redo >= 0
        self.break_bar(voice, bar.start)
        if redone:
            return
        style = int(bar.style)
        opening = style == BAR_HEAVY_START or voice.ended < 0
        if opening and voice.ended + 1 < len(voice.bars):
            target = voice.bars[voice.ended + 1]
            target.left = _stronger(target.left, style)
            return
        target = voice.bars[voice.ended]
        target.right = _stronger(target.right, style)

    def break_bar(self, voice: _Voice, place: int) -> None:
        """End the bar if the timeline ended one here."""
        voice.spaced = True
        self.end_tuplet(voice)
        if voice.redo >= 0:
            voice.redo += 1
            if voice.redo >= voice.at:
                voice.redo = -1
                voice.layer = voice.layer if voice.bar_open else 0
            return
        measures = voice.timed.measures
        if voice.bar_open and measures[voice.at].last == place:
            self.flush(voice, voice.bar)
            voice.ended = voice.at
            voice.at += 1
            voice.layer = 0

    def flush(self, voice: _Voice, bar: ScoreBar) -> None:
        """What stands after the last note of a bar; what changes the staff waits for the next."""
        items = bar.layers[-1]
        items += [item for item in voice.waiting if not isinstance(item, Change)]
        voice.waiting = [item for item in voice.waiting if isinstance(item, Change)]
        if voice.graces:
            items.append(Trailing(voice.graces))
            voice.graces = []
        bar.fermata = bar.fermata or "fermata" in voice.decorations
        if voice.last is not None:
            voice.last.decorations += [d for d in voice.decorations if d != "fermata"]
        voice.decorations = []

    def overlay(self, voice: _Voice, again: bool) -> None:
        """``&``: a further layer; ``&&`` goes on in the bar before, as the timeline does."""
        voice.spaced = True
        self.end_tuplet(voice)
        at = voice.redo if voice.redo >= 0 else voice.at
        opened = at < len(voice.bars) and voice.bars[at].first >= 0
        if at > 0 and (again or not opened):
            voice.redo = at - 1
            voice.layer = max(voice.layer, 1)
        elif opened:
            self.flush(voice, voice.bars[at])
            voice.layer += 1

    def field(self, index: int, field: Field) -> None:
        letter = field.letter
        if letter in "KM":
            for voice in self.affected():
                self.change(voice, field)
        elif letter == "V":
            self.switch(field)
        elif letter in "QPT":
            voice_now = self.music_voice() if letter != "T" else self.current
            if voice_now is None:
                return
            if letter == "P":
                self.break_bar(voice_now, field.start)
            kind = {"Q": "tempo", "P": "part", "T": "title"}[letter]
            voice_now.waiting.append(Mark(kind, index, field.value))

    def affected(self) -> list[_Voice]:
        return list(self.voices.values()) if self.current is None else [self.current]

    def change(self, voice: _Voice, field: Field) -> None:
        if field.letter == "M":
            meter = parse_meter(field.value)
            if meter.valid:
                voice.compound = meter.compound
                voice.waiting.append(Change(meter=meter))
            return
        key = parse_key(field.value)
        if not key.valid and not key.tonic:
            return
        if key.stated:
            voice.waiting.append(Change(key=key))
        self.settings.of(voice.timed.id).lay(key.properties)
        self.restaff(voice)

    def switch(self, field: Field) -> None:
        parsed = parse_voice(field.value)
        voice = self.voices.get(parsed.id)
        if voice is None:
            return
        self.settings.voice(field)
        self.current = voice
        self.restaff(voice)

    def restaff(self, voice: _Voice) -> None:
        """A new clef or transposition, if the setting changed."""
        staff = self.settings.staff(voice.timed.id)
        if staff == voice.staff:
            return
        voice.staff = staff
        voice.waiting.append(Change(staff=staff))

    def settle(self, voice: _Voice) -> None:
        """Slurs that never closed are no slurs."""
        opened = {index for index, _ in voice.open_slurs}
        for bar in voice.bars:
            for layer in bar.layers:
                for item in layer:
                    if isinstance(item, Sounding):
                        item.slurs_on = [s for s in item.slurs_on if s not in opened]
                        for group in item.graces:
                            group.slurs_on = [s for s in group.slurs_on if s not in opened]


def _stronger(one: int, two: int) -> int:
    if one < 0 or two < 0:
        return max(one, two)
    return max(one, two, key=lambda style: _STRENGTH[style])
