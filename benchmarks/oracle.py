"""abc2midi as an outside reader: run on one tune, made to play plain notes, its MIDI read.

It performs music: it shortens, doubles and adorns notes. Options switch most of that off;
what has no option is taken out of the text by ``neutral`` before it sees it.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import shutil
import subprocess
from collections import defaultdict, deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from chatmusician.errors import InputError, MissingDependency

# No dynamics, fermatas, grace notes, chord accompaniment.
OPTIONS = ("-NFNP", "-NFER", "-NGRA", "-NGUI", "-quiet")
# It starts every note one tick late; rounding of tuplets can cost another one.
EARLY = 1
TOLERANCE = 2
SECONDS = 20


class Sound(NamedTuple):
    """A note in ticks of a quarter note's 480th part."""

    pitch: int
    onset: int
    duration: int


TICKS = 480


@dataclass(frozen=True)
class Heard:
    """What abc2midi made of a tune; ``notes`` is None where it wrote no file."""

    notes: tuple[Sound, ...] | None
    messages: str


class Abc2midi:
    """One abc2midi program, working in ``folder``.

    A run that writes nothing is told by the file, not by its exit code.
    """

    def __init__(self, path: str | None, folder: str) -> None:
        self.folder = Path(folder)
        self.path = path or find()
        if not (shutil.which(self.path) or Path(self.path).is_file()):
            raise InputError(f"no program {self.path}")
        self.version = self._version()

    def _version(self) -> str:
        ran = subprocess.run([self.path, "-ver"], capture_output=True, timeout=SECONDS, check=False)
        words = (ran.stdout + ran.stderr).decode("latin-1").strip().splitlines()
        return words[0] if words else "unknown version"

    def play(self, text: bytes, options: tuple[str, ...] = OPTIONS) -> Heard:
        """The notes of the first tune of a text that went through ``neutral``."""
        source = self.folder / f"{os.getpid()}.abc"
        target = source.with_suffix(".mid")
        source.write_bytes(text)
        target.unlink(missing_ok=True)
        command = [self.path, str(source), "-o", str(target), *options]
        try:
            ran = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            return Heard(None, f"no answer in {SECONDS} s")
        messages = (ran.stdout + ran.stderr).decode("latin-1")
        if ran.returncode < 0:
            messages += f"\nended by signal {-ran.returncode}"
        if not target.is_file():
            return Heard(None, messages)
        return Heard(tuple(midi_notes(target)), messages)


def find() -> str:
    """abc2midi of the symusic package (5.02), else the system's."""
    spec = importlib.util.find_spec("symusic")
    if spec is not None and spec.origin:
        bundled = Path(spec.origin).parent / "bin" / "abc2midi"
        if bundled.is_file():
            return str(bundled)
    program = shutil.which("abc2midi")
    if program is None:
        raise MissingDependency("abc2midi", how="pip install symusic, or your system's abcmidi")
    return program


def midi_notes(path: Path) -> list[Sound]:
    """The notes of a MIDI file, sorted; a note off ends the oldest note of its pitch."""
    try:
        mido: Any = importlib.import_module("mido")
    except ImportError:
        raise MissingDependency("mido", how="pip install mido") from None
    score = mido.MidiFile(path)
    found = []
    for track in score.tracks:
        now = 0
        sounding: dict[tuple[int, int], deque[int]] = defaultdict(deque)
        for event in track:
            now += event.time
            if event.type not in ("note_on", "note_off"):
                continue
            begun = sounding[event.channel, event.note]
            if event.type == "note_on" and event.velocity > 0:
                begun.append(now)
            elif begun:
                onset = begun.popleft()
                found.append((event.note, onset - EARLY, now - onset + EARLY))
    if score.ticks_per_beat != TICKS:
        raise InputError(
            f"{score.ticks_per_beat} ticks a quarter note, not {TICKS}", path=str(path)
        )
    return sorted(Sound(*note) for note in found)


def same(one: tuple[Sound, ...], other: tuple[Sound, ...]) -> bool:
    """Whether two sorted readings agree, within the tolerance in time."""
    return len(one) == len(other) and all(
        a.pitch == b.pitch
        and abs(a.onset - b.onset) <= TOLERANCE
        and abs(a.duration - b.duration) <= TOLERANCE
        for a, b in zip(one, other, strict=True)
    )


# Pieces of a music line in which a letter is no decoration.
_PIECE = re.compile(
    rb'(?P<kept>"[^"\n]*"|\[[A-Za-z]:[^\]\n]*\]|%[^\n]*|\.[|(\-)])'
    rb"|[!+](?:trill|breath|arpeggio|roll|staccato)[!+]"
    rb"|[.~TR]"
)
_FIELD = re.compile(rb"[A-Za-z]:(?![|:])|%")


def neutral(text: bytes) -> bytes:
    """A tune without what abc2midi performs and no option stops.

    Staccato, trill, roll and breath marks shorten a note or play several; a hornpipe's R:
    swings; the notes of a chord come one after another.
    """
    lines = text.replace(b"\r\n", b"\n").split(b"\n")
    out = [lines[0], b"%%MIDI chordattack 0"]
    for line in lines[1:]:
        if line.startswith(b"R:"):
            continue
        if not _FIELD.match(line):
            line = _PIECE.sub(lambda m: m["kept"] or b"", line)
        out.append(line)
    return b"\n".join(out)
