"""The model and the line before it, and what listens, with a line of its own."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from chatmusician.demo.line import Line
from chatmusician.demo.listening import Ears
from chatmusician.demo.settings import Limits
from chatmusician.model.generation import Backend, Completion, OnText, Request, Sampling

# Told before a text begins anew: a tune that was not as asked is asked for again.
AFRESH = "\f"


class Desk:
    """The one model, loaded when it is first needed, and the line before it."""

    def __init__(self, load: Callable[[], Backend], limits: Limits, name: str = "") -> None:
        self.load = load
        self._name = name
        self.limits = limits
        self.models = Line(1, limits.waiting, limits.patience)
        self.ears = Ears(limits)
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
            yield TimedBackend(self.backend(), time.monotonic() + self.limits.seconds, cancel)

    def close(self) -> None:
        self.ears.close()
        if self._backend is not None:
            self._backend.close()


class TimedBackend:
    """A model that has until a moment for all that one request asks of it.

    `cancel` counts where whoever asks gives none.
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
        return self.inner.generate(requests, timed, on_text=on_text, cancel=cancel or self.cancel)

    def close(self) -> None:
        """It is the desk's to close."""
