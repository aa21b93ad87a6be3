"""What stands between a player and the score: how the notes of a performance are heard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from chatmusician.eval.transcription.outside import midi_of
from chatmusician.eval.transcription.performer import Played
from chatmusician.transcription.notes import Performance

Hear = Callable[[Played], Performance]


@dataclass(frozen=True)
class Engine:
    """``hear`` makes of a played tune what is transcribed: for MIDI the performance itself;
    audio engines render it in some timbre and find the notes again."""

    name: str
    hear: Hear


def _by_ear(played: Played, *, instrument: int, engine: str) -> Performance:
    """The performance played by a General MIDI instrument of the soundfont, and heard."""
    from chatmusician.abc.sound import SoundOptions, render_sound
    from chatmusician.transcription.engines import find_engine, hear

    midi = midi_of(played.performance)
    sound = render_sound(midi, options=SoundOptions(instrument=instrument))
    return hear("-", find_engine(engine), data=sound.data)


def _sound(name: str, instrument: int, engine: str = "basic-pitch") -> Engine:
    return Engine(
        f"{name}, heard by {engine}", partial(_by_ear, instrument=instrument, engine=engine)
    )


# A new way of hearing is a row here; the numbers are General MIDI's, counted from 0.
ENGINES: dict[str, Engine] = {
    "midi": Engine("performed MIDI", lambda played: played.performance),
    "piano": _sound("piano", 0),
    "guitar": _sound("guitar", 24),
    "violin": _sound("violin", 40),
    "flute": _sound("flute", 73),
    "voice": _sound("flute", 73, "swift-f0"),
}
