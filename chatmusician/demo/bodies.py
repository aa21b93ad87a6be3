"""The body of a request, read whole before anything is done for it.

So a request holds nothing that others wait for while it arrives. It has to arrive: with no long
pause, at a rate, and within a time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

# Seconds without a byte; then bytes a second on average, after some seconds without a limit.
_PAUSE = 10.0
_RATE = 8 * 1024
_GRACE = 10.0
_LONGEST = 120.0


class Refused(Exception):  # noqa: N818 - it is an answer
    """A request that is answered with `status` and these words."""

    def __init__(self, status: int, words: str, hint: str = "") -> None:
        super().__init__(words)
        self.status, self.hint = status, hint


class Gone(Exception):  # noqa: N818 - nobody is there to be answered
    """The client went away while its request arrived."""


class Bodies:
    """Reads bodies; all that are in memory together have `room` bytes at most."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.held = 0

    async def read(self, receive: Receive, most: int) -> bytes:
        """The body, of at most `most` bytes. Raises Refused (408, 413, 503) and Gone."""
        body = bytearray()
        begun = time.monotonic()
        try:
            while True:
                message = await self._next(receive, len(body), begun)
                piece = message.get("body", b"")
                self.held += len(piece)
                body += piece
                if len(body) > most:
                    raise Refused(413, f"more than {most // 1024**2} MB are not taken")
                if self.held > self.room:
                    raise Refused(503, "too much is arriving", "try again in a minute")
                if not message.get("more_body", False):
                    return bytes(body)
        finally:
            self.held -= len(body)

    @staticmethod
    async def _next(receive: Receive, had: int, begun: float) -> Message:
        try:
            message = await asyncio.wait_for(receive(), _PAUSE)
        except asyncio.TimeoutError:
            raise Refused(408, "the request stopped arriving") from None
        if message["type"] == "http.disconnect":
            raise Gone
        took = time.monotonic() - begun
        if took > _LONGEST or had < _RATE * (took - _GRACE):
            raise Refused(408, "the request arrived too slowly")
        return message


def replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the body first, then what comes after it: the client leaving."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
