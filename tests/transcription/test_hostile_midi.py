"""Odd, broken and hostile MIDI files, all the way to ABC: a score in which every bar adds up, or
one error; in little time and memory."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("numpy")
pytest.importorskip("symusic")
pytest.importorskip("resource")

from chatmusician import abc
from chatmusician.errors import ChatMusicianError
from chatmusician.eval.transcription.bars import wrong_bars
from chatmusician.transcription.performed_midi import read_performance
from chatmusician.transcription.score import write_score
from tests.transcription.odd_midi import SCALE, damaged, delta, melody, midi, named

END = b"\x00\xff\x2f\x00"


def written(data: bytes) -> str:
    """The ABC, or nothing where the file was refused in one line."""
    try:
        text = write_score(read_performance(data)).abc
    except ChatMusicianError as error:
        said = str(error)
    else:
        said = ""
    if said:
        assert len(said) < 200
        assert "\n" not in said
        return ""
    tune = abc.read(text).tunes[0]
    problems = abc.check_tune(tune, abc.timeline(tune))
    assert not [p.code for p in problems if p.severity == "error"]
    assert wrong_bars(text) == []
    return text


def chord(pitches: range, ticks: int) -> bytes:
    on = b"".join(b"\x00\x90" + bytes([pitch, 80]) for pitch in pitches)
    off = b"".join((b"\x00" if at else delta(ticks)) + bytes([0x80, pitch, 0])
                   for at, pitch in enumerate(pitches))  # fmt: skip
    return on + off


def large() -> Iterator[tuple[str, bytes]]:
    """Files that are whole, and far more than anybody plays."""
    yield "20,000 notes", midi(0, 96, melody(SCALE * 1250))
    yield "128 tones at once, 60 times", midi(0, 96, chord(range(128), 48) * 60 + END)
    yield "128 tracks of 64 notes", midi(1, 96, *[melody(SCALE * 4)] * 128)
    yield "900 tracks", midi(1, 96, *[melody(SCALE)] * 900)
    changes = b"".join(delta(9) + b"\xff\x51\x03" + (200_000 + 40 * n).to_bytes(3, "big")
                       for n in range(5000))  # fmt: skip
    yield "5,000 tempos", midi(1, 96, changes + END, melody(SCALE * 30))
    bends = b"".join(b"\x01\xe0" + bytes([n % 128, n % 128]) for n in range(100_000))
    yield "100,000 bends", midi(1, 96, bends + END, melody(SCALE * 4))
    yield "six hours", midi(0, 96, melody(SCALE * 15, step=96 * 90))
    yield "too many notes", midi(0, 96, b"\x00\x90\x3c\x40\x01\x3c\x00" * 1_000_001 + END)


def test_named_and_damaged_files_become_scores_or_errors() -> None:
    read = count = 0
    for name, data in (*named(), *damaged(130, seed=1)):
        if name == "2000 tracks":
            continue
        count += 1
        began = time.process_time()
        read += bool(written(data))
        assert time.process_time() - began < 10, name
    assert count >= 150
    assert read > 40


def test_a_score_that_does_not_add_up_is_seen() -> None:
    head = "X:1\nM:3/4\nL:1/4\nK:C\n"
    assert wrong_bars(head + "C|CDE|CD:|\n") == []
    assert wrong_bars(head + "CDE|CD|E|CDE|]\n") == []
    assert wrong_bars(head + "CDE|CDEF|CDE|]\n") == ["voice 1, bar 2 holds 4 quarters of 3"]
    assert wrong_bars(head + "CDE|CD|CDE|]\n") == ["voice 1, bar 2 holds 2 quarters of 3"]
    two = head + "V:1\nCDE|CDE|]\nV:2\nC3|C|]\n"
    assert "the voices have bars of different lengths" in wrong_bars(two)


_IN_A_PROCESS = """
import json, resource, sys
from tests.transcription.test_hostile_midi import large, written
from tests.transcription.odd_midi import damaged, named
kept = dict(large()) if sys.argv[1] == "large" else dict((*named(), *damaged(300, seed=7)))
found = {name: len(written(data)) for name, data in kept.items()}
print(json.dumps([found, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
"""


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("kind", "most_read"), [("large", 6), ("odd", 60)])
def test_memory_stays_bounded(root: Path, kind: str, most_read: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _IN_A_PROCESS, kind],
        capture_output=True,
        text=True,
        cwd=root,
        timeout=1100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found, kilobytes = json.loads(done.stdout)
    assert sum(map(bool, found.values())) >= most_read, found
    assert kilobytes < 1_500_000
