"""A page served from a thread and opened in Chromium, watched for what it must not do."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from chatmusician.demo.server import create_app, uvicorn_config
from chatmusician.demo.settings import Settings
from chatmusician.model.generation import Backend


@contextmanager
def served(model: Backend, settings: Settings | None = None) -> Iterator[str]:
    """The page's address while it is served from a thread."""
    settings = settings or Settings()
    with application(create_app(settings, lambda: model, model.name), settings) as address:
        yield address


@contextmanager
def application(app: Any, settings: Settings) -> Iterator[str]:
    """The address of an application while it is served from a thread."""
    server = uvicorn.Server(uvicorn_config(app, settings, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not (server.started and server.servers):
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)


@dataclass
class Seen:
    """What a page did that it must not."""

    address: str
    wrong: list[str] = field(default_factory=list)
    refused: str = "nothing is to be refused"

    def watch(self, page: Any) -> None:
        page.on("request", self.request)
        page.on("console", self.said)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("dialog", lambda dialog: self.wrong.append(f"dialog {dialog.message}"))

    def said(self, message: Any) -> None:
        if message.type == "error" and self.refused not in message.text:
            self.wrong.append(message.text)

    def request(self, request: Any) -> None:
        if not request.url.startswith((self.address, "blob:", "data:")):
            self.wrong.append(f"asked for {request.url}")


@contextmanager
def opened(browser: Any, address: str, *, refused: str = "", **options: Any) -> Iterator[Any]:
    """`refused` is in what Chromium says on its console of an answer that is wanted."""
    context = browser.new_context(**options)
    page = context.new_page()
    # A busy machine starves the page for long: what is fast enough is measured elsewhere.
    page.set_default_timeout(180_000)
    seen = Seen(address, refused=refused or Seen.refused)
    seen.watch(page)
    page.goto(address)
    page.wait_for_function("customElements.get('abc-score') !== undefined")
    page.locator("#compose").wait_for()
    yield page
    context.close()
    assert not seen.wrong
