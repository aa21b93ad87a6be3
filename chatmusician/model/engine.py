"""Generation: one loop for every model that gives logits, token by token, row by row."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chatmusician.model.generation import (
    Completion,
    Finish,
    OnText,
    Request,
    Sampling,
    TokenConstraint,
    Tokens,
)
from chatmusician.model.healing import healed
from chatmusician.model.prompts import Prompt, encode_prompts
from chatmusician.model.sampling import Sampler
from chatmusician.model.text_stream import TextStream

# Rows ended are taken out of the batch when so large a share of it has ended: taking out
# copies the cache.
_ENDED_SHARE = 0.25


class Steps(Protocol):
    """A model that remembers what a batch has read.

    Logits are numpy arrays of float32, (rows, vocabulary).
    """

    def start(self, prompts: Sequence[Sequence[int]], room: int) -> Any:
        """Read the prompts, with room for `room` more tokens; the logits after them."""
        ...

    def step(self, tokens: Sequence[int]) -> Any:
        """Read one token for each row; the logits after them."""
        ...

    def keep(self, rows: list[int]) -> None:
        """Continue with these rows only."""
        ...


@dataclass
class _Row:
    index: int
    stream: TextStream
    request: Request
    room: int
    tokens: int = 0
    finish: Finish | None = None
    seconds: float = 0.0


class Generation:
    """One call of ``generate``: the rows of a batch from their prompts to their ends."""

    def __init__(
        self,
        steps: Steps,
        tokens: Tokens,
        ends: Sequence[int],
        sampling: Sampling,
        context: int,
        on_text: OnText | None,
        cancel: threading.Event | None,
    ) -> None:
        self.steps = steps
        self.tokens = tokens
        self.ends = frozenset(ends)
        self.sampling = sampling
        self.context = context
        self.on_text = on_text
        self.cancel = cancel
        self.begun = time.monotonic()

    def run(self, requests: Sequence[Request]) -> list[Completion]:
        prompts = encode_prompts(requests, self.tokens, self.context, self.sampling)
        rows = [
            self._row(at, request, prompt)
            for at, (request, prompt) in enumerate(zip(requests, prompts, strict=True))
        ]
        for row in rows:
            self._tell(row, row.request.prefix)
        with contextlib.suppress(KeyboardInterrupt):
            self._loop(rows, prompts)
        for row in rows:
            if row.finish is None:
                self._end(row, "cancelled")
        return [self._completion(row) for row in rows]

    def _row(self, at: int, request: Request, prompt: Prompt) -> _Row:
        stream = TextStream(self.tokens, self.sampling.stop, leading=prompt.cut)
        room = min(self.sampling.max_new_tokens, self.context - len(prompt.tokens))
        return _Row(at, stream, request, room)

    def _loop(self, rows: list[_Row], prompts: list[Prompt]) -> None:
        room = max(row.room for row in rows)
        logits = self.steps.start([prompt.tokens for prompt in prompts], room)
        sampler = Sampler(
            [prompt.tokens for prompt in prompts],
            [row.request.seed for row in rows],
            self._constraints(rows, prompts),
            self.sampling,
            sorted(self.ends),
            logits.shape[-1],
        )
        going = list(rows)
        while True:
            drawn = sampler.draw(logits)
            for row, token in zip(going, drawn, strict=True):
                if row.finish is None:
                    self._take(row, token)
            self._limits(going)
            open_rows = [at for at, row in enumerate(going) if row.finish is None]
            if not open_rows:
                return
            if len(going) - len(open_rows) > _ENDED_SHARE * len(going):
                self.steps.keep(open_rows)
                sampler.keep(open_rows)
                going = [going[at] for at in open_rows]
                drawn = [drawn[at] for at in open_rows]
            logits = self.steps.step([token or 0 for token in drawn])

    def _constraints(self, rows: list[_Row], prompts: list[Prompt]) -> list[TokenConstraint | None]:
        return [
            healed(row.request.constraint, self.tokens) if prompt.cut else row.request.constraint
            for row, prompt in zip(rows, prompts, strict=True)
        ]

    def _take(self, row: _Row, token: int | None) -> None:
        if token is None:
            self._end(row, "stuck")
        elif token in self.ends:
            self._end(row, "end")
        else:
            row.tokens += 1
            self._tell(row, row.stream.push(token))
            if row.stream.stopped:
                self._end(row, "stop")
            elif row.tokens >= row.room:
                self._end(row, "length")

    def _limits(self, rows: list[_Row]) -> None:
        late = self.sampling.seconds is not None and (
            time.monotonic() - self.begun > self.sampling.seconds
        )
        cancelled = self.cancel is not None and self.cancel.is_set()
        if late or cancelled:
            for row in rows:
                if row.finish is None:
                    self._end(row, "cancelled" if cancelled else "time")

    def _end(self, row: _Row, finish: Finish) -> None:
        row.finish = finish
        row.seconds = time.monotonic() - self.begun
        self._tell(row, row.stream.finish())

    def _tell(self, row: _Row, new: str) -> None:
        if new and self.on_text is not None:
            self.on_text(row.index, new)

    def _completion(self, row: _Row) -> Completion:
        assert row.finish is not None
        text = row.request.prefix + row.stream.text
        if row.finish == "end":
            text = text.removesuffix(" ")  # the format has a blank before the end token
        return Completion(text, row.tokens, row.finish, row.seconds, row.request.seed)
