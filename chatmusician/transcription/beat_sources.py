"""Beats that are told: a file of times, or a program that tracks them in sound."""

from __future__ import annotations

import importlib
import os
import pickle
import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from chatmusician.errors import EngineError, InputError, MissingDependency, UsageError
from chatmusician.files import display_name, read_bytes
from chatmusician.transcription.audio import open_recording
from chatmusician.transcription.written import SHORTEST_BEAT, Beat

if TYPE_CHECKING:
    from chatmusician.transcription.audio import Recording

TRACKER: Final = "beat-this"
_RATE: Final = 22_050
_MOST: Final = 100_000
# What torch and beat_this raise at a file that holds no weights, or where none can be fetched.
_UNREADABLE: Final = (
    ValueError,
    KeyError,
    TypeError,
    RuntimeError,
    OSError,
    EOFError,
    pickle.UnpicklingError,
)
_TIME: Final = re.compile(r"\d{1,6}(\.\d*)?|\.\d+", re.ASCII)
_NUMBER: Final = re.compile(r"\d{1,2}(\.0*)?", re.ASCII)


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
    blanks, tabs or commas: as madmom and beat_this write them. Or POP909's ``beat_midi``: two
    columns of 0 and 1 after the time, the second of which marks downbeats."""
    rows: list[tuple[int, str, list[str]]] = []
    for row, line in enumerate(data.decode("utf-8-sig", "replace").splitlines(), 1):
        plain = line.split("#", 1)[0].strip()
        words = plain.split() if " " in plain or "\t" in plain else plain.split(",")
        if plain:
            rows.append((row, line.strip()[:40], [word.rstrip(",") for word in words]))
        if len(rows) > _MOST:
            raise InputError(f"more than {_MOST:,} beats", path=name)
    marks = all(len(words) == 3 and set(words[1:]) <= {"0.0", "1.0"} for _, _, words in rows)
    found: list[Beat] = []
    for row, line, words in rows:
        number = words[2 if marks else 1] if len(words) > 1 else "0"
        if not _TIME.fullmatch(words[0]) or not _NUMBER.fullmatch(number):
            hint = "seconds, then the number in the bar: 1.25 1"
            raise InputError(f"no beat: {line!r}", path=f"{name}:{row}", hint=hint)
        beat = Beat(float(words[0]), int(float(number)))
        if found and beat.time - found[-1].time < SHORTEST_BEAT:
            what = f"the beat at {beat.time:g} s does not follow {found[-1].time:g} s"
            raise InputError(what, path=f"{name}:{row}")
        found.append(beat)
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
    except (ImportError, OSError, RuntimeError) as error:
        hint = "its torchaudio must be of the same kind as torch, with or without CUDA"
        raise EngineError(TRACKER, "does not load", said=str(error), hint=hint) from error
    import numpy as np

    try:
        hear: Any = inference.Audio2Beats(checkpoint_path=weights, device="cpu", dbn=False)
    except _UNREADABLE as error:
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
