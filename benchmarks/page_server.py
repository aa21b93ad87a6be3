"""The web page as its command serves it, for the benchmarks of the page."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def served(before: Sequence[str] = ()) -> Iterator[tuple[int, int]]:
    """The port and the process of a page with the bundled model, until left.

    `before` is a command that the page's own is appended to, such as strace's.
    """
    command = [*before, sys.executable, "-m", "chatmusician", "demo", "--port", "0"]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        yield _port(server), server.pid
    finally:
        _end(server)


def _end(server: subprocess.Popen[str]) -> None:
    """End the page. strace keeps such signals from itself, so the page it started is ended."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children")
    with contextlib.suppress(OSError):
        if Path(f"/proc/{server.pid}/comm").read_text().strip() == "strace":
            for child in children.read_text().split():
                os.kill(int(child), signal.SIGTERM)
    server.terminate()
    server.wait(30)


def _port(server: subprocess.Popen[str]) -> int:
    assert server.stderr is not None
    for line in server.stderr:
        found = re.search(r"http://[^/]*:(\d+)/", line)
        if found:
            threading.Thread(target=server.stderr.read, daemon=True).start()
            return int(found[1])
    raise SystemExit("the page did not start")
