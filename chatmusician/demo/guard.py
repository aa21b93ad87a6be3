"""What every request passes first: its client, host, origin, password, path, size, and its body."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
import logging
import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from chatmusician.demo.bodies import Bodies, Gone, Refused, replayed
from chatmusician.demo.clients import Shares, client_name, forwarded_for
from chatmusician.demo.gate import Gate, session_name
from chatmusician.demo.hosts import Hosts, host_name
from chatmusician.demo.line import BusyError
from chatmusician.demo.sessions import Sessions
from chatmusician.demo.settings import Settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_log = logging.getLogger(__name__)
_JOIN, _CANCEL = "/gradio_api/queue/join", "/gradio_api/cancel"
_STREAM, _HEARTBEAT = "/gradio_api/queue/data", "/gradio_api/heartbeat/"
# What the page needs of gradio. Its uploads, files by path, proxies and editors are none of it.
_GET = re.compile(
    r"/|/config/?|/theme\.css|/favicon\.ico|/robots\.txt|/manifest\.json|/assets/.*|/static/.*"
    r"|/api|/api/.*|/own/.*|/gradio_api/queue/data|/gradio_api/heartbeat/[A-Za-z0-9]{1,40}"
)
_POST = re.compile(r"/api/.*|/gradio_api/queue/join|/gradio_api/cancel")
_SOUND = "/api/transcribe"
_MODEL = ("/api/compose", "/api/ask", _JOIN)
# How many requests of one client are in work at a time, by what they need.
_SHARES = {"model": 16, "sound": 5, "file": 4, "other": 8}
_PATIENCE = 60.0
# Bytes of all bodies that are being read.
_ROOM = 512 * 1024 * 1024
# Headers by which proxies, and gradio's own servers, speak: of others they are not believed.
_BELIEVED = re.compile(rb"x-forwarded-.*|forwarded|x-gradio-.*|x-real-ip|x-hf-.*|cookie")
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
    """An ASGI application around the whole page and the API.

    `gate` checks what is posted to gradio; without one nothing can be posted there.
    """

    def __init__(
        self,
        app: App,
        settings: Settings,
        gate: Gate | None = None,
        sessions: Sessions | None = None,
    ) -> None:
        self.app = app
        self.settings = settings
        self.gate = gate
        self.sessions = sessions or Sessions()
        self.hosts = Hosts(settings.host, settings.allow_hosts, local=settings.local)
        self.shares = Shares(_SHARES, _PATIENCE)
        self.bodies = Bodies(_ROOM)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        begun = False

        async def guarded(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                own = {name for name, _ in _HEADERS}
                kept = [(n, v) for n, v in message.get("headers", []) if n.lower() not in own]
                message = {**message, "headers": [*kept, *_HEADERS]}
            await send(message)

        try:
            await self._pass(scope, receive, guarded)
        except (Gone, asyncio.CancelledError):
            pass  # nobody is there any more, or the server ends
        except Refused as refused:
            await _answer(send, refused.status, str(refused), refused.hint)
        except BusyError as busy:
            await _answer(send, 503, str(busy), busy.hint or "")
        except Exception as error:
            _log.error("%s %s failed: %s", scope["method"], scope["path"], _one_line(error))
            if not begun:
                await _answer(send, 500, f"unexpected {type(error).__name__}", "please report it")

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): v.decode("latin-1") for name, v in scope["headers"]}
        client = self._client(scope, headers)
        self._check(scope, headers)
        scope = {**scope, "client": (client, 0), "headers": self._believed(scope)}
        scope["query_string"] = _query(scope)
        if scope["method"] == "POST":
            await self._post(scope, receive, send, client)
        elif scope["path"] == _STREAM:
            await self._stream(scope, receive, send, client)
        elif scope["path"].startswith(_HEARTBEAT):
            with self.sessions.heart(scope["path"].removeprefix(_HEARTBEAT)):
                await self.app(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _client(self, scope: Scope, headers: dict[str, str]) -> str:
        address = scope["client"][0] if scope.get("client") else "unknown"
        if self.settings.trust_proxy:
            address = forwarded_for(headers) or address
        return client_name(address)

    def _believed(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        if self.settings.trust_proxy:
            return list(scope["headers"])
        return [(n, v) for n, v in scope["headers"] if not _BELIEVED.fullmatch(n.lower())]

    def _check(self, scope: Scope, headers: dict[str, str]) -> None:
        """Raises Refused for a request that is not for this page."""
        host = headers.get("host", "")
        if host not in self.hosts:
            raise Refused(421, "this page is known by another name", "--allow-host NAME adds one")
        if self.settings.auth and not _knows(headers.get("authorization", ""), self.settings.auth):
            raise Refused(401, "a name and a password are needed")
        method = scope["method"]
        if method not in ("GET", "HEAD") and not self._own_origin(headers, host):
            raise Refused(403, "this was asked for by another web site")
        paths = _POST if method not in ("GET", "HEAD") else _GET
        # The API says itself which methods its routes have.
        if not paths.fullmatch(scope["path"]) and not scope["path"].startswith("/api/"):
            raise Refused(404, "there is nothing here")
        if method not in ("GET", "HEAD", "POST") and not scope["path"].startswith("/api/"):
            raise Refused(405, "nothing here is asked in this way")
        length, most = headers.get("content-length", "0"), self._most(scope)
        if not length.isdecimal() or len(length) > 15 or int(length) > most:
            raise Refused(413, f"more than {most // 1024**2} MB are not taken")

    def _own_origin(self, headers: dict[str, str], host: str) -> bool:
        """Whether a page of this server asks, or no page at all."""
        origin = headers.get("origin")
        if origin is None:
            return True
        try:
            asked = urlsplit(origin).netloc.lower()
        except ValueError:
            return False
        # Names that were added are those of proxies, which may pass another Host on.
        return asked == host.lower() or host_name(asked) in self.hosts.extra

    def _most(self, scope: Scope) -> int:
        """Bytes of a body: recordings are larger than anything else."""
        limits = self.settings.limits
        return limits.sound if scope["path"].startswith(_SOUND) else limits.body

    async def _post(self, scope: Scope, receive: Receive, send: Send, client: str) -> None:
        async with self.shares.slot(client, _kind(scope["path"])):
            body = await self.bodies.read(receive, self._most(scope))
            if scope["path"].startswith("/gradio_api/"):
                body = self._through_gate(scope, body, client)
            await self.app(scope, replayed(body, receive), send)

    def _through_gate(self, scope: Scope, body: bytes, client: str) -> bytes:
        if self.gate is None:
            raise Refused(404, "there is nothing here")
        if scope["path"] == _CANCEL:
            session, body = self.gate.cancel(body)
            if not self.sessions.belongs(session, client):
                raise Refused(404, "there is no such session")
        else:
            session, body = self.gate.join(body)
            if self.sessions.events_of(client) >= _SHARES["model"]:
                raise Refused(503, "too many of your requests are in work", "try again in a minute")
            self.sessions.posted(session, client)
        fixed = {b"content-length": str(len(body)).encode(), b"content-type": b"application/json"}
        others = [
            (n, v) for n, v in scope["headers"] if n.lower() not in (*fixed, b"transfer-encoding")
        ]
        scope["headers"] = [*others, *fixed.items()]
        return body

    async def _stream(self, scope: Scope, receive: Receive, send: Send, client: str) -> None:
        """gradio's stream of a session's events, watched for its end."""
        name = session_name(parse_qs(scope["query_string"].decode()).get("session_hash", [""])[0])
        if not self.sessions.belongs(name, client):
            raise Refused(404, "there is no such session")
        over = False

        async def watched(message: Message) -> None:
            nonlocal over
            if message["type"] == "http.response.body":
                over = over or b'"close_stream"' in message.get("body", b"")
            await send(message)

        self.sessions.stream_opened(name)
        try:
            await self.app(scope, receive, watched)
        finally:
            self.sessions.stream_closed(name, early=not over)


def _kind(path: str) -> str:
    if path.startswith(_SOUND):
        return "sound"
    if path.startswith(_MODEL):
        return "model"
    return "file" if path == "/api/render" else "other"


def _query(scope: Scope) -> bytes:
    """The query string: as it came for the API, for gradio only the name of a session."""
    given = bytes(scope.get("query_string", b""))
    if scope["path"].startswith("/api/"):
        return given
    wanted = "session_hash" if scope["path"] == _STREAM else "__theme"
    values = parse_qs(given.decode("latin-1")).get(wanted, [])[:1]
    return urlencode({wanted: values[0]}).encode() if values else b""


def _knows(given: str, auth: str) -> bool:
    kind, _, code = given.partition(" ")
    if kind.lower() != "basic":
        return False
    try:
        said = base64.b64decode(code, validate=True)
    except (ValueError, binascii.Error):
        return False
    return hmac.compare_digest(said, auth.encode())


def _one_line(error: BaseException) -> str:
    while isinstance(getattr(error, "exceptions", None), tuple):  # a group of errors
        error = error.exceptions[0]  # type: ignore[attr-defined]
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


async def _answer(send: Send, status: int, error: str, hint: str = "") -> None:
    body = json.dumps({"error": error, "hint": hint}).encode()
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
