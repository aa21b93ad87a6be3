"""The onset curve: how much louder the sound gets, band by band, from moment to moment.

The same measure as librosa's ``onset_strength`` with this hop (the tests compare them), taken
from a recording as it passes, which librosa does not offer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from chatmusician.transcription.notes import OnsetCurve

if TYPE_CHECKING:
    from chatmusician.transcription.audio import Samples

_WINDOW: Final = 2048
_HOP: Final = 256
_BANDS: Final = 128
# librosa cuts 80 dB below the loudest of the whole recording; here, below full scale.
_FLOOR: Final = 1e-5


class OnsetMeter:
    """Feed it the blocks of a recording, then ask for the curve."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.filters = _mel_filters(rate)
        turns = np.arange(_WINDOW, dtype=np.float32) / _WINDOW
        self.window = (0.5 - 0.5 * np.cos(2 * np.pi * turns)).astype(np.float32)
        # Frames are centred on their time: the first begins half a window before the sound.
        self.left: Samples = np.zeros(_WINDOW // 2, np.float32)
        self.before: Samples | None = None
        self.parts: list[Samples] = []

    def feed(self, block: Samples) -> None:
        sound = np.concatenate([self.left, block])
        count = (len(sound) - _WINDOW) // _HOP + 1
        if count <= 0:
            self.left = sound
            return
        frames = np.lib.stride_tricks.sliding_window_view(sound, _WINDOW)[::_HOP][:count]
        for at in range(0, count, 1024):
            self._measure(frames[at : at + 1024])
        self.left = sound[count * _HOP :]

    def _measure(self, frames: Any) -> None:
        power = np.abs(np.fft.rfft(frames * self.window, axis=1)) ** 2
        bands = power.astype(np.float32) @ self.filters
        loud = (10 * np.log10(np.maximum(bands, _FLOOR))).astype(np.float32)
        first = loud[:1] if self.before is None else self.before
        rise = np.diff(np.concatenate([first, loud]), axis=0)
        self.parts.append(np.maximum(rise, 0).mean(axis=1))
        self.before = loud[-1:]

    def curve(self) -> OnsetCurve:
        self.feed(np.zeros(_WINDOW // 2, np.float32))
        # A window meets a beginning with its edge, half its length before it stands over it.
        late = np.zeros(_WINDOW // 2 // _HOP, np.float32)
        values = np.concatenate([late, *self.parts])[: sum(map(len, self.parts))]
        return OnsetCurve(tuple(np.round(values.astype(float), 3).tolist()), self.rate / _HOP)


def _mel_filters(rate: int) -> Samples:
    """Triangles of equal area, evenly spaced on Slaney's mel scale up to half the rate."""
    limits = _hertz(np.linspace(0, _mel(rate / 2), _BANDS + 2))
    bins = np.linspace(0, rate / 2, _WINDOW // 2 + 1)
    up = (bins[:, None] - limits[:-2]) / np.diff(limits)[:-1]
    down = (limits[2:] - bins[:, None]) / np.diff(limits)[1:]
    shape = np.maximum(0, np.minimum(up, down)) * (2 / (limits[2:] - limits[:-2]))
    filters: Samples = shape.astype(np.float32)
    return filters


def _mel(hertz: float) -> float:
    """15 mel a kilohertz up to one, from there on logarithmic."""
    return hertz * 0.015 if hertz < 1000 else 15 + 27 * float(np.log(hertz / 1000) / np.log(6.4))


def _hertz(mels: Any) -> Any:
    return np.where(mels < 15, mels / 0.015, 1000 * 6.4 ** ((mels - 15) / 27))
