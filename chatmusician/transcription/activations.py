"""What basic-pitch's network sees in a recording: how much each key sounds and begins, by frame."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from chatmusician.errors import EngineError

if TYPE_CHECKING:
    from chatmusician.transcription.audio import Samples

RATE: Final = 22_050
HOP: Final = 256
KEYS: Final = 88
LOWEST: Final = 21
"""The MIDI pitch of the first of the KEYS."""

_WINDOW: Final = 43_844
# Of the 172 frames of a window the outer ones lack context. With 142 kept, windows follow each
# other at a whole number of hops; basic-pitch's own 141.27 need a correction of the times.
_SKIPPED: Final = 15
_KEPT: Final = 142
# Half a second of silence before the sound: else a note at its very beginning is not seen.
_LEAD: Final = 43
_BATCH: Final = 4
_WEIGHTS: Final = "saved_models/icassp_2022/nmp.onnx"
# The outputs of the network by name: the frames in which a key sounds, and begins.
_OUTPUTS: Final = ["StatefulPartitionedCall:1", "StatefulPartitionedCall:2"]


@dataclass(frozen=True)
class Activations:
    """``sounds`` and ``begins``: a row for each frame, a column for each key, 0 to 1."""

    sounds: Any
    begins: Any

    def seconds(self, frame: float) -> float:
        return (frame + _SKIPPED - _LEAD) * HOP / RATE


def listen(blocks: Iterable[Samples]) -> Activations:
    """Run the network over blocks of mono samples at RATE."""
    session = _session()
    inlet = session.get_inputs()[0].name
    sounds: list[Any] = []
    begins: list[Any] = []
    for windows in _batches(_windows(blocks)):
        notes, onsets = session.run(_OUTPUTS, {inlet: windows[..., None]})
        for kept, made in ((sounds, notes), (begins, onsets)):
            part = made[:, _SKIPPED : _SKIPPED + _KEPT].reshape(-1, KEYS)
            kept.append(part.astype(np.float16))
    return Activations(np.concatenate(sounds), np.concatenate(begins))


def _windows(blocks: Iterable[Samples]) -> Iterator[Samples]:
    step = _KEPT * HOP
    sound: Samples = np.zeros(_LEAD * HOP, np.float32)
    for block in blocks:
        sound = np.concatenate([sound, block])
        count = max(0, (len(sound) - _WINDOW) // step + 1)
        for at in range(count):
            yield sound[at * step : at * step + _WINDOW]
        sound = sound[count * step :]
    # What is left is shorter than a window, but may be longer than the part that is kept.
    for at in range(0, len(sound), step):
        rest = sound[at : at + _WINDOW]
        yield np.pad(rest, (0, _WINDOW - len(rest)))


def _batches(windows: Iterable[Samples]) -> Iterator[Samples]:
    batch: list[Samples] = []
    for window in windows:
        batch.append(window)
        if len(batch) == _BATCH:
            yield np.stack(batch)
            batch = []
    if batch:
        yield np.stack(batch)


@lru_cache(maxsize=1)
def _session() -> Any:
    runtime: Any = importlib.import_module("onnxruntime")
    weights = Path(_package(), _WEIGHTS)
    options = runtime.SessionOptions()
    # Threads that wait by spinning take the processor from whoever has work.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return runtime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])


def _package() -> str:
    """Its folder, found without importing it: its modules want much that is not needed here."""
    spec = importlib.util.find_spec("basic_pitch")
    folders = (spec and spec.submodule_search_locations) or ()
    for folder in folders:
        if Path(folder, _WEIGHTS).is_file():
            return str(folder)
    raise EngineError("basic-pitch", f"holds no {_WEIGHTS}", hint="install version 0.4.0")
