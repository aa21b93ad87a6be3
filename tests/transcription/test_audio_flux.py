"""The onset curve beside librosa's."""

from __future__ import annotations

from typing import Any

import pytest

np: Any = pytest.importorskip("numpy")
librosa: Any = pytest.importorskip("librosa")

from chatmusician.transcription.flux import OnsetMeter  # noqa: E402


def test_as_librosa() -> None:
    rate, seconds = 22_050, 8
    chance = np.random.default_rng(1)
    sound = chance.normal(0, 0.003, seconds * rate)
    for _ in range(30):
        at, key = chance.integers(0, (seconds - 1) * rate), chance.integers(45, 80)
        along = np.arange(rate) / rate
        tones = [np.sin(2 * np.pi * k * 440 * 2 ** ((key - 69) / 12) * along) for k in (1, 2, 3)]
        sound[at : at + rate] += chance.uniform(0.05, 0.3) * sum(tones) * np.exp(-4 * along)
    sound = sound.astype(np.float32)
    meter = OnsetMeter(rate)
    for part in np.array_split(sound, 13):
        meter.feed(part)
    ours = np.array(meter.curve().values)
    theirs = librosa.onset.onset_strength(y=sound, sr=rate, hop_length=256)
    assert abs(len(ours) - len(theirs)) <= 1
    size = min(len(ours), len(theirs))
    assert np.corrcoef(ours[:size], theirs[:size])[0, 1] > 0.95
