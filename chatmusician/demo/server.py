"""The whole application: the page at /, the REST API at /api, and the guard before both."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import importlib
import secrets
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles

from chatmusician.abc.pictures.packages import package_folder
from chatmusician.demo.api import create_api
from chatmusician.demo.behind import connect, events_of
from chatmusician.demo.connections import Connections, limited
from chatmusician.demo.desk import Desk
from chatmusician.demo.gate import Gate
from chatmusician.demo.guard import Guard
from chatmusician.demo.hosts import Hosts
from chatmusician.demo.page import HEAD, OWN, STATIC, create_page, theme
from chatmusician.demo.settings import Limits, Settings
from chatmusician.demo.workers import load_workers
from chatmusician.errors import ChatMusicianError, EngineError, MissingDependency, OutputError
from chatmusician.model.brief.read import read_request
from chatmusician.model.compose import ComposeOptions, compose
from chatmusician.model.generation import Backend

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

_TIDY = 20.0  # seconds
_ARENAS = -8  # M_ARENA_MAX of malloc.h


def create_app(settings: Settings, load: Callable[[], Backend], name: str = "") -> Guard:
    """The application; the model is loaded when it is first asked for anything."""
    return assemble(settings, Desk(load, settings.limits, name))


def assemble(settings: Settings, desk: Desk) -> Guard:
    import gradio as gr

    @contextlib.asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        tidying = asyncio.create_task(_give_memory_back())
        yield
        tidying.cancel()
        desk.close()

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=life)

    @app.get(f"{OWN}/score-fonts.css")
    def fonts() -> Response:
        headers = {"Cache-Control": "max-age=86400"}
        return Response(score_fonts(), media_type="text/css", headers=headers)

    app.mount(OWN, StaticFiles(directory=STATIC))
    app.mount("/api", create_api(desk))
    page = create_page(desk)
    gr.mount_gradio_app(
        app,
        page,
        path="",
        theme=theme(),
        head=HEAD,
        footer_links=[],
        run_history=False,
        show_error=True,
        ssr_mode=False,
        mcp_server=False,
        pwa=False,
        max_file_size="1kb",
    )
    sessions = desk.sessions
    connect(page, sessions)
    return Guard(app, settings, Gate(events_of(page), settings.limits.items), sessions)


def uvicorn_config(app: Guard, settings: Settings, **options: Any) -> uvicorn.Config:
    """uvicorn's settings for the page: connections within the limits, no web sockets."""
    limits = settings.limits
    connections = Connections(
        limits.connections, limits.all_connections, proxy=settings.trust_proxy
    )
    chosen: dict[str, Any] = {
        "http": limited(connections),
        "ws": "none",
        "log_level": "warning",
        "timeout_keep_alive": 30,
        "timeout_graceful_shutdown": 2,
        "h11_max_incomplete_event_size": 32 * 1024,
        "server_header": False,
        "proxy_headers": False,
    }
    return uvicorn.Config(app, **(chosen | options))


async def _give_memory_back() -> None:
    """What was freed, to the system: glibc keeps it otherwise, and a busy hour shows for days."""
    while True:
        await asyncio.sleep(_TIDY)
        with contextlib.suppress(OSError, AttributeError):
            await asyncio.to_thread(ctypes.CDLL(None).malloc_trim, 0)


@cache
def score_fonts() -> str:
    """The faces that scores are laid out with, from the verovio package."""
    try:
        folder = Path(package_folder("verovio")) / "data"
        sheets = [(folder / name).read_text() for name in ("Leipzig.css", "Liberation.css")]
    except (MissingDependency, OSError):
        return ""
    return "\n".join(sheets)


def serve(settings: Settings, load: Callable[[], Backend], say: Callable[[str], None]) -> None:
    """Run until interrupted. The model is loaded before the page is told of."""
    share_out()
    open_files(settings.limits)
    listening = _listen(settings)
    port = int(listening.getsockname()[1])
    # The processes load their libraries while the model is loaded here.
    threading.Thread(target=load_workers, daemon=True).start()
    backend = load()
    desk = Desk(lambda: backend, settings.limits, backend.name)
    app = assemble(settings, desk)
    threading.Thread(target=warm, args=(desk,), daemon=True).start()
    server = uvicorn.Server(uvicorn_config(app, settings))
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    say(f"{backend.name}: http://{shown}:{port}/ (REST API: http://{shown}:{port}/api/)")
    if settings.share:
        threading.Thread(target=_share, args=(settings, port, say, app.hosts), daemon=True).start()
    server.run(sockets=[listening])


def share_out() -> None:
    """For many threads in one process: shorter turns, and memory that is given back.

    A short check waits for a turn of each busy thread before it, of 5 ms if nothing is said; and
    glibc gives each new thread memory of its own, of which what is freed stays there.
    """
    sys.setswitchinterval(0.001)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENAS, 2)


def open_files(limits: Limits) -> None:
    """Room for all connections that are taken, and for the processes' pipes."""
    if not hasattr(resource, "setrlimit"):
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = limits.all_connections + 600
    if soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def warm(desk: Desk) -> None:
    """Everything used once that is slow the first time, so that no user waits for it."""
    with contextlib.suppress(ImportError):
        importlib.import_module("pandas")  # gradio's first event would wait for it
    with contextlib.suppress(ChatMusicianError):
        desk.work("score", "X:1\nM:6/8\nL:1/8\nK:D\nDFA dfa|d6|]\n", 190)
        with desk.model() as model:
            if model.can.logits:
                few = replace(model.defaults, max_new_tokens=16)
                options = ComposeOptions(seed=1, sampling=few, tries=1)
                compose(read_request("a jig in D"), model, options)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen()  # who comes before all is ready waits, and is not refused
    except OSError as error:
        listening.close()
        where = f"{settings.host}:{settings.port}"
        reason = error.strerror or str(error)
        raise OutputError(f"cannot listen on {where}: {reason}", hint="--port N") from error
    return listening


def _share(settings: Settings, port: int, say: Callable[[str], None], hosts: Hosts) -> None:
    """A public address from gradio's service, which all that is said then passes through."""
    from gradio import networking

    try:
        host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
        address = networking.setup_tunnel(host, port, secrets.token_urlsafe(32), None, None)
    except Exception as error:
        say(f"error: {shared_in_vain(error)}")
    else:
        hosts.add(urlsplit(address).hostname or "")
        say(f"shared for a week at most: {address}")


def shared_in_vain(error: Exception) -> ChatMusicianError:
    said = " ".join(str(error).split())[:200]
    return EngineError("gradio's share service", "cannot be reached", said=said)
