"""From a sound or MIDI file to a score: what is heard, and how it is written."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chatmusician.errors import InputError
from chatmusician.files import STDIN, display_name, read_bytes, write_atomic
from chatmusician.transcription.audio import open_file
from chatmusician.transcription.beat_sources import beats_from
from chatmusician.transcription.engines import Watch, find_engine
from chatmusician.transcription.engines import hear as hear_sound
from chatmusician.transcription.notes import Performance
from chatmusician.transcription.performed_midi import MAX_BYTES, read_performance
from chatmusician.transcription.score import ScoreOptions, Written, WrittenBar, write_score

__all__ = ["ScoreOptions", "Transcription", "hear_file", "transcribe", "transcribe_file"]


@dataclass(frozen=True)
class Transcription:
    """``performance`` is what was heard or played, ``written`` the score of it."""

    source: str
    performance: Performance
    written: Written

    @property
    def abc(self) -> str:
        return self.written.abc

    @property
    def remarks(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.performance.remarks, *self.written.remarks)))

    def number(self, bar: WrittenBar) -> int:
        """The number of a bar as in scores: a pickup is bar 0."""
        return bar.measure + (0 if self.written.pickup else 1)

    def midi(self) -> bytes:
        """The notes when they were heard, under the beats that were found."""
        from chatmusician.transcription.heard_midi import heard_midi

        return heard_midi(self.performance, self.written)

    def musicxml(self) -> bytes:
        from chatmusician.abc import read
        from chatmusician.abc.musicxml import to_musicxml

        return to_musicxml(read(self.abc).tunes[0])

    def as_dict(self) -> dict[str, Any]:
        heard, written = self.performance, self.written
        return {
            "file": self.source,
            "method": heard.method,
            "seconds": round(heard.seconds, 3),
            "notes": len(heard.notes),
            "meter": written.meter,
            "key": written.key,
            "tempo": round(written.tempo, 2),
            "tempos": [[round(time, 3), round(bpm, 2)] for time, bpm in written.tempos],
            "pickup": str(written.pickup),
            "swing": round(written.swing, 3),
            "confidence": written.confidence,
            "bars": [
                {
                    "bar": self.number(bar),
                    "start": round(bar.start, 3),
                    "end": round(bar.end, 3),
                    "confidence": round(bar.confidence, 3),
                }
                for bar in written.bars
            ],
            "beats": [[round(beat.time, 3), beat.number] for beat in written.beats],
            "remarks": list(self.remarks),
            "abc": written.abc,
        }


def transcribe(
    source: str | os.PathLike[str],
    target: str | os.PathLike[str] | None = None,
    *,
    voice: bool = False,
    engine: str | None = None,
    tempo: float | None = None,
    meter: str | None = None,
    key: str | None = None,
    beats: str | os.PathLike[str] | None = None,
) -> Transcription:
    """The score of a sound or MIDI file, written to ``target`` as ABC if that is given.

    ``voice`` hears one melody line; ``engine`` names what hears; ``tempo`` (beats of the meter
    a minute), ``meter`` and ``key`` fix what is known; ``beats`` is a file that says when they
    fall, or ``beat-this``. InputError where no notes are found.
    """
    path = os.fspath(source)
    options = ScoreOptions(tempo=tempo, meter=meter, key=key, title=title_of(path))
    told = os.fspath(beats) if beats is not None else None
    made = transcribe_file(path, options, voice=voice, engine=engine, beats=told)
    if target is not None:
        write_atomic(os.fspath(target), made.abc.encode())
    return made


def transcribe_file(
    path: str,
    options: ScoreOptions,
    *,
    voice: bool = False,
    engine: str | None = None,
    beats: str | None = None,
    watch: Watch | None = None,
    data: bytes | None = None,
) -> Transcription:
    if path == STDIN and data is None:
        data = read_bytes(path)
    if beats is not None:
        told = beats_from(beats, path, data, is_audio=not is_midi(path, data))
        options = replace(options, beats=told)
    performance = hear_file(path, voice=voice, engine=engine, watch=watch, data=data)
    if not performance.notes:
        raise no_notes(path, performance, voice=voice)
    if not options.title:
        options = replace(options, title=title_of(path))
    return Transcription(display_name(path), performance, write_score(performance, options))


def no_notes(path: str, performance: Performance, *, voice: bool) -> InputError:
    hint = None if voice or not performance.is_audio else "one voice alone: --voice"
    said = "; ".join(("no notes found", *performance.remarks))
    return InputError(said, path=display_name(path), hint=hint)


def hear_file(
    path: str,
    *,
    voice: bool = False,
    engine: str | None = None,
    watch: Watch | None = None,
    data: bytes | None = None,
) -> Performance:
    """The notes in a file, sound or MIDI, by what it holds; none where none are heard."""
    chosen = find_engine(engine, voice=voice)
    if path == STDIN and data is None:
        data = read_bytes(path)
    if not is_midi(path, data):
        return hear_sound(path, chosen, watch, data)
    try:
        return read_performance(read_bytes(path, limit=MAX_BYTES) if data is None else data)
    except InputError as error:
        if error.path is not None:
            raise
        raise InputError(error.message, path=display_name(path), hint=error.hint) from error


def title_of(path: str) -> str:
    return "" if path == STDIN else " ".join(Path(path).stem.replace("_", " ").split())


def is_midi(path: str, data: bytes | None) -> bool:
    if data is None:
        with open_file(path) as file:
            head = file.read(12)
    else:
        head = data[:12]
    return head.startswith(b"MThd") or (head.startswith(b"RIFF") and head.endswith(b"RMID"))
