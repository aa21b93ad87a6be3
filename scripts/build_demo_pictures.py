"""Photograph the web page for the documentation: docs/img/demo-*.png, in Chromium."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import sync_playwright

from chatmusician import abc
from chatmusician.demo.server import create_app
from chatmusician.demo.settings import Settings
from chatmusician.model.load import load_model

DOCS = Path(__file__).resolve().parents[1] / "docs"
SIZES: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 900}},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 1500}},
}


def main() -> int:
    app = create_app(Settings(), load_model, "the bundled model")
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    threading.Thread(target=server.run, daemon=True).start()
    while not (server.started and server.servers):
        time.sleep(0.1)
    port = server.servers[0].sockets[0].getsockname()[1]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
        )
        for name, size in SIZES.items():
            target = DOCS / "img" / f"demo-{name}.png"
            photograph(browser.new_page(**size), f"http://127.0.0.1:{port}/", target)
        browser.close()
    server.should_exit = True
    return 0


def photograph(page: Any, address: str, target: Path) -> None:
    """The page with the first tune of docs/pictures.abc in its editor, while it plays."""
    tune = abc.read((DOCS / "pictures.abc").read_bytes()).tunes[0]
    page.goto(address)
    page.wait_for_function("customElements.get('abc-score') !== undefined")
    page.locator("#abc textarea").fill(tune.text)
    page.locator("#score .picture > svg").wait_for()
    page.locator("#score button.play").click()
    page.locator("#score .time", has_text="0:02").wait_for()
    page.screenshot(path=target, full_page=False)
    page.close()


if __name__ == "__main__":
    sys.exit(main())
