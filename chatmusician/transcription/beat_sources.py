"""Beats that are told: a file of times, or a program that tracks them in sound."""

from __future__ import annotations

import importlib
import os
from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from chatmusician.errors import EngineError, InputError, MissingDependency, UsageError
from chatmusician.files import display_name, read_bytes
from chatmusician.transcription.audio import open_recording
from chatmusician.transcription.written import Beat

if TYPE_CHECKING:
    from chatmusician.transcription.audio import Recording

TRACKER: Final = "beat-this"
_RATE: Final = 22_050
_MOST: Final = 100_000


def beats_from(source: str, path: str, data: bytes | None, *, is_audio: bool) -> tuple[Beat, ...]:
    """What ``source`` says of the sound in ``path``: a file's name, or ``beat-this``, which may be
    followed by a colon and the name or path of its weights."""
    name, _, weights = source.partition(":")
    if name == TRACKER and not os.path.exists(source):
        if not is_audio:
            raise UsageError(f"{TRACKER} hears sound, and this is MIDI", hint="a file of beats")
        with open_recording(path, data) as recording:
            return tracked(recording, weights or "final0")
    return read_beats(read_bytes(source), display_name(source))


def read_beats(data: bytes, name: str) -> tuple[Beat, ...]:
    """Lines of a time in seconds and, where it is known, the beat's number in the bar, apart by
    blanks, tabs or commas: as madmom, beat_this and POP909 write them."""
    found: list[Beat] = []
    for row, line in enumerate(data.decode("utf-8-sig", "replace").splitlines(), 1):
        words = line.split("#", 1)[0].replace(",", " ").split()
        if not words:
            continue
        try:
            time = float(words[0])
            number = int(float(words[1])) if len(words) > 1 else 0
        except (ValueError, OverflowError):
            raise InputError(f"no beat: {line.strip()[:40]!r}", path=f"{name}:{row}") from None
        if not 0 <= number <= 99 or not 0 <= time < 1e6:
            raise InputError(f"no beat: {line.strip()[:40]!r}", path=f"{name}:{row}")
        found.append(Beat(time, number))
        if len(found) > _MOST:
            raise InputError(f"more than {_MOST:,} beats", path=name)
    if len(found) < 2:
        raise InputError("fewer than two beats", path=name, hint="a line each: 1.25 1")
    return tuple(found)


def tracked(recording: Recording, weights: str) -> tuple[Beat, ...]:
    """What beat-this hears. It fetches weights that are named; a path is read."""
    try:
        inference = importlib.import_module("beat_this.inference")
    except ModuleNotFoundError as error:
        missing = str(error.name).split(".")[0].replace("_", "-")
        how = "pip install beat-this torchaudio"
        raise MissingDependency(missing, how=how) from error
    except OSError as error:
        hint = "its torchaudio must be of the same kind as torch, with or without CUDA"
        raise EngineError(TRACKER, "does not load", said=str(error), hint=hint) from error
    import numpy as np

    try:
        hear: Any = inference.Audio2Beats(checkpoint_path=weights, device="cpu", dbn=False)
    except (ValueError, KeyError, RuntimeError, OSError) as error:
        hint = f"--beats {TRACKER}:PATH names a file of weights"
        raise EngineError(TRACKER, "has no weights", said=str(error), hint=hint) from error
    samples = np.concatenate(list(recording.blocks(_RATE)))
    times, downbeats = hear(samples, _RATE)
    if len(times) < 2:
        raise InputError("no beats are heard", path=recording.name)
    return numbered([float(time) for time in times], [float(time) for time in downbeats])


def numbered(times: Sequence[float], downbeats: Sequence[float]) -> tuple[Beat, ...]:
    """Beats counted from each downbeat on; before the first one they have no number."""
    firsts = set()
    for down in downbeats:
        at = min(bisect_left(times, down), len(times) - 1)
        firsts.add(at - 1 if at and down - times[at - 1] < times[at] - down else at)
    found, number = [], 0
    for at, time in enumerate(times):
        number = 1 if at in firsts else number + 1 if number else 0
        found.append(Beat(time, number))
    return tuple(found)
