"""The engine transkun: piano, heard by a network that knows pianos alone."""

from __future__ import annotations

import importlib
import json
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from chatmusician.errors import EngineError
from chatmusician.transcription.flux import OnsetMeter
from chatmusician.transcription.notes import Note, Performance

if TYPE_CHECKING:
    from chatmusician.transcription.audio import Recording, Samples
    from chatmusician.transcription.engines import Watch

RATE: Final = 44_100
# Seconds that are heard at once, and what pieces share at each of their two ends.
_PIECE, _SHARED = 96.0, 8.0
# Seconds within which notes of two pieces are the same one.
_SEAM: Final = 0.05
_FILTERS: Final = "framewiseFeatureExtractor.freq2mels"


def hear(recording: Recording, watch: Watch) -> Performance:
    meter = OnsetMeter(RATE)
    notes: list[Note] = []
    passed = 0.0
    for start, samples, (low, high) in pieces(recording, meter):
        own = [
            Note(start + note.onset, start + note.end, note.pitch, note.velocity)
            for note in _heard(samples)
            if low - _SEAM <= start + note.onset < high + _SEAM
        ]
        notes = joined(notes, own, low)
        passed = start + len(samples) / RATE
        watch(min(high, passed), recording.seconds)
    notes.sort(key=lambda note: (note.onset, note.pitch))
    return Performance(tuple(notes), passed, "transkun", onsets=meter.curve())


def joined(before: list[Note], after: list[Note], seam: float) -> list[Note]:
    """Notes of two pieces; near the seam both may have heard one, some milliseconds apart."""
    near = [note for note in before if note.onset >= seam - 2 * _SEAM]
    twice = [
        note
        for note in after
        if any(n.pitch == note.pitch and abs(n.onset - note.onset) < _SEAM for n in near)
    ]
    return before + [note for note in after if note not in twice]


def pieces(
    recording: Recording, meter: OnsetMeter
) -> Iterator[tuple[float, Samples, tuple[float, float]]]:
    """When each piece starts, its samples, and the seconds whose notes are its own."""
    held = np.zeros(0, np.float32)
    start, low = 0.0, 0.0
    whole = round((_PIECE + _SHARED) * RATE)
    for block in recording.blocks(RATE):
        meter.feed(block)
        held = np.concatenate([held, block])
        while len(held) > whole:
            high = start + _PIECE
            yield start, held[:whole], (low, high)
            cut = round((_PIECE - _SHARED) * RATE)
            held, low = held[cut:], high
            start += cut / RATE
    if len(held):
        yield start, held, (low, float("inf"))


def _heard(samples: Samples) -> list[Note]:
    import torch

    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch, about how transkun is written
        events = _model().transcribe(torch.from_numpy(samples)[:, None])
    return [
        Note(float(event.start), float(event.end), int(event.pitch), int(event.velocity))
        for event in events
        if event.pitch > 0 and event.end > event.start  # pedals have numbers below 0
    ]


@lru_cache(maxsize=1)
def _model() -> Any:
    import torch

    with _torchaudio(), _of_another_version():
        network = importlib.import_module("transkun.ModelTransformer")
        weights = Path(str(network.__file__)).with_name("pretrained")
        stated = json.loads((weights / "2.0.conf").read_text(encoding="utf-8"))
        config = network.Config()
        vars(config).update(stated["Model"]["config"])
        model = network.TransKun(conf=config)
        state = torch.load(weights / "2.0.pt", map_location="cpu", weights_only=True)["state_dict"]
        if _FILTERS not in state:
            raise KeyError(_FILTERS)
    model.load_state_dict(state, strict=False)
    return model.eval()


@contextmanager
def _of_another_version() -> Iterator[None]:
    try:
        yield
    except (ImportError, OSError, KeyError, TypeError, AttributeError) as error:
        hint = "pip install --no-deps transkun==2.0.1"
        raise EngineError(
            "transkun", "is not the one that is known", said=str(error), hint=hint
        ) from error


@contextmanager
def _torchaudio() -> Iterator[None]:
    """transkun asks torchaudio for one table, which its weights then replace. The torchaudio of
    the package index needs CUDA's libraries; where it does not load, zeros stand in for the
    table until the weights come."""
    try:
        importlib.import_module("torchaudio")
    except (ImportError, OSError, RuntimeError):
        import torch

        for name in [name for name in sys.modules if name.split(".")[0] == "torchaudio"]:
            del sys.modules[name]
        stand_in: Any = ModuleType("torchaudio")
        stand_in.functional = SimpleNamespace(
            melscale_fbanks=lambda n_freqs, n_mels, **_: torch.zeros(n_freqs, n_mels)
        )
        sys.modules["torchaudio"] = stand_in
        try:
            yield
        finally:
            del sys.modules["torchaudio"]
    else:
        yield
