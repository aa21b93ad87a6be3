"""Warm worker processes for a library that may crash, hang or eat all memory.

Each takes one request at a time; a pool holds a few, so that many threads may call at
once. A worker that fails is replaced by the next call. They end with this process.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import weakref
from collections.abc import Sequence
from typing import IO

from chatmusician.abc.pictures.verovio_worker import read_message, write_message
from chatmusician.errors import EngineError
from chatmusician.programs import kill_group, limit_memory

# Whatever a library leaks, it leaks into a process that does not live forever.
_MOST_REQUESTS = 500
_SAID = 4000


class Worker:
    """One process that answers requests, and the file that holds what it says besides."""

    def __init__(self, command: Sequence[str], name: str, megabytes: int) -> None:
        self.name = name
        self.said: IO[bytes] = tempfile.TemporaryFile(mode="ab+")  # noqa: SIM115 - held open
        self.requests = 0
        try:
            self.process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.said,
                start_new_session=True,
                bufsize=0,  # a forked copy of this object must have nothing to flush
            )
        except OSError as error:
            self.said.close()
            raise EngineError(name, f"cannot be started: {error.strerror or error}") from error
        limit_memory(self.process.pid, megabytes)

    @property
    def fresh(self) -> bool:
        return self.requests < _MOST_REQUESTS and self.process.poll() is None

    def ask(self, request: bytes, seconds: float) -> bytes:
        """The reply; EngineError where there is none, after which the worker is no more."""
        self.requests += 1
        late = threading.Event()

        def stop() -> None:
            late.set()
            with contextlib.suppress(OSError):
                os.killpg(self.process.pid, signal.SIGKILL)

        timer = threading.Timer(seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            reply = self._exchange(request)
        finally:
            timer.cancel()
        if reply is None or late.is_set():
            ended = self.close()
            how = f"was stopped after {seconds:g} seconds" if late.is_set() else _ending(ended)
            raise EngineError(self.name, how, said=self._words())
        return reply

    def _exchange(self, request: bytes) -> bytes | None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            write_message(self.process.stdin, request)
            return read_message(self.process.stdout)
        except (OSError, ValueError):
            return None

    def _words(self) -> str:
        self.said.seek(0)
        return self.said.read(_SAID).decode("utf-8", "replace").strip()

    def close(self) -> int | None:
        """End the process; the exit code, if it was ending by itself."""
        self.drop_pipes()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(0.5)
        code = self.process.poll()
        kill_group(self.process)
        return code

    def drop_pipes(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _ending(code: int | None) -> str:
    if code is None:
        return "gave no answer that can be read"
    with contextlib.suppress(ValueError):
        if code < 0:
            return f"crashed ({signal.Signals(-code).name})"
    return f"ended with exit code {code} and no answer"


class Pool:
    """At most `most` workers with one `command`; a call waits for one that is free."""

    def __init__(self, command: Sequence[str], *, name: str, most: int, megabytes: int) -> None:
        self.command = tuple(command)
        self.name = name
        self.most = most
        self.megabytes = megabytes
        self._begin()
        _POOLS.add(self)

    def _begin(self) -> None:
        self.idle: list[Worker] = []
        self.lock = threading.Lock()
        self.room = threading.BoundedSemaphore(self.most)

    def ask(self, request: bytes, seconds: float) -> bytes:
        with self.room:
            worker = self._take() or Worker(self.command, self.name, self.megabytes)
            try:
                reply = worker.ask(request, seconds)
            except BaseException:
                # Also an interrupt: half a reply may be on its way.
                worker.close()
                worker.said.close()
                raise
            with self.lock:
                self.idle.append(worker)
            return reply

    def _take(self) -> Worker | None:
        while True:
            with self.lock:
                if not self.idle:
                    return None
                worker = self.idle.pop()
            if worker.fresh:
                return worker
            worker.close()

    def close(self) -> None:
        with self.lock:
            idle, self.idle = self.idle, []
        for worker in idle:
            worker.drop_pipes()
            kill_group(worker.process)

    def forget(self) -> None:
        """In a forked child: the workers are the parent's, and locks may never be freed."""
        for worker in self.idle:
            worker.drop_pipes()
        self._begin()


_POOLS: weakref.WeakSet[Pool] = weakref.WeakSet()


def close_all() -> None:
    for pool in list(_POOLS):
        pool.close()


def _after_fork() -> None:
    for pool in list(_POOLS):
        pool.forget()


atexit.register(close_all)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
