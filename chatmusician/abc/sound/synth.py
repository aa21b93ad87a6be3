"""MIDI to samples with tinysoundfont."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chatmusician.abc.midi.instruments import program_number
from chatmusician.abc.midi.model import PERCUSSION
from chatmusician.abc.sound.midi_file import ChannelEvent, MidiFile, read_midi_file
from chatmusician.errors import InputError, LimitError, MissingDependency, UsageError

if TYPE_CHECKING:
    import numpy

    Samples = numpy.ndarray[Any, numpy.dtype[numpy.float32]]

RATE: Final = 44_100
LONGEST_TAIL: Final = 4.0
LONGEST: Final = 1800.0
"""Seconds: a longer piece is refused."""

_SILENT: Final = 1e-4
_VOICES: Final = 192
_KEPT: Final = 4
_SYSTEM_FOLDERS: Final = ("/usr/share/sounds/sf2", "/usr/share/soundfonts")
_SYSTEM_NAMES: Final = ("TimGM6mb.sf2", "default-GM.sf2", "FluidR3_GM.sf2")


@dataclass(frozen=True)
class SoundOptions:
    """``speed`` is a factor, ``bpm`` the quarter notes a minute at the beginning instead.

    ``instrument`` (a General MIDI name or number) replaces those of all channels but the
    percussion; ``soundfont`` is the path of an .sf2 file.
    """

    soundfont: str | None = None
    speed: float = 1.0
    bpm: float | None = None
    instrument: str | int | None = None


def find_soundfont(given: str | None = None) -> str:
    """The soundfont asked for, else the one inside pretty_midi, else the system's."""
    if given is not None:
        if not Path(given).is_file():
            raise InputError("no such soundfont", path=given)
        return given
    spec = importlib.util.find_spec("pretty_midi")
    folders = [*((spec and spec.submodule_search_locations) or ()), *_SYSTEM_FOLDERS]
    for folder in folders:
        for name in _SYSTEM_NAMES:
            if Path(folder, name).is_file():
                return str(Path(folder, name))
    raise MissingDependency("a soundfont", how="pip install pretty_midi (it brings TimGM6mb.sf2)")


class _Pool:
    """Loaded soundfonts. One plays one piece at a time, so each thread takes one for itself."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.free: dict[tuple[str, int], list[Any]] = {}

    @contextlib.contextmanager
    def borrow(self, path: str) -> Iterator[Any]:
        key = (path, Path(path).stat().st_mtime_ns)
        with self.lock:
            idle = self.free.setdefault(key, [])
            font = idle.pop() if idle else None
        font = _load(path) if font is None else font
        yield font
        # Not after an error: what state it is in then is not known.
        with self.lock:
            if len(idle) < _KEPT:
                idle.append(font)


_POOL: Final = _Pool()


def _load(path: str) -> Any:
    try:
        native: Any = importlib.import_module("tinysoundfont._tinysoundfont")
    except ImportError:
        how = "pip install --no-deps tinysoundfont"
        raise MissingDependency("tinysoundfont", how=how) from None
    try:
        font = native.SoundFont(path)
    except Exception as error:  # the C++ side throws bare RuntimeErrors
        raise InputError("is no soundfont", path=path) from error
    font.set_output(native.OutputMode.StereoInterleaved, RATE, 0.0)
    font.set_max_voices(_VOICES)
    return font


def synthesize(midi: bytes, options: SoundOptions | None = None) -> Samples:
    """The sound of a MIDI file: rows of left and right, as loud as the soundfont makes it.

    It lasts as long as the file and then until it has died away, LONGEST_TAIL at most.
    """
    options = options or SoundOptions()
    file = read_midi_file(midi)
    factor = _speed(file, options)
    program = None if options.instrument is None else program_number(options.instrument)
    times = file.tempo_map()
    length = times.seconds(file.length) / factor
    if length > LONGEST:
        raise LimitError(f"the piece lasts {length / 60:.0f} minutes, more than half an hour")
    with _POOL.borrow(find_soundfont(options.soundfont)) as font:
        _presets(font, program)
        schedule = [(round(times.seconds(e[0]) / factor * RATE), e) for e in file.events]
        return _play(font, schedule, round(length * RATE), program)


def _speed(file: MidiFile, options: SoundOptions) -> float:
    factor = options.speed if options.bpm is None else options.bpm / file.first_tempo
    if not 0.05 <= factor <= 20:
        raise UsageError("the tempo asked for is out of reach", hint="a factor from 0.05 to 20")
    return factor


def _presets(font: Any, program: int | None) -> None:
    for channel in range(16):
        drums = channel == PERCUSSION
        font.channel_set_preset_number(channel, 0 if drums else program or 0, drums)


def _play(
    font: Any, schedule: list[tuple[int, ChannelEvent]], length: int, program: int | None
) -> Samples:
    import numpy as np

    samples = np.zeros((length + int(LONGEST_TAIL * RATE), 2), dtype=np.float32)
    buffer = samples.reshape(-1).data.cast("B")
    now = 0
    for at, event in schedule:
        if at > now:
            font.render(buffer[now * 8 : at * 8])
            now = at
        _send(font, event, program)
    if length > now:
        font.render(buffer[now * 8 : length * 8])
    end = _tail(font, samples, buffer, length)
    # What still sounds after a reset fades within a hundredth of a second: not into the
    # next piece.
    font.reset()
    font.render(bytearray(8 * RATE // 20))
    return samples[:end]


def _send(font: Any, event: ChannelEvent, program: int | None) -> None:
    _, status, first, second = event
    kind, channel = status >> 4, status & 15
    if kind == 9 and second:
        font.channel_note_on(channel, first, second / 127)
    elif kind in (8, 9):
        font.channel_note_off(channel, first)
    elif kind == 11:
        font.channel_midi_control(channel, first, second)
    elif kind == 12 and (program is None or channel == PERCUSSION):
        font.channel_set_preset_number(channel, first, channel == PERCUSSION)
    elif kind == 14:
        font.channel_set_pitch_wheel(channel, second << 7 | first)


def _tail(font: Any, samples: Samples, buffer: memoryview, start: int) -> int:
    """Render what still sounds, a tenth of a second at a time, until it is silent."""
    for channel in range(16):
        font.channel_midi_control(channel, 123, 0)
    at = start
    while at < len(samples):
        stop = min(at + RATE // 10, len(samples))
        font.render(buffer[at * 8 : stop * 8])
        loudest = float(abs(samples[at:stop]).max(initial=0))
        at = stop
        if loudest < _SILENT:
            return at
    fade = min(RATE // 5, at - start)
    if fade:
        import numpy as np

        samples[at - fade : at] *= np.linspace(1, 0, fade, dtype=np.float32)[:, None]
    return at
