"""How time and memory grow with the size of the input: python -m benchmarks.abc_scaling

Each row is one shape of text at one size, read in a process of its own. The last column is
the growth of the seconds against that of the size since the row before: 1 is linear.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
from dataclasses import dataclass
from time import perf_counter

from chatmusician import abc
from tests.fuzz.inputs import HOSTILE

SIZES = (500_000, 1_000_000, 2_000_000, 4_000_000)
SHAPES = (
    "many lines",
    "one long line of notes",
    "tunes",
    "verses",
    "only '['",
    "only '\"'",
    "only '(3'",
    "only '[V:2]C'",
    "only '[1,2,3,4'",
    "only 'C-'",
)


@dataclass(frozen=True)
class Row:
    size: int
    read: float
    check: float
    events: float
    megabytes: float

    @property
    def seconds(self) -> float:
        return self.read + self.check + self.events


def measured(shape: str, size: int) -> Row:
    data = HOSTILE[shape](size).encode()
    before = peak()
    started = perf_counter()
    book = abc.read(data)
    have_read = perf_counter()
    abc.check(book)
    have_checked = perf_counter()
    abc.to_events(book)
    ended = perf_counter()
    return Row(
        len(data),
        have_read - started,
        have_checked - have_read,
        ended - have_checked,
        peak() - before,
    )


def peak() -> float:
    """The most memory this process has held so far, in megabytes."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / 1e6 if sys.platform == "darwin" else used / 1024


def table(shape: str) -> list[str]:
    lines = []
    last: Row | None = None
    context = multiprocessing.get_context("spawn")
    for size in SIZES:
        with context.Pool(1) as pool:
            row = pool.apply(measured, (shape, size))
        growth = (
            "" if last is None else f"{row.seconds / last.seconds / (row.size / last.size):.2f}"
        )
        lines.append(
            f"| {shape} | {row.size / 1e6:.1f} | {row.read:.2f} | {row.check:.2f} "
            f"| {row.events:.2f} | {row.megabytes:.0f} | {growth} |"
        )
        last = row
    return lines


def main() -> None:
    print("| text | MB | read s | check s | events s | memory MB | growth |")
    print("|---|---|---|---|---|---|---|")
    for shape in SHAPES:
        print("\n".join(table(shape)), flush=True)


if __name__ == "__main__":
    main()
