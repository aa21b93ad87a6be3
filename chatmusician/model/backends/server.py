"""A model behind an OpenAI-compatible server: text in, text out, no logits.

The prompt goes to ``/completions`` byte for byte. A server without it gets the turns as
messages on ``/chat/completions``. The key comes from the environment and goes nowhere but
to the address named: redirects are not followed.
"""

from __future__ import annotations

import json
import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from http.client import HTTPException, HTTPResponse
from typing import Any, cast
from urllib.parse import urlsplit

from chatmusician.errors import EngineError, InputError
from chatmusician.model.generation import (
    Capabilities,
    Completion,
    Finish,
    OnText,
    Request,
    Sampling,
)
from chatmusician.model.prompts import prompt_text

KEYS = ("CHATMUSICIAN_API_KEY", "OPENAI_API_KEY")
_END = "</s>"
_TRIES = 3
_SILENCE = 120.0  # seconds without a byte
_LONGEST_ANSWER = 4_000_000
# Not in OpenAI's own API; vLLM, llama.cpp and others know them. Taken out where refused.
_EXTRAS = ("top_k", "repetition_penalty", "min_tokens")
_LOCAL = ("localhost", "127.0.0.1", "::1")


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *given: Any, **named: Any) -> None:
        return None


class ServerBackend:
    def __init__(self, url: str, model: str) -> None:
        self.url = url
        self.model = model
        self.name = f"openai:{url}#{model}"
        self.remarks: list[str] = []
        self.tokens = None
        self.can = Capabilities(logits=False, batch=False, seed=False, streaming=True, context=0)
        self.chat = False
        self.extras = True
        host = urlsplit(url).hostname or ""
        proxies = {"http": "", "https": ""} if host in _LOCAL else None
        handlers: list[urllib.request.BaseHandler] = [_NoRedirects()]
        if proxies is not None:
            handlers.append(urllib.request.ProxyHandler({}))
        self.opener = urllib.request.build_opener(*handlers)

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
        begun = time.monotonic()
        for at, request in enumerate(requests):
            if done and done[-1].finish in ("cancelled", "time"):
                done.append(Completion(request.prefix, 0, done[-1].finish, 0.0, request.seed))
                continue
            until = None if sampling.seconds is None else begun + sampling.seconds
            done.append(self._complete(at, request, sampling, on_text, cancel, until))
        return done

    def close(self) -> None:
        pass

    def _complete(
        self,
        at: int,
        request: Request,
        sampling: Sampling,
        on_text: OnText | None,
        cancel: threading.Event | None,
        until: float | None,
    ) -> Completion:
        begun = time.monotonic()
        text, count = request.prefix, 0
        finish: Finish | None = None
        if on_text is not None and text:
            on_text(at, text)
        try:
            for piece, reason in self._stream(request, sampling):
                text += piece
                count += bool(piece)
                if on_text is not None and piece:
                    on_text(at, piece)
                if cancel is not None and cancel.is_set():
                    finish = "cancelled"
                elif until is not None and time.monotonic() > until:
                    finish = "time"
                elif reason:
                    finish = "length" if reason == "length" else "end"
                if finish:
                    break
        except KeyboardInterrupt:
            finish = "cancelled"
        if _END in text:
            text = text[: text.index(_END)]
        seconds = time.monotonic() - begun
        return Completion(text.rstrip(" "), count, finish or "end", seconds, request.seed)

    def _stream(self, request: Request, sampling: Sampling) -> Iterator[tuple[str, str]]:
        """Pieces of text, each with the reason for the end where it is the last."""
        with self._open(request, sampling) as answer:
            if "text/event-stream" not in (answer.headers.get("Content-Type") or ""):
                yield _piece(self._json(answer.read(_LONGEST_ANSWER)))
                return
            for line in _lines(answer):
                if not line.startswith(b"data:"):
                    continue
                data = line[5:].strip()
                if data == b"[DONE]":
                    return
                yield _piece(self._json(data))

    def _json(self, data: bytes) -> dict[str, Any]:
        try:
            found = json.loads(data)
        except ValueError as error:
            raise EngineError(self.url, "answered with something that is not JSON") from error
        if not isinstance(found, dict):
            raise EngineError(self.url, "answered with something that is no JSON object")
        if "error" in found:
            raise EngineError(self.url, "failed", said=_message(data))
        return found

    def _open(self, request: Request, sampling: Sampling) -> HTTPResponse:
        """The server's answer; what it does not know is left out and asked again."""
        for attempt in range(_TRIES + 2):
            path = "/chat/completions" if self.chat else "/completions"
            body = json.dumps(self._body(request, sampling)).encode()
            asked = urllib.request.Request(self.url + path, body, self._headers(), method="POST")
            try:
                return cast(HTTPResponse, self.opener.open(asked, timeout=_SILENCE))
            except urllib.error.HTTPError as error:
                said = error.read(100_000)
                if not self._adapt(error.code, said, attempt):
                    raise self._refused(error.code, said) from error
            except (OSError, HTTPException, ValueError) as error:
                reason = getattr(error, "reason", None) or error
                raise EngineError(
                    self.url,
                    f"cannot be reached: {reason}",
                    hint="is the server running, and the address right?",
                ) from error
        raise EngineError(self.url, "was too busy each time it was asked")

    def _adapt(self, code: int, said: bytes, attempt: int) -> bool:
        """Whether to ask again, in another way or after a pause."""
        if code in (429, 503) and attempt < _TRIES:
            time.sleep(2**attempt)
            return True
        words = said.decode("utf-8", "replace").lower()
        if code in (400, 422) and self.extras and any(name in words for name in _EXTRAS):
            self.extras = False
            self.remarks.append(f"the server does not know {', '.join(_EXTRAS)}: left out")
            return True
        chat_only = (code in (404, 405) and "model" not in words) or "chat model" in words
        if not self.chat and chat_only:
            self.chat = True
            self.remarks.append("the server has no /completions: asked by /chat/completions")
            return True
        return False

    def _refused(self, code: int, said: bytes) -> Exception:
        message = _message(said)
        if code in (401, 403):
            hint = f"put the key into the environment: {KEYS[-1]}"
            return InputError(
                f"access refused ({code}) {message}".strip(), path=self.url, hint=hint
            )
        if code == 404:
            hint = f"does the server know a model {self.model!r}?"
            return InputError(f"not found (404) {message}".strip(), path=self.url, hint=hint)
        return EngineError(self.url, f"answered with status {code}", said=message)

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": "chatmusician"}
        key = next((os.environ[name] for name in KEYS if os.environ.get(name)), "")
        if key:
            headers["Authorization"] = f"Bearer {key}"
        return headers

    def _body(self, request: Request, sampling: Sampling) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.model,
            "max_tokens": sampling.max_new_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": request.seed,
            "stop": list(sampling.stop)[:4],
            "stream": True,
        }
        if self.extras:
            body["top_k"] = sampling.top_k
            body["repetition_penalty"] = sampling.repetition_penalty
            body["min_tokens"] = sampling.min_new_tokens
        if not self.chat:
            return {**body, "prompt": prompt_text(request.turns, request.prefix, end=_END)}
        messages = []
        for turn in request.turns:
            messages.append({"role": "user", "content": turn.question})
            if turn.answer is not None:
                messages.append({"role": "assistant", "content": turn.answer})
        return {**body, "messages": messages}


def _lines(answer: HTTPResponse) -> Iterator[bytes]:
    size = 0
    while line := answer.readline(_LONGEST_ANSWER):
        size += len(line)
        if size > 100 * _LONGEST_ANSWER:
            return
        yield line


def _piece(found: dict[str, Any]) -> tuple[str, str]:
    choices = found.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return "", ""
    choice = choices[0]
    text = choice.get("text")
    for name in ("delta", "message"):
        if text is None and isinstance(choice.get(name), dict):
            text = choice[name].get("content")
    return str(text or ""), str(choice.get("finish_reason") or "")


def _message(said: bytes) -> str:
    """What a server said went wrong, as one short line."""
    text = said.decode("utf-8", "replace")
    try:
        found = json.loads(text)
        inner = found.get("error", found)
        text = str(inner.get("message", inner) if isinstance(inner, dict) else inner)
    except (ValueError, AttributeError):
        pass
    return " ".join(text.split())[:300]
