"""A file of any kind as a piece: its score, when its bars sound, and how each thing is known."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path

from chatmusician import abc
from chatmusician.abc import Timeline, Tune
from chatmusician.abc.midi import PLAIN
from chatmusician.abc.midi import performance as perform
from chatmusician.abc.playing import playing_order
from chatmusician.conversion import FORMATS, only_tune, read_book
from chatmusician.errors import ChatMusicianError, InputError
from chatmusician.files import STDIN, display_name, read_bytes
from chatmusician.music.tempo import DEFAULT_TEMPO
from chatmusician.transcription.engines import Watch
from chatmusician.transcription.notes import Track
from chatmusician.transcription.score import write_score
from chatmusician.transcription.transcribe import (
    ScoreOptions,
    Transcription,
    hear_file,
    is_midi,
    no_notes,
    title_of,
)

_NOTATION = frozenset(f".{name}" for name in (*FORMATS, "xml")) - {".mid"}
_GUESSED = "N:the key is guessed from the notes"


@dataclass(frozen=True, slots=True)
class Stated:
    """How something is known, and how sure it is, from 0 to 1."""

    method: str
    confidence: float


@dataclass(frozen=True, slots=True)
class PlayedBar:
    """A bar as it sounds, in seconds. ``measure`` counts the written bars from 0."""

    measure: int
    start: float
    end: float


@dataclass(frozen=True)
class Piece:
    """``kind`` is audio, MIDI or notation. ``known`` says how tempo, key, meter … are known.

    ``tempo`` counts beats of the meter a minute; None where nothing says how fast it is.
    """

    file: str
    kind: str
    tune: Tune
    bars: tuple[PlayedBar, ...]
    tempo: float | None
    seconds: float
    known: dict[str, Stated]
    tracks: tuple[Track, ...] = ()
    transcription: Transcription | None = field(default=None, repr=False)
    remarks: tuple[str, ...] = ()

    @cached_property
    def line(self) -> Timeline:
        return abc.timeline(self.tune, trace=True)

    @property
    def beat(self) -> Fraction:
        return self.line.meter.beat * 4

    @property
    def first_number(self) -> int:
        """The number of the first written bar, as in scores: a pickup is bar 0."""
        measures = self.line.voices[0].measures if self.line.voices else []
        return 0 if measures and 0 < measures[0].length < measures[0].want else 1


def read_piece(
    path: str,
    *,
    tune: str | None = None,
    voice: bool = False,
    engine: str | None = None,
    options: ScoreOptions | None = None,
    watch: Watch | None = None,
) -> Piece:
    """The piece in a file. ``tune`` takes that X: of a book; the rest is for sound and MIDI."""
    if Path(path).suffix.lower() in _NOTATION:
        return _of_notation(path, tune)
    data = read_bytes(path) if path == STDIN else None
    options = options or ScoreOptions(title=title_of(path))
    if is_midi(path, data):
        notated = _of_notated_midi(path, read_bytes(path) if data is None else data)
        if notated is not None:
            return notated
    performance = hear_file(path, voice=voice, engine=engine, watch=watch, data=data)
    if not performance.notes:
        raise no_notes(path, performance, voice=voice)
    made = Transcription(display_name(path), performance, write_score(performance, options))
    return of_transcription(made)


def of_transcription(made: Transcription) -> Piece:
    heard, written = made.performance, made.written
    bars = tuple(PlayedBar(bar.measure, bar.start, bar.end) for bar in written.bars)
    sure = written.confidence
    kind = "audio" if heard.is_audio else "MIDI"
    notes = f"{heard.method} for the notes, then our score model"
    mean = sum(note.confidence for note in heard.notes) / len(heard.notes)
    known = {
        name: Stated(notes, round(sure.get(name, mean), 3)) for name in ("meter", "key", "notes")
    }
    known["tempo"] = known["downbeats"] = Stated(
        "our beat tracking over the notes",
        round(sure.get("meter", mean), 3),
    )
    return Piece(
        file=made.source,
        kind=kind,
        tune=abc.read(made.abc).tunes[0],
        bars=bars,
        tempo=round(written.tempo, 2),
        seconds=heard.seconds,
        known=known,
        tracks=tuple(track for track in heard.tracks if track.name or track.program is not None),
        transcription=made,
        remarks=made.remarks,
    )


def _of_notation(path: str, number: str | None) -> Piece:
    book = read_book(path)
    if number is not None:
        book = only_tune(book, number)
    if not book.tunes:
        raise InputError("has no tune", path=display_name(path))
    piece = of_tune(book.tunes[0], display_name(path))
    if len(book.tunes) > 1:
        said = f"the file has {len(book.tunes)} tunes; this is X:{piece.tune.x}"
        return replace(piece, remarks=(said,))
    return piece


def _of_notated_midi(path: str, data: bytes) -> Piece | None:
    """The piece of a MIDI file that keeps to its own bars; None where it was played freely."""
    from chatmusician.abc.imports import from_midi

    try:
        text = from_midi(data)
    except ChatMusicianError:
        return None
    piece = of_tune(abc.read(text).tunes[0], display_name(path), kind="MIDI")
    begun = from_midi(data, lead_in=False)
    if begun != text:
        text = begun
        piece = of_tune(abc.read(text).tunes[0], display_name(path), kind="MIDI")
        phase = Stated("the file begins with a rest within its first bar", 0.9)
    else:
        pickup = pickup_of(piece)
        if pickup:
            text = from_midi(data, pickup=pickup)
            piece = of_tune(abc.read(text).tunes[0], display_name(path), kind="MIDI")
        phase = Stated("the bar lines that its chords fit best", 0.9 if pickup is not None else 0.3)
    piece = replace(piece, known=piece.known | {"downbeats": phase, "pickup": phase})
    if any(line.startswith(_GUESSED) for line in text.split("\n")):
        sure = Stated("Krumhansl-Kessler profiles over the notes", 0.7)
        return replace(piece, known=piece.known | {"key": sure})
    return piece


def pickup_of(piece: Piece) -> Fraction | None:
    """How much of a bar a MIDI file begins with, in quarters, to the eighth; None where its
    notes make no chords to tell it by, or the meter changes."""
    from chatmusician.transcription.chord_finding import (
        FEWEST_TOGETHER,
        accompanying,
        best_phase,
        together,
    )
    from chatmusician.transcription.facts.times import notes

    meter = piece.line.meter
    played = accompanying(list(notes(piece).values()))
    changes = any(voice.meters for voice in piece.line.voices)
    if meter.free or changes or not piece.tempo or together(played) < FEWEST_TOGETHER:
        return None
    bar = meter.length * 4
    beats, steps = int(bar / piece.beat), int(bar * 2)
    if not beats or not steps:
        return None
    return Fraction(best_phase(played, 60 / piece.tempo, beats, steps), 2)


def of_tune(tune: Tune, name: str, *, kind: str = "notation") -> Piece:
    line = abc.timeline(tune, trace=True)
    if not any(voice.tones for voice in line.voices):
        raise InputError(f"X:{tune.x} has no notes", path=name)
    bars, seconds = _played(tune, line)
    said = Stated("stated in the MIDI file" if kind == "MIDI" else "stated in the notation", 1.0)
    known = dict.fromkeys(("key", "meter", "tempo", "downbeats", "notes"), said)
    qpm = line.tempo.qpm if line.tempo is not None else None
    if qpm is None:
        qpm = Fraction(60 * 10**6, _first_tempo(tune, line))
        usual = Stated("not stated: the usual tempo of its kind", 0.2)
        known |= {"tempo": usual, "downbeats": usual}
    tempo = float(qpm / (line.meter.beat * 4))
    return Piece(name, kind, tune, bars, round(tempo, 2), seconds, known)


def _first_tempo(tune: Tune, line: Timeline) -> int:
    tempos = perform(tune, PLAIN, line).tempos
    return tempos[0][1] if tempos else DEFAULT_TEMPO


def _played(tune: Tune, line: Timeline) -> tuple[tuple[PlayedBar, ...], float]:
    """The bars of the longest voice in the order they sound, by the tempos of the tune."""
    played = perform(tune, PLAIN, line)
    times = played.tempo_map
    orders = playing_order(line)[0]
    pairs = [(voice, order) for voice, order in zip(line.voices, orders, strict=True)]
    voice, order = max(pairs, key=lambda pair: len(pair[1].measures))
    bars = []
    for index, start in zip(order.measures, order.starts, strict=True):
        length = int(voice.measures[index].length)
        if length:
            at, end = line.quarters(start), line.quarters(start + length)
            bars.append(PlayedBar(index, times.at_quarters(at), times.at_quarters(end)))
    return tuple(bars), played.seconds
