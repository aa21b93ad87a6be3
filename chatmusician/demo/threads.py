"""Blocking work for routes that must not block: so much at once, so much in line, no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio
from anyio import to_thread

from chatmusician.demo.line import BusyError

T = TypeVar("T")


class Threads:
    """So many calls run at once, each in a thread; more wait, and too many are turned away."""

    def __init__(self, most: int, waiting: int) -> None:
        self.limiter = anyio.CapacityLimiter(most)
        self.waiting = waiting

    async def run(self, work: Callable[[], T]) -> T:
        if self.limiter.statistics().tasks_waiting >= self.waiting:
            raise BusyError("too many are waiting", hint="try again in a minute")
        done: T = await to_thread.run_sync(work, limiter=self.limiter)
        return done
