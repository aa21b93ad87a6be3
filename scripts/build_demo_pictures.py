"""Photograph the web page for the documentation: docs/img/demo-*.png, in Chromium."""

from __future__ import annotations

import argparse
import io
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from PIL import Image
from playwright.sync_api import sync_playwright

from chatmusician import abc
from chatmusician.demo import scores
from chatmusician.demo.server import create_app
from chatmusician.demo.settings import Limits, Settings
from chatmusician.model.load import load_model

DOCS = Path(__file__).resolve().parents[1] / "docs"
SIZES: dict[str, dict[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 1300}},
    "dark": {"viewport": {"width": 1280, "height": 1300}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 1500}},
}
# Those that the documentation shows; --all has the others as well, to be looked at.
SHOWN = ("compose-light", "compose-dark", "compose-phone", "listen-light", "listen-phone")
_COLOURS = 256
_REQUEST, _SEED = "a lively jig in D, AABB", 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="DIR", help="every tab in every size, there")
    args = parser.parse_args()
    target = args.all or DOCS / "img"
    app = create_app(Settings(), load_model, "the bundled model")
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    threading.Thread(target=server.run, daemon=True).start()
    while not (server.started and server.servers):
        time.sleep(0.1)
    port = server.servers[0].sockets[0].getsockname()[1]
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
        )
        for name, size in SIZES.items():
            for tab, show in TABS.items():
                if not args.all and f"{tab}-{name}" not in SHOWN:
                    continue
                page = browser.new_page(**size)
                page.set_default_timeout(300_000)
                page.goto(f"http://127.0.0.1:{port}/")
                page.wait_for_function("customElements.get('abc-score') !== undefined")
                show(page, Path(folder))
                save(page, target / f"demo-{tab}-{name}.png")
                page.close()
        browser.close()
    server.should_exit = True
    return 0


def save(page: Any, target: Path) -> None:
    """In few colours: a third of the size. The octree keeps rare ones, such as a lit note's."""
    picture = Image.open(io.BytesIO(page.screenshot(full_page=False))).convert("RGB")
    few = picture.quantize(_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    few.save(target, optimize=True)


def tune(number: int) -> str:
    return abc.read((DOCS / "pictures.abc").read_bytes()).tunes[number].text


def compose(page: Any, _: Path) -> None:
    """A request with three candidates, one on a phone; the first while it plays."""
    page.locator("#request textarea").fill(_REQUEST)
    page.get_by_role("button", name="Details").click()
    page.locator("#seed textarea").fill(str(_SEED))
    candidates = 3 if page.viewport_size["width"] > 600 else 1
    page.locator("#candidates input[type=number]").fill(str(candidates))
    page.get_by_role("button", name="Details").click()
    page.locator("#compose").click()
    page.locator("#status", has_text="Done with seed").wait_for()
    page.locator("#score button.play").click()
    page.locator("#score .time", has_text="0:02").wait_for()
    page.evaluate("document.activeElement.blur(), scrollTo(0, 0)")


def listen(page: Any, folder: Path) -> None:
    """A tune of docs/pictures.abc as a recording, and a question about it."""
    sound = folder / "Rain_on_the_Slate_Roof.wav"
    if not sound.exists():
        sound.write_bytes(scores.file(tune(0), "wav", Limits()))
    page.get_by_role("tab", name="Listen").click()
    with page.expect_file_chooser() as chooser:
        page.locator("abc-listen button.open").click()
    chooser.value.set_files(sound)
    page.locator("#heard-score .picture > svg").wait_for()
    page.locator("#ask-about textarea").fill("What key is it in?")
    page.locator("#ask").click()
    page.locator("#answers .turn.model").wait_for()
    page.evaluate("document.activeElement.blur(), scrollTo(0, 0)")


def chat(page: Any, _: Path) -> None:
    page.get_by_role("tab", name="Chat").click()
    page.locator("#question textarea").fill("Write a short jig in D.")
    page.locator("#send").click()
    page.locator("#log .turn.model").wait_for()
    page.wait_for_timeout(2000)


def history(page: Any, _: Path) -> None:
    page.locator("#request textarea").fill("a jig in D, 8 bars")
    page.locator("#compose").click()
    page.locator("#status", has_text="Done with seed").wait_for()
    page.get_by_role("tab", name="History").click()
    page.locator("#items label").wait_for()


TABS: dict[str, Callable[[Any, Path], None]] = {
    "compose": compose,
    "listen": listen,
    "chat": chat,
    "history": history,
}


if __name__ == "__main__":
    sys.exit(main())
