"""How fast ABC is read, beside abc2midi and music21, in one run on one core.

python -m benchmarks.abc_speed [--rounds N] [--write-docs]
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.corpora import CORPORA
from benchmarks.oracle import Abc2midi
from benchmarks.page import machine, memory_folder, write_section
from chatmusician.abc.check import check_text

MUSIC21_TUNES = 60
UNSEEN = ("openhymnal", "ns_session")
TUNED = ("nottingham", "oneills", "essen")


def seconds(work: Callable[[], object]) -> float:
    """Processor time, our own and that of programs run: others on the machine do not count."""
    started = _used()
    work()
    return _used() - started


def _used() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def ours(data: bytes) -> None:
    """Read and check every tune, as `chatmusician check` does."""
    check_text(data)


def abc2midi(program: str, file: Path, folder: str, *options: str) -> None:
    """The whole program on the whole file."""
    command = [program, str(file), "-silent", *options]
    subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=300)


def music21_parse(texts: list[str]) -> None:
    from music21 import converter

    for text in texts:
        try:
            converter.parseData(text, format="abc")
        except Exception as error:
            print(f"music21: {type(error).__name__}: {error}"[:100], file=sys.stderr)


def paired(
    one: Callable[[], object], other: Callable[[], object], rounds: int
) -> tuple[float, float, float]:
    """Medians of both, taken in turn, and the median of their ratios (other by one)."""
    one(), other()
    times = [(seconds(one), seconds(other)) for _ in range(rounds)]
    ratio = statistics.median(b / a for a, b in times)
    return statistics.median(a for a, _ in times), statistics.median(b for _, b in times), ratio


def against_abc2midi(name: str, rounds: int) -> str:
    """A row: ours, abc2midi checking only, and abc2midi writing a MIDI file for every tune."""
    corpus = CORPORA[name]
    pieces = corpus.pieces()
    data = b"\n\n".join(piece.data.strip() for piece in pieces) + b"\n"
    with tempfile.TemporaryDirectory(dir=memory_folder()) as folder:
        program = Abc2midi(None, folder).path
        file = Path(folder, "tunes.abc")
        file.write_bytes(data)

        def mine() -> None:
            ours(data)

        own, checking, ratio = paired(mine, lambda: abc2midi(program, file, folder, "-c"), rounds)
        _, writing, ratio_writing = paired(mine, lambda: abc2midi(program, file, folder), rounds)
    what = f"{corpus.title}, {len(pieces)} tunes, {len(data) // 1000} kB"
    times = f"{own:.3f} s | {checking:.3f} s | {writing:.3f} s"
    return f"| {what} | {times} | {ratio:.2f} | {ratio_writing:.2f} |"


def against_music21(rounds: int) -> str:
    pieces = CORPORA["nottingham"].pieces()
    chosen = pieces[:: max(1, len(pieces) // MUSIC21_TUNES)][:MUSIC21_TUNES]
    texts = [piece.data.decode("utf-8", "replace").strip() + "\n" for piece in chosen]
    data = "\n\n".join(texts).encode()
    mine, its, ratio = paired(lambda: ours(data), lambda: music21_parse(texts), rounds)
    what = f"{len(texts)} tunes of Nottingham"
    return f"| {what} | {mine:.4f} s | {its:.2f} s | {ratio:.0f} |"


def start_up(arguments: list[str], rounds: int) -> str:
    bare = [sys.executable, "-c", "pass"]
    full = [sys.executable, "-m", "chatmusician", *arguments]

    def run(command: list[str]) -> Callable[[], object]:
        return lambda: subprocess.run(command, capture_output=True, check=False)

    base, whole, _ = paired(run(bare), run(full), rounds)
    return (
        f"| `chatmusician {arguments[0]}` | {1000 * (whole - base):.0f} ms | {1000 * base:.0f} ms |"
    )


def report(rounds: int) -> str:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        sample = Path(folder, "sample.abc")
        sample.write_text("X:1\nT:Sample\nM:4/4\nL:1/8\nK:G\nG2BG A2cA|B8|]\n", encoding="utf-8")
        starts = [start_up(["--help"], rounds), start_up(["check", str(sample)], rounds)]
    unseen = [against_abc2midi(name, rounds) for name in UNSEEN]
    tuned = [against_abc2midi(name, rounds) for name in TUNED]
    head = "| tunes | ours | abc2midi -c | abc2midi | ours to -c | ours to abc2midi |\n"
    head += "|---|---|---|---|---|---|"
    return f"""Read and check of every tune, as `chatmusician check` does it, beside abc2midi on the
same text, on one core, in turn, {rounds} rounds; medians of processor time. `abc2midi -c` only
checks; without `-c` it writes a MIDI file for every tune (in memory). The last two columns are
medians of the ratios: above 1, ours is faster. The time of abc2midi is that of the program; ours
is that inside a running Python. [Decision 20](decisions/0020-reading-speed.md) has the parts of it.

Collections that the reader was not fitted to (Open Hymnal was profiled once, for the time that
the words under its hymns take):

{head}
{chr(10).join(unseen)}

Collections whose profiles the reader was made faster with:

{head}
{chr(10).join(tuned)}

Beside music21, the same measure:

| tunes | ours | music21 | times as fast |
|---|---|---|---|
{against_music21(max(2, rounds // 3))}

Start-up, beyond a bare `python -c pass`:

| command | beyond bare Python | bare Python |
|---|---|---|
{chr(10).join(starts)}

{Abc2midi(None, "").version}; {machine()}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--write-docs", action="store_true")
    options = parser.parse_args()
    text = report(options.rounds)
    print(text)
    if options.write_docs:
        write_section("Reading ABC", "python -m benchmarks.abc_speed --write-docs", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
