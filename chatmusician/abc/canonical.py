"""One spelling for one music: the form for training and comparison (docs/canonical.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from chatmusician.abc.fields import Key, Properties, Voice, parse_key, parse_voice
from chatmusician.abc.lyrics import BAR, HOLD, Sung, align
from chatmusician.abc.notate import length_text
from chatmusician.abc.signs import key_signature
from chatmusician.abc.spelling import ACCIDENTALS, head
from chatmusician.abc.splits import split_bars
from chatmusician.abc.tables import SHORTHAND
from chatmusician.abc.timeline import timeline
from chatmusician.abc.timing import NO_PROPERTIES, Timeline, Written
from chatmusician.abc.tune import (
    BAR_DOTTED,
    BAR_DOUBLE,
    BAR_FINAL,
    BAR_HEAVY_START,
    BAR_INVISIBLE,
    NO_ACCIDENTAL,
    Annotation,
    Bar,
    Book,
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
from chatmusician.errors import UsageError
from chatmusician.music.meter import parse_meter

UNIT: Final = Fraction(1, 8)
_SHORT: Final = {name: char for char, name in SHORTHAND.items()}
_MODES: Final = {
    "major": "",
    "minor": "m",
    "dorian": "dor",
    "phrygian": "phr",
    "lydian": "lyd",
    "mixolydian": "mix",
    "locrian": "loc",
}
_DEFAULT_TIMES: Final = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}
_STYLES: Final = {
    BAR_DOUBLE: "||",
    BAR_FINAL: "|]",
    BAR_HEAVY_START: "[|",
    BAR_DOTTED: ".|",
    BAR_INVISIBLE: "[|]",
}
_STRENGTH: Final = ("[|]", ".|", "|", "||", "[|", "|]")
_HEADER: Final = "TCOR"


def canonical(source: Book | Tune, *, bars_per_line: int = 4) -> str:
    """The canonical text of a tune, or of every tune of a book, a blank line between."""
    if bars_per_line < 1:
        raise UsageError(f"{bars_per_line} bars on a line", hint="at least 1")
    tunes = source.tunes if isinstance(source, Book) else (source,)
    return "\n".join(_Writer(tune, bars_per_line).text() for tune in tunes)


@dataclass
class _Voice:
    """What is written of one voice so far: lines of bars, and the state they leave."""

    id: str
    signature: tuple[int, ...]
    bars: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    now: list[str] = field(default_factory=list)
    state: dict[tuple[int, int], int] = field(default_factory=dict)
    beat: Fraction = Fraction(1, 4)
    full: int = 0
    spots: list[int] = field(default_factory=list)
    closes: int = 0
    opens: int = 0
    style: str = ""
    music: bool = False
    measure: int = -1
    begins: Properties = NO_PROPERTIES
    laid: Properties = NO_PROPERTIES

    @property
    def empty(self) -> bool:
        return not (self.lines or self.bars or self.now)


class _Writer:
    def __init__(self, tune: Tune, bars_per_line: int) -> None:
        self.tune = tune
        self.bars_per_line = bars_per_line
        self.line: Timeline = timeline(tune, trace=True)
        self.read: dict[int, list[Written]] = {}
        for written in self.line.written:
            self.read.setdefault(int(written.element), []).append(written)
        self.timed = {voice.id: voice for voice in self.line.voices}
        self.late_ties = _late_ties(self.line)
        self.voices: dict[str, _Voice] = {}
        # Measures that only begin a bar: the line ends after each, as it does in the source.
        self.pieces = {
            voice.id: {at for split in splits for at in range(split.first, split.last)}
            for voice, splits in zip(
                self.line.voices, split_bars(self.line.voices, tune.text), strict=True
            )
        }
        self.sung: dict[str, dict[int, dict[int, Sung]]] = {}
        for voice in self.line.voices:
            by_verse: dict[int, dict[int, Sung]] = {}
            for sung in align(self.line, voice)[0]:
                by_verse.setdefault(sung.verse, {})[sung.element] = sung
            self.sung[voice.id] = by_verse
            self.voices[voice.id] = _Voice(voice.id, self.line.key.accidentals)
            self.voices[voice.id].beat = parse_meter(self.line.meter.name).beam
        self.common = NO_PROPERTIES
        for field_ in tune.fields("K"):
            self.common = _laid(self.common, parse_key(field_.value).properties)
        for name in self.voices:
            self.voices[name].laid = self.common
        for field_ in tune.fields("V"):
            self.lay(parse_voice(field_.value))
        # Fields before the first V: and the first note speak of every voice.
        self.for_all = True
        self.voice = next(iter(self.voices.values()), _Voice("1", (0,) * 7))
        self.tuplet: tuple[int, int] = (1, 1)

    def text(self) -> str:
        for index, element in enumerate(self.tune.elements):
            self.element(index, element)
        for voice in self.voices.values():
            self.bar_line(voice)
            self.end_line(voice)
            drop_last_words(voice.lines)
        lines = self.header()
        several = len(self.voices) > 1
        rows = max((len(v.lines) for v in self.voices.values()), default=0)
        for row in range(rows):
            for voice in self.voices.values():
                if row < len(voice.lines):
                    lines.append(f"[V:{voice.id}] " * several + voice.lines[row])
        lines += [f"W:{f.value}" for f in self._all("W")]
        return "\n".join(lines) + "\n"

    def _all(self, letter: str) -> list[Field]:
        body = [e for e in self.tune.elements if isinstance(e, Field) and e.letter == letter]
        return [*self.tune.fields(letter), *body]

    def header(self) -> list[str]:
        line = self.line
        found = [f"X:{self.tune.x if self.tune.x.isdigit() else 1}"]
        for letter in _HEADER:
            found += [f"{letter}:{f.value}" for f in self.tune.fields(letter) if f.value]
        if parts := line.order or self.tune.value("P"):
            found.append(f"P:{parts}")
        found += [f"M:{line.meter.name}", f"L:{UNIT}"]
        tempo = self.tune.fields("Q")
        if tempo and line.tempo is not None:
            found.append(f"Q:{_tempo(line)}")
        if len(self.voices) > 1:
            for voice in self.voices.values():
                found.append(f"V:{voice.id}{_properties(voice.begins, self.common)}")
            common = self.common
        else:
            common = _laid(self.common, self.voice.begins)
        found.append(f"K:{key_text(line.key)}{_properties(common, NO_PROPERTIES)}")
        return found

    def lay(self, said: Voice) -> None:
        """What a V: says of its voice: in the header, or where the voice has begun, a [K:]."""
        voice, new = self.voices.get(said.id), said.properties
        if voice is None:
            return
        if voice.empty:
            voice.begins = _laid(voice.begins, new)
        elif change := _properties(new, voice.laid):
            self.bar_line(voice)
            voice.now.append(f"[K:{change.strip()}]")
        voice.laid = _laid(voice.laid, new)

    # -- elements -------------------------------------------------------------

    def element(self, index: int, element: Element) -> None:
        voice = self.voice
        if isinstance(element, (Note, Chord, Rest)):
            self.for_all = False
            self.sounding(voice, index, element)
        elif isinstance(element, Bar):
            voice.closes = max(voice.closes, int(element.closes))
            voice.opens = max(voice.opens, int(element.opens))
            style = _STYLES.get(element.style, "|")
            voice.style = max(voice.style, style, key=lambda s: _STRENGTH.index(s) if s else -1)
        elif isinstance(element, Field):
            self.field(element)
        elif not isinstance(element, Directive):
            self.mark(voice, element)

    def mark(self, voice: _Voice, element: Element) -> None:
        """What takes no time."""
        text = ""
        if isinstance(element, ChordSymbol):
            text = f'"{element.text}"'
        elif isinstance(element, Annotation):
            text = f'"{element.placement}{element.text}"'
        elif isinstance(element, Decoration):
            text = _SHORT.get(element.name, f"!{element.name}!")
        elif isinstance(element, Tuplet):
            text = self.tuplet_text(element)
        elif isinstance(element, Slur):
            text = "(" if element.opens else ")"
        elif isinstance(element, Grace) and element.notes:
            text = "{" + "/" * element.slash + "".join(_grace(n) for n in element.notes) + "}"
        elif isinstance(element, Overlay):
            text = " & "
            voice.state = {}
        elif isinstance(element, Ending):
            self.bar_line(voice)
            voice.now.append("[" + ",".join(str(n) for n in element.numbers) + " ")
            return
        if text:
            after = isinstance(element, Slur) and not element.opens
            if not after:
                self.bar_line(voice)
            voice.now.append(text)

    def tuplet_text(self, tuplet: Tuplet) -> str:
        compound = parse_meter(self.line.meter.name).compound
        default = _DEFAULT_TIMES.get(int(tuplet.p), 3 if compound else 2)
        p, q, r = int(tuplet.p), int(tuplet.q) or default, int(tuplet.r) or int(tuplet.p)
        usual = p in _DEFAULT_TIMES and q == _DEFAULT_TIMES[p]
        if usual and r == p:
            return f"({p}"
        return f"({p}:{q}" if r == p else f"({p}:{q}:{r}"

    def sounding(self, voice: _Voice, index: int, element: Note | Chord | Rest) -> None:
        self.bar_line(voice)
        read = self.read.get(index, [])
        if isinstance(element, Rest) and element.letter in "ZX":
            voice.now.append(element.letter + (str(element.num) if element.num > 1 else ""))
            voice.music = True
            return
        if not read:
            return
        self.space(voice, read[0])
        voice.music = True
        voice.measure = int(read[0].measure)
        if isinstance(element, Rest):
            voice.now.append(element.letter + self.size(read[0]))
            return
        voice.spots.append(index)
        if isinstance(element, Note):
            tie = "-" if element.tie or index in self.late_ties else ""
            voice.now.append(self.pitch(voice, element, read[0]) + self.size(read[0]) + tie)
        else:
            tied = bool(element.tie) or index in self.late_ties
            voice.now.append(self.chord(voice, element, read, tied))

    def chord(self, voice: _Voice, chord: Chord, read: list[Written], tied: bool) -> str:
        pairs = list(zip(chord.notes, read, strict=False))
        equal = len({w.plain for w in read}) == 1
        if equal:
            pairs.sort(key=lambda p: (p[0].step + 7 * p[0].octave, p[1].alter))
        all_tied = tied or all(n.tie for n in chord.notes)
        marks = "".join(
            _SHORT.get(e.name, f"!{e.name}!") for e in chord.inner if isinstance(e, Decoration)
        )
        symbols = "".join(f'"{e.text}"' for e in chord.inner if isinstance(e, ChordSymbol))
        inner = "".join(
            self.pitch(voice, note, written)
            + ("" if equal else self.size(written))
            + ("-" if note.tie and not all_tied else "")
            for note, written in pairs
        )
        size = self.size(read[0]) if equal else ""
        if len(pairs) == 1:
            return symbols + marks + inner + size + ("-" if all_tied else "")
        return f"{symbols}{marks}[{inner}]{size}" + ("-" if all_tied else "")

    def size(self, written: Written) -> str:
        return length_text(Fraction(int(written.plain), self.line.resolution) / UNIT)

    def pitch(self, voice: _Voice, note: Note, written: Written) -> str:
        """The note with an accidental wherever either rule of scope needs one."""
        step, octave, alter = int(note.step), int(note.octave), int(written.alter)
        seen = [a for (s, _), a in voice.state.items() if s == step] or [voice.signature[step]]
        own = voice.state.get((step, octave), voice.signature[step])
        needed = own != alter or any(a != alter for a in seen)
        if not needed or (written.tied and note.accidental == NO_ACCIDENTAL):
            return head(step, octave)
        voice.state[step, octave] = alter
        return ACCIDENTALS.get(alter, "=") + head(step, octave)

    def space(self, voice: _Voice, written: Written) -> None:
        """A blank where a beat begins, so that beams show the meter."""
        measures = self.timed[voice.id].measures
        if not voice.now or written.measure >= len(measures):
            return
        at = int(written.onset - measures[written.measure].start)
        beat = voice.beat * self.line.resolution
        if at and at % beat == 0:
            place = len(voice.now)
            while place and _belongs_to_next(voice.now[place - 1]):
                place -= 1
            if place and not voice.now[place - 1].endswith(" "):
                voice.now.insert(place, " ")

    # -- bars and fields ------------------------------------------------------

    def bar_line(self, voice: _Voice) -> None:
        """Write the bar line that is due before what comes next."""
        if not voice.style and not voice.closes and not voice.opens:
            return
        closes, opens = ":" * voice.closes, ":" * voice.opens
        bar = f"{closes}|{opens}" if closes or opens else voice.style
        if closes and opens:
            bar = "::" if closes == opens == ":" else f"{closes}|{opens}"
        first = not voice.bars and not any(text.strip() for text in voice.now)
        voice.closes, voice.opens, voice.style = 0, 0, ""
        voice.state = {}
        if first:
            if opens:
                voice.now.append(bar)
            return
        voice.bars.append("".join(voice.now).strip() + f" {bar}")
        voice.now = []
        voice.full += voice.music
        voice.music = False
        if voice.full >= self.bars_per_line or voice.measure in self.pieces.get(voice.id, ()):
            self.end_line(voice)

    def end_line(self, voice: _Voice) -> None:
        """Close the line of music, with its words under it."""
        if voice.now:
            voice.bars.append("".join(voice.now).strip())
            voice.now = []
        music = " ".join(bar for bar in voice.bars if bar)
        if music:
            voice.lines.append("\n".join([music, *self.words(voice)]))
        voice.bars, voice.full, voice.spots = [], 0, []

    def words(self, voice: _Voice) -> list[str]:
        found: list[str] = []
        verses = self.sung.get(voice.id, {})
        if not verses or not voice.spots:
            return []
        used = [v for v in verses if any(i in verses[v] for i in voice.spots)]
        for verse in range(1, max(used, default=1) + 1):
            syllables = verses.get(verse, {})
            text = "".join(syllable_text(syllables.get(index)) for index in voice.spots)
            found.append("w: " + (text.rstrip(" *") or "*").strip())
        return found

    def field(self, element: Field) -> None:
        if element.letter == "V":
            said = parse_voice(element.value)
            self.voice = self.voices.get(said.id, self.voice)
            self.for_all = False
            self.lay(said)
            return
        several = self.for_all and element.letter in "KM"
        for voice in list(self.voices.values()) if several else [self.voice]:
            self.field_of(voice, element.letter, element.value)

    def field_of(self, voice: _Voice, letter: str, value: str) -> None:
        if letter == "K":
            key = parse_key(value)
            if not (key.valid or key.tonic):
                return
            value = (key_text(key) if key.stated else "") + _properties(key.properties, voice.laid)
            voice.laid = _laid(voice.laid, key.properties)
            if not value:
                return
            if key.stated:
                voice.signature = key.accidentals
                voice.state = {}
        elif letter == "M":
            meter = parse_meter(value)
            if not meter.valid:
                return
            value = meter.name
            voice.beat = parse_meter(value).beam
        elif letter not in "PQ":
            return
        value = value.replace("[", "").replace("]", "").strip()
        self.bar_line(voice)
        voice.now.append(f"[{letter}:{value}]")


def _late_ties(line: Timeline) -> set[int]:
    """The notes and chords tied by a ``-`` apart from them; without those that tie nothing."""
    idle = {start for code, start, _, _ in line.problems if code == "tie-to-nothing"}
    return {element for element, start in line.late_ties if start not in idle}


def drop_last_words(lines: list[str]) -> None:
    """Take away empty w: lines that no words follow; those before words count notes."""
    for at in range(len(lines) - 1, -1, -1):
        music, *words = lines[at].split("\n")
        if any(line != "w: *" for line in words):
            break
        lines[at] = music


def key_text(key: Key) -> str:
    """The shortest K: value that reads as this key."""
    if key.mode in ("HP", "Hp"):
        return key.mode
    if not key.explicit and not (key.mode == "exp" and key.tonic):
        return key.tonic + _MODES.get(key.mode, "") if key.tonic else "none"
    tonic = f"{key.tonic} " if key.tonic else ""
    if key.mode == "exp" or not key.tonic:
        return f"{tonic}exp {' '.join(key_signature(key))}".strip()
    marks = (ACCIDENTALS[alter] + "CDEFGAB"[step].lower() for step, alter in key.explicit)
    return key.tonic + " ".join([_MODES.get(key.mode, ""), *marks])


def _laid(common: Properties, own: Properties) -> Properties:
    return Properties(
        own.clef if _is_shown(own.clef) else common.clef,
        own.octave if own.octave is not None else common.octave,
        own.transpose if own.transpose is not None else common.transpose,
    )


def _is_shown(clef: str | None) -> bool:
    """Whether a clef says anything: ``none`` is a matter of layout."""
    return bool(clef) and clef != "none"


def _properties(new: Properties, old: Properties) -> str:
    """What of ``new`` is no repetition of ``old``, or of the defaults."""
    found = ""
    if _is_shown(new.clef) and new.clef != (old.clef or "treble"):
        found += f" clef={new.clef}"
    if new.octave is not None and new.octave != (old.octave or 0):
        found += f" octave={new.octave}"
    if new.transpose is not None and new.transpose != (old.transpose or 0):
        found += f" transpose={new.transpose}"
    return found


def _tempo(line: Timeline) -> str:
    tempo = line.tempo
    assert tempo is not None
    words = f'"{tempo.text}"' if tempo.text else ""
    if tempo.bpm is None:
        return words
    beat = f"{tempo.beat.numerator}/{tempo.beat.denominator}"
    speed = int(tempo.bpm) if tempo.bpm.denominator == 1 else float(tempo.bpm)
    return f"{words} {beat}={speed}".strip()


def _grace(note: Note) -> str:
    mark = "" if note.accidental == NO_ACCIDENTAL else ACCIDENTALS.get(int(note.accidental), "")
    size = length_text(Fraction(int(note.num), int(note.den)))
    return mark + head(int(note.step), int(note.octave)) + size


def _belongs_to_next(text: str) -> bool:
    """Whether a token stands before its note and so after the blank."""
    if text.endswith(('"', "!", "}", "(")) or text in _SHORT.values():
        return True
    return text.startswith("(") and text[1:2].isdigit()


def syllable_text(sung: Sung | None) -> str:
    if sung is None or (not sung.text and sung.kind not in (HOLD, BAR)):
        return "* "
    if sung.kind == HOLD:
        return "_ "
    text = sung.text.replace("-", "\\-").replace(" ", "~").replace("%", "\\%")
    return text + ("-" if sung.hyphen else " ")
