"""Fuzz the ABC core for long: generated books, damaged tunes, hostile shapes.

    python scripts/fuzz.py --inputs 200000 --seed 1
    python scripts/fuzz.py --only 1:4711            one input again, by seed and number

Every input must satisfy tests/fuzz/properties.py, and be read and checked within one second
per 100 kB (a tenth of a second for small ones). Exit code 1 when one does not; such inputs
are kept in the folder given with --keep.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from chatmusician.abc import reader  # noqa: E402
from tests.abc.test_conformance import CASES  # noqa: E402
from tests.fuzz.inputs import HOSTILE, book, mutated, real_tunes  # noqa: E402
from tests.fuzz.properties import hold  # noqa: E402

DATA = ROOT.parent / "shared" / "data"
SMALL = 10_000
PER_100_KB = 1.0


@dataclass
class Report:
    """What came of a run of inputs; ``slow`` are (milliseconds, input)."""

    inputs: int = 0
    size: int = 0
    faults: list[tuple[str, bytes, str]] = field(default_factory=list)
    per_100_kb: tuple[float, str] = (0.0, "-")
    small: tuple[float, str] = (0.0, "-")

    def add(self, other: Report) -> None:
        self.inputs += other.inputs
        self.size += other.size
        self.faults += other.faults
        self.per_100_kb = max(self.per_100_kb, other.per_100_kb)
        self.small = max(self.small, other.small)


def known_tunes() -> list[bytes]:
    """What gets damaged: our own small cases, and real tunes where there are some."""
    return [case.text.encode() for case in CASES] + real_tunes(DATA)


def made(random: Random, known: list[bytes]) -> bytes:
    """One input: a third each are generated, damaged, and damaged again when generated."""
    kind = random.random()
    if kind < 0.35:
        return book(random)
    if kind < 0.9:
        return mutated(random, random.choice(known), random.choice(known))
    if kind < 0.99:
        return mutated(random, book(random), random.choice(known))
    many = b"\n\n".join(random.choices(known, k=random.randint(20, 100)))
    return mutated(random, many, book(random))


def tried(name: str, data: bytes, report: Report) -> None:
    report.inputs += 1
    report.size += len(data)
    try:
        seconds = hold(data)
    except Exception:
        report.faults.append((name, data, traceback.format_exc()))
        return
    if len(data) < SMALL:
        report.small = max(report.small, (seconds * 1000, name))
        allowed = PER_100_KB / 10
    else:
        report.per_100_kb = max(report.per_100_kb, (seconds * 1e8 / len(data), name))
        allowed = PER_100_KB * len(data) / 100_000
    if seconds > allowed:
        report.faults.append((name, data, f"{seconds:.2f} s for {len(data)} bytes"))


def run(seed: int, first: int, step: int, inputs: int, seconds: float | None) -> Report:
    """Every ``step``-th input from ``first`` on."""
    known = known_tunes()
    report = Report()
    started = perf_counter()
    for number in range(first, inputs, step):
        if seconds is not None and perf_counter() - started > seconds:
            break
        tried(f"{seed}:{number}", made(Random(f"{seed}:{number}"), known), report)
    return report


def run_hostile(first: int, step: int, size: int) -> Report:
    report = Report()
    for name in list(HOSTILE)[first::step] if size else ():
        tried(name, HOSTILE[name](size).encode(), report)
    return report


def kept(folder: Path, report: Report) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, data, story) in enumerate(report.faults):
        (folder / f"{number}.abc").write_bytes(data)
        (folder / f"{number}.txt").write_text(f"{name}\n{story}", "utf-8")


def told(report: Report, seconds: float) -> None:
    core = "compiled" if not str(reader.__file__).endswith(".py") else "uncompiled"
    print(f"core              {core}")
    print(f"inputs            {report.inputs:,} ({report.size / 1e6:.1f} MB) in {seconds:.0f} s")
    print(f"faults            {len(report.faults)}")
    print(f"slowest           {report.per_100_kb[0]:.0f} ms per 100 kB ({report.per_100_kb[1]})")
    print(f"slowest below {SMALL // 1000} kB {report.small[0]:.0f} ms ({report.small[1]})")
    for name, data, story in report.faults[:10]:
        last = story.strip().splitlines()[-1]
        print(f"  {name}: {len(data)} bytes: {last}")


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hostile", type=int, default=100_000, metavar="BYTES")
    parser.add_argument("--seconds", type=float, help="stop after about so long")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", type=Path, help="folder for the inputs that failed")
    parser.add_argument("--only", metavar="SEED:NUMBER", help="write this input to stdout")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parsed(arguments)
    if options.only:
        sys.stdout.buffer.write(made(Random(options.only), known_tunes()))
        return 0
    started = perf_counter()
    total = Report()
    jobs = options.jobs
    with ProcessPoolExecutor(jobs) as pool:
        parts = [pool.submit(run_hostile, i, jobs, options.hostile) for i in range(jobs)]
        parts += [
            pool.submit(run, options.seed, i, jobs, options.inputs, options.seconds)
            for i in range(jobs)
        ]
        for part in parts:
            total.add(part.result())
    told(total, perf_counter() - started)
    if options.keep and total.faults:
        kept(options.keep, total)
    return 1 if total.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
