"""The model and the line before it: one request at a time, in order, none for too long."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from chatmusician.demo.settings import Limits
from chatmusician.errors import LimitError
from chatmusician.model.generation import Backend, Completion, OnText, Request, Sampling

# Told before a text begins anew: a tune that was not as asked is asked for again.
AFRESH = "\f"
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


class Desk:
    """The one model, loaded when it is first needed, and the line before it."""

    def __init__(self, load: Callable[[], Backend], limits: Limits, name: str = "") -> None:
        self.load = load
        self._name = name
        self.limits = limits
        self.models = Line(1, limits.waiting, limits.patience)
        self.lock = threading.Lock()
        self._backend: Backend | None = None

    @property
    def name(self) -> str:
        """The model's name, also before it is loaded."""
        return self._backend.name if self._backend is not None else self._name

    def backend(self) -> Backend:
        with self.lock:
            if self._backend is None:
                self._backend = self.load()
            return self._backend

    @contextlib.contextmanager
    def model(
        self,
        cancel: threading.Event | None = None,
        on_wait: Callable[[int], None] | None = None,
    ) -> Iterator[Backend]:
        """The model for one request, for so long as the limits allow."""
        with self.models.place(cancel, on_wait):
            yield TimedBackend(self.backend(), time.monotonic() + self.limits.seconds)

    def close(self) -> None:
        if self._backend is not None:
            self._backend.close()


class TimedBackend:
    """A model that has until a moment for all that one request asks of it."""

    def __init__(self, inner: Backend, until: float) -> None:
        self.inner = inner
        self.until = until
        self.name, self.can, self.remarks = inner.name, inner.can, inner.remarks

    @property
    def tokens(self) -> Any:
        return self.inner.tokens

    @property
    def defaults(self) -> Sampling:
        return self.inner.defaults

    def generate(
        self,
        requests: Sequence[Request],
        sampling: Sampling,
        *,
        on_text: OnText | None = None,
        cancel: threading.Event | None = None,
    ) -> list[Completion]:
        left = max(0.1, self.until - time.monotonic())
        seconds = left if sampling.seconds is None else min(left, sampling.seconds)
        if on_text is not None:
            for index in range(len(requests)):
                on_text(index, AFRESH)
        timed = replace(sampling, seconds=seconds)
        return self.inner.generate(requests, timed, on_text=on_text, cancel=cancel)

    def close(self) -> None:
        """It is the desk's to close."""
