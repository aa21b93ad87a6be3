"""People waiting for one of so many places; first come, first served, none for too long."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator

from chatmusician.errors import LimitError

_LOOK = 0.2


class BusyError(LimitError):
    """Too many requests, or too long a wait; later it may work."""


class LeftError(LimitError):
    """Whoever asked has gone."""


class Line:
    """People waiting for one of so many places; first come, first served."""

    def __init__(self, places: int, most: int, patience: float) -> None:
        self.places, self.most, self.patience = places, most, patience
        self.waiting: deque[object] = deque()
        self.inside = 0
        self.change = threading.Condition()

    @contextlib.contextmanager
    def place(
        self,
        cancel: threading.Event | None = None,
        on_wait: Callable[[int], None] | None = None,
    ) -> Iterator[None]:
        """Held while inside. ``on_wait`` hears how many are before, whenever that changes."""
        self._enter(cancel or threading.Event(), on_wait)
        try:
            yield
        finally:
            with self.change:
                self.inside -= 1
                self.change.notify_all()

    def _enter(self, cancel: threading.Event, on_wait: Callable[[int], None] | None) -> None:
        ticket, told, until = object(), -1, time.monotonic() + self.patience
        with self.change:
            if len(self.waiting) >= self.most:
                raise BusyError("too many are waiting", hint="try again in a minute")
            self.waiting.append(ticket)
            try:
                while self.waiting[0] is not ticket or self.inside >= self.places:
                    before = self.waiting.index(ticket) + self.inside
                    if on_wait is not None and before != told:
                        told = before
                        on_wait(before)
                    self.change.wait(_LOOK)
                    if cancel.is_set():
                        raise LeftError("the request was cancelled")
                    if time.monotonic() > until:
                        raise BusyError("the wait was too long", hint="try again in a minute")
                self.inside += 1
            finally:
                self.waiting.remove(ticket)
                self.change.notify_all()
