"""Transposing by a diatonic interval: keys, notes, graces, chord symbols."""

from __future__ import annotations

import re
from typing import Final

from chatmusician.abc.canonical import key_text
from chatmusician.abc.edit import Edit, edited, written_out
from chatmusician.abc.fields import Key, parse_key
from chatmusician.abc.spelling import ACCIDENTALS, head
from chatmusician.abc.timeline import timeline
from chatmusician.abc.timing import Written
from chatmusician.abc.transform.interval import Interval, interval_for, interval_to
from chatmusician.abc.tune import (
    NO_ACCIDENTAL,
    Bar,
    Chord,
    ChordSymbol,
    Element,
    Field,
    Grace,
    Note,
    Overlay,
    Tune,
    Unknown,
)
from chatmusician.errors import UsageError

_KEY_HEAD: Final = re.compile(
    r"\s*(?:HP|Hp|none|[A-G][#b\u266f\u266d]?\s*(?:[A-Za-z]{0,10})?|exp)?(?:\s*(?:exp|[\^_=]+[A-Ga-g]))*",
    re.I,
)


def transpose(tune: Tune, semitones: int) -> Tune:
    """The tune moved by so many semitones, spelled in the key with the fewest accidentals."""
    if not semitones:
        return tune
    written = written_out(tune)
    return _Transposer(written, interval_for(timeline(written).key, semitones)).tune()


def transpose_to(tune: Tune, tonic: str) -> Tune:
    """The tune moved to another tonic (``"Bb"``), by the shortest way; its mode stays."""
    key = timeline(tune).key
    target = parse_key(tonic)
    if not key.tonic or not target.tonic or not target.valid:
        raise UsageError(
            f"cannot transpose from {key.name} to {tonic!r}", hint='name a tonic, as in "Bb"'
        )
    interval = interval_to(key, target.tonic)
    if interval == Interval(0, 0):
        return tune
    return _Transposer(written_out(tune), interval).tune()


class _State:
    """One voice's old and new signature, and the accidentals of the bar in each."""

    def __init__(self, old: Key, new: Key) -> None:
        self.set_key(old, new)

    def set_key(self, old: Key, new: Key) -> None:
        self.old, self.new = old.accidentals, new.accidentals
        self.clear()

    def clear(self) -> None:
        self.old_bar: dict[int, int] = {}
        self.new_bar: dict[tuple[int, int], int] = {}


class _Transposer:
    def __init__(self, tune: Tune, interval: Interval) -> None:
        self.source = tune
        self.line = timeline(tune, trace=True)
        self.interval = interval
        self.check_range()
        self.read: dict[int, list[Written]] = {}
        for written in self.line.written:
            self.read.setdefault(int(written.element), []).append(written)
        self.edits: list[Edit] = []
        self.states: dict[str, _State] = {}
        self.voice = self.line.voices[0].id if self.line.voices else "1"

    def tune(self) -> Tune:
        for element in self.source.header:
            if isinstance(element, Field) and element.letter == "K":
                self.key(element, None)
        for index, element in enumerate(self.source.elements):
            self.element(index, element)
        return edited(self.source, self.edits)

    def check_range(self) -> None:
        by = self.interval.semitones
        for voice in self.line.voices:
            if any(not 0 <= tone.pitch + by <= 127 for tone in voice.tones):
                raise UsageError(
                    f"moved by {by} semitones the tune leaves the range of MIDI",
                    hint="an octave is 12 semitones",
                )

    def state(self) -> _State:
        if self.voice not in self.states:
            key = self.line.key
            self.states[self.voice] = _State(key, self.interval.key(key))
        return self.states[self.voice]

    def element(self, index: int, element: Element) -> None:
        if isinstance(element, Note):
            self.note(element, self.read.get(index, [None])[0])
        elif isinstance(element, Chord):
            read = self.read.get(index, [])
            for at, note in enumerate(element.notes):
                self.note(note, read[at] if at < len(read) else None)
            for inner in element.inner:
                if isinstance(inner, ChordSymbol):
                    self.symbol(inner)
        elif isinstance(element, Grace):
            for note in element.notes:
                self.note(note, None)
        elif isinstance(element, ChordSymbol):
            self.symbol(element)
        elif isinstance(element, (Bar, Overlay)):
            self.state().clear()
        elif isinstance(element, Unknown) and self.source.source(element) == "!":
            # Directly before a note that becomes "f" it would be read as "!f!" cut short.
            self.edits.append((int(element.end), int(element.end), " "))
        elif isinstance(element, Field) and element.letter == "K":
            self.key(element, self.state())
        elif isinstance(element, Field) and element.letter == "V" and element.value.split():
            self.voice = element.value.split()[0].strip('"')[:20]

    def key(self, field: Field, state: _State | None) -> None:
        key = parse_key(field.value)
        if not key.stated or not (key.valid or key.tonic):
            return
        moved = self.interval.key(key)
        if state is not None:
            state.set_key(key, moved)
        source = self.source.source(field)
        begin = source.index(":") + 1
        found = _KEY_HEAD.match(source, begin)
        end = found.end() if found and key.properties.clef is None else begin + len(field.value)
        end -= len(source[begin:end]) - len(source[begin:end].rstrip())
        tail = source[end:]
        if key.properties.clef is not None:
            tail = _tail(source[begin:], field.value)
        blank = " " if tail[:1].isalnum() else ""
        lead = " " * (len(source[begin:]) - len(source[begin:].lstrip()))
        text = source[:begin] + lead + key_text(moved) + blank + tail
        self.edits.append((int(field.start), int(field.end), text))

    def symbol(self, symbol: ChordSymbol) -> None:
        text = self.interval.symbol(symbol.text)
        if text != symbol.text:
            self.edits.append((int(symbol.start), int(symbol.end), f'"{text}"'))

    def note(self, note: Note, written: Written | None) -> None:
        state = self.state()
        step, octave = int(note.step), int(note.octave)
        if written is not None:
            alter = int(written.alter)
        elif note.accidental != NO_ACCIDENTAL:
            alter = int(note.accidental)
        else:
            alter = state.old_bar.get(step, state.old[step])
        to_step, to_octave, changed = self.interval.move(step, octave, alter)
        mark = self.accidental(note, written, (to_step, to_octave, changed), state)
        if written is not None and note.accidental != NO_ACCIDENTAL:
            state.old_bar[step] = alter
        text = mark + head(to_step, to_octave)
        self.edits.append((int(note.start), int(note.head_end), text))

    def accidental(
        self, note: Note, written: Written | None, to: tuple[int, int, int], state: _State
    ) -> str:
        """The accidental the moved note needs, under either rule of scope."""
        step, octave, alter = to
        seen = [a for (s, _), a in state.new_bar.items() if s == step] or [state.new[step]]
        own = state.new_bar.get((step, octave), state.new[step])
        explicit = note.accidental != NO_ACCIDENTAL
        carried = written is not None and written.tied and not explicit
        if carried or (not explicit and own == alter and all(a == alter for a in seen)):
            return ""
        if written is not None:
            state.new_bar[step, octave] = alter
        return ACCIDENTALS[alter]


def _tail(source: str, value: str) -> str:
    """What of a K: field's text is no tonic, mode or accidental: clef and the like, brackets."""
    words = value.split()
    kept = [w for w in words if "=" in w[1:] or parse_key(w).stated is False]
    after = source[source.rindex(value) + len(value) :] if value in source else ""
    return "".join(f" {word}" for word in kept) + after
