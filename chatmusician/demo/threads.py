"""Blocking work for routes that must not block, which ends when the client has gone."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from typing import Any, TypeVar

import anyio
from anyio import to_thread
from fastapi import Request

from chatmusician.demo.line import BusyError, LeftError
from chatmusician.demo.stream import Done, Events

T = TypeVar("T")
# Threads that wait cost little; that this many are enough is the queues' doing.
_MOST = 400


class Threads:
    """Calls in threads, `_MOST` at a time."""

    def __init__(self, most: int = _MOST) -> None:
        self.limiter = anyio.CapacityLimiter(most)

    async def run(self, work: Callable[[], T]) -> T:
        if not self.limiter.available_tokens:
            raise BusyError("too many are waiting", hint="try again in a minute")
        done: T = await to_thread.run_sync(work, limiter=self.limiter)
        return done

    async def until_gone(self, work: Callable[[threading.Event], T], request: Request) -> T:
        """What `work` gives, which is to end once its event is set: when the client has gone."""
        async with watched(request) as gone:
            return await self.run(lambda: work(gone))

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


@contextlib.asynccontextmanager
async def watched(request: Request) -> AsyncIterator[threading.Event]:
    """An event that is set once the client has gone; the request's body must have been read."""
    gone = threading.Event()

    async def watch() -> None:
        while (await request.receive())["type"] != "http.disconnect":
            pass
        gone.set()

    watching = asyncio.create_task(watch())
    try:
        yield gone
    finally:
        gone.set()
        watching.cancel()


async def result_of(events: AsyncGenerator[Any, None], request: Request) -> Any:
    """The result at the end of events; LeftError, and the work ends, where the client has gone."""
    async with aclosing(events):
        async for event in events:
            if isinstance(event, Done):
                return event.result
            if await request.is_disconnected():
                break
    raise LeftError("the request was cancelled")


def client_of(request: Request) -> str:
    """The client that a request counts for, as the guard has named it."""
    return request.client.host if request.client else ""
