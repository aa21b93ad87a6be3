"""A tune as it is played: repeats expanded, voices on channels, everything in MIDI ticks."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from math import gcd, lcm
from typing import Final

from chatmusician.abc.encoding import read_text
from chatmusician.abc.fields import Key
from chatmusician.abc.lyrics import align
from chatmusician.abc.midi.accompaniment import Accompanist, leading_voice
from chatmusician.abc.midi.expression import NO_ACCENTS, VoiceSound
from chatmusician.abc.midi.gather import Attached, Gathered, gather
from chatmusician.abc.midi.model import PERCUSSION, Options, Part, Performance, PlayedNote, playable
from chatmusician.abc.midi.settings import VoiceSettings, settings_of
from chatmusician.abc.midi.swing import swing, swing_share
from chatmusician.abc.midi.tempo import tempo_changes
from chatmusician.abc.midi.unroll import (
    Piece,
    Run,
    moments,
    play,
    played_length,
    played_runs,
    states,
)
from chatmusician.abc.playing import playing_order
from chatmusician.abc.timeline import timeline
from chatmusician.abc.timing import Timeline, VoiceLine
from chatmusician.abc.tune import Tune
from chatmusician.music.meter import Meter
from chatmusician.music.tempo import microseconds

USUAL_DIVISION: Final = 480
_LARGEST_DIVISION: Final = 30_720
# Of longer pieces (a day and more) only the notes are played: memory is bounded.
_MOST_MEASURES: Final = 100_000
_NOTHING_ATTACHED: Final[dict[int, Attached]] = {}


def performance(
    tune: Tune, options: Options | None = None, line: Timeline | None = None
) -> Performance:
    """How the tune is played. ``line`` is its timeline, where the caller has it already."""
    return _Performer(tune, options or Options(), line or timeline(tune)).perform()


class _Performer:
    def __init__(self, tune: Tune, options: Options, line: Timeline) -> None:
        self.tune, self.options, self.line = tune, options, line
        orders, _ = playing_order(line)
        if sum(len(played.measures) for played in orders) > _MOST_MEASURES:
            self.options = replace(options, chords=False, ornaments=False)
        pairs = zip(line.voices, orders, strict=True)
        self.runs = [played_runs(voice, played) for voice, played in pairs]
        self.lengths = [played_length(found) for found in self.runs]
        self.length = max(self.lengths, default=0)
        self.division = division(line)
        self.quarter = line.resolution // 4
        self.gathered = gather(tune, line)
        directives = self.gathered.directives if options.directives else []
        self.settings = settings_of(line, directives)

    def ticks(self, at: int) -> int:
        """Ticks of the timeline as ticks of the file, to the nearest."""
        return (at * self.division * 2 + self.quarter) // (2 * self.quarter)

    def perform(self) -> Performance:
        parts = [self.voice(index) for index in range(len(self.line.voices))]
        if self.options.chords and (self.settings.accompaniment.on or self.settings.has_chords):
            parts += self.accompaniment({part.channel for part in parts})
        untangle(parts)
        last = max((note[1] for part in parts for note in part.notes), default=0)
        leader = self.lengths.index(self.length) if self.lengths else -1
        runs = self.runs[leader] if leader >= 0 else []
        return Performance(
            division=self.division,
            length=max(last, self.ticks(self.length)),
            title=self.tune.title,
            parts=parts,
            tempos=self.tempos(runs),
            meters=self.meters(leader, runs),
            keys=self.keys(leader, runs),
            unheeded=self.settings.unheeded,
        )

    # -- what is heard ---------------------------------------------------------

    def voice(self, index: int) -> Part:
        line, options = self.line, self.options
        voice, runs = line.voices[index], self.runs[index]
        own = self.settings.voices[voice.id]
        sound = VoiceSound(
            line,
            voice,
            self.gathered if _adorns(options) else Gathered(_NOTHING_ATTACHED, []),
            options,
            self.settings.accents if options.dynamics else NO_ACCENTS,
            _shift(own, options.transpose),
        )
        pieces = sound.by_measure()
        share = swing_share(line, options.swing)
        if share is not None:
            swing(line, voice, share, pieces)
        return Part(
            name=_name(voice),
            channel=own.channel,
            notes=self.notes(pieces, runs),
            programs=self.programs(own, runs),
            lyrics=self.lyrics(voice, runs),
        )

    def notes(self, by_measure: list[list[Piece]], runs: list[Run]) -> list[PlayedNote]:
        """Pieces in ticks of the timeline, as written, to notes in ticks of the file."""
        scale, inexact = divmod(self.quarter, self.division)
        ticks = self.ticks
        scaled: list[list[Piece]] = []
        for pieces in by_measure:
            found: list[Piece] = []
            for start, end, pitch, velocity in pieces:
                if inexact or start % scale or end % scale:
                    first, last = ticks(start), ticks(end)
                else:
                    first, last = start // scale, end // scale
                last = last if last > first else first + 1
                found.append((first, last, playable(pitch), velocity))
            scaled.append(found)
        return play(scaled, [run.scaled(ticks) for run in runs])

    def programs(self, own: VoiceSettings, runs: list[Run]) -> list[tuple[int, int]]:
        if self.options.program is not None:
            return [] if own.channel == PERCUSSION else [(0, self.options.program)]
        if own.channel == PERCUSSION and not own.programs and not own.program:
            return []
        found = states(runs, own.program, own.programs)
        return [(self.ticks(at), program) for at, program in found]

    def lyrics(self, voice: VoiceLine, runs: list[Run]) -> list[tuple[int, str]]:
        """Syllables; the verse is that of the time the measure is played."""
        if not voice.words:
            return []
        verses: dict[int, dict[int, str]] = {}
        for sung in align(self.line, voice)[0]:
            text = sung.text + ("-" if sung.hyphen else " ") if sung.text else ""
            verses.setdefault(sung.onset, {})[sung.verse] = text
        times: dict[int, int] = {}
        out = []
        for at, (onset, texts) in moments(runs, [(o, (o, t)) for o, t in verses.items()]):
            times[onset] = verse = times.get(onset, 0) + 1
            text = texts.get(min(verse, max(texts)), "")
            if text:
                out.append((self.ticks(at), text))
        return out

    def accompaniment(self, taken: set[int]) -> list[Part]:
        voice = leading_voice(self.line)
        if voice is None:
            return []
        runs = self.runs[self.line.voices.index(voice)]
        settings = self.settings.accompaniment
        settings.transpose = self.options.transpose + self.settings.voices[voice.id].transpose
        accompanist = Accompanist(self.line, voice, settings)
        free = [c for c in range(16) if c != PERCUSSION and c not in taken] or [15]
        parts = []
        for name, pieces, channel, program in (
            ("bass", accompanist.bass, free[0], settings.bass_program),
            ("chords", accompanist.chords, free[1 % len(free)], settings.chord_program),
        ):
            notes = self.notes(pieces, runs)
            if notes:
                parts.append(Part(name, channel, notes, [(0, program)]))
        return parts

    # -- what holds for all parts ----------------------------------------------

    def tempos(self, runs: list[Run]) -> list[tuple[int, int]]:
        start, changes = tempo_changes(self.line)
        factor = Fraction(1) if self.options.tempo is None else Fraction(self.options.tempo) / start
        found = states(runs, start, changes)
        return [(self.ticks(at), microseconds(speed * factor)) for at, speed in found]

    def meters(self, leader: int, runs: list[Run]) -> list[tuple[int, int, int]]:
        changes: list[tuple[int, Meter]] = self.line.voices[leader].meters if leader >= 0 else []
        found = states(runs, self.line.meter, changes)
        return [(self.ticks(at), m.num, m.den) for at, m in found if not m.free]

    def keys(self, leader: int, runs: list[Run]) -> list[tuple[int, int, bool]]:
        changes: list[tuple[int, Key]] = self.line.voices[leader].keys if leader >= 0 else []
        found = states(runs, self.line.key, changes)
        return [
            (self.ticks(at), max(-7, min(7, sum(k.accidentals))), k.mode == "minor")
            for at, k in found
        ]


def division(line: Timeline) -> int:
    """Ticks a quarter note in which every time of the tune is whole, as far as a file can."""
    quarter = line.resolution // 4
    unit = quarter
    for voice in line.voices:
        unit = gcd(unit, *(int(tone.onset) for tone in voice.tones))
        unit = gcd(unit, *(int(tone.duration) for tone in voice.tones))
        unit = gcd(unit, *(int(measure.length) for measure in voice.measures))
    needed = lcm(USUAL_DIVISION, quarter // unit)
    return needed if needed <= _LARGEST_DIVISION else _LARGEST_DIVISION


def untangle(parts: list[Part]) -> None:
    """End a note where its pitch begins anew on its channel, which could not hold both.

    Notes that begin together become one, as long as the longest.
    """
    channels: dict[int, list[Part]] = {}
    for part in parts:
        channels.setdefault(part.channel, []).append(part)
    for sharing in channels.values():
        if len(sharing) == 1 and not _tangled(sharing[0].notes):
            continue
        _untangle(sharing)


def _untangle(sharing: list[Part]) -> None:
    everything = [
        (start, -end, pitch, index, at)
        for index, part in enumerate(sharing)
        for at, (start, end, pitch, _) in enumerate(part.notes)
    ]
    everything.sort()
    last: dict[int, tuple[int, int, int]] = {}
    dropped: list[set[int]] = [set() for _ in sharing]
    for start, negative, pitch, index, at in everything:
        before = last.get(pitch)
        if before is not None and start < before[0]:
            begun, _, _, velocity = sharing[before[1]].notes[before[2]]
            if begun == start:
                dropped[index].add(at)
                continue
            sharing[before[1]].notes[before[2]] = (begun, start, pitch, velocity)
            if before[0] > -negative:
                negative = -before[0]
                sharing[index].notes[at] = (start, before[0], pitch, sharing[index].notes[at][3])
        last[pitch] = (-negative, index, at)
    for part, gone in zip(sharing, dropped, strict=True):
        part.notes = [note for at, note in enumerate(part.notes) if at not in gone]


def _tangled(notes: list[PlayedNote]) -> bool:
    """Whether a pitch begins again while it sounds."""
    ends: dict[int, int] = {}
    for start, end, pitch, _ in sorted(notes):
        if start < ends.get(pitch, 0):
            return True
        ends[pitch] = end
    return False


def _adorns(options: Options) -> bool:
    return options.graces or options.ornaments or options.articulation or options.dynamics


def _shift(own: VoiceSettings, everywhere: int) -> Callable[[int], int] | None:
    """Semitones by element, or None where nothing is moved."""
    if not own.transposes:
        return (lambda _: everywhere) if everywhere else None
    elements = [element for element, _ in own.transposes]

    def shift(element: int) -> int:
        at = bisect_right(elements, element)
        return everywhere + (own.transposes[at - 1][1] if at else 0)

    return shift


def _name(voice: VoiceLine) -> str:
    for name, value in voice.properties.other:
        if name in ("name", "nm"):
            return read_text(value)
    return f"voice {voice.id}"
