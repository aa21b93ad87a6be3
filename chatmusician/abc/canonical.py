"""One spelling for one music: the form for training and comparison (docs/canonical.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from chatmusician.abc.events import key_signature
from chatmusician.abc.fields import Key, Properties, Voice, parse_key, parse_meter, parse_voice
from chatmusician.abc.lyrics import BAR, HOLD, Sung, align
from chatmusician.abc.notate import length_text
from chatmusician.abc.spelling import ACCIDENTALS, head
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
    Tie,
    Tune,
    Tuplet,
)

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
    # What V: and K: say of clef and octave, in the header and at the moment.
    first: Properties = NO_PROPERTIES
    properties: Properties = NO_PROPERTIES

    @property
    def begun(self) -> bool:
        return bool(self.music or self.now or self.bars or self.lines)


class _Writer:
    def __init__(self, tune: Tune, bars_per_line: int) -> None:
        self.tune = tune
        self.bars_per_line = bars_per_line
        self.line: Timeline = timeline(tune, trace=True)
        self.read: dict[int, list[Written]] = {}
        for written in self.line.written:
            self.read.setdefault(int(written.element), []).append(written)
        self.timed = {voice.id: voice for voice in self.line.voices}
        self.voices: dict[str, _Voice] = {}
        self.sung: dict[str, dict[int, dict[int, Sung]]] = {}
        for voice in self.line.voices:
            by_verse: dict[int, dict[int, Sung]] = {}
            for sung in align(self.line, voice)[0]:
                by_verse.setdefault(sung.verse, {})[sung.element] = sung
            self.sung[voice.id] = by_verse
            self.voices[voice.id] = _Voice(voice.id, self.line.key.accidentals)
            self.voices[voice.id].beat = _beat(self.line.meter.name)
        self.read_properties()
        self.common = True
        self.voice = next(iter(self.voices.values()), _Voice("1", (0,) * 7))
        self.tuplet: tuple[int, int] = (1, 1)

    def read_properties(self) -> None:
        """The clefs and octaves that the header gives its voices; V: wins over K:."""
        common = NO_PROPERTIES
        for stated in self.tune.fields("K"):
            common = _laid(common, parse_key(stated.value).properties)
        own: dict[str, Properties] = {}
        for stated in self.tune.fields("V"):
            voice = parse_voice(stated.value)
            own[voice.id] = _laid(own.get(voice.id, NO_PROPERTIES), voice.properties)
        for name, written in self.voices.items():
            written.first = _laid(common, own.get(name, NO_PROPERTIES))
            written.properties = written.first

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
        if line.order:
            found.append(f"P:{line.order}")
        found += [f"M:{line.meter.name}", f"L:{UNIT}"]
        tempo = self.tune.fields("Q")
        if tempo and line.tempo is not None:
            found.append(f"Q:{_tempo(line)}")
        if len(self.voices) > 1:
            for voice in self.voices.values():
                found.append(f"V:{voice.id}{_properties(voice.first)}")
            found.append(f"K:{key_text(line.key)}")
        else:
            only = next((v.first for v in self.voices.values()), NO_PROPERTIES)
            found.append(f"K:{key_text(line.key)}{_properties(only)}")
        return found

    # -- elements -------------------------------------------------------------

    def element(self, index: int, element: Element) -> None:
        voice = self.voice
        if isinstance(element, (Note, Chord, Rest)):
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
        elif isinstance(element, Tie):
            self.late_tie(voice)
            return
        if text:
            after = isinstance(element, Slur) and not element.opens
            if not after:
                self.bar_line(voice)
            voice.now.append(text)

    def late_tie(self, voice: _Voice) -> None:
        for at in range(len(voice.now) - 1, -1, -1):
            if voice.now[at][-1:].isalnum() or voice.now[at][-1:] in "/,']":
                voice.now[at] += "-"
                return

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
        self.common = False
        read = self.read.get(index, [])
        if isinstance(element, Rest) and element.letter in "ZX":
            voice.now.append(element.letter + (str(element.num) if element.num > 1 else ""))
            voice.music = True
            return
        if not read:
            return
        self.space(voice, read[0])
        voice.music = True
        if isinstance(element, Rest):
            voice.now.append(element.letter + self.size(read[0]))
            return
        voice.spots.append(index)
        if isinstance(element, Note):
            tie = "-" if element.tie else ""
            voice.now.append(self.pitch(voice, element, read[0]) + self.size(read[0]) + tie)
        else:
            voice.now.append(self.chord(voice, element, read))

    def chord(self, voice: _Voice, chord: Chord, read: list[Written]) -> str:
        pairs = list(zip(chord.notes, read, strict=False))
        equal = len({w.plain for w in read}) == 1
        if equal:
            pairs.sort(key=lambda p: (p[0].step + 7 * p[0].octave, p[1].alter))
        all_tied = bool(chord.tie) or all(n.tie for n in chord.notes)
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
        if voice.full >= self.bars_per_line:
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
        letter = element.letter
        if letter == "V":
            self.switch_voice(parse_voice(element.value))
            return
        # Before any V: or music a key or meter of the body counts for every voice.
        everyone = self.common and letter in "KM"
        for voice in self.voices.values() if everyone else [self.voice]:
            self.change(voice, letter, element.value)

    def switch_voice(self, named: Voice) -> None:
        if named.id not in self.voices:
            return
        self.common = False
        voice = self.voice = self.voices[named.id]
        after = _laid(voice.properties, named.properties)
        if not voice.begun:
            voice.first = after
        elif after != voice.properties:
            self.bar_line(voice)
            voice.now.append(f"[K:{_changed(named.properties).strip()}]")
        voice.properties = after

    def change(self, voice: _Voice, letter: str, value: str) -> None:
        """Write a change of key, meter, part or tempo inside the music."""
        if letter == "K":
            key = parse_key(value)
            value = (key_text(key) if key.stated else "") + _changed(key.properties)
            voice.properties = _laid(voice.properties, key.properties)
            if key.stated and (key.valid or key.tonic):
                voice.signature = key.accidentals
                voice.state = {}
            if not value.strip():
                return
        elif letter == "M":
            meter = parse_meter(value)
            if not meter.valid:
                return
            value = meter.name
            voice.beat = _beat(value)
        elif letter not in "PQ":
            return
        value = value.replace("[", "").replace("]", "").strip()
        self.bar_line(voice)
        voice.now.append(f"[{letter}:{value}]")


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
        own.clef or common.clef,
        own.octave if own.octave is not None else common.octave,
        own.transpose if own.transpose is not None else common.transpose,
    )


def _properties(properties: Properties) -> str:
    found = ""
    if properties.clef and properties.clef != "treble":
        found += f" clef={properties.clef}"
    if properties.octave:
        found += f" octave={properties.octave}"
    if properties.transpose:
        found += f" transpose={properties.transpose}"
    return found


def _changed(properties: Properties) -> str:
    """Like ``_properties``, for a place where another clef or octave went before."""
    found = f" clef={properties.clef}" if properties.clef else ""
    if properties.octave is not None:
        found += f" octave={properties.octave}"
    if properties.transpose is not None:
        found += f" transpose={properties.transpose}"
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


def _beat(meter: str) -> Fraction:
    parsed = parse_meter(meter)
    return Fraction(3, 8) if parsed.compound and parsed.den == 8 else Fraction(1, 4)


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
