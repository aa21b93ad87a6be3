"""What a composer waits for: the first bar and all files with the model warm, the command cold.

python -m benchmarks.compose_speed [--rounds N] [--cold N] [--write-docs]
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.page import machine, memory_folder, write_section
from chatmusician.model.brief.read import read_request
from chatmusician.model.compose import ComposeOptions, compose
from chatmusician.model.generation import Backend
from chatmusician.model.load import load_model
from chatmusician.rendering import Renderer

REQUESTS = (
    "a lively jig in D, 16 bars, AABB",
    "a slow air in E minor, 16 bars",
    "a reel in G major, 16 bars",
    "a waltz in A, 16 bars, with the chords A D E A",
    "a polka in F, 16 bars, AB",
)
COLD = ("a lively jig in D, AABB", "a slow air in E minor")
FORMATS = ("svg", "png", "mid", "wav")
# A pickup or |: may stand before the first bar: two bar lines behind the header are enough.
_FIRST_BAR = re.compile(r"(?m)^K:.*\n[^|]*\|[^|]+\|")


def warm(backend: Backend, request: str, seed: int, folder: Path) -> tuple[float, float, float]:
    """Seconds to the first bar, to the last and to all files."""
    first: list[float] = []
    text = ""
    started = time.perf_counter()

    def heard(_: int, piece: str) -> None:
        nonlocal text
        text += piece
        if not first and _FIRST_BAR.search(text):
            first.append(time.perf_counter() - started)

    made = compose(
        read_request(request, {}),
        backend,
        ComposeOptions(seed=seed),
        request=request,
        on_text=heard,
    )
    composed = time.perf_counter() - started
    path = folder / f"{seed}.abc"
    path.write_text(made.abc, encoding="utf-8")
    (done,) = Renderer([str(path)], folder, FORMATS).render(str(path))
    whole = time.perf_counter() - started
    if len(done.files) < len(FORMATS) or not first:
        raise SystemExit(f"{request}, seed {seed}: {done.files}")
    return first[0], composed, whole


def cold(request: str, seed: int, folder: Path) -> float:
    command = [sys.executable, "-m", "chatmusician", "compose", request, "--seed", str(seed)]
    command += ["-o", str(folder), "--format", ",".join(("abc", *FORMATS))]
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def told(times: list[float]) -> str:
    return f"{statistics.median(times):.2f} s | {max(times):.2f} s"


def report(rounds: int, cold_rounds: int) -> str:
    backend = load_model("")
    with tempfile.TemporaryDirectory(dir=memory_folder()) as made:
        folder = Path(made)
        warm(backend, REQUESTS[0], 0, folder)
        runs = [warm(backend, r, seed, folder) for seed in range(1, rounds + 1) for r in REQUESTS]
        chilled = [cold(r, seed, folder) for seed in range(1, cold_rounds + 1) for r in COLD]
    names = ("first bar", "all 16 bars", "all files: ABC, SVG, PNG, MIDI and WAV")
    rows = [
        f"| warm: {name} | {len(runs)} | {told(list(times))} |"
        for name, times in zip(names, zip(*runs, strict=True), strict=True)
    ]
    rows.append(f"| `chatmusician compose` from a cold start | {len(chilled)} | {told(chilled)} |")
    return f"""The bundled model, level `brief`. Warm: {len(REQUESTS)} requests for 16 bars in one
process after a first tune. Cold: a new process for each tune, every file.

| | n | median | longest |
|---|---|---|---|
{chr(10).join(rows)}

{machine()}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4, help="seeds of each request, warm")
    parser.add_argument("--cold", type=int, default=3, help="seeds of each request, cold")
    parser.add_argument("--write-docs", action="store_true")
    options = parser.parse_args()
    text = report(options.rounds, options.cold)
    print(text)
    if options.write_docs:
        write_section("Composing", "python -m benchmarks.compose_speed --write-docs", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
