"""A model that says what it is told to, slowly if need be, and what the page's tests share."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

from chatmusician.model.generation import (
    Capabilities,
    Completion,
    Finish,
    OnText,
    Request,
    Sampling,
)

TUNE = "X:1\nT:Ours\nR:jig\nM:6/8\nL:1/8\nK:D\n|:DFA dfa|d3 d3:|\n"
HOSTILE = (
    'X:1\nT:<script>alert(1)</script>\nC:"><img src=x onerror=alert(2)>\nM:3/4\nL:1/4\nK:C\n'
    '"<b>"CDE|"^<svg onload=alert(3)>"c3|]\nw: <i>la</i> "la" &amp; <script>x</script>\n'
)


class SayingModel:
    """Says `text`, a piece at a time with `pause` seconds between; notes how often it was asked."""

    def __init__(self, text: str = TUNE, *, pause: float = 0.0, pieces: int = 8) -> None:
        self.name = "the saying model"
        self.can = Capabilities(logits=False, batch=True, seed=True, streaming=True, context=0)
        self.remarks: list[str] = []
        self.text, self.pause, self.pieces = text, pause, pieces
        self.asked: list[Request] = []
        self.at_once = self.most_at_once = self.cancelled = 0
        self.lock = threading.Lock()

    @property
    def tokens(self) -> Any:
        return None

    @property
    def defaults(self) -> Sampling:
        return Sampling()

    def generate(
        self,
        requests: Sequence[Request],
        sampling: Sampling,
        *,
        on_text: OnText | None = None,
        cancel: threading.Event | None = None,
    ) -> list[Completion]:
        with self.lock:
            self.asked += requests
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            finish = self._say(len(requests), sampling, on_text, cancel)
        finally:
            self.at_once -= 1
        return [Completion(self.text, 1, finish, 0.0, request.seed) for request in requests]

    def _say(
        self,
        count: int,
        sampling: Sampling,
        on_text: OnText | None,
        cancel: threading.Event | None,
    ) -> Finish:
        until = time.monotonic() + (sampling.seconds or 60)
        size = max(1, len(self.text) // self.pieces)
        for at in range(0, len(self.text), size):
            if cancel is not None and cancel.is_set():
                self.cancelled += 1
                return "cancelled"
            if time.monotonic() > until:
                return "time"
            for index in range(count):
                if on_text is not None:
                    on_text(index, self.text[at : at + size])
            time.sleep(self.pause)
        return "end"

    def close(self) -> None:
        pass
