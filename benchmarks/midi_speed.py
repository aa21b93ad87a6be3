"""How fast tunes become MIDI files, beside symusic's own way from ABC, two processes each.

python -m benchmarks.midi_speed [--rounds N] [--write-docs]
"""

from __future__ import annotations

import argparse
import importlib
import os
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from benchmarks.corpora import CORPORA
from benchmarks.page import machine, write_section
from chatmusician.abc.midi import PLAIN, to_midi
from chatmusician.abc.reader import read

WORKERS = 2
TUNES = 1000


def _quiet() -> None:
    """abc2midi, which symusic runs, prints its messages to the output it is given."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def performed(data: bytes) -> int:
    return sum(len(to_midi(tune)) for tune in read(data).tunes)


def plain(data: bytes) -> int:
    return sum(len(to_midi(tune, PLAIN)) for tune in read(data).tunes)


def symusic_path(data: bytes) -> int:
    symusic: Any = importlib.import_module("symusic")
    return len(symusic.Score.from_abc(data.decode("latin-1")).dumps_midi())


def seconds(pool: ProcessPoolExecutor, work: Callable[[bytes], int], tunes: list[bytes]) -> float:
    started = time.perf_counter()
    sizes = list(pool.map(work, tunes, chunksize=20))
    if not all(sizes):
        raise RuntimeError("a tune gave no file")
    return time.perf_counter() - started


def report(rounds: int) -> str:
    tunes = [piece.data for piece in CORPORA["nottingham"].pieces()[:TUNES]]
    works = {
        "ours, performed (chords, dynamics, ornaments)": performed,
        "ours, plain notes": plain,
        "symusic 0.6 `Score.from_abc` and `dumps_midi`": symusic_path,
    }
    with ProcessPoolExecutor(WORKERS, initializer=_quiet) as pool:
        for work in works.values():
            seconds(pool, work, tunes[:100])
        times = {name: [0.0] * rounds for name in works}
        for index in range(rounds):
            for name, work in works.items():
                times[name][index] = seconds(pool, work, tunes)
    *_, other = times.values()
    rows = []
    for name, own in times.items():
        ratio = statistics.median(b / a for a, b in zip(own, other, strict=True))
        rows.append(f"| {name} | {statistics.median(own):.2f} s | {ratio:.2f} |")
    return f"""{len(tunes)} tunes of Nottingham, from text to the bytes of a MIDI file, {WORKERS}
processes each, in turn, {rounds} rounds; medians. Last column: how many times as fast as symusic.

| | time | times as fast |
|---|---|---|
{chr(10).join(rows)}

{machine()}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--write-docs", action="store_true")
    options = parser.parse_args()
    text = report(options.rounds)
    print(text)
    if options.write_docs:
        write_section("MIDI from ABC", "python -m benchmarks.midi_speed --write-docs", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
