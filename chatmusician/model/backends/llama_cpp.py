"""The llama.cpp backend: GGUF files, several times quicker on a CPU; sequences one by one."""

from __future__ import annotations

import contextlib
import ctypes
import io
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np

from chatmusician.errors import InputError
from chatmusician.model.engine import Generation
from chatmusician.model.generation import Capabilities, Completion, OnText, Request, Sampling

_LONGEST_CONTEXT = 2048


class GgufTokens:
    """The tokenizer inside a GGUF file."""

    def __init__(self, llama: Any) -> None:
        self.llama = llama
        self.end = int(llama.token_eos())
        self.end_text = llama._model.token_get_text(self.end)

    @property
    def size(self) -> int:
        return int(self.llama.n_vocab())

    def encode(self, text: str) -> list[int]:
        return list(self.llama.tokenize(text.encode(), add_bos=False, special=True))

    def decode(self, tokens: Sequence[int]) -> str:
        return b"".join(self._pieces[token] for token in tokens).decode("utf-8", "replace")

    def pieces(self) -> list[bytes]:
        return self._pieces

    @cached_property
    def _pieces(self) -> list[bytes]:
        return [self._piece(at) for at in range(self.size)]

    def _piece(self, token: int) -> bytes:
        """Special tokens have no text: llama.cpp gives none for control tokens."""
        size = 64
        while True:
            buffer = ctypes.create_string_buffer(size)
            vocabulary = self.llama._model.vocab
            length = llama_cpp.llama_token_to_piece(vocabulary, token, buffer, size, 0, False)
            if length >= 0:
                return buffer.raw[:length]
            size = -length


class _Steps:
    """One sequence. What the model has read already at its beginning is not read again."""

    def __init__(self, llama: Any) -> None:
        self.llama = llama

    def start(self, prompts: Sequence[Sequence[int]], room: int) -> Any:
        (prompt,) = prompts
        known = self.llama.input_ids[: self.llama.n_tokens].tolist()
        shared = 0
        while shared < min(len(known), len(prompt) - 1) and known[shared] == prompt[shared]:
            shared += 1
        self.llama.n_tokens = shared
        self.llama.eval(list(prompt[shared:]))
        return self._logits()

    def step(self, tokens: Sequence[int]) -> Any:
        self.llama.eval(list(tokens))
        return self._logits()

    def keep(self, rows: list[int]) -> None:
        pass

    def _logits(self) -> Any:
        found = self.llama._ctx.get_logits_ith(-1)
        row = np.ctypeslib.as_array(found, shape=(self.llama.n_vocab(),))
        return row[np.newaxis].copy()


class LlamaCppBackend:
    def __init__(self, path: Path, *, context: int = 0, threads: int | None = None) -> None:
        self.name = str(path)
        self.remarks: list[str] = []
        with _silent():
            try:
                self.llama = llama_cpp.Llama(
                    model_path=str(path),
                    n_ctx=context or _context(path),
                    n_threads=threads or os.cpu_count(),
                    n_threads_batch=threads or os.cpu_count(),
                    verbose=False,
                )
            except (ValueError, OSError, RuntimeError, AssertionError) as error:
                raise InputError("cannot be loaded by llama.cpp", path=str(path)) from error
        self.tokens = GgufTokens(self.llama)
        self.can = Capabilities(
            logits=True, batch=False, seed=True, streaming=True, context=self.llama.n_ctx()
        )

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
        done: list[Completion] = []
        for at, request in enumerate(requests):
            if done and done[-1].finish == "cancelled":
                done.append(Completion(request.prefix, 0, "cancelled", 0.0, request.seed))
                continue
            left = sampling
            if sampling.seconds is not None:
                spent = sum(one.seconds for one in done)
                left = replace(sampling, seconds=max(sampling.seconds - spent, 1e-6))
            done += Generation(
                _Steps(self.llama),
                self.tokens,
                [self.tokens.end],
                left,
                self.can.context,
                _shifted(on_text, at),
                cancel,
            ).run([request])
        return done

    def close(self) -> None:
        self.llama.close()


def _shifted(on_text: OnText | None, at: int) -> Callable[[int, str], None] | None:
    return None if on_text is None else lambda _, text: on_text(at, text)


def _context(path: Path) -> int:
    """The context the model was trained with, no longer than ChatMusician's."""
    with _silent():
        try:
            peek = llama_cpp.Llama(model_path=str(path), vocab_only=True, verbose=False)
        except (ValueError, OSError, RuntimeError, AssertionError) as error:
            raise InputError("cannot be loaded by llama.cpp", path=str(path)) from error
        kind = peek.metadata.get("general.architecture", "llama")
        trained = int(peek.metadata.get(f"{kind}.context_length", _LONGEST_CONTEXT))
        peek.close()
    return min(trained, _LONGEST_CONTEXT)


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """llama.cpp writes to standard error, by itself and by Python, whatever it is told."""
    kept = os.dup(2)
    with open(os.devnull, "wb") as nowhere, contextlib.redirect_stderr(io.StringIO()):
        os.dup2(nowhere.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
