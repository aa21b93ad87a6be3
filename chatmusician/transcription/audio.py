"""Sound files of any kind as blocks of mono samples at the rate that is asked for."""

from __future__ import annotations

import importlib
import io
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from chatmusician.errors import EngineError, InputError, LimitError, MissingDependency
from chatmusician.files import display_name
from chatmusician.programs import program_path, run_program

if TYPE_CHECKING:
    import numpy

    Samples = numpy.ndarray[Any, numpy.dtype[numpy.float32]]

LONGEST: Final = 3 * 3600.0
"""Seconds: a longer recording is refused."""

LOWEST_RATE: Final = 4_000
"""Samples a second: a recording with fewer is refused."""

INSTALL: Final = 'pip install ".[audio]"'
# Frames at a time: of a damaged file, at most so many before the damage are lost.
_BLOCK: Final = 1 << 16
_FFMPEG_RATE: Final = 22_050
_FFMPEG_SECONDS: Final = 900
# Below, nothing but the hiss of converters: 16 bits end at 3e-5.
_SILENT: Final = 1e-4
_LOW_RATE: Final = 16_000
_CLIPPED: Final = 0.999
_CLIPPED_SHARE: Final = 0.001


@dataclass(frozen=True)
class Container:
    """A kind of file that ffmpeg reads for us: bytes at a place, and ffmpeg's name for it.

    ffmpeg is never left to guess: of what it knows, playlists fetch other files.
    """

    name: str
    at: int
    magic: bytes
    demuxer: str


CONTAINERS: Final = (
    Container("MPEG-4 (m4a, mp4, mov)", 4, b"ftyp", "mov"),
    Container("Matroska (mka, mkv, webm)", 0, b"\x1aE\xdf\xa3", "matroska"),
    Container("Windows Media (wma)", 0, b"0&\xb2u\x8ef\xcf\x11", "asf"),
    Container("AAC", 0, b"\xff\xf1", "aac"),
    Container("AAC", 0, b"\xff\xf9", "aac"),
    Container("AMR", 0, b"#!AMR", "amr"),
    Container("Monkey's Audio (ape)", 0, b"MAC ", "ape"),
    Container("WavPack (wv)", 0, b"wvpk", "wv"),
)


@dataclass
class Level:
    """What is noticed while a recording is read."""

    samples: int = 0
    peak: float = 0.0
    clipped: int = 0
    broken: int = 0

    def see(self, frames: Samples) -> None:
        import numpy as np

        size = np.abs(frames).max(axis=1)
        self.samples += len(frames)
        self.peak = max(self.peak, float(size.max(initial=0.0)))
        self.clipped += int((size >= _CLIPPED).sum())


@dataclass
class Recording:
    """A sound file that can be read once, block by block; ``seconds`` is what its header says.

    ``remarks`` and ``level`` are complete when all blocks have been read.
    """

    name: str
    rate: int
    channels: int
    seconds: float
    file: Any = field(repr=False)
    remarks: list[str] = field(default_factory=list)
    level: Level = field(default_factory=Level)

    @property
    def silent(self) -> bool:
        return self.level.peak < _SILENT

    def blocks(self, rate: int) -> Iterator[Samples]:
        """All of it, mono, at ``rate`` samples a second, some seconds at a time."""
        resampler = None
        if rate != self.rate:
            resampler = _load("soxr").ResampleStream(self.rate, rate, 1, dtype="float32")
        for block in self._mono():
            yield block if resampler is None else resampler.resample_chunk(block)
        if resampler is not None:
            import numpy as np

            yield resampler.resample_chunk(np.zeros(0, np.float32), last=True)
        self._remark()

    def _mono(self) -> Iterator[Samples]:
        import numpy as np

        while True:
            read = self._read(_BLOCK)
            if not len(read):
                return
            good = np.isfinite(read)
            if not good.all():
                self.level.broken += int((~good).sum())
                read = np.where(good, read, 0)
            # Float files may hold any number; what is louder than loud is as loud as can be.
            read = np.clip(read, -1, 1)
            self.level.see(read)
            if self.level.samples > LONGEST * self.rate:
                raise _too_long(self.name)
            yield read.mean(axis=1, dtype=np.float32)

    def _read(self, frames: int) -> Samples:
        soundfile = _load("soundfile")
        try:
            read: Samples = self.file.read(frames, dtype="float32", always_2d=True)
        except (soundfile.LibsndfileError, RuntimeError) as error:
            at = self.level.samples / self.rate
            if not at:
                raise InputError(f"cannot be decoded: {_reason(error)}", path=self.name) from error
            self.remarks.append(f"the file is damaged: it could be read up to {at:.1f} s")
            import numpy as np

            return np.zeros((0, self.channels), np.float32)
        return read

    def _remark(self) -> None:
        level, remarks = self.level, self.remarks
        got = level.samples / self.rate
        if got < self.seconds - 1 and not remarks:
            said = f"the file is cut: it says {self.seconds:.1f} s and holds {got:.1f} s"
            remarks.append(said)
        if level.broken:
            remarks.append("it holds samples that are no numbers; they were taken as silence")
        if level.clipped > _CLIPPED_SHARE * level.samples:
            share = level.clipped / level.samples
            remarks.append(f"it is clipped ({share:.1%} of the samples): wrong notes are likely")
        if self.rate < _LOW_RATE:
            half = self.rate // 2
            remarks.append(f"it has {self.rate} samples a second: nothing above {half} Hz is heard")


@contextmanager
def open_recording(path: str, data: bytes | None = None) -> Iterator[Recording]:
    """The recording in a file, or in ``data`` read from it; InputError where there is none."""
    soundfile = _load("soundfile")
    name = display_name(path)
    with open_file(path) if data is None else io.BytesIO(data) as file:
        head = file.read(64)
        inside: Any = io.BytesIO(data) if data is not None else _descriptor(file)
        if not head:
            raise InputError("the file is empty", path=name)
        container = next((c for c in CONTAINERS if head[c.at :].startswith(c.magic)), None)
        if container is not None:
            inside = io.BytesIO(_by_ffmpeg(path, data, container, name))
        try:
            sound = soundfile.SoundFile(inside)
        except (soundfile.LibsndfileError, RuntimeError, TypeError) as error:
            raise InputError(
                f"is no sound file that can be read: {_reason(error)}",
                path=name,
                hint="wav, flac, ogg and mp3 are; with ffmpeg m4a and others, and MIDI",
            ) from error
        with sound:
            yield _checked(sound, name)


def _checked(sound: Any, name: str) -> Recording:
    if sound.samplerate < LOWEST_RATE:
        said = f"has {sound.samplerate} samples a second; music needs {LOWEST_RATE} at least"
        raise InputError(said, path=name)
    if sound.frames == 0:
        raise InputError("holds no sound: its length is zero", path=name)
    seconds = sound.frames / sound.samplerate
    # A header that states no length states the largest that it can.
    known = seconds if sound.frames < 1 << 50 else 0.0
    if known > LONGEST:
        raise _too_long(name)
    return Recording(name, sound.samplerate, sound.channels, known, sound)


def _too_long(name: str) -> LimitError:
    return LimitError(f"{name}: lasts more than {LONGEST / 3600:.0f} hours", hint="split it")


def open_file(path: str) -> BinaryIO:
    """A file to be read; InputError where that cannot be. Of a pipe, use what it held."""
    try:
        file = open(path, "rb")  # noqa: SIM115 - whoever asked for it closes it
    except IsADirectoryError:
        raise InputError("is a folder, not a file", path=path) from None
    except FileNotFoundError:
        raise InputError("no such file", path=path) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot be read: {reason}", path=path) from error
    if not file.seekable():
        file.close()
        raise InputError("is a pipe, not a file", path=path, hint="read it from -")
    return file


def _descriptor(file: BinaryIO) -> int:
    """The open file without its name, which soundfile would take for its format."""
    number = os.dup(file.fileno())
    os.lseek(number, 0, os.SEEK_SET)
    return number


def _by_ffmpeg(path: str, data: bytes | None, container: Container, name: str) -> bytes:
    try:
        program = program_path("ffmpeg")
    except MissingDependency as missing:
        raise MissingDependency(f"ffmpeg, which reads {container.name},", how=missing.how) from None
    given = os.path.abspath(path) if data is None else "in"
    inputs = {} if data is None else {"in": data}
    command = [program, "-nostdin", "-loglevel", "error", "-protocol_whitelist", "file"]
    command += ["-f", container.demuxer, "-i", given, "-vn", "-t", str(LONGEST + 1)]
    command += ["-ac", "1", "-ar", str(_FFMPEG_RATE), "-c:a", "flac", "-f", "flac", "out.flac"]
    try:
        ran = run_program(
            command, name="ffmpeg", inputs=inputs, outputs=["out.flac"], seconds=_FFMPEG_SECONDS
        )
    except EngineError as error:
        # Its first line says what is wrong; in brackets, where in ffmpeg.
        why = re.sub(r"\[[^\]]*\]\s*", "", (error.said or str(error)).splitlines()[0])
        raise InputError(f"{container.name} that ffmpeg cannot read: {why}", path=name) from error
    return ran.files["out.flac"]


def _load(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except (ImportError, OSError) as error:
        raise MissingDependency(name, how=INSTALL) from error


def _reason(error: Exception) -> str:
    said = str(getattr(error, "error_string", error))
    if "not a regular file" in said:  # what libsndfile says when it is lost
        return "Format not recognised"
    return said.split(": ")[-1].strip().rstrip(".") or type(error).__name__
