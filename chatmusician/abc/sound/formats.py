"""Samples to sound files: WAV here, FLAC, OGG and MP3 with soundfile or ffmpeg."""

from __future__ import annotations

import importlib
import importlib.util
import io
import struct
from typing import TYPE_CHECKING, Any, Final

from chatmusician.abc.sound.synth import RATE
from chatmusician.errors import EngineError, MissingDependency, UsageError
from chatmusician.programs import program_path, run_program

if TYPE_CHECKING:
    import numpy

    Pcm = numpy.ndarray[Any, numpy.dtype[numpy.int16]]
    Samples = numpy.ndarray[Any, numpy.dtype[numpy.float32]]

FORMATS: Final = ("wav", "flac", "ogg", "mp3")
PEAK: Final = 0.891
"""The largest sample after levelling: 1 dB below full scale."""

_RMS: Final = 0.063
_LOUDER: Final = 4.0
# Good quality at a variable bit rate.
_MP3: Final = {"bitrate_mode": "VARIABLE", "compression_level": 0.2}
_FRAMES: Final = 1 << 16


def levelled(samples: Samples) -> Pcm:
    """16-bit samples, the loudest at PEAK; silence stays silence. Uses up what it is given.

    What would then still be softer than 24 dB below full scale on the whole (a few loud
    strokes, much silence) is made louder, its peaks rounded off, never clipped.
    """
    import numpy as np

    peak = max(float(samples.max(initial=0)), -float(samples.min(initial=0)))
    if peak < 1e-6:
        return np.zeros(samples.shape, dtype=np.int16)
    flat = samples.reshape(-1)
    rms = float(np.sqrt(np.dot(flat, flat) / flat.size)) * PEAK / peak
    if rms < _RMS:
        samples *= np.float32(min(_RMS / rms, _LOUDER) / peak)
        np.tanh(samples, out=samples)
        samples *= np.float32(32767 * PEAK)
    else:
        samples *= np.float32(32767 * PEAK / peak)
    return samples.astype(np.int16)


def wav(pcm: Pcm) -> bytes:
    """A stereo WAV file."""
    size = pcm.nbytes
    head = struct.pack(
        "<4sI8sIHHIIHH4sI",
        *(b"RIFF", 36 + size, b"WAVEfmt ", 16, 1, 2, RATE, RATE * 4, 4, 16, b"data", size),
    )
    return head + pcm.tobytes()


def encode(pcm: Pcm, format: str) -> bytes:
    if format not in FORMATS:
        raise UsageError(f"no sound format {format!r}", hint=f"one of {', '.join(FORMATS)}")
    if format == "wav":
        return wav(pcm)
    if _soundfile_writes(format):
        return _with_soundfile(pcm, format)
    return _with_ffmpeg(pcm, format)


def _soundfile_writes(format: str) -> bool:
    if importlib.util.find_spec("soundfile") is None:
        return False
    try:
        soundfile: Any = importlib.import_module("soundfile")
    except OSError:  # its library is not there
        return False
    return bool(format.upper() in soundfile.available_formats())


def _with_soundfile(pcm: Pcm, format: str) -> bytes:
    soundfile: Any = importlib.import_module("soundfile")
    out = io.BytesIO()
    quality = _MP3 if format == "mp3" else {}
    try:
        with soundfile.SoundFile(out, "w", RATE, 2, format=format.upper(), **quality) as file:
            # In pieces: libsndfile's Vorbis encoder takes each on the stack.
            for at in range(0, len(pcm), _FRAMES):
                part = pcm[at : at + _FRAMES]
                # As fractions: of whole numbers libsndfile 1.2.2 makes noise in an MP3.
                file.write(part if format == "flac" else part.astype("float32") / 32768)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise EngineError("soundfile", f"could not write {format}: {error}") from error
    return out.getvalue()


def _with_ffmpeg(pcm: Pcm, format: str) -> bytes:
    try:
        program = program_path("ffmpeg")
    except MissingDependency:
        raise MissingDependency(
            f"something that writes {format}", how="pip install soundfile, or install ffmpeg"
        ) from None
    target = f"out.{format}"
    command = [program, "-nostdin", "-loglevel", "error", "-i", "in.wav", target]
    ran = run_program(command, name="ffmpeg", inputs={"in.wav": wav(pcm)}, outputs=[target])
    return ran.files[target]
