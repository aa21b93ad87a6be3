"""When the beats and the notes of a piece sound, in seconds."""

from __future__ import annotations

from fractions import Fraction

from chatmusician.abc.midi import PLAIN, Options
from chatmusician.abc.midi import performance as perform
from chatmusician.abc.midi.instruments import INSTRUMENTS
from chatmusician.transcription.facts.source import Piece

Note = tuple[float, float, int]
"""Start and end in seconds, pitch."""


def beats(piece: Piece) -> list[tuple[float, int]]:
    """When each beat sounds, and its number in its bar; none in free meter."""
    if piece.transcription is not None:
        found = piece.transcription.written.beats
        return [(round(beat.time, 3), beat.number) for beat in found]
    meter = piece.line.meter
    if meter.free:
        return []
    measures = max((voice.measures for voice in piece.line.voices), key=len)
    whole = Fraction(meter.num * 4, meter.den)
    rows = []
    for bar in piece.bars:
        length = piece.line.quarters(int(measures[bar.measure].length))
        missing = max(Fraction(0), whole - length) if bar.measure == 0 else Fraction(0)
        at = -missing % piece.beat
        while at < length:
            number = int((at + missing) / piece.beat) + 1
            time = bar.start + float(at / length) * (bar.end - bar.start)
            rows.append((round(time, 3), number))
            at += piece.beat
    return rows


def notes(piece: Piece) -> dict[str, list[Note]]:
    """The notes by instrument or voice, in the order they begin."""
    found: dict[str, list[Note]] = {}
    if piece.transcription is not None:
        heard = piece.transcription.performance
        for note in heard.notes:
            track = heard.tracks[note.track]
            name = track.name or program_name(track.program) or "unknown"
            found.setdefault(name, []).append((note.onset, note.end, note.pitch))
        return found
    played = perform(piece.tune, PLAIN, piece.line)
    times = played.tempo_map
    for part in played.parts:
        rows = found.setdefault(part.name or "1", [])
        for start, end, pitch, _ in part.notes:
            rows.append((times.seconds(start), times.seconds(end), pitch))
    return found


def program_name(program: int | None) -> str:
    return "" if program is None else INSTRUMENTS[program]


def named_programs(piece: Piece) -> list[str]:
    """The instruments that the notation asks for; the piano goes without saying."""
    parts = perform(piece.tune, Options(chords=False), piece.line).parts
    found = [part.programs[0][1] if part.programs else 0 for part in parts]
    return [program_name(program) for program in found] if any(found) else []
