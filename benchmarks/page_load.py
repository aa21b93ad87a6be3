"""Many users of the web page at once: failed requests, mixed answers, memory, and short checks."""

from __future__ import annotations

import argparse
import http.client
import json
import random
import re
import statistics
import sys
import textwrap
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.page import machine, write_section
from benchmarks.page_server import served

KEYS = ("C", "G", "D", "A", "F", "Em", "Am", "Bm", "Dm", "Gm")
# What a user does, and how often; the rest of the time is spent thinking.
WEIGHTS = {
    "check": 8,
    "score": 5,
    "midi": 2,
    "describe": 2,
    "ask": 3,
    "transcribe": 1,
    "compose": 1,
}
DOCS = Path(__file__).resolve().parents[1] / "docs" / "demo.md"
_LATE = 1.0
_GROWTH = 1.1


@dataclass
class Tally:
    """What happened, from all users."""

    times: dict[str, list[float]] = field(default_factory=dict)
    failed: Counter[str] = field(default_factory=Counter)
    mixed: list[str] = field(default_factory=list)
    composed: dict[tuple[int, str], str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def took(self, name: str, seconds: float) -> None:
        with self.lock:
            self.times.setdefault(name, []).append(seconds)

    def fail(self, said: str) -> None:
        with self.lock:
            self.failed[said] += 1

    def same(self, seed: int, key: str, abc: str) -> bool:
        """Whether this order gave the same tune to everyone who gave it."""
        with self.lock:
            return self.composed.setdefault((seed, key), abc) == abc


def post(
    port: int, path: str, body: Any, query: str = "", source: str = "127.0.0.1"
) -> tuple[int, Any]:
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=300, source_address=(source, 0)
    )
    raw = isinstance(body, bytes)
    kind = "application/octet-stream" if raw else "application/json"
    data = body if raw else json.dumps(body).encode()
    try:
        connection.request("POST", f"/api/{path}{query}", data, {"Content-Type": kind})
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.getheader("Content-Type", "").startswith("application/json"):
        return answer.status, json.loads(content)
    return answer.status, content


class User:
    """One user with an address and a tune of their own: whatever comes back must be of it."""

    weights = WEIGHTS

    def __init__(self, number: int, port: int, tally: Tally) -> None:
        self.chance = random.Random(number)
        self.port, self.tally = port, tally
        self.address = f"127.0.1.{number + 1}"
        self.name = f"Tune of user {number}"
        self.key = KEYS[number % len(KEYS)]
        bars = "|".join(
            "".join(self.chance.choice("CDEFGABc") for _ in range(8)) for _ in range(16)
        )
        self.abc = f"X:1\nT:{self.name}\nM:4/4\nL:1/8\nK:{self.key}\n{bars}|]\n"
        self.heard = b""

    def live(self, until: float) -> None:
        while time.monotonic() < until:
            time.sleep(self.chance.uniform(0.5, 3))
            (name,) = self.chance.choices(list(self.weights), list(self.weights.values()))
            self.do(name)

    def do(self, name: str) -> None:
        begun = time.monotonic()
        try:
            right = getattr(self, name)()
        except Exception as error:
            self.tally.fail(f"{name}: {type(error).__name__}: {error}")
            return
        self.tally.took(name, time.monotonic() - begun)
        if not right:
            self.tally.mixed.append(f"{self.name}: {name}")

    def sent(self, path: str, body: Any, query: str = "") -> Any:
        status, answer = post(self.port, path, body, query, self.address)
        if status != 200:
            said = answer.get("error", "") if isinstance(answer, dict) else ""
            raise RuntimeError(f"{status} {said}")
        return answer

    def check(self) -> bool:
        return bool(self.sent("check", {"abc": self.abc})["ok"])

    def score(self) -> bool:
        answer = self.sent("score", {"abc": self.abc})
        return self.name in re.sub("<[^>]*>", "", answer["svg"]) and answer["title"] == self.name

    def midi(self) -> bool:
        self.heard = self.sent("render", {"abc": self.abc, "format": "mid"})
        return self.heard.startswith(b"MThd")

    def describe(self) -> bool:
        return bool(self.sent("describe", {"abc": self.abc})["facts"]["title"] == self.name)

    def ask(self) -> bool:
        asked = {"abc": self.abc, "question": "What is its title?"}
        return self.name in self.sent("ask", asked)["answer"]

    def transcribe(self) -> bool:
        data = self.heard or (self.midi() and self.heard)
        made = self.sent("transcribe", data, f"?title={self.name.replace(' ', '+')}")
        return len(made["notes"]) == 128

    def compose(self) -> bool:
        seed = self.chance.randrange(8)
        order = {"request": "a jig", "key": self.key, "bars": 8, "seed": seed}
        answer = self.sent("compose", order)
        tune = answer["candidates"][0]["abc"]
        return answer["seed"] == seed and self.tally.same(seed, self.key, tune)


def longest(port: int, tally: Tally, until: float) -> None:
    """The longest that is taken: a piece of 20,000 characters, drawn, played, told about."""
    music = "".join(f"{'CDEFGABc' * 3}|" for _ in range(790))
    abc = f"X:1\nM:12/4\nL:1/8\nQ:1/4=1000\nK:C\n{music}|]\n"[:19_990]
    jobs: tuple[Callable[[], Any], ...] = (
        lambda: post(port, "score", {"abc": abc}),
        lambda: post(port, "describe", {"abc": abc}),
        lambda: post(port, "compose", {"request": "a jig", "bars": 128, "seed": 1}),
        lambda: post(port, "render", {"abc": abc, "format": "wav"}),
    )
    while time.monotonic() < until:
        for job in jobs:
            if time.monotonic() > until:
                return
            begun = time.monotonic()
            status, answer = job()
            tally.took("longest piece", time.monotonic() - begun)
            if status != 200:
                tally.fail(f"longest: {status} {answer.get('error')}")


def probe(port: int, tally: Tally, until: float, name: str) -> None:
    """A short check, again and again."""
    while time.monotonic() < until:
        begun = time.monotonic()
        status, _ = post(port, "check", {"abc": "X:1\nL:1/8\nM:6/8\nK:D\nDFA dfa|d6|]\n"})
        tally.took(name, time.monotonic() - begun)
        if status != 200:
            tally.fail(f"short check: {status}")
        time.sleep(0.25)


def memory_of(process: int) -> int:
    """Megabytes that a process holds."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) // 1024 if found else 0


def at_once(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work, daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--write-docs", action="store_true", help="into docs/demo.md")
    args = parser.parse_args()
    with served() as (port, process):
        return _report(args, *_run(args, process, port))


def _run(args: argparse.Namespace, process: int, port: int) -> tuple[Tally, list[int]]:
    tally, memory = Tally(), list[int]()
    for name in WEIGHTS:  # everything once: first uses are slow, and take memory for good
        User(0, port, Tally()).do(name)
    probe(port, tally, time.monotonic() + 5, "short check, nobody else")
    until = time.monotonic() + args.seconds

    def watch() -> None:
        while time.monotonic() < until:
            memory.append(memory_of(process))
            time.sleep(1)

    users = [User(number, port, tally) for number in range(args.users)]
    works: list[Callable[[], None]] = [lambda user=user: user.live(until) for user in users]  # type: ignore[misc]
    works += [
        lambda: probe(port, tally, until, "short check"),
        lambda: longest(port, tally, until),
        watch,
    ]
    at_once(works)
    return tally, memory


def table(times: dict[str, list[float]]) -> str:
    rows = ["| request | n | median s | 99 % s | longest s |", "|---|---:|---:|---:|---:|"]
    for name, found in sorted(times.items()):
        slowest = sorted(found)
        high = slowest[min(len(found) - 1, int(0.99 * len(found)))]
        rows.append(
            f"| {name} | {len(found)} | {statistics.median(found):.2f} | {high:.2f} "
            f"| {slowest[-1]:.2f} |"
        )
    return "\n".join(rows)


def _report(args: argparse.Namespace, tally: Tally, memory: list[int]) -> int:
    size = max(1, len(memory) // 4)
    quarters = [statistics.median(memory[at : at + size]) for at in range(0, 4 * size, size)]
    held = ", ".join(f"{quarter:.0f}" for quarter in quarters)
    late = max(tally.times["short check"])
    every = sum(map(len, tally.times.values())) + tally.failed.total()
    text = (
        f"{args.users} users for {args.seconds:g} s, each with a tune of their own: {every} "
        f"requests, {tally.failed.total()} failed, {len(tally.mixed)} answers of another's tune. "
        f"Memory of the page by quarters of the time: {held} MB. One more user asks for the "
        "longest piece that is taken, again and again, to be drawn, played and described, and "
        f"for 128 bars; the longest that a short check took meanwhile was {late:.2f} s."
    )
    text = f"{textwrap.fill(text, 100)}\n\n{table(tally.times)}"
    print(text)
    wrong = tally.failed or tally.mixed or quarters[3] > _GROWTH * quarters[1] or late > _LATE
    print(f"\nfailed: {dict(tally.failed) or 'none'}\nmixed: {tally.mixed or 'none'}")
    print("not as it should be" if wrong else "as it should be")
    if args.write_docs:
        command = "python -m benchmarks.page_load --write-docs"
        write_section("Load", command, f"{text}\n\n{machine()}", DOCS)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
