"""A queue that shares a resource between clients by the time each has used it.

Three rules keep one client from taking the resource from the others:

- The next turn goes to the client that has used the least of it lately. Clients whose recent use
  is alike are served first come, first served.
- Clients that have used much hold half of the places at most, together.
- A turn can be passed on to a client that has used far less: half as much or less. The work
  pauses where it is, and goes on when its client's turn comes again.

A full queue makes room for a client with few requests by dropping one of the client with most.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from chatmusician.errors import LimitError

_LOOK = 0.2
# Seconds after which half of a client's use is forgotten.
_HALF_LIFE = 60.0
_FORGOTTEN = 0.01
# Slices of recent use above which a client is one of those who use much.
_HEAVY = 8


class BusyError(LimitError):
    """Too many requests, or too long a wait; later it may work."""


class LeftError(LimitError):
    """Whoever asked has gone."""


def _busy(why: str) -> BusyError:
    return BusyError(why, hint="try again in a minute")


@dataclass(eq=False)
class _Ticket:
    client: str
    number: int
    paused: bool = False
    dropped: bool = False
    since: float = 0.0  # when the current turn began
    granted: threading.Event = field(default_factory=threading.Event)


class Turn:
    """A place in a line while it is held."""

    def __init__(self, line: Line, ticket: _Ticket, cancel: threading.Event) -> None:
        self._line, self._ticket, self._cancel = line, ticket, cancel

    def due(self) -> bool:
        """Whether a client that has used less waits for this place."""
        return self._line._due(self._ticket)

    def pass_on(self) -> None:
        """Give the place away and wait until it comes back; the work must pause meanwhile."""
        self._line._pause(self._ticket)
        self._line._wait(self._ticket, self._cancel, None)


class Line:
    """Clients waiting for one of `places`.

    `most` requests wait at most, `each` of one client (all of them if None), none longer than
    `patience` seconds. `inside_each` is how many places one client holds at most. Use is
    counted in slices of `slice` seconds; `most_paused` turns are paused at most.
    """

    def __init__(
        self,
        places: int,
        most: int,
        patience: float,
        *,
        each: int | None = None,
        inside_each: int | None = None,
        slice: float = 3.0,
        most_paused: int = 6,
    ) -> None:
        self.places, self.most, self.patience = places, most, patience
        self.each = most if each is None else each
        self.inside_each = places if inside_each is None else inside_each
        self.slice, self.most_paused = slice, most_paused
        self._lock = threading.Lock()
        self._waiting: list[_Ticket] = []
        self._holders: list[_Ticket] = []
        self._use: dict[str, tuple[float, float]] = {}
        self._count = 0

    @property
    def waiting(self) -> list[_Ticket]:
        """Those who have no place, in the order of their arrival."""
        return self._waiting

    @property
    def inside(self) -> int:
        return len(self._holders)

    @contextlib.contextmanager
    def place(
        self,
        cancel: threading.Event | None = None,
        on_wait: Callable[[int], None] | None = None,
        client: str = "",
    ) -> Iterator[Turn]:
        """Held while inside. ``on_wait`` is called with the number of requests that are before
        this one, whenever that changes. Raises BusyError and, once `cancel` is set, LeftError."""
        cancel = cancel or threading.Event()
        ticket = self._join(client)
        try:
            self._wait(ticket, cancel, on_wait)
            yield Turn(self, ticket, cancel)
        finally:
            self._leave(ticket)

    def used(self, client: str) -> float:
        """Seconds of the resource that a client has used lately."""
        with self._lock:
            return self._used(client)

    # -- coming and going ------------------------------------------------------------

    def _join(self, client: str) -> _Ticket:
        with self._lock:
            new = [ticket for ticket in self._waiting if not ticket.paused]
            mine = sum(ticket.client == client for ticket in new)
            if mine >= self.each:
                raise _busy("too many are waiting")
            if len(new) >= self.most:
                self._make_room(new, mine)
            self._count += 1
            ticket = _Ticket(client, self._count)
            self._waiting.append(ticket)
            self._grant()
            return ticket

    def _make_room(self, new: list[_Ticket], mine: int) -> None:
        counts = Counter(ticket.client for ticket in new)
        if not counts or max(counts.values()) <= mine + 1:
            raise _busy("too many are waiting")
        client = max(counts, key=lambda name: (counts[name], self._used(name)))
        self._drop(next(ticket for ticket in reversed(new) if ticket.client == client))

    def _drop(self, ticket: _Ticket) -> None:
        self._waiting.remove(ticket)
        ticket.dropped = True
        ticket.granted.set()

    def _leave(self, ticket: _Ticket) -> None:
        with self._lock:
            if ticket in self._waiting:
                self._waiting.remove(ticket)
            if ticket in self._holders:
                self._end_turn(ticket)
            self._grant()

    def _wait(
        self,
        ticket: _Ticket,
        cancel: threading.Event,
        on_wait: Callable[[int], None] | None,
    ) -> None:
        until, before = time.monotonic() + self.patience, -1
        while not ticket.granted.is_set():
            if on_wait is not None and (now := self._before(ticket)) not in (before, 0):
                before = now
                on_wait(before)
            if ticket.granted.wait(_LOOK):
                break
            if cancel.is_set():
                raise LeftError("the request was cancelled")
            if time.monotonic() > until:
                raise _busy("the wait was too long")
        if ticket.dropped:
            raise _busy("too many are waiting")

    def _before(self, ticket: _Ticket) -> int:
        with self._lock:
            rank = self._rank(ticket)
            ahead = sum(self._rank(other) < rank for other in self._waiting)
            return ahead + len(self._holders)

    # -- whose turn it is ------------------------------------------------------------

    def _grant(self) -> None:
        while len(self._holders) < self.places:
            free = [ticket for ticket in self._waiting if self._may_enter(ticket)]
            if not free:
                return
            ticket = min(free, key=self._rank)
            self._waiting.remove(ticket)
            self._holders.append(ticket)
            ticket.paused, ticket.since = False, time.monotonic()
            ticket.granted.set()

    def _may_enter(self, ticket: _Ticket) -> bool:
        held = sum(holder.client == ticket.client for holder in self._holders)
        if held >= self.inside_each:
            return False
        # Those who use much share half of the places: one of the others is soon free again.
        heavy = sum(self._heavy(holder) for holder in self._holders)
        return not self._heavy(ticket) or heavy < max(1, self.places // 2)

    def _heavy(self, ticket: _Ticket) -> bool:
        return self._used(ticket.client) > _HEAVY * self.slice

    def _rank(self, ticket: _Ticket) -> tuple[int, int]:
        """The lower comes first: use by powers of two, so that alike users take turns in the order
        of their arrival, on a slow machine too."""
        slices = int(self._used(ticket.client) / self.slice)
        return slices.bit_length(), ticket.number

    def _used(self, client: str) -> float:
        """What is remembered of the past, and the turns that are held."""
        now = time.monotonic()
        seconds, at = self._use.get(client, (0.0, now))
        current = sum(now - h.since for h in self._holders if h.client == client)
        return float(seconds * 0.5 ** ((now - at) / _HALF_LIFE) + current)

    def _end_turn(self, ticket: _Ticket) -> None:
        used = self._used(ticket.client)
        self._holders.remove(ticket)
        now = time.monotonic()
        others = sum(now - h.since for h in self._holders if h.client == ticket.client)
        self._use[ticket.client] = (used - others, now)
        if len(self._use) > 1000:
            self._use = {name: kept for name, kept in self._use.items() if self._counts(*kept)}

    @staticmethod
    def _counts(seconds: float, at: float) -> bool:
        age = time.monotonic() - at
        return bool(seconds * 0.5 ** (age / _HALF_LIFE) > _FORGOTTEN)

    def _due(self, ticket: _Ticket) -> bool:
        with self._lock:
            if not self._waiting or time.monotonic() - ticket.since < self.slice / 4:
                return False
            if sum(other.paused for other in self._waiting) >= self.most_paused:
                return False
            mine = self._rank(ticket)[0]
            return any(
                self._rank(other)[0] < mine - 1 and self._may_take(other, ticket)
                for other in self._waiting
            )

    def _may_take(self, other: _Ticket, ticket: _Ticket) -> bool:
        return other.client != ticket.client and self._may_enter(other)

    def _pause(self, ticket: _Ticket) -> None:
        with self._lock:
            self._end_turn(ticket)
            ticket.paused = True
            ticket.granted.clear()
            self._waiting.append(ticket)
            self._grant()
