"""How long one tune takes to become a score, MIDI and sound, and how long the command takes.

python -m benchmarks.render_speed [--rounds N] [--write-docs]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.page import PAGE, machine, memory_folder, write_section
from chatmusician.abc import canonical, read, timeline
from chatmusician.abc.midi import render_midi
from chatmusician.abc.musicxml import to_musicxml
from chatmusician.abc.pictures import PageOptions, draw
from chatmusician.abc.sound import render_sound
from chatmusician.rendering import render

TUNE = PAGE.with_name("pictures.abc")
FIT = PageOptions("fit")


def milliseconds(work: Callable[[], object], rounds: int) -> float:
    work()
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000


def stages(rounds: int) -> list[tuple[str, float]]:
    data = TUNE.read_bytes()
    tune = read(data).tunes[0]
    midi = render_midi(tune).data
    works: list[tuple[str, Callable[[], object]]] = [
        ("read and timeline", lambda: timeline(read(canonical(tune)).tunes[0])),
        ("MusicXML", lambda: to_musicxml(tune)),
        ("SVG, fitted (verovio)", lambda: draw(tune, page=FIT)),
        ("SVG, A4 (verovio)", lambda: draw(tune)),
        ("PNG, fitted", lambda: draw(tune, format="png", page=FIT)),
        ("PDF, A4", lambda: draw(tune, format="pdf")),
        ("MIDI, checked (abc2midi, else builtin)", lambda: render_midi(tune)),
        ("MIDI, checked (builtin)", lambda: render_midi(tune, engine="builtin")),
        ("WAV from the MIDI", lambda: render_sound(midi)),
    ]
    return [(name, milliseconds(work, rounds)) for name, work in works]


def cold(folder: Path, formats: str, rounds: int) -> float:
    command = [sys.executable, "-m", "chatmusician", "render", str(TUNE), "--tune", "1"]
    command += ["-o", str(folder), "--format", formats]
    return milliseconds(lambda: subprocess.run(command, check=True, capture_output=True), rounds)


def report(rounds: int) -> str:
    rows = stages(rounds)
    tune = read(TUNE.read_bytes()).tunes[0]
    seconds = render_sound(render_midi(tune).data).seconds
    bars = len(timeline(tune).voices[0].measures)
    formats = ("svg", "mid", "wav")
    with tempfile.TemporaryDirectory(dir=memory_folder()) as made:
        folder = Path(made)
        whole = milliseconds(lambda: render(TUNE, folder, formats, tune="1"), rounds)
        rows.append(("**SVG, MIDI and WAV with `render`, files in memory**", whole))
        few = max(3, rounds // 3)
        for wanted in ("svg", "mid", "wav", "svg,mid,wav"):
            name = f"`chatmusician render --format {wanted}`, from a cold start"
            rows.append((name, cold(folder, wanted, few)))
    table = "\n".join(f"| {name} | {taken:.0f} ms |" for name, taken in rows)
    return f"""The reel of docs/pictures.abc: {bars} bars as written, with chord symbols, endings
and triplets, {seconds:.0f} seconds of sound. In one process and one thread, engines warm;
medians of {rounds} rounds.

| | time |
|---|---|
{table}

{machine()}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--write-docs", action="store_true")
    options = parser.parse_args()
    text = report(options.rounds)
    print(text)
    if options.write_docs:
        write_section("Rendering one tune", "python -m benchmarks.render_speed --write-docs", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
