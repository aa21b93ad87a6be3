"""Sounds whose notes are known: tunes of the collections, played with human timing, synthesized."""

from __future__ import annotations

import hashlib
import importlib
import io
import random
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from benchmarks.corpora import CORPORA, data_folder
from chatmusician import abc
from chatmusician.abc.midi import Part, Performance, midi_bytes
from chatmusician.abc.sound import SoundOptions
from chatmusician.abc.sound.synth import RATE, synthesize
from chatmusician.errors import ChatMusicianError
from chatmusician.eval.transcription.truth import truth_of

TIMBRES = {"piano": 0, "guitar": 24, "violin": 40, "flute": 73}
KINDS = (*((timbre, False) for timbre in TIMBRES), ("piano", True), ("guitar", True))
"""What is played in turn; an accompaniment comes on the same instrument."""

COLLECTIONS = ("nottingham", "thesession", "essen")
SECONDS = 30.0
_TICKS = 480
_BY_TICK = 500_000 / 1e6 / _TICKS

Note = tuple[float, float, int]
"""Onset and end in seconds, pitch."""


@dataclass(frozen=True)
class Clip:
    """``kind`` is the timbre and, with an accompaniment, ``+chords``."""

    name: str
    kind: str
    midi: bytes
    notes: tuple[Note, ...]
    program: int

    def samples(self, rate: int = 22_050) -> Any:
        """Mono, at most SECONDS and what rings after."""
        import numpy as np

        soxr: Any = importlib.import_module("soxr")

        stereo = synthesize(self.midi, SoundOptions(instrument=self.program))
        mono = stereo.mean(axis=1)
        loudest = max(float(np.abs(mono).max()), 1e-9)
        return soxr.resample((mono * (0.7 / loudest)).astype("float32"), RATE, rate)


def clips(split: str, count: int, seed: int = 0) -> Iterator[Clip]:
    """``count`` clips of the ``dev`` or the ``test`` tunes, no tune in both, timbres in turn."""
    pieces = [piece for name in COLLECTIONS for piece in _pieces(name)]
    pieces = [piece for piece in pieces if _side(piece[0]) == split]
    chosen = random.Random(f"{seed} {split}")
    chosen.shuffle(pieces)
    made = 0
    for name, data in pieces:
        if made == count:
            return
        timbre, chords = KINDS[made % len(KINDS)]
        clip = _clip(name, data, timbre, chords, random.Random(f"{seed} {name}"))
        if clip is not None:
            yield clip
            made += 1


def performances(split: str) -> Iterator[Clip]:
    """Piano as pianists played it: the first SECONDS of the ASAP performances."""
    pretty_midi: Any = importlib.import_module("pretty_midi")

    with tarfile.open(data_folder() / "asap_dev" / "asap_dev_20.tar.gz") as archive:
        for member in archive:
            name = Path(member.name).parent.name
            file = archive.extractfile(member)
            if file is None or not member.name.endswith("/performance.mid"):
                continue
            if _side(name) != split:
                continue
            played = pretty_midi.PrettyMIDI(io.BytesIO(file.read()))
            every = [note for part in played.instruments for note in part.notes]
            notes = [(n.start, n.end, n.pitch) for n in every if n.end < SECONDS]
            midi = _midi(notes, random.Random(name))
            yield Clip(name, "asap piano", midi, _sorted(notes), 0)


@lru_cache(maxsize=8)
def _pieces(name: str) -> tuple[tuple[str, bytes], ...]:
    return tuple((f"{name} {piece.id}", piece.data) for piece in CORPORA[name].pieces())


def _side(name: str) -> str:
    return "dev" if hashlib.sha256(name.encode()).digest()[0] % 2 else "test"


def _clip(name: str, data: bytes, timbre: str, chords: bool, chance: random.Random) -> Clip | None:
    try:
        truth = truth_of(abc.read(data).tunes[0])
    except (ChatMusicianError, IndexError):
        return None
    if truth is None or len(truth.notes) < 8 or min(n.pitch for n in truth.notes) < 36:
        return None
    quarter = 60 / chance.uniform(60, 190)
    score = [(n.onset, n.duration, n.pitch) for n in truth.notes]
    if chords:
        score += truth.chords
    start = min(onset for onset, _, _ in score)
    notes = []
    for onset, duration, pitch in sorted(score):
        begin = max(0.0, float(onset - start) * quarter + chance.gauss(0, 0.012))
        held = float(duration) * quarter * chance.uniform(0.75, 1.0)
        if begin + held < SECONDS:
            notes.append((begin, begin + max(held, 0.06), pitch))
    kind = timbre + ("+chords" if chords and truth.chords else "")
    return Clip(name, kind, _midi(notes, chance), _sorted(notes), TIMBRES[timbre])


def _sorted(notes: list[Note]) -> tuple[Note, ...]:
    return tuple(sorted(notes))


def _midi(notes: list[Note], chance: random.Random) -> bytes:
    played = [
        (round(start / _BY_TICK), round(end / _BY_TICK), pitch, chance.randint(55, 105))
        for start, end, pitch in notes
    ]
    length = max(end for _, end, _, _ in played)
    part = Part("", 0, played)
    return midi_bytes(Performance(_TICKS, length, "", [part], [(0, 500_000)], [], []))


def paths() -> list[Path]:
    """The real recordings, which have no truth."""
    return sorted((data_folder() / "audio_dev").glob("*.ogg"))
