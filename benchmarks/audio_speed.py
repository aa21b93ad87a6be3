"""How long notes take to be heard, beside basic-pitch's own command, and how much memory an hour.

python -m benchmarks.audio_speed [--seconds N] [--rounds N] [--hour]
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.page import machine, memory_folder
from benchmarks.singer import RATE, Voice, melody, sing

_OURS = "from chatmusician.transcription.engines import BY_NAME, hear\nimport sys\n"
_HEAR = _OURS + "hear(sys.argv[1], BY_NAME[sys.argv[2]])"
_WHOLE = (
    "from chatmusician.transcription.transcribe import transcribe\nimport sys\n"
    "transcribe(sys.argv[1], sys.argv[1] + '.abc')"
)


def recording(path: Path, seconds: float) -> None:
    """Two voices on and on, breath and vibrato and all, in stereo at 44.1 kHz."""
    import numpy as np

    soundfile: Any = importlib.import_module("soundfile")
    soxr: Any = importlib.import_module("soxr")
    parts = [sing(melody(seed, 60), Voice(vibrato=0.2), seed) for seed in (1, 2)]
    size = min(map(len, parts))
    mono = soxr.resample((parts[0][:size] + parts[1][:size]) / 2, RATE, 44_100)
    with soundfile.SoundFile(path, "w", 44_100, 2, subtype="PCM_16") as file:
        left = int(seconds * 44_100)
        while left > 0:
            part = mono[:left]
            file.write(np.stack([part, part * 0.8], axis=1))
            left -= len(part)


def cpu(command: list[str], folder: Path) -> tuple[float, float, float]:
    """Processor seconds, seconds, and the most memory (MB) of a command."""
    environment = os.environ | {"PYTHONPATH": os.getcwd()}
    started = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command[:3]} failed: {said.decode()[-500:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    taken = used.ru_utime + used.ru_stime or after.ru_utime - before.ru_utime
    return taken, time.perf_counter() - started, used.ru_maxrss / 1024


def warm(work: Callable[[], object], rounds: int) -> float:
    """Processor seconds in this process, all threads, after a first time."""
    work()
    times = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return statistics.median(times)


def stages(path: Path, rounds: int) -> dict[str, float]:
    from chatmusician.transcription.engines import BY_NAME, hear
    from chatmusician.transcription.transcribe import transcribe

    return {
        "notes, basic-pitch's weights, warm": warm(
            lambda: hear(str(path), BY_NAME["basic-pitch"]), rounds
        ),
        "notes, one voice (swift-f0), warm": warm(
            lambda: hear(str(path), BY_NAME["swift-f0"]), rounds
        ),
        "sound to ABC, warm": warm(lambda: transcribe(path), rounds),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--hour", action="store_true", help="an hour of sound instead: memory")
    args = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory(dir=None if args.hour else memory_folder()) as made:
        folder = Path(made)
        path = folder / "sound.wav"
        seconds = 3600.0 if args.hour else args.seconds
        recording(path, seconds)
        if args.hour:
            taken, passed, memory = cpu([sys.executable, "-c", _WHOLE, str(path)], folder)
            print(f"an hour to ABC: {taken:.0f} s of processor, {passed:.0f} s, {memory:.0f} MB")
            return
        rows: dict[str, list[float]] = {}
        theirs = Path(sys.executable).with_name("basic-pitch")
        for number in range(args.rounds):
            target = folder / str(number)
            target.mkdir()
            commands = {
                "notes, ours, from a cold start": [
                    sys.executable,
                    "-c",
                    _HEAR,
                    str(path),
                    "basic-pitch",
                ],
                "basic-pitch's command": [str(theirs), str(target), str(path)],
            }
            for name, command in commands.items():
                rows.setdefault(name, []).append(cpu(command, folder)[0])
        found = {name: statistics.median(times) for name, times in rows.items()}
        found |= stages(path, args.rounds)
        for name, taken in found.items():
            print(f"{name}: {taken:.2f} s of processor, {taken / seconds:.4f} of real time")
        print(json.dumps(found))


if __name__ == "__main__":
    main()
