"""Connections with limits: how many a client has, how long a request's head may take to arrive, and
how slowly an answer may be read.

uvicorn has none of the three. hypercorn and granian limit the time for a head, but not the
connections of one client; so this is uvicorn's own protocol (its documented `http` setting) with
timers and a count added.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import Counter
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from chatmusician.demo.clients import client_name

# Seconds for the head of a request, from the connection or from its first byte.
HEAD = 10.0
# An answer is read at least this fast: bytes in each period of so many seconds.
_PERIOD, _READ = 15.0, 32 * 1024
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n"
    b"connection: close\r\ncontent-length: 73\r\n\r\n"
    b'{"error": "too many connections", "hint": "close some, or try it later"}\n'
)
_LATE = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class Connections:
    """The open connections: `each` of one client at most, and `most` together.

    `proxy` is true where all connections come from a proxy, so that their number says nothing of
    a client.
    """

    def __init__(self, each: int, most: int, *, proxy: bool = False) -> None:
        self.each, self.most = (most if proxy else each), most
        self.open: dict[LimitedProtocol, str] = {}
        self.counts: Counter[str] = Counter()

    def enter(self, connection: LimitedProtocol, client: str) -> bool:
        """Whether a new connection is taken. One that would be too many in all takes the slot of
        a connection of the client that has most."""
        if self.counts[client] >= self.each:
            return False
        if len(self.open) >= self.most and not self._make_room(client):
            return False
        self.open[connection] = client
        self.counts[client] += 1
        return True

    def leave(self, connection: LimitedProtocol) -> None:
        client = self.open.pop(connection, None)
        if client is not None:
            self.counts[client] -= 1
            if not self.counts[client]:
                del self.counts[client]

    def _make_room(self, client: str) -> bool:
        biggest, count = self.counts.most_common(1)[0]
        if count <= self.counts[client] + 1:
            return False
        theirs = [each for each, owner in self.open.items() if owner == biggest]
        victim = next((each for each in theirs if not each.busy), theirs[0])
        self.leave(victim)
        victim.transport.abort()
        return True


class LimitedProtocol(H11Protocol):
    """uvicorn's HTTP protocol within the limits of `connections`, a class attribute."""

    connections_allowed: Connections

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head: asyncio.TimerHandle | None = None
        self._reading: asyncio.TimerHandle | None = None
        self._drained = False
        self._refused = False

    @property
    def busy(self) -> bool:
        """Whether a request is in work."""
        return self.cycle is not None and not self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:
        peer = transport.get_extra_info("peername")
        client = client_name(str(peer[0])) if peer else "unknown"
        if not self.connections_allowed.enter(self, client):
            self._refused = True
            self.transport = transport
            transport.write(_FULL)
            transport.close()
            return
        _keep_short(transport)
        super().connection_made(transport)
        self._head = self.loop.call_later(HEAD, self._head_is_late)

    def connection_lost(self, exc: Exception | None) -> None:
        self.connections_allowed.leave(self)
        for timer in (self._head, self._reading):
            if timer is not None:
                timer.cancel()
        if not self._refused:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._refused or self.transport.is_closing():
            return
        super().data_received(data)
        self._watch_head()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch_head()

    def _watch_head(self) -> None:
        """The timer runs while a head has begun to arrive and is not complete."""
        waiting = self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0])
        if waiting and self._head is None:
            self._head = self.loop.call_later(HEAD, self._head_is_late)
        elif not waiting and self._head is not None and self.cycle is not None:
            self._head.cancel()
            self._head = None

    def _head_is_late(self) -> None:
        self._head = None
        if self.busy or self.transport.is_closing():
            return
        if self.conn.trailing_data[0]:
            self.transport.write(_LATE)
        self.transport.close()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._reading is None:
            self._look_later()

    def resume_writing(self) -> None:
        # The client has read most of what waited; a buffer that is full again at the next look
        # holds what the application has written since.
        self._drained = True
        super().resume_writing()

    def _look_later(self) -> None:
        left = self.transport.get_write_buffer_size()
        self._reading = self.loop.call_later(_PERIOD, self._check_reading, left)

    def _check_reading(self, before: int) -> None:
        self._reading = None
        left = self.transport.get_write_buffer_size()
        slow = left > _READ and left > before - _READ
        drained, self._drained = self._drained, False
        if left and not drained and (slow or left >= before):
            self.transport.abort()
        elif left:
            self._look_later()


def _keep_short(transport: asyncio.Transport) -> None:
    """A peer that answers nothing for half a minute is gone, where the system can tell."""
    found = transport.get_extra_info("socket")
    if found is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
        with contextlib.suppress(OSError):
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 30_000)


def limited(connections: Connections) -> type[LimitedProtocol]:
    """The protocol class for uvicorn's `http` setting, with these connections."""
    return type("Limited", (LimitedProtocol,), {"connections_allowed": connections})
