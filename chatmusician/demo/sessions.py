"""Sessions of the page: whose they are, and whether somebody still listens to their events.

gradio starts an event when it is posted, and learns that the client has gone only when it next
writes to the client's stream. Here an event whose stream never opens, or closes early, is ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field

# Seconds from an event to the stream that listens to it: of a client that is known to be there,
# with a slow browser, and of one that is not; and from a stream's end to the next one.
OPENS_LATE, OPENS, REOPENS = 60.0, 4.0, 2.0
_PUNCTUAL = 0.3
_EACH, _ALL = 24, 240


@dataclass(eq=False)
class _Session:
    client: str
    streams: int = 0
    events: int = 0
    gone: threading.Event = field(default_factory=threading.Event)


class Sessions:
    """`forget_events` and `forget_state` make gradio forget what it keeps of a session."""

    def __init__(self) -> None:
        self._open: dict[str, _Session] = {}
        self._hearts: Counter[str] = Counter()
        self.forget_events: Callable[[str], Awaitable[None]] = _nothing
        self.forget_state: Callable[[str], None] = lambda _: None

    def gone(self, name: str) -> threading.Event:
        """Set once nobody listens to the events that the session has now."""
        session = self._open.get(name)
        return session.gone if session is not None else threading.Event()

    def events_of(self, client: str) -> int:
        """How many events of a client have been posted and are not known to be over."""
        return sum(s.events for s in self._open.values() if s.client == client)

    def belongs(self, name: str, client: str) -> bool:
        session = self._open.get(name)
        return session is not None and session.client == client

    def posted(self, name: str, client: str) -> None:
        """An event was posted: it ends if no stream of its session opens soon."""
        session = self._open.pop(name, None)
        if session is None or session.client != client:
            session = _Session(client)
            self._make_room(client)
        self._open[name] = session  # the newest last
        session.events += 1
        self._look_later(OPENS, name, session)
        self._look_later(OPENS_LATE, name, session, late=True)

    def _look_later(
        self, seconds: float, name: str, session: _Session, *, late: bool = False
    ) -> None:
        loop, gone = asyncio.get_running_loop(), session.gone
        due = loop.time() + seconds

        def look() -> None:
            # A busy server is late itself: then the client's next request may not be read yet.
            if loop.time() > due + _PUNCTUAL:
                self._look_later(seconds, name, session, late=late)
            else:
                self._look(name, session, gone, late)

        loop.call_later(seconds, look)

    def _look(self, name: str, session: _Session, gone: threading.Event, late: bool) -> None:
        """End the events that have been there since, if nobody listens."""
        same = self._open.get(name) is session and session.gone is gone
        if same and session.events and not session.streams and (late or not self._hearts[name]):
            _in_background(self.left(name))

    @contextlib.contextmanager
    def heart(self, name: str) -> Iterator[None]:
        """While a client keeps the connection open by which a page says that it is there."""
        self._hearts[name] += 1
        try:
            yield
        finally:
            self._hearts[name] -= 1
            if not self._hearts[name]:
                del self._hearts[name]
            session = self._open.get(name)
            if session is not None:
                self._look_later(REOPENS, name, session)

    def stream_opened(self, name: str) -> None:
        if name in self._open:
            self._open[name].streams += 1

    def stream_closed(self, name: str, *, early: bool) -> None:
        """A stream has ended: `early` if the client closed it, else after its last event."""
        session = self._open.get(name)
        if session is None:
            return
        session.streams = max(0, session.streams - 1)
        if early and not session.streams:
            self._look_later(REOPENS, name, session, late=True)
        elif not early:
            session.events = 0

    async def left(self, name: str) -> None:
        """End the events of a session that nobody listens to."""
        session = self._open.get(name)
        if session is not None:
            session.gone.set()
            session.gone, session.events = threading.Event(), 0
        await self.forget_events(name)

    def _make_room(self, client: str) -> None:
        counts = Counter(session.client for session in self._open.values())
        if counts[client] >= _EACH:
            self._forget(client)
        elif len(self._open) >= _ALL:
            self._forget(counts.most_common(1)[0][0])

    def _forget(self, client: str) -> None:
        """The oldest session of a client, one that nobody listens to if there is one."""
        theirs = [name for name, session in self._open.items() if session.client == client]
        name = next((name for name in theirs if not self._open[name].streams), theirs[0])
        self._open.pop(name).gone.set()
        _in_background(self.forget_events(name))
        self.forget_state(name)


async def _nothing(_: str) -> None:
    pass


_TASKS: set[asyncio.Task[None]] = set()


def _in_background(work: Awaitable[None]) -> None:
    task = asyncio.ensure_future(work)
    _TASKS.add(task)
    task.add_done_callback(_TASKS.discard)
