"""What is asked of a model and what comes back: requests, sampling, completions."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from chatmusician.errors import UsageError
from chatmusician.model.chat_format import Turn

# Why a completion ended: its end token, a stop text, the token limit, the time limit, by the
# caller, or because its constraint allowed no token.
Finish = Literal["end", "stop", "length", "time", "cancelled", "stuck"]
# Told of every new piece of text, with the index of the request it belongs to.
OnText = Callable[[int, str], None]


class TokenConstraint(Protocol):
    """What one sequence may go on with; the end token is one of its tokens."""

    def allowed(self) -> Any:
        """The ids of the tokens that may come next, as an array; none: it is stuck."""
        ...

    def push(self, token: int) -> object:
        """The token that was drawn."""
        ...


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn; the defaults are ChatMusician's. Temperature 0 is greedy.

    ``seconds`` limits the whole call. ``stop`` are texts that end a completion; they are
    no part of it.
    """

    temperature: float = 0.2
    top_k: int = 40
    top_p: float = 0.9
    repetition_penalty: float = 1.1
    min_new_tokens: int = 10
    max_new_tokens: int = 1536
    seconds: float | None = None
    stop: tuple[str, ...] = ("</s>",)

    def __post_init__(self) -> None:
        for name, low, high in (
            ("temperature", 0, 100),
            ("top_k", 0, 10**6),
            ("top_p", 0, 1),
            ("repetition_penalty", 0.01, 100),
            ("min_new_tokens", 0, 10**6),
            ("max_new_tokens", 1, 10**6),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise UsageError(f"{name} must be from {low} to {high}, not {value}")
        if self.top_p == 0:
            raise UsageError("top_p must be above 0")
        if self.seconds is not None and not self.seconds > 0:
            raise UsageError("the time limit must be above 0 seconds")


@dataclass(frozen=True)
class Request:
    """A conversation whose last turn has no answer yet; ``prefix`` is how the answer begins.

    The completion's text begins with the prefix. The same seed draws the same tokens.
    """

    turns: tuple[Turn, ...]
    seed: int = 0
    prefix: str = ""
    constraint: TokenConstraint | None = None

    @classmethod
    def ask(cls, question: str, *, seed: int = 0) -> Request:
        return cls((Turn(question),), seed)


@dataclass(frozen=True)
class Completion:
    """``tokens`` counts the new ones; ``seconds`` until this completion ended."""

    text: str
    tokens: int
    finish: Finish
    seconds: float
    seed: int

    @property
    def finished(self) -> bool:
        return self.finish in ("end", "stop")


@dataclass(frozen=True)
class Capabilities:
    """What a backend can do; ``context`` is 0 where it is not known.

    Without ``logits`` no constraint can be held while decoding. With ``seed`` the same
    seed gives the same text. ``bars`` is how long its tunes should be where nothing is said: a
    small model finds no end; None: it does.
    """

    logits: bool
    batch: bool
    seed: bool
    streaming: bool
    context: int
    bars: int | None = None


class Tokens(Protocol):
    """The tokenizer of a backend, as far as others need it."""

    end: int
    end_text: str

    @property
    def size(self) -> int:
        """How many tokens the model tells apart (the width of its logits)."""
        ...

    def encode(self, text: str) -> list[int]:
        """Without a beginning token; the text of a special token is that token."""
        ...

    def decode(self, tokens: Sequence[int]) -> str: ...

    def pieces(self) -> list[bytes]:
        """The bytes of every token in the middle of a text; empty for special ones."""
        ...


class Backend(Protocol):
    """A model that completes conversations. ``remarks`` say what was not as asked."""

    name: str
    can: Capabilities
    remarks: list[str]

    @property
    def tokens(self) -> Tokens | None:
        """None where the tokenizer is on the other side of a network."""
        ...

    @property
    def defaults(self) -> Sampling:
        """How this model is best sampled."""
        ...

    def generate(
        self,
        requests: Sequence[Request],
        sampling: Sampling,
        *,
        on_text: OnText | None = None,
        cancel: threading.Event | None = None,
    ) -> list[Completion]:
        """One completion for each request, in order; Ctrl-C ends those not yet ended."""
        ...

    def close(self) -> None: ...
