"""Recordings to scores: the line before it, the process that does it, and what is remembered."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import secrets
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatmusician import errors
from chatmusician.demo.hearing import FILE
from chatmusician.demo.line import BusyError, LeftError, Line, Turn
from chatmusician.demo.settings import Limits
from chatmusician.demo.stream import Events, Told, stream
from chatmusician.errors import ChatMusicianError, EngineError, InputError, LimitError
from chatmusician.programs import kill_group, limit_memory

_log = logging.getLogger(__name__)
_LOOK = 0.2
_MEGABYTES = 4096
# Seconds of listening that count as little; who has used more gives way to others. Of those that
# are paused each holds its memory.
_SLICE = 8.0
_PAUSED = 2
# An answer is a few kilobytes a minute of music.
_LONGEST_ANSWER = 64 * 1024 * 1024
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Hints:
    """What the user knows of a recording."""

    voice: bool = False
    tempo: float | None = None
    meter: str = ""
    key: str = ""
    title: str = ""


@dataclass(frozen=True)
class Heard:
    """`notes` are start, end, pitch and sureness, `beats` time and number, `bars` number, start,
    end and sureness, all in seconds; `wave` is how loud it is, from beginning to end."""

    name: str
    kind: str
    facts: dict[str, Any]
    notes: list[list[float]]
    beats: list[list[float]]
    bars: list[list[float]]
    wave: list[float]

    @property
    def abc(self) -> str:
        return str(self.facts["abc"])


class Ears:
    """One recording is listened to at a time; the newest are remembered under secret names."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        each = max(1, limits.hearings // 4)
        self.line = Line(
            1, limits.hearings, limits.patience, each=each, slice=_SLICE, most_paused=_PAUSED
        )
        self.lock = threading.Lock()
        self.kept: OrderedDict[str, Heard] = OrderedDict()
        self.owners: dict[str, str] = {}
        self.here: Counter[str] = Counter()
        self.closing = threading.Event()

    @contextlib.contextmanager
    def room(self, client: str = "") -> Iterator[None]:
        """A slot for a recording in memory, until its score is there."""
        with self.lock:
            # A client with none here always gets one: the others cannot take them all.
            full = self.here.total() >= self.limits.hearings and self.here[client]
            if full or self.here[client] >= self.line.each + 1:
                raise BusyError("too many recordings are waiting", hint="try again in a minute")
            self.here[client] += 1
        try:
            yield
        finally:
            with self.lock:
                self.here[client] -= 1
                self.here += Counter()  # forget clients that have none

    def find(self, name: str) -> Heard | None:
        """A recording that was heard, if it is still remembered."""
        with self.lock:
            found = self.kept.get(name)
            if found is not None:
                self.kept.move_to_end(name)
            return found

    def hearing(
        self,
        data: bytes,
        hints: Hints,
        client: str = "",
        gone: threading.Event | None = None,
    ) -> Events[Heard]:
        """What is heard as it is heard, then the whole."""
        check_size(data, self.limits)

        def work(told: Told) -> Heard:
            with self.line.place(told.cancel, told.wait, client) as turn:
                found = self._heard(data, hints, told, turn)
            self._keep(found, client)
            return found

        return stream(work, gone)

    def _keep(self, heard: Heard, client: str) -> None:
        """Remember a recording; where there are too many, the client with most loses its oldest."""
        with self.lock:
            self.kept[heard.name] = heard
            self.owners[heard.name] = client
            while len(self.kept) > self.limits.kept:
                counts = Counter(self.owners.values())
                most = max(counts.values())
                oldest = next(name for name in self.kept if counts[self.owners[name]] == most)
                del self.kept[oldest], self.owners[oldest]

    def _heard(self, data: bytes, hints: Hints, told: Told, turn: Turn) -> Heard:
        asked = {**vars(hints), "longest": self.limits.recording}
        with tempfile.TemporaryDirectory(
            prefix="chatmusician-", ignore_cleanup_errors=True
        ) as made:
            folder = Path(made)
            (folder / FILE).write_bytes(data)
            result = self._run(folder, asked, told, turn)
        text = result["facts"]["abc"]
        if len(text) > self.limits.abc:
            raise LimitError(
                f"as ABC it is {len(text):,} characters long; here {self.limits.abc:,} are taken",
                hint="cut it, or use the command line: chatmusician transcribe",
            )
        return Heard(name=secrets.token_urlsafe(16), **result)

    def _run(self, folder: Path, asked: dict[str, Any], told: Told, turn: Turn) -> dict[str, Any]:
        paths = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = {
            **os.environ,
            "TMPDIR": str(folder),
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        with (folder / ".stderr").open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", "chatmusician.demo.hearing", json.dumps(asked)],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env=environment,
                start_new_session=True,
            )
        try:
            limit_memory(process.pid, _MEGABYTES)
            for line in self._lines(process, told, turn):
                if "result" in line:
                    return dict(line["result"])
                if "error" in line:
                    raise _error_of(line)
                told.progress(line["heard"], line["of"])
        finally:
            _end(process)
        said = (folder / ".stderr").read_bytes()[-4000:].decode("utf-8", "replace")
        _log.error("listening ended with %s: %s", process.returncode, said)
        raise EngineError("listening", "gave up on this recording")

    def _lines(
        self, process: subprocess.Popen[bytes], told: Told, turn: Turn
    ) -> Iterator[dict[str, Any]]:
        """What the process says, until it ends, its time is over or nobody wants to know."""
        assert process.stdout is not None
        until = time.monotonic() + self.limits.hearing
        rest, length = bytearray(), 0
        with selectors.DefaultSelector() as ready:
            ready.register(process.stdout, selectors.EVENT_READ)
            while True:
                if told.cancel.is_set() or self.closing.is_set():
                    raise LeftError("the request was cancelled")
                if time.monotonic() > until:
                    raise LimitError(
                        f"listening took longer than {self.limits.hearing:g} seconds",
                        hint="try a shorter recording",
                    )
                if turn.due():
                    until += _paused(process, turn)
                if not ready.select(_LOOK):
                    continue
                piece = os.read(process.stdout.fileno(), 1 << 16)
                length += len(piece)
                if not piece or length > _LONGEST_ANSWER:
                    return
                rest += piece
                if b"\n" in piece:
                    *lines, rest = rest.split(b"\n")
                    yield from map(json.loads, lines)

    def close(self) -> None:
        """Ends what is being listened to; its scratch folder goes with it."""
        self.closing.set()
        with contextlib.suppress(ChatMusicianError):
            cancel, wait = threading.Event(), threading.Timer(3, lambda: cancel.set())
            wait.start()
            with self.line.place(cancel):
                wait.cancel()


def check_size(data: bytes, limits: Limits) -> None:
    if not data:
        raise InputError("the file is empty")
    if len(data) > limits.sound:
        raise LimitError(f"the file is larger than {limits.sound // 1024**2} MB", hint="cut it")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Asked to end it ends what it started; what does not hear is ended without asking."""
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2)
    kill_group(process)
    if process.stdout is not None:
        process.stdout.close()


def _paused(process: subprocess.Popen[bytes], turn: Turn) -> float:
    """Stop the process while another client has the turn; the seconds that took."""
    begun = time.monotonic()
    _signal(process, signal.SIGSTOP)
    try:
        turn.pass_on()
    finally:
        _signal(process, signal.SIGCONT)
    return time.monotonic() - begun


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(OSError):
        os.killpg(process.pid, number)


def _error_of(line: dict[str, str]) -> ChatMusicianError:
    """The error that the process met, of the same kind."""
    hint = line["hint"] or None
    if line["kind"] == "MissingDependency":
        what = line["error"].removesuffix(" is not installed")
        return errors.MissingDependency(what, how=line["hint"])
    if line["kind"] == "LimitError":
        return LimitError(line["error"], hint=hint)
    if line["kind"] == "UsageError":
        return errors.UsageError(line["error"], hint=hint)
    return InputError(line["error"], hint=hint)
