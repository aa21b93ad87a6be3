"""A MIDI file as it was played: notes in seconds, whatever its bars and tempos say.

Read with symusic, chunk by chunk, so that a file that is cut still gives what is whole. Tempo
events only turn ticks into seconds; a recorder's 120 and 4/4 mean nothing.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any, Final

from chatmusician.errors import InputError, LimitError, MissingDependency
from chatmusician.music.midi_bytes import chunks, header, midi_file, track_chunk
from chatmusician.music.tempo import TempoMap, film_frames
from chatmusician.transcription.notes import Note, Performance, Track

MAX_BYTES: Final = 64 * 1024 * 1024
MAX_TRACKS: Final = 1000
MAX_NOTES: Final = 1_000_000
# Longer than any performance; a broken delta time makes days of silence.
MAX_SECONDS: Final = 6 * 3600.0
_SHORTEST: Final = 0.01
# A key that is never let go sounds so long.
_LONGEST: Final = 60.0
_METHOD: Final = "MIDI"


@dataclass(frozen=True)
class _File:
    format: int
    division: int
    tracks: tuple[bytes, ...]
    cut: bool


def read_performance(data: bytes, *, pedal: bool = True) -> Performance:
    """The notes of a MIDI file in seconds. With ``pedal`` notes sound on while it is down.

    Formats 0 to 2 (the tracks of format 2 one after another), beats or film frames, running
    status. InputError where it is no MIDI file, is damaged or has no notes; LimitError where
    it is too large.
    """
    file = _chunks(data)
    remarks = ["the MIDI file is cut short"] if file.cut else []
    parts = [file.tracks] if file.format != 2 else [(track,) for track in file.tracks]
    notes: list[Note] = []
    tracks: list[Track] = []
    offset = 0.0
    for part in parts:
        found, own = _part(file, part, pedal, offset, len(tracks))
        notes += found
        tracks += own
        offset = max((n.end for n in found), default=offset)
    if not notes:
        raise InputError("the MIDI file has no notes")
    if file.format == 2 and len(parts) > 1:
        remarks.append("its tracks are pieces of their own (format 2), taken one after another")
    kept = [note for note in notes if note.onset <= MAX_SECONDS]
    if len(kept) < len(notes):
        remarks.append(f"what lies beyond {MAX_SECONDS / 3600:g} hours is left out")
    if not kept:
        raise InputError("the MIDI file has no notes in its first six hours")
    notes = sorted(kept, key=lambda n: (n.onset, n.pitch))
    return Performance(
        notes=tuple(notes),
        seconds=max(n.end for n in notes),
        method=_METHOD,
        tracks=tuple(tracks),
        remarks=tuple(remarks),
    )


def _chunks(data: bytes) -> _File:
    if data.startswith(b"RIFF") and b"MThd" in data[:64]:
        data = data[data.index(b"MThd") :]
    if not data.startswith(b"MThd"):
        raise InputError("this is no MIDI file: it does not begin with MThd")
    if len(data) > MAX_BYTES:
        raise LimitError(f"the MIDI file is larger than {MAX_BYTES // 1024**2} MB")
    head = header(data)
    if head is None:
        raise InputError("the MIDI file is damaged: its header is cut")
    form, _, division, at = head
    if form > 2:
        raise InputError(f"the MIDI file has the unknown format {form}")
    if division == 0 or (division & 0x8000 and not division & 0xFF):
        raise InputError("the MIDI file has no ticks in a beat")
    tracks: list[bytes] = []
    cut = False
    for kind, body, whole in chunks(data, at):
        cut = cut or not whole
        if kind == b"MTrk":
            tracks.append(body)
    if len(tracks) > MAX_TRACKS:
        raise LimitError(f"the MIDI file has {len(tracks)} tracks; at most {MAX_TRACKS}")
    if not tracks:
        raise InputError("the MIDI file has no tracks")
    return _File(form, division, tuple(tracks), cut)


def _part(
    file: _File, bodies: tuple[bytes, ...], pedal: bool, offset: float, first: int
) -> tuple[list[Note], list[Track]]:
    score = _load(file, bodies)
    times = _tempo_map(score, file.division)
    _check_size(score)
    notes: list[Note] = []
    tracks: list[Track] = []
    for track in score.tracks:
        if not len(track.notes):
            continue
        number = first + len(tracks)
        tracks.append(Track(" ".join(str(track.name).split()), int(track.program), track.is_drum))
        if not track.is_drum:
            notes += _notes(track, times, pedal, offset, number)
    return notes, tracks


def _load(file: _File, bodies: tuple[bytes, ...]) -> Any:
    """The tracks read by symusic; where one is damaged, those that are not."""
    try:
        import symusic
    except ImportError as error:
        raise MissingDependency("symusic", how='pip install ".[scores]"') from error
    ticks = min(_frame_ticks(file.division), 0x7FFF)
    read = symusic.Score.from_midi
    try:
        return read(midi_file(ticks, [track_chunk(body) for body in bodies]))
    except Exception as error:  # the library raises plain RuntimeError and ValueError
        whole = []
        for body in bodies:
            try:
                read(midi_file(ticks, [track_chunk(body)]))
                whole.append(body)
            except Exception:
                continue
        if not whole:
            said = str(error).removeprefix("MiniMidi: ")[:100]
            raise InputError(f"the MIDI file is damaged: {said}") from error
        return read(midi_file(ticks, [track_chunk(body) for body in whole]))


def _frame_ticks(division: int) -> int:
    """Ticks in a quarter; where time is counted in film frames, ticks in a second."""
    if not division & 0x8000:
        return division
    return (256 - (division >> 8)) * (division & 0xFF)


def _check_size(score: Any) -> None:
    count = sum(len(track.notes) for track in score.tracks)
    if count > MAX_NOTES:
        raise LimitError(f"the MIDI file has {count} notes; at most {MAX_NOTES}")


def _tempo_map(score: Any, division: int) -> TempoMap:
    """Ticks to seconds, by the tempo events or by the frames; tempos out of reach are left out."""
    by_frames = film_frames(division)
    if by_frames is not None:
        return by_frames
    tempos: list[tuple[int, int]] = []
    for tempo in sorted(score.tempos, key=lambda t: int(t.time)):
        if 1 <= float(tempo.qpm) <= 10_000 and int(tempo.time) >= 0:
            tempos.append((int(tempo.time), int(tempo.mspq)))
    return TempoMap(division, tempos)


def _notes(track: Any, times: TempoMap, pedal: bool, offset: float, number: int) -> list[Note]:
    columns = track.notes.numpy()
    rows = sorted(
        zip(
            columns["time"].tolist(),
            columns["duration"].tolist(),
            columns["pitch"].tolist(),
            columns["velocity"].tolist(),
            strict=True,
        )
    )
    downs = [(int(p.time), int(p.time + p.duration)) for p in track.pedals] if pedal else []
    starts = [down for down, _ in downs]
    following: dict[int, float] = {}
    found: list[Note] = []
    for tick, length, pitch, velocity in reversed(rows):
        onset = times.seconds(tick)
        if not 0 <= pitch <= 127 or tick < 0:
            continue
        end = tick + max(length, 0)
        place = bisect_right(starts, end) - 1
        if place >= 0 and downs[place][1] > end:
            end = downs[place][1]
        stop = min(times.seconds(end), following.get(pitch, onset + _LONGEST), onset + _LONGEST)
        following[pitch] = onset
        stop = max(stop, onset + _SHORTEST)
        found.append(Note(onset + offset, stop + offset, pitch, velocity, number))
    return found[::-1]
