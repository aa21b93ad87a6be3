"""Processes that do the page's work, each job with limits of time and memory, and ended early when
nobody waits for it.

Two groups of workers share the processors. A job begins in the quick group, where it may use a
few seconds of CPU time. If that is not enough, it is begun again in the slow group, whose
processes run at a low priority. So a normal tune never waits for a huge one.

The processes are forked from a server process (`multiprocessing`'s forkserver) that has all the
libraries loaded: a process that was ended is replaced within some 20 milliseconds.
"""

from __future__ import annotations

import atexit
import contextlib
import multiprocessing
import multiprocessing.util
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from typing import Any

from chatmusician.demo import jobs
from chatmusician.demo.line import LeftError, Line
from chatmusician.demo.settings import Limits
from chatmusician.errors import EngineError, LimitError

_LOOK = 0.1
# What a library leaks ends with its process.
_MOST_JOBS = 500
_MEGABYTES = 2048
_HINT = "use the command line for long pieces: chatmusician render"
_STARTING = threading.Lock()


class JobFailed(Exception):  # noqa: N818 - it names what happened
    """A job raised an error that nobody thought of; `kind` is the error's name."""

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(f"a job failed with {kind}")
        self.kind, self.words = kind, words


class _TooLong(Exception):  # noqa: N818 - caught here
    """The job used up its CPU time."""


@dataclass(frozen=True)
class Allowed:
    """What one job of a group may use: CPU seconds, and seconds by the clock."""

    cpu: float
    wall: float
    nice: int


class _Process:
    """One worker and its scratch folder."""

    def __init__(self, nice: int) -> None:
        # In the folder that multiprocessing has for this process, and removes when it ends.
        self.folder = tempfile.mkdtemp(dir=multiprocessing.util.get_temp_dir())
        self.jobs = 0
        context = _context()
        self.connection, other = context.Pipe()
        self.process = context.Process(
            target=jobs.work, args=(other, self.folder, _MEGABYTES, nice), daemon=True
        )
        try:
            with _STARTING:
                self.process.start()
        except OSError as error:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise EngineError("a worker", f"cannot be started: {error}") from error
        finally:
            other.close()
        self.pid = self.process.pid

    @property
    def fresh(self) -> bool:
        # An idle worker has nothing to say: readable means that it has ended.
        return self.jobs < _MOST_JOBS and not self.connection.poll()

    def ask(
        self, name: str, arguments: tuple[Any, ...], allowed: Allowed, cancel: threading.Event
    ) -> tuple[str, Any]:
        self.jobs += 1
        until = time.monotonic() + allowed.wall
        try:
            self.connection.send((name, arguments, allowed.cpu))
            while not self.connection.poll(_LOOK):
                if cancel.is_set():
                    raise LeftError("the request was cancelled")
                if time.monotonic() > until:
                    raise _TooLong
            reply: tuple[str, Any] = self.connection.recv()
        except (EOFError, OSError):
            raise self._ended() from None
        return reply

    def _ended(self) -> Exception:
        code = None
        with _STARTING, contextlib.suppress(ValueError):  # it was ended meanwhile
            self.process.join(2)
            code = self.process.exitcode
        if hasattr(signal, "SIGPROF") and code == -signal.SIGPROF:
            return _TooLong()
        how = f"ended with {code}"
        if code is not None and code < 0:
            with contextlib.suppress(ValueError):
                how = f"crashed ({signal.Signals(-code).name})"
        return EngineError("the process that did this", how)

    def end(self) -> None:
        """End the process and what it started, and remove its folder."""
        if hasattr(os, "killpg") and self.pid:
            with contextlib.suppress(OSError):
                os.killpg(self.pid, signal.SIGKILL)
        with _STARTING, contextlib.suppress(OSError, ValueError):
            self.process.kill()
            self.process.join(2)
            self.process.close()
        self.connection.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _context() -> Any:
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["chatmusician.demo.preload"])
    return context


def load_workers() -> None:
    """Start the process that workers are forked from."""
    with contextlib.suppress(EngineError):
        _Process(0).end()


class Group:
    """Workers of one priority, and the line before them."""

    def __init__(self, line: Line, allowed: Allowed) -> None:
        self.line, self.allowed = line, allowed
        self.lock = threading.Lock()
        self.idle: list[_Process] = []
        self.busy: set[_Process] = set()

    def run(
        self, name: str, arguments: tuple[Any, ...], client: str, cancel: threading.Event
    ) -> tuple[str, Any]:
        with self.line.place(cancel, client=client):
            worker = self._take()
            with self.lock:
                self.busy.add(worker)
            try:
                reply = worker.ask(name, arguments, self.allowed, cancel)
            except BaseException:
                worker.end()
                raise
            else:
                with self.lock:
                    self.idle.append(worker)
            finally:
                with self.lock:
                    self.busy.discard(worker)
            return reply

    def _take(self) -> _Process:
        while True:
            with self.lock:
                worker = self.idle.pop() if self.idle else None
            if worker is None:
                return _Process(self.allowed.nice)
            if worker.fresh:
                return worker
            worker.end()

    def close(self) -> None:
        with self.lock:
            all_of_them = [*self.idle, *self.busy]
            self.idle = []
        for worker in all_of_them:
            worker.end()


class Workers:
    """The quick and the slow group."""

    def __init__(self, limits: Limits) -> None:
        cores = os.cpu_count() or 1
        most, each, patience = limits.drawings, limits.each, limits.patience
        self.quick = Group(
            Line(max(4, cores), most, patience, each=each, inside_each=2, slice=1.0),
            Allowed(limits.quick, 10 * limits.quick + 10, 2),
        )
        self.slow = Group(
            Line(max(2, cores // 2), most, patience, each=each, inside_each=1),
            Allowed(limits.drawing, 2 * limits.drawing, 10),
        )
        atexit.register(self.close)

    def run(
        self, name: str, *arguments: Any, client: str = "", cancel: threading.Event | None = None
    ) -> Any:
        """The result of the job `name` of `jobs.JOBS`.

        Raises what the job raises on purpose, JobFailed for other errors, LimitError where its
        time or memory is not enough, BusyError where too many wait, and LeftError, with the
        process ended, once `cancel` is set.
        """
        cancel = cancel or threading.Event()
        try:
            kind, result = self.quick.run(name, arguments, client, cancel)
        except _TooLong:
            kind, result = self._run_slowly(name, arguments, client, cancel)
        if kind == jobs.DONE:
            return result
        if kind == jobs.REFUSED:
            raise result
        raise JobFailed(*result)

    def _run_slowly(
        self, name: str, arguments: tuple[Any, ...], client: str, cancel: threading.Event
    ) -> tuple[str, Any]:
        try:
            return self.slow.run(name, arguments, client, cancel)
        except _TooLong:
            seconds = self.slow.allowed.cpu
            why = f"this needs more than {seconds:g} seconds of computing"
            raise LimitError(why, hint=_HINT) from None

    def close(self) -> None:
        """End all processes, also those at work."""
        atexit.unregister(self.close)
        self.quick.close()
        self.slow.close()
