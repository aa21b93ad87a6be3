"""The events shape as JSON text, written piece by piece (docs/events.md).

A long tune has more notes than one wants to hold as dicts, lists and strings at the same time:
each goes to the text as soon as it is known, and the text goes out in pieces.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from fractions import Fraction
from json.encoder import encode_basestring
from math import gcd
from typing import Final

from mypy_extensions import i64

from chatmusician.abc.check import check_tune
from chatmusician.abc.encoding import read_text
from chatmusician.abc.fields import Tempo
from chatmusician.abc.lyrics import BAR, align, split_words
from chatmusician.abc.signs import key_signature, key_text, signs
from chatmusician.abc.sounding import Stretches, by_onset, by_time, chords, same_onset
from chatmusician.abc.timeline import timeline
from chatmusician.abc.timing import Mark, Timeline, Tone, VoiceLine
from chatmusician.abc.tune import Annotation, ChordSymbol, Diagnostic, Element, Field, Tune

_PIECES: Final = 16_384
_MOST_KNOWN: Final = 10_000
_LONGEST_KNOWN: Final[i64] = 1 << 50


class EventsText:
    """Writes the tunes of a book to ``write``, a callable that takes text.

    The result is that of ``json.dumps(…, ensure_ascii=False)``. ``problems`` counts the
    findings that are more than information.
    """

    def __init__(self, write: Callable[[str], object]) -> None:
        self.write: Callable[[str], object] = write
        self.pieces: list[str] = []
        self.quarter: i64 = 1
        # Parts of a quarter note, by ticks: numerator, denominator, and the latter as text.
        self.parts: dict[int, tuple[int, int, str]] = {}
        # The text after the onset of a note, by length and pitch: a tune has few of them.
        self.ends: dict[int, str] = {}
        self.problems: int = 0

    # -- a book ---------------------------------------------------------------

    def book(self, tunes: Iterable[Tune], problems: Callable[[], Iterable[Diagnostic]]) -> None:
        """Write a book; ``problems`` gives the findings about the file when all is read."""
        self.put('{"tunes": [')
        first = True
        for tune in tunes:
            if not first:
                self.put(", ")
            first = False
            self.tune(tune)
        self.put('], "diagnostics": ')
        self.diagnostics(problems())
        self.put("}")
        self.flush()

    def put(self, text: str) -> None:
        self.pieces.append(text)
        if len(self.pieces) > _PIECES:
            self.flush()

    def flush(self) -> None:
        self.write("".join(self.pieces))
        self.pieces = []

    # -- values ---------------------------------------------------------------

    def count_in(self, line: Timeline) -> None:
        """Take over a timeline's ticks."""
        self.quarter = line.resolution // 4
        self.parts = {}
        self.ends = {}

    def time(self, ticks: i64) -> str:
        """Ticks as an exact fraction of a quarter note: ``3``, ``-1/2``."""
        whole = ticks // self.quarter
        rest = ticks - whole * self.quarter
        if rest == 0:
            return str(int(whole))
        part = self.parts.get(int(rest))
        if part is None:
            part = self.part(rest)
        num: i64 = part[0]
        den: i64 = part[1]
        return str(int(whole * den + num)) + part[2]

    def part(self, rest: i64) -> tuple[int, int, str]:
        common = gcd(int(rest), int(self.quarter))
        den = int(self.quarter) // common
        part = (int(rest) // common, den, f"/{den}")
        if len(self.parts) > _MOST_KNOWN:
            self.parts = {}
        self.parts[int(rest)] = part
        return part

    def timed(self, entries: Iterable[tuple[int, str]]) -> None:
        """A list of texts, each with its onset."""
        between = "["
        for onset, text in entries:
            self.put(f'{between}["{self.time(onset)}", {encode_basestring(text)}]')
            between = ", "
        self.put("[]" if between == "[" else "]")

    def texts(self, texts: Iterable[str]) -> None:
        between = "["
        for text in texts:
            self.put(between + encode_basestring(text))
            between = ", "
        self.put("[]" if between == "[" else "]")

    def diagnostics(self, diagnostics: Iterable[Diagnostic]) -> None:
        between = "["
        for diagnostic in diagnostics:
            self.problems += diagnostic.severity != "info"
            self.put(between + json.dumps(diagnostic.as_dict(), ensure_ascii=False))
            between = ", "
        self.put("[]" if between == "[" else "]")

    # -- a tune ---------------------------------------------------------------

    def tune(self, tune: Tune) -> None:
        line = timeline(tune)
        self.count_in(line)
        self.put(f'{{"x": {encode_basestring(tune.x)}, "text": {{"title": ')
        self.put(encode_basestring(tune.title) + ', "lyrics": ')
        self.words(tune)
        self.put(', "chord_symbols": ')
        self.texts_of(tune, ChordSymbol)
        self.put(', "annotations": ')
        self.texts_of(tune, Annotation)
        self.put('}, "key": ' + encode_basestring(line.key.name) + ', "signature": ')
        self.texts(key_signature(line.key))
        self.put(', "meter": ' + encode_basestring(line.meter.name))
        self.put(f', "unit": "{line.unit[0]}/{line.unit[1]}", "tempo": {tempo_text(line.tempo)}')
        self.put(f', "order": {encode_basestring(line.order)}, "graces": {line.graces}')
        self.put(', "voices": ')
        between = "["
        for voice in line.voices:
            self.put(between)
            self.voice(line, voice)
            between = ", "
        self.put("[]" if between == "[" else "]")
        self.put(', "bars": ')
        self.bars(line.voices[0] if line.voices else None)
        self.put(', "expanded": ')
        self.expanded(line)
        self.put(', "diagnostics": ')
        self.diagnostics(check_tune(tune, line))
        self.put("}")

    def words(self, tune: Tune) -> None:
        """The words of every w: line, one list for each."""
        between = "["
        for element in tune.elements:
            if isinstance(element, Field) and element.letter == "w":
                self.put(between)
                self.texts([s.text for s in split_words(element.value) if s.kind != BAR])
                between = ", "
        self.put("[]" if between == "[" else "]")

    def texts_of(self, tune: Tune, kind: type[Element]) -> None:
        between = "["
        for element in tune.elements:
            if isinstance(element, kind) and isinstance(element, (ChordSymbol, Annotation)):
                self.put(between + encode_basestring(read_text(element.text)))
                between = ", "
        self.put("[]" if between == "[" else "]")

    # -- a voice --------------------------------------------------------------

    def voice(self, line: Timeline, voice: VoiceLine) -> None:
        self.put(f'{{"id": {encode_basestring(voice.id)}, "notes": ')
        self.notes(by_time(voice.tones))
        self.put(', "bars": ')
        self.bars(voice)
        self.put(', "chord_symbols": ')
        self.marks(voice.chord_symbols)
        self.put(', "lyrics": ')
        verses = verses_of(line, voice)
        self.timed(verses.get(1, []))
        self.put(', "signs": ')
        self.timed(signs(voice))
        self.put(', "meters": ')
        self.timed([(at, meter.name) for at, meter in voice.meters])
        self.put(', "keys": ')
        self.timed([(at, key_text(key)) for at, key in voice.keys])
        if len(verses) > 1:
            self.put(', "verses": ')
            between = "["
            for verse in sorted(verses):
                self.put(between)
                self.timed(verses[verse])
                between = ", "
            self.put("]")
        self.put("}")

    def notes(self, tones: list[Tone]) -> None:
        """Notes as written; ``tones`` are in the order of their onsets."""
        between = '[["'
        i: i64 = 0
        count: i64 = len(tones)
        while i < count:
            tone = tones[i]
            following = same_onset(tones, i, count)
            if following == i + 1:
                self.note(between, tone.onset, tone.duration, tone.pitch)
            else:
                together = chords(tones, i, following)
                together.sort(key=by_onset)
                for onset, duration, pitches in together:
                    self.notes_together(between, onset, duration, pitches)
                    between = ', ["'
            between = ', ["'
            i = following
        self.put("[]" if between == '[["' else "]")

    def note(self, between: str, onset: i64, duration: i64, pitch: i64) -> None:
        if not (0 <= pitch < 256 and 0 <= duration < _LONGEST_KNOWN):
            self.put(f'{between}{self.time(onset)}", "{self.time(duration)}", [{int(pitch)}]]')
            return
        key = int(256 * duration + pitch)
        end = self.ends.get(key)
        if end is None:
            if len(self.ends) > _MOST_KNOWN:
                self.ends = {}
            end = f'", "{self.time(duration)}", [{int(pitch)}]]'
            self.ends[key] = end
        pieces = self.pieces
        pieces.append(between)
        pieces.append(self.time(onset))
        pieces.append(end)
        if len(pieces) > _PIECES:
            self.flush()

    def notes_together(self, between: str, onset: i64, duration: i64, pitches: list[int]) -> None:
        if len(pitches) == 1:
            self.note(between, onset, duration, pitches[0])
            return
        text = ", ".join([str(pitch) for pitch in pitches])
        self.put(f'{between}{self.time(onset)}", "{self.time(duration)}", [{text}]]')

    def marks(self, marks: list[Mark]) -> None:
        between = "["
        for mark in marks:
            text = encode_basestring(read_text(mark.text))
            self.put(f'{between}["{self.time(mark.onset)}", {text}]')
            between = ", "
        self.put("[]" if between == "[" else "]")

    def bars(self, voice: VoiceLine | None) -> None:
        """The lengths of a voice's bars; empty ones are left out, ``Z4`` is four."""
        between = "["
        for measure in voice.measures if voice is not None else ():
            length = measure.length // measure.count
            if length == 0:
                continue
            text = '"' + self.time(length) + '"'
            for _ in range(measure.count):
                self.put(between + text)
                between = ", "
        self.put("[]" if between == "[" else "]")

    def expanded(self, line: Timeline) -> None:
        """What sounds, in the order it sounds, all voices together."""
        between = '[["'
        stretches = Stretches(line)
        stretch = stretches.following()
        while stretch is not None:
            for onset, duration, pitches in stretch:
                self.notes_together(between, onset, duration, pitches)
                between = ', ["'
            stretch = stretches.following()
        self.put("[]" if between == '[["' else "]")


def verses_of(line: Timeline, voice: VoiceLine) -> dict[int, list[tuple[int, str]]]:
    """The words of each verse, with their onsets in ticks; syllables without text left out."""
    verses: dict[int, list[tuple[int, str]]] = {}
    for sung in align(line, voice)[0]:
        verse = verses.setdefault(sung.verse, [])
        if sung.text:
            verse.append((sung.onset, sung.text))
    return verses


def tempo_text(tempo: Tempo | None) -> str:
    if tempo is None:
        return "null"
    shape = {
        "beat": str(tempo.beat) if tempo.beat else None,
        "bpm": None if tempo.bpm is None else number(tempo.bpm),
        "qpm": None if tempo.qpm is None else str(tempo.qpm),
        "text": tempo.text,
    }
    return json.dumps(shape, ensure_ascii=False)


def number(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)
