"""The page in Chromium, beside its main paths: nothing outside is asked for, no console error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.demo.demo_models import HOSTILE, TUNE, SayingModel

pytest.importorskip("gradio")
pytest.importorskip("playwright.sync_api")
for package in ("verovio", "resvg_py", "cairosvg", "tinysoundfont", "pretty_midi"):
    pytest.importorskip(package)

from chatmusician import abc  # noqa: E402
from chatmusician.demo.settings import Settings  # noqa: E402
from chatmusician.model.names import BUNDLED  # noqa: E402
from tests.demo.demo_browser import opened, served  # noqa: E402

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def model() -> SayingModel:
    return SayingModel(pause=0.02, pieces=20)


@pytest.fixture(scope="module")
def address(model: SayingModel) -> Iterator[str]:
    with served(model) as found:
        yield found


def test_examples_fill_the_request(browser: Any, address: str) -> None:
    with opened(browser, address) as page:
        for words in ("a tune over the chords", "fill in the blank bars"):
            page.get_by_role("button", name=words).click()
            page.wait_for_function(
                "words => document.querySelector('#request textarea').value.startsWith(words)",
                arg=words,
            )


def compose(page: Any, request: str = "a jig in D") -> None:
    page.locator("#request textarea").fill(request)
    page.locator("#compose").click()
    page.locator("#status", has_text="Done with seed").wait_for()


def drawn_title(page: Any, title: str) -> None:
    page.locator("#score .picture > svg", has_text=title).wait_for()


def test_bars_come_while_the_model_writes(browser: Any) -> None:
    slow = SayingModel(pause=0.3, pieces=40)
    with served(slow) as address, opened(browser, address) as page:
        page.locator("#request textarea").fill("a jig")
        page.locator("#compose").click()
        page.locator("#score .picture > svg").wait_for()
        assert slow.at_once == 1
        page.locator("#stop").click()
        page.locator("#status", has_text="Stopped").wait_for()
        until = time.monotonic() + 10
        while slow.at_once and time.monotonic() < until:
            time.sleep(0.05)
        assert (slow.at_once, slow.cancelled) == (0, 1)


def test_a_closed_tab_frees_the_model(browser: Any) -> None:
    slow = SayingModel(pause=0.3, pieces=60)
    with served(slow) as address:
        with opened(browser, address) as page:
            page.locator("#compose").click()
            page.locator("#score .picture > svg").wait_for()
        until = time.monotonic() + 15
        while slow.at_once and time.monotonic() < until:
            time.sleep(0.05)
        assert (slow.at_once, slow.cancelled) == (0, 1)


def test_words_are_no_tune(browser: Any, address: str) -> None:
    with opened(browser, address) as page:
        page.locator("#abc textarea").fill("words")
        page.locator("#score .said", has_text="no tune yet").wait_for()


def test_a_note_leads_to_its_place_in_the_text(browser: Any, address: str) -> None:
    with opened(browser, address) as page:
        page.locator("#abc textarea").fill(TUNE)
        page.locator("#score .picture g.note").nth(3).locator(".notehead").click(force=True)
        at = page.evaluate("document.querySelector('#abc textarea').selectionStart")
        assert TUNE[at:].startswith("dfa")


def test_hostile_text_does_nothing(browser: Any) -> None:
    with (
        served(SayingModel(HOSTILE)) as address,
        opened(browser, address) as page,
    ):
        compose(page, "<img src=x onerror=alert(1)>")
        page.locator("#score .picture > svg").wait_for()
        page.get_by_role("tab", name="Chat").click()
        page.locator("#question textarea").fill("<script>alert(2)</script>")
        page.locator("#send").click()
        page.locator("#log .turn.model .picture > svg").first.wait_for()
        page.get_by_role("tab", name="History").click()
        page.locator("#items label").first.wait_for()
        assert page.locator("#log script, #cards script, #items script, img[src=x]").count() == 0


def test_chat_over_several_turns(browser: Any, address: str, model: SayingModel) -> None:
    with opened(browser, address) as page:
        page.get_by_role("tab", name="Chat").click()
        for turn, question in enumerate(("a jig", "again"), 1):
            page.locator("#question textarea").fill(question)
            page.locator("#send").click()
            page.locator("#log .turn.model").nth(turn - 1).wait_for()
        page.locator("#log abc-score .picture > svg").nth(1).wait_for()
        assert [turn.question for turn in model.asked[-1].turns] == ["a jig", "again"]
        page.locator("#log abc-score").first.get_by_role("button", name="Open").click()
        drawn_title(page, "Ours")
        assert page.locator("#abc textarea").input_value() == TUNE


def test_history_is_opened_again_and_shared(browser: Any, address: str, tmp_path: Path) -> None:
    file = tmp_path / "session.json"
    with opened(browser, address, accept_downloads=True) as page:
        page.get_by_role("button", name="Details").click()
        page.locator("#seed textarea").fill("7")
        compose(page, "a jig in D")
        page.locator("#request textarea").fill("other words")
        page.locator("#seed textarea").fill("")
        page.locator("#abc textarea").fill("")
        page.get_by_role("tab", name="History").click()
        page.locator("#items label").wait_for()
        page.reload()
        page.get_by_role("tab", name="History").click()
        page.locator("#items label").click()
        page.locator("#reopen").click()
        drawn_title(page, "Ours")
        page.get_by_role("button", name="Details").click()
        assert page.locator("#request textarea").input_value() == "a jig in D"
        assert page.locator("#seed textarea").input_value() == "7"
        assert page.locator("#abc textarea").input_value() == TUNE
        page.get_by_role("tab", name="History").click()
        with page.expect_download() as coming:
            page.locator("#save-all").click()
        coming.value.save_as(file)
    assert json.loads(file.read_text())["items"][0]["order"]["seed"] == 7
    with opened(browser, address) as page:
        page.get_by_role("tab", name="History").click()
        with page.expect_file_chooser() as chooser:
            page.locator("#bring").click()
        chooser.value.set_files(file)
        page.locator("#items label", has_text="a jig in D").wait_for()


def test_a_file_is_opened(browser: Any, address: str, tmp_path: Path) -> None:
    file = tmp_path / "tune.xml"
    from chatmusician.abc.musicxml import to_musicxml

    file.write_bytes(to_musicxml(abc.read(TUNE).tunes[0]))
    odd = tmp_path / "odd.abc"
    odd.write_bytes(b"\x89PNG\0\0")
    with opened(browser, address, refused="status of 400") as page:
        for path, said in ((file, ""), (odd, "of no kind")):
            with page.expect_file_chooser() as chooser:
                page.get_by_role("button", name="Open a file").first.click()
            chooser.value.set_files(path)
            if said:
                page.locator("#score .said", has_text=said).wait_for()
            else:
                drawn_title(page, "Ours")


def test_the_model_works_on_the_tune(browser: Any, address: str) -> None:
    """Each change once, then the last of them again."""
    with opened(browser, address) as page:
        page.locator("#abc textarea").fill(TUNE)
        page.locator("#changes button").first.click()
        for name, bar in (("after", 1), ("first", 2), ("last", 2)):
            page.locator(f"#bars-{name} input").fill(str(bar))
        for button in ("continue", "infill", "variation", "harmonise", "again"):
            before = page.locator("#status").inner_text()
            page.locator(f"#{button}").click()
            page.wait_for_function(
                """before => {
                  const now = document.querySelector("#status").innerText.trim();
                  return now.startsWith("Done with seed") && now !== before.trim();
                }""",
                arg=before,
            )
        page.get_by_role("tab", name="History").click()
        page.locator("#items label").nth(4).wait_for()
        made = [label.split()[1] for label in page.locator("#items label").all_inner_texts()]
        assert made == ["harmonise", "harmonise", "variation", "infill", "continue"]


def test_by_keyboard_alone(browser: Any, address: str) -> None:
    with opened(browser, address) as page:
        page.locator("#request textarea").focus()
        page.keyboard.type("a jig in D")
        page.keyboard.press("Shift+Enter")
        page.locator("#status", has_text="Done with seed").wait_for()
        drawn_title(page, "Ours")
        page.locator("#score button.play").focus()
        page.keyboard.press("Enter")
        page.locator("#score .on").first.wait_for()
        assert page.evaluate("document.activeElement.id") == "score"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390, 320])
def test_nothing_is_wider_than_the_page(
    browser: Any, address: str, width: int, scheme: str
) -> None:
    view = {"width": width, "height": 800}
    with opened(browser, address, viewport=view, color_scheme=scheme) as page:
        compose(page)
        for tab in ("Listen", "Chat", "History", "Compose"):
            page.get_by_role("tab", name=tab).click()
            assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_with_a_password(browser: Any) -> None:
    settings = Settings(auth="anna:secret")
    knows = {"username": "anna", "password": "secret"}
    with (
        served(SayingModel(), settings) as address,
        opened(browser, address, http_credentials=knows) as page,
    ):
        compose(page)
        drawn_title(page, "Ours")


@pytest.mark.skipif(not (BUNDLED / "config.json").is_file(), reason="no bundled model")
def test_the_command_with_the_bundled_model(browser: Any) -> None:
    command = [sys.executable, "-m", "chatmusician", "demo", "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    program = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    try:
        assert program.stderr is not None
        address = ""
        while not address:
            line = program.stderr.readline()
            assert line, "it ended"
            address = line.split(" ")[3] if "http://" in line else ""
        with opened(browser, address.rstrip("/")) as page:
            page.locator("#request textarea").fill("a jig in D, 8 bars")
            page.locator("#compose").click()
            page.locator("#score .picture > svg").wait_for()
            page.locator("#status", has_text="Done with seed").wait_for(timeout=100_000)
    finally:
        program.terminate()
        program.wait(20)
