"""Blocking work for routes that must not block: so much at once, and for those who stay."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, TypeVar

import anyio
from anyio import to_thread
from fastapi import Request

from chatmusician.demo.line import BusyError, LeftError
from chatmusician.demo.stream import Done, Events

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

    async def follow(self, found: Events[Any]) -> AsyncGenerator[Any, None]:
        """The events of work in a thread, up to its result."""
        try:
            while True:
                event = await self.run(lambda: next(found))
                yield event
                if isinstance(event, Done):
                    return
        finally:
            found.close()


async def result_of(events: AsyncGenerator[Any, None], request: Request) -> Any:
    """The result at the end of events; LeftError, and the work ends, where the client has gone."""
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Done):
                return event.result
            if await request.is_disconnected():
                break
    raise LeftError("the request was cancelled")
