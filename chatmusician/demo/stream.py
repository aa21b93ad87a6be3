"""Work in a thread of its own, and what it tells while it goes on; left alone, it ends."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Generic, TypeVar

from chatmusician.demo.line import LeftError

T = TypeVar("T")
_TICK = 0.25
# Whoever does not look for so long has gone.
_GONE = 15.0


@dataclass(frozen=True)
class Waiting:
    """So many requests are before this one."""

    before: int


@dataclass(frozen=True)
class Text:
    """A piece of text that was added to candidate `index`."""

    index: int
    text: str


@dataclass(frozen=True)
class Progress:
    """So many seconds have been heard, of so many; 0 where nobody knows how many there are."""

    heard: float
    of: float


@dataclass(frozen=True)
class Done(Generic[T]):
    result: T


@dataclass(frozen=True)
class _Failed:
    error: BaseException


Events = Generator[Waiting | Text | Progress | Done[T] | None, None, None]


class Told:
    """What the work talks to: it tells, and hears whether anybody still listens."""

    def __init__(self) -> None:
        self.events: queue.SimpleQueue[object] = queue.SimpleQueue()
        self.cancel = threading.Event()
        self.looked = time.monotonic()

    def wait(self, before: int) -> None:
        self._tell(Waiting(before))

    def text(self, index: int, text: str) -> None:
        self._tell(Text(index, text))

    def progress(self, heard: float, of: float) -> None:
        self._tell(Progress(heard, of))

    def _tell(self, event: object) -> None:
        if time.monotonic() - self.looked > _GONE:
            self.cancel.set()
        self.events.put(event)


def stream(work: Callable[[Told], T], gone: threading.Event | None = None) -> Events[T]:
    """What the work tells, then its result; None when there is nothing new for a while.

    An error of the work is raised here. Closed early, or once `gone` is set, the work is
    cancelled.
    """
    told = Told()

    def run() -> None:
        try:
            told.events.put(Done(work(told)))
        except BaseException as error:
            told.events.put(_Failed(error))

    threading.Thread(target=run, daemon=True).start()
    try:
        while True:
            told.looked = time.monotonic()
            if gone is not None and gone.is_set():
                raise LeftError("the request was cancelled")
            try:
                event = told.events.get(timeout=_TICK)
            except queue.Empty:
                yield None
                continue
            if isinstance(event, _Failed):
                raise event.error
            yield event  # type: ignore[misc]
            if isinstance(event, Done):
                return
    finally:
        told.cancel.set()
