"""What makes two tunes the same: melody pieces without key, octave, unit length and tempo.

A note is told by its step from the note before (semitones) and by its time to the next note
over that of the note before. Runs of such notes ("shingles") are hashed. Two tunes are as
alike as the share of shingles they have in common (Jaccard). Minhash finds the candidates,
the full sets then decide, so that a chance collision of hashes never costs a tune.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chatmusician.abc import Timeline

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

BANDS = 16
ROWS = 4
_TEXT, _TUNE = 1, 2
# A Han sign counts as a word: there are no blanks between them.
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+")


def melody_shingles(line: Timeline, notes: int) -> Hashes:
    """The distinct runs of that many notes, of every voice, hashed and sorted."""
    import numpy as np

    found = [_shingles(_steps(voice), notes, _TUNE) for voice in line.voices]
    return np.unique(np.concatenate(found)) if found else np.zeros(0, np.uint64)


def note_count(line: Timeline) -> int:
    return sum(len(voice.tones) for voice in line.voices)


def text_shingles(text: str, words: int) -> Hashes:
    """The distinct runs of that many words, whatever their case and signs."""
    import zlib

    import numpy as np

    codes = [zlib.crc32(word.encode()) for word in _WORD.findall(text.lower())]
    return np.unique(_shingles(np.array(codes, np.uint64), words, _TEXT))


def _steps(voice: Any) -> Hashes:
    """The notes of a voice as numbers: of tones that begin together, the highest."""
    import numpy as np

    top: dict[int, int] = {}
    for tone in voice.tones:
        onset, pitch = int(tone.onset), int(tone.pitch)
        top[onset] = max(pitch, top.get(onset, pitch))
    if len(top) < 3:
        return np.zeros(0, np.uint64)
    onsets = np.array(sorted(top), np.int64)
    pitches = np.array([top[onset] for onset in onsets.tolist()], np.int64)
    waits = np.diff(onsets)
    common = np.gcd(waits[1:], waits[:-1])
    step = (np.diff(pitches)[:-1] & 0xFFFF).astype(np.uint64)
    long = (waits[1:] // common).astype(np.uint64) & np.uint64(0xFFFFFF)
    short = (waits[:-1] // common).astype(np.uint64) & np.uint64(0xFFFFFF)
    notes: Hashes = step | long << np.uint64(16) | short << np.uint64(40)
    return notes


def _shingles(codes: Hashes, size: int, salt: int) -> Hashes:
    import numpy as np

    if not len(codes):
        return np.zeros(0, np.uint64)
    size = min(size, len(codes))
    count = len(codes) - size + 1
    found = np.full(count, salt, np.uint64)
    for i in range(size):
        found = _mixed(found ^ codes[i : i + count])
    return found


def _mixed(values: Hashes) -> Hashes:
    """Splitmix64: every bit of the result hangs on every bit of the value."""
    import numpy as np

    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ values >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ values >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    mixed: Hashes = values ^ values >> np.uint64(31)
    return mixed


def band_hashes(shingles: Hashes) -> Hashes:
    """One number a band; tunes that agree in any band are compared in full."""
    import numpy as np

    seeds = _mixed(np.arange(1, BANDS * ROWS + 1, dtype=np.uint64))
    least = _mixed(shingles[None, :] ^ seeds[:, None]).min(axis=1).reshape(BANDS, ROWS)
    found = np.zeros(BANDS, np.uint64)
    for row in range(ROWS):
        found = _mixed(found ^ least[:, row])
    return found


def likeness(one: Hashes, other: Hashes) -> float:
    """Shared shingles over all shingles of two sorted sets."""
    import numpy as np

    shared = len(np.intersect1d(one, other, assume_unique=True))
    every = len(one) + len(other) - shared
    return shared / every if every else 0.0
