"""What requests need: the model, the processes that work on notation, and what listens."""

from __future__ import annotations

import contextlib
import copy
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from chatmusician.demo.line import Line, Turn
from chatmusician.demo.listening import Ears
from chatmusician.demo.sessions import Sessions
from chatmusician.demo.settings import Limits
from chatmusician.demo.workers import Workers
from chatmusician.model.generation import Backend, Completion, OnText, Request, Sampling

# Told before a text begins anew: a tune that was not as asked is asked for again.
AFRESH = "\f"

# Seconds of the model that count as little; who has used more gives way to others.
_SLICE = 2.0


class Desk:
    """The one model, loaded when it is first needed, the processes that work on notation, and what
    listens; each with its queue. `of` gives the desk as one client has it."""

    def __init__(self, load: Callable[[], Backend], limits: Limits, name: str = "") -> None:
        self.load = load
        self._name = name
        self.limits = limits
        self.client = ""
        self.gone = threading.Event()
        self.models = Line(1, limits.waiting, limits.patience, each=limits.each, slice=_SLICE)
        self.workers = Workers(limits)
        self.ears = Ears(limits)
        self.sessions = Sessions()
        self.lock = threading.Lock()
        self._loaded: list[Backend] = []

    def of(self, client: str, gone: threading.Event | None = None) -> Desk:
        """The same desk for one client: its requests take the client's share of every queue, and
        end once `gone` is set."""
        mine = copy.copy(self)
        mine.client = client
        mine.gone = gone or threading.Event()
        return mine

    @property
    def name(self) -> str:
        """The model's name, also before it is loaded."""
        return self._loaded[0].name if self._loaded else self._name

    def backend(self) -> Backend:
        with self.lock:
            if not self._loaded:
                self._loaded.append(self.load())
            return self._loaded[0]

    @contextlib.contextmanager
    def model(
        self,
        cancel: threading.Event | None = None,
        on_wait: Callable[[int], None] | None = None,
    ) -> Iterator[Backend]:
        """The model for one request, as long as the limits allow."""
        cancel = cancel or threading.Event()
        with self.models.place(cancel, on_wait, self.client) as turn:
            inner = self.backend()
            # Only where two calls do not disturb each other may one pause for another.
            signal = TurnSignal(cancel, turn) if inner.can.batch else cancel
            yield TimedBackend(inner, time.monotonic() + self.limits.seconds, signal)

    def work(self, job: str, *arguments: Any, cancel: threading.Event | None = None) -> Any:
        """What the job `job` of `jobs.JOBS` gives, done in a process; see `Workers.run`."""
        cancel = cancel or self.gone
        return self.workers.run(job, *arguments, self.limits, client=self.client, cancel=cancel)

    def close(self) -> None:
        self.ears.close()
        self.workers.close()
        if self._loaded:
            self._loaded[0].close()


class TurnSignal(threading.Event):
    """The cancel signal of a request, asked for at every token: there the model passes its turn on
    when a client that has used it less is waiting."""

    def __init__(self, cancel: threading.Event, turn: Turn) -> None:
        super().__init__()
        self.cancel, self.turn = cancel, turn

    def is_set(self) -> bool:
        if self.turn.due():
            self.turn.pass_on()
        return self.cancel.is_set()


class TimedBackend:
    """A model that has until a moment for all that one request asks of it.

    `cancel`, if given, counts instead of the signal of whoever asks.
    """

    def __init__(self, inner: Backend, until: float, cancel: threading.Event | None = None) -> None:
        self.inner = inner
        self.until = until
        self.cancel = cancel
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
        return self.inner.generate(requests, timed, on_text=on_text, cancel=self.cancel or cancel)

    def close(self) -> None:
        """It is the desk's to close."""
