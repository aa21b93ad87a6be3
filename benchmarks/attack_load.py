"""Ordinary users of the web page while it is attacked: failures, times, memory, files, paths.

    python -m benchmarks.attack_load --minutes 1

Each attack of `benchmarks.attacks` in turn, then all together, against a fresh server on this
machine. Users and attackers come from loopback addresses of their own.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.attacks import KINDS
from benchmarks.page import machine, write_section
from benchmarks.page_load import DOCS, Tally, User, at_once
from benchmarks.page_server import served

_SETTLES = 40  # seconds for memory to come back
_LONGEST = 5.0
_SLOWER = 1.5
_GROWTH = 1.1
_WEIGHTS = {"check": 6, "score": 5, "midi": 2, "pdf": 2, "transcribe": 1, "compose": 2}
_QUICK = ("check", "score", "midi", "pdf")
# Where a server on this machine may look: programs, libraries, the system, its own scratch.
_INSIDE = re.compile(
    r"/(usr|lib|lib64|bin|etc|proc|sys|opt|root/\.cache|var/cache/fontconfig)(/|$)"
    r"|/dev/(null|urandom|shm|tty|nvidia.*)|.*/(chatmusician|gradio)-?[^/]*(/|$)|.*\.(py|pyc|so|pth)$"
)


class Ordinary(User):
    """A user who also takes PDFs."""

    weights = _WEIGHTS

    def pdf(self) -> bool:
        made = self.sent("render", {"abc": self.abc, "format": "pdf"})
        return bool(made.startswith(b"%PDF"))


@dataclass
class Phase:
    """What was measured in one phase; memory in MB, at its start and after it has settled."""

    name: str
    tally: Tally
    memory: tuple[int, int]


def tree(pid: int) -> list[int]:
    """A process and all that came of it."""
    found, rest = [pid], [pid]
    while rest:
        here = Path(f"/proc/{rest.pop()}/task")
        for children in here.glob("*/children"):
            try:
                more = [int(child) for child in children.read_text().split()]
            except OSError:
                continue
            found += more
            rest += more
    return found


def memory_of(pid: int) -> int:
    """Megabytes that the processes of a server hold, what they share counted once."""
    total = 0
    for process in tree(pid):
        try:
            said = Path(f"/proc/{process}/smaps_rollup").read_text()
        except OSError:
            continue
        found = re.search(r"^Pss:\s+(\d+)", said, re.MULTILINE)
        total += int(found[1]) if found else 0
    return total // 1024


def phase(
    name: str, kinds: tuple[str, ...], port: int, pid: int, args: argparse.Namespace
) -> Phase:
    before = memory_of(pid)
    seconds, tally = 60 * args.minutes, Tally()
    commands = [
        f"{sys.executable} -m benchmarks.attacks {kind} --port {port} --seconds {seconds} "
        f"--canary {args.canary}".split()
        for kind in kinds
    ]
    attackers = [subprocess.Popen(command) for command in commands]
    until = time.monotonic() + seconds
    users = [Ordinary(number, port, tally) for number in range(args.users)]
    at_once([lambda user=user: user.live(until) for user in users])  # type: ignore[misc]
    for attacker in attackers:
        attacker.wait(60)
    time.sleep(_SETTLES)
    done = Phase(name, tally, (before, memory_of(pid)))
    print(row(done), flush=True)
    for failure, count in tally.failed.items():
        print(f"    failed {count} times: {failure}", flush=True)
    return done


def row(done: Phase) -> str:
    cells = []
    for kind in _WEIGHTS:
        times = done.tally.times.get(kind) or [0.0]
        cells.append(f"{statistics.median(times):.2f} / {max(times):.2f}")
    every = sum(map(len, done.tally.times.values())) + done.tally.failed.total()
    wrong = done.tally.failed.total() + len(done.tally.mixed)
    start, end = done.memory
    return f"| {done.name} | {every} | {wrong} | {' | '.join(cells)} | {start} → {end} |"


def trace(log: Path) -> list[str]:
    """The command that writes down which files and addresses a server and its processes open.

    Only those calls are stopped at, so the server is not much slower.
    """
    return f"strace -f -qq --seccomp-bpf -e trace=open,openat,connect -o {log}".split()


def outside(log: Path) -> list[str]:
    """What a server opened that is not its own, and whom it called elsewhere."""
    found: set[str] = set()
    for line in log.read_text(errors="replace").splitlines() if log.is_file() else ():
        opened = re.search(r'open(?:at)?\((?:AT_FDCWD, )?"([^"]*)"', line)
        if opened and opened[1].startswith("/") and not _INSIDE.match(opened[1]):
            found.add(opened[1])
        if "connect(" in line and "AF_UNIX" not in line:
            found.add(line.partition("connect")[2][:120])
    return sorted(found)


def left() -> set[str]:
    """Files in the scratch folders of any server; a folder of a worker that waits is empty."""
    folder = Path(tempfile.gettempdir())
    globs = ("chatmusician-*/*", "gradio/*/*", "pymp-*/tmp*/*")
    found = {str(path) for pattern in globs for path in folder.glob(pattern)}
    return {path for path in found if "chatmusician-fonts-" not in path}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1, help="of each attack")
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--only", choices=KINDS, action="append", help="these attacks alone")
    parser.add_argument("--write-docs", action="store_true", help="into docs/demo.md")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="attack-load-") as made:
        args.canary = Path(made) / "canary.txt"
        args.canary.write_text("nobody may read this\n")
        return _run(args, Path(made) / "strace.log")


def _run(args: argparse.Namespace, log: Path) -> int:
    before = left()
    kinds = tuple(args.only or KINDS)
    with served() as (port, pid):
        warm(port)
        phases = [phase("nobody attacks", (), port, pid, args)]
        phases += [phase(kind, (kind,), port, pid, args) for kind in kinds]
        if len(kinds) > 1:
            phases.append(phase("all together", kinds, port, pid, args))
        files = sorted(left() - before)
    watch(kinds, log, args)
    return _report(args, phases, files, outside(log))


def warm(port: int) -> None:
    """Everything once: first uses are slow, and take memory for good."""
    for kind in _WEIGHTS:
        Ordinary(0, port, Tally()).do(kind)


def watch(kinds: tuple[str, ...], log: Path, args: argparse.Namespace) -> None:
    """All attacks together on a server of its own, whose times do not count."""
    if shutil.which("strace") is None:
        print("no strace: paths are not watched")
        return
    with served(trace(log)) as (port, pid):
        phase("watched by strace", kinds, port, pid, args)


def _report(
    args: argparse.Namespace, phases: list[Phase], files: list[str], paths: list[str]
) -> int:
    head = f"| attack | requests | failed | {' | '.join(_WEIGHTS)} | memory MB |"
    rule = "|---|---:|---:|" + "---:|" * (len(_WEIGHTS) + 1)
    table = "\n".join([head, rule, *map(row, phases)])
    wrong = [problem for done in phases[1:] for problem in problems(done, phases[0])]
    wrong += [f"left: {file}" for file in files] + [f"opened: {path}" for path in paths]
    text = (
        f"{args.users} users, {args.minutes:g} minutes of each attack of `benchmarks/attacks.py`. "
        f"Times are median / longest seconds. Files left: {len(files)}; paths or addresses opened "
        f"outside: {len(paths)}.\n\n{table}"
    )
    print(f"\n{text}\n")
    print("\n".join(wrong) or "as it should be")
    if args.write_docs:
        command = "python -m benchmarks.attack_load --write-docs"
        write_section("Attacks", command, f"{text}\n\n{machine()}", DOCS)
    return 1 if wrong else 0


def problems(done: Phase, calm: Phase) -> list[str]:
    """What a phase shows that it should not."""
    found = [f"{done.name}: {done.tally.failed.total()} requests failed"] * bool(done.tally.failed)
    for kind, times in done.tally.times.items():
        if kind in _QUICK and max(times) > _LONGEST:
            found.append(f"{done.name}: {kind} took {max(times):.1f} s")
        usual = statistics.median(calm.tally.times.get(kind) or [0.0])
        if kind not in _QUICK and statistics.median(times) > _SLOWER * usual:
            found.append(
                f"{done.name}: {kind} took {statistics.median(times) / usual:.1f} times as long"
            )
    if done.memory[1] > _GROWTH * calm.memory[1]:
        found.append(f"{done.name}: memory {calm.memory[1]} → {done.memory[1]} MB")
    return found


if __name__ == "__main__":
    sys.exit(main())
