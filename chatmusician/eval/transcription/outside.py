"""Other programs on the same performances: midi2abc, and MuseScore's MIDI import.

Each is given a MIDI file that says nothing about tempo, meter and key (so 120 and 4/4, as
every recorder has it) and what it writes is read back as a score.
"""

from __future__ import annotations

from chatmusician.abc.imports import from_musicxml
from chatmusician.errors import ChatMusicianError, EngineError, MissingDependency
from chatmusician.music.midi_bytes import midi_file, track_of
from chatmusician.programs import program_path, run_program
from chatmusician.transcription.notes import Performance

TICKS = 480
_QUARTER = 0.5
SECONDS = 180.0


def midi_of(performance: Performance) -> bytes:
    """The performance as a format 1 MIDI file at the default tempo, a track for each track."""
    tracks: list[bytes] = []
    for number in sorted({note.track for note in performance.notes}):
        events: list[tuple[int, int, bytes]] = []
        channel = number % 16 if number % 16 != 9 else 10
        for note in performance.notes:
            if note.track == number:
                start, end = _tick(note.onset), max(_tick(note.end), _tick(note.onset) + 1)
                events.append((start, 1, bytes([0x90 | channel, note.pitch, note.velocity])))
                events.append((end, 0, bytes([0x80 | channel, note.pitch, 0])))
        tracks.append(track_of((tick, event) for tick, _, event in sorted(events)))
    return midi_file(TICKS, tracks)


def _tick(seconds: float) -> int:
    return round(seconds / _QUARTER * TICKS)


def by_midi2abc(midi: bytes) -> str:
    """ABC by midi2abc, with its defaults."""
    path = midi2abc_path()
    ran = run_program(
        [path, "in.mid", "-o", "out.abc"],
        name="midi2abc",
        inputs={"in.mid": midi},
        outputs=["out.abc"],
        seconds=SECONDS,
    )
    return ran.files["out.abc"].decode("utf-8", "replace")


def by_musescore(midi: bytes) -> str:
    """ABC, read by our importer from the MusicXML that MuseScore makes of the MIDI file."""
    ran = run_program(
        [program_path("musescore"), "-o", "out.musicxml", "in.mid"],
        name="musescore",
        inputs={"in.mid": midi},
        outputs=["out.musicxml"],
        seconds=SECONDS,
        environment={"QT_QPA_PLATFORM": "offscreen"},
    )
    return from_musicxml(ran.files["out.musicxml"])


PROGRAMS = {"midi2abc": by_midi2abc, "MuseScore": by_musescore}


def midi2abc_path() -> str:
    from chatmusician.programs import Program, find_program

    path = find_program(Program("midi2abc", ("midi2abc",), "", ""))
    if path is None:
        raise MissingDependency("midi2abc", how='pip install ".[scores]"')
    return path


def text_by(name: str, midi: bytes) -> str:
    """What a program makes of a MIDI file; nothing where it fails on this one."""
    try:
        return PROGRAMS[name](midi)
    except MissingDependency:
        raise
    except (EngineError, ChatMusicianError):
        return ""
