"""What stands before every request: names, origins, passwords, sizes, and which paths there are."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException

from chatmusician.demo.settings import Settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

# What the page needs of gradio. Its uploads, files by path, proxies and editors are none of it.
_PATHS = re.compile(
    r"/|/config/?|/theme\.css|/favicon\.ico|/robots\.txt|/manifest\.json|/assets/.*|/static/.*"
    r"|/api|/api/.*|/own/.*"
    r"|/gradio_api/(?:queue/(?:join|data)|heartbeat/.*|cancel|reset/?|startup-events"
    r"|app_id|info/?|login_check/?|user/?|theme\.css)"
)
_SOUND = "/api/transcribe"
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "media-src 'self' blob:; connect-src 'self' blob:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]


class Guard:
    """An ASGI application around the whole page and the API."""

    def __init__(self, app: App, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1"): v.decode("latin-1") for name, v in scope["headers"]}
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            await _answer(send, *refusal)
            return
        await self._pass(scope, receive, send)

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        host = headers.get("host", "")
        if self.settings.hosts and _name(host) not in self.settings.hosts:
            return 421, "this page is known by another name"
        if self.settings.auth and not _knows(headers.get("authorization", ""), self.settings.auth):
            return 401, "a name and a password are needed"
        if scope["method"] not in ("GET", "HEAD") and not _own_origin(headers, host):
            return 403, "this was asked for by another web site"
        if not _PATHS.fullmatch(scope["path"]):
            return 404, "there is nothing here"
        length, most = headers.get("content-length", "0"), self._most(scope)
        if not length.isdecimal() or int(length) > most:
            return 413, f"more than {most // 1024**2} MB are not taken"
        return None

    def _most(self, scope: Scope) -> int:
        """Bytes of a body: recordings are larger than anything else."""
        limits = self.settings.limits
        return limits.sound if scope["path"].startswith(_SOUND) else limits.body

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        left = self._most(scope)

        async def counted() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, "more came than is taken")
            return message

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in _HEADERS}
                kept = [(n, v) for n, v in message.get("headers", []) if n.lower() not in own]
                message = {**message, "headers": [*kept, *_HEADERS]}
            await send(message)

        await self.app(scope, counted, guarded)


def _name(host: str) -> str:
    """A Host header without its port."""
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0].lower()


def _own_origin(headers: dict[str, str], host: str) -> bool:
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        asked = urlsplit(origin).netloc
    except ValueError:
        return False
    return asked.lower() in (host.lower(), headers.get("x-forwarded-host", host).lower())


def _knows(given: str, auth: str) -> bool:
    kind, _, code = given.partition(" ")
    if kind.lower() != "basic":
        return False
    try:
        said = base64.b64decode(code, validate=True)
    except (ValueError, binascii.Error):
        return False
    return hmac.compare_digest(said, auth.encode())


async def _answer(send: Send, status: int, error: str) -> None:
    body = json.dumps({"error": error, "hint": ""}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        *_HEADERS,
    ]
    if status == 401:
        headers.append((b"www-authenticate", b'Basic realm="chatmusician", charset="UTF-8"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
