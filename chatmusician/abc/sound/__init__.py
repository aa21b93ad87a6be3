"""MIDI to sound: synthesized with a soundfont, levelled, written as WAV, FLAC, OGG or MP3."""

from __future__ import annotations

from dataclasses import dataclass

from chatmusician.abc.sound.formats import FORMATS, encode, levelled
from chatmusician.abc.sound.synth import (
    LONGEST_TAIL,
    RATE,
    SoundOptions,
    find_soundfont,
    synthesize,
)

__all__ = [
    "FORMATS",
    "LONGEST_TAIL",
    "RATE",
    "Sound",
    "SoundOptions",
    "find_soundfont",
    "render_sound",
]


@dataclass(frozen=True)
class Sound:
    """A sound file and how long it plays."""

    data: bytes
    format: str
    seconds: float


def render_sound(midi: bytes, *, format: str = "wav", options: SoundOptions | None = None) -> Sound:
    """The sound of a MIDI file: stereo, 44.1 kHz, 16 bits, the loudest sample at -1 dB."""
    pcm = levelled(synthesize(midi, options))
    return Sound(encode(pcm, format), format, len(pcm) / RATE)
