"""MIDI that keeps to a grid, as notation programs write it, to ABC."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from chatmusician.abc.imports.assemble import easiest_unit
from chatmusician.abc.imports.midi_grid import Grid, check
from chatmusician.abc.key_values import guess_key, key_name
from chatmusician.abc.notate import Part, Score, notate
from chatmusician.errors import InputError, LimitError, MissingDependency
from chatmusician.music.meter import parse_meter

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_NOTES: Final = 500_000
MAX_TRACKS: Final = 200
MAX_QUARTERS: Final = 100_000
MAX_BARS: Final = 20_000
MAX_LENGTH: Final = 256
# The part of a quarter note within which the notes of a rolled chord follow each other.
_ROLL: Final = 32


@dataclass
class _Voice:
    name: str
    drums: bool
    notes: list[tuple[Fraction, Fraction, tuple[int, ...]]]


def from_midi(data: bytes, *, pickup: Fraction = Fraction(0), lead_in: bool = True) -> str:
    """A MIDI file whose notes lie on a grid as ABC text.

    Pitches are spelled by key; a key the file does not name is guessed from the notes, and
    a remark says so. MIDI cannot say that music begins within a bar: ``pickup``, in quarter
    notes, does, where the meter never changes. Without ``lead_in`` a rest that fills much of
    the first bar up to its first note, as sequencers write a pickup, is left out.
    """
    score = _load(data)
    grid = Grid(int(score.ticks_per_quarter))
    tracks = [track for track in score.tracks if len(track.notes)]
    _check_limits(tracks, grid)
    played = [_together(track, grid.ticks // _ROLL) for track in tracks]
    check(grid, (start for notes in played for start, _, _ in notes))
    grid.look_for_gaps([end for notes in played for _, end, _ in notes])
    voices = [_voice(*pair, grid) for pair in zip(tracks, played, strict=True)]
    meters = _meters(score, grid)
    keys, remark = _keys(score, voices, grid)
    tempos = _tempos(score, grid)
    if not lead_in and len(meters) == 1 and (rest := _rest(voices, meters[0][1])):
        pickup = parse_meter(meters[0][1]).length * 4 - rest
        for voice in voices:
            voice.notes = [(onset - rest, length, tones) for onset, length, tones in voice.notes]
        keys, tempos = ([(max(Fraction(0), o - rest), t) for o, t in r] for r in (keys, tempos))
    end = max(o + d for voice in voices for o, d, _ in voice.notes)
    bars = _bars(meters, end, pickup if len(meters) == 1 else Fraction(0))
    starts = list(itertools.accumulate(bars, initial=Fraction(0)))
    parts = [
        Part(
            id=str(number),
            notes=voice.notes,
            bars=bars,
            meters=[m for m in meters if m[0] > 0],
            keys=_at_bars(keys[1:], starts),
            signs=[(starts[-1], "|]")],
            properties=_properties(voice, len(voices) > 1),
            inline=_at_bars(tempos[1:], starts) if number == 1 else [],
        )
        for number, voice in enumerate(voices, start=1)
    ]
    return notate(
        Score(
            x="1",
            title="",
            key=keys[0][1],
            meter=meters[0][1],
            unit=easiest_unit(Counter(d for voice in voices for _, d, _ in voice.notes)),
            parts=parts,
            tempo=tempos[0][1][3:-1] if tempos and tempos[0][0] == 0 else "",
            fields=[("N", remark)] if remark else [],
        )
    )


def _load(data: bytes) -> Any:
    try:
        import symusic
    except ImportError as error:
        raise MissingDependency("symusic", how='pip install ".[scores]"') from error
    if not data.startswith(b"MThd"):
        raise InputError("this is no MIDI file: it does not begin with MThd")
    if len(data) > MAX_BYTES:
        raise LimitError(f"the MIDI file is larger than {MAX_BYTES // 1024**2} MB")
    if len(data) > 12 and data[12] & 0x80:
        raise InputError("the MIDI file counts time in film frames, not in beats")
    try:
        score: Any = symusic.Score.from_midi(data)
    except Exception as error:  # the library raises plain RuntimeError and ValueError
        raise InputError(f"the MIDI file is damaged: {str(error)[:100]}") from error
    if score.ticks_per_quarter <= 0:
        raise InputError("the MIDI file has no ticks in a beat")
    return score


def _check_limits(tracks: list[Any], grid: Grid) -> None:
    if not tracks:
        raise InputError("the MIDI file has no notes")
    if len(tracks) > MAX_TRACKS:
        raise LimitError(f"the MIDI file has {len(tracks)} tracks; at most {MAX_TRACKS}")
    notes = sum(len(track.notes) for track in tracks)
    if notes > MAX_NOTES:
        raise LimitError(f"the MIDI file has {notes} notes; at most {MAX_NOTES}")
    last = max(int(n.end) for track in tracks for n in track.notes)
    if last > MAX_QUARTERS * grid.ticks:
        raise LimitError(f"the MIDI file is longer than {MAX_QUARTERS} quarter notes")
    longest = max(int(n.duration) for track in tracks for n in track.notes)
    if longest > MAX_LENGTH * grid.ticks:
        raise LimitError(f"a note in the MIDI file is longer than {MAX_LENGTH} quarter notes")


def _together(track: Any, apart: int) -> list[tuple[int, int, int]]:
    """A track's notes as (start, end, pitch). Where a program rolls its chords (abc2midi
    does), notes that end together and begin ``apart`` ticks or less after each other begin
    with the first."""
    found: list[tuple[int, int, int]] = []
    first = before = last = -1
    for note in sorted(track.notes, key=lambda n: (int(n.end), int(n.time))):
        start, end = int(note.time), int(note.end)
        if end != last or start - before > apart:
            first = start
        before, last = start, end
        found.append((first, max(end, first + 1), int(note.pitch)))
    return found


def _voice(track: Any, played: list[tuple[int, int, int]], grid: Grid) -> _Voice:
    """A track's notes; those that begin and end together are a chord."""
    chords: dict[tuple[Fraction, Fraction], set[int]] = {}
    for start, end, pitch in played:
        key = grid.onset(start), grid.length(start, end - start)
        chords.setdefault(key, set()).add(pitch)
    notes = [(*key, tuple(sorted(pitches))) for key, pitches in sorted(chords.items())]
    return _Voice(" ".join(str(track.name).split()), bool(track.is_drum), notes)


def _meters(score: Any, grid: Grid) -> list[tuple[Fraction, str]]:
    """The meters by onset, the first at 0; 4/4 where none is named, as MIDI has it."""
    found: dict[Fraction, str] = {}
    for sign in score.time_signatures:
        text = f"{sign.numerator}/{sign.denominator}"
        if parse_meter(text).valid:
            found[grid.onset(int(sign.time))] = text
    found.setdefault(Fraction(0), "4/4")
    kept: list[tuple[Fraction, str]] = []
    for onset, text in sorted(found.items()):
        if not kept or kept[-1][1] != text:
            kept.append((onset, text))
    return kept


def _keys(score: Any, voices: list[_Voice], grid: Grid) -> tuple[list[tuple[Fraction, str]], str]:
    """The keys by onset and, where the first is guessed, a remark."""
    found: dict[Fraction, str] = {}
    for sign in score.key_signatures:
        if -7 <= int(sign.key) <= 7:
            mode = "minor" if int(sign.tonality) else "major"
            found[grid.onset(int(sign.time))] = key_name(int(sign.key), mode)
    if found:
        first = min(found)
        found.setdefault(Fraction(0), found[first])
        return sorted(found.items()), ""
    guess = guess_key(
        (pitch, length)
        for voice in voices
        if not voice.drums
        for _, length, pitches in voice.notes
        for pitch in pitches
    )
    remark = "the key is guessed from the notes (Krumhansl-Kessler profiles)"
    return [(Fraction(0), guess)], remark


def _tempos(score: Any, grid: Grid) -> list[tuple[Fraction, str]]:
    """Tempo changes as inline fields; the same tempo again is left out."""
    kept: list[tuple[Fraction, str]] = []
    for tempo in sorted(score.tempos, key=lambda t: int(t.time)):
        speed = float(tempo.qpm)
        if not 1 <= speed <= 10_000:
            continue
        shown = f"{speed:.2f}".rstrip("0").rstrip(".")
        text = f"[Q:1/4={shown}]"
        if not kept or kept[-1][1] != text:
            kept.append((grid.onset(int(tempo.time)), text))
    return kept


def _rest(voices: list[_Voice], meter: str) -> Fraction:
    """How long all voices are silent at the beginning of the first bar; 0 where that is less
    than a third of it, as music can begin with a rest, or all of it."""
    bar = parse_meter(meter).length * 4
    first = min(onset for voice in voices for onset, _, _ in voice.notes)
    return first if bar / 3 <= first < bar else Fraction(0)


def _bars(meters: list[tuple[Fraction, str]], end: Fraction, pickup: Fraction) -> list[Fraction]:
    """Bar lengths to the end; a change of meter begins a bar."""
    bars = [pickup] if pickup else []
    now = pickup
    for (_, text), (until, _) in itertools.pairwise([*meters, (None, "")]):
        full = parse_meter(text).length * 4
        stop = end if until is None else until
        while now < stop:
            length = full if until is None else min(full, stop - now)
            bars.append(length)
            now += length
            if len(bars) > MAX_BARS:
                raise LimitError(f"the MIDI file has more than {MAX_BARS} bars")
    return bars


def _at_bars(
    changes: list[tuple[Fraction, str]], starts: list[Fraction]
) -> list[tuple[Fraction, str]]:
    """Changes moved to the next bar line; the last of those that meet there."""
    found: dict[Fraction, str] = {}
    for onset, text in changes:
        at = next((start for start in starts if start >= onset), None)
        if at is not None and at < starts[-1]:
            found[at] = text
    return sorted(found.items())


def _properties(voice: _Voice, several: bool) -> str:
    pitches = [p for _, _, chord in voice.notes for p in chord]
    words = []
    if voice.drums:
        words.append("clef=perc")
    elif sum(pitches) < 57 * len(pitches):
        words.append("clef=bass")
    if several and voice.name:
        words.append('name="{}"'.format(voice.name.replace('"', "'").replace("%", "\\%")))
    return " ".join(words)
