"""The Listen tab in Chromium: a tune is opened or recorded, edited, heard, and asked about."""

from __future__ import annotations

import tempfile
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.demo.demo_models import SayingModel

for package in ("gradio", "verovio", "tinysoundfont", "pretty_midi", "onnxruntime", "basic_pitch"):
    pytest.importorskip(package)
pytest.importorskip("playwright.sync_api")

from chatmusician import abc  # noqa: E402
from chatmusician.demo.settings import Limits, Settings  # noqa: E402
from tests.demo.demo_browser import opened, served  # noqa: E402

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(SayingModel("A sunny tune, see bar 3.")) as found:
        yield found


def open_file(page: Any, file: Path) -> None:
    page.get_by_role("tab", name="Listen").click()
    with page.expect_file_chooser() as chooser:
        page.locator("abc-listen button.open").click()
    chooser.value.set_files(file)


def ask(page: Any, question: str, turn: int) -> str:
    page.locator("#ask-about textarea").fill(question)
    page.locator("#ask").click()
    answer = page.locator("#answers .turn.model").nth(turn)
    answer.wait_for()
    return str(answer.inner_text())


def heard_abc(page: Any) -> str:
    page.locator("#heard-score .picture > svg").wait_for()
    return str(page.locator("#heard-abc textarea").input_value())


def test_a_rendered_tune_is_opened_edited_and_asked_about(
    browser: Any, address: str, tune_wav: Path
) -> None:
    with opened(browser, address) as page:
        open_file(page, tune_wav)
        text = heard_abc(page)
        tune = abc.read(text).tunes[0]
        assert tune.title == "The Kesh"
        assert "M:6/8" in text
        assert "K:G" in text
        assert page.locator("abc-listen .said").inner_text().endswith("16 bars in 0:18.")
        facts = page.locator("abc-listen .facts")
        assert "G major" in facts.inner_text()
        painted(page)
        assert "G major" in ask(page, "What key is it in?", 0)
        assert "cannot be told" in ask(page, "Who plays it?", 1)
        said = ask(page, "Why is it so sunny?", 2)
        assert "bars named: 3" in said
        page.locator("#heard-abc textarea").fill(text.replace("K:G", "K:D"))
        facts.get_by_text("stated in the notation").first.wait_for()
        assert "D major" in ask(page, "What key is it in?", 3)
        page.locator("#heard-score button.play").click()
        page.locator("#heard-score .on").first.wait_for()
        page.locator("#heard-onward").click()
        page.locator("#score .picture > svg", has_text="The Kesh").wait_for()


def painted(page: Any) -> None:
    """What was heard is on the canvas, and a click on it is a place in the recording."""
    inked = page.evaluate(
        """() => {
          const canvas = document.querySelector("abc-listen").shadowRoot.querySelector("canvas");
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          return data.filter((value, at) => at % 4 === 3 && value > 0).length;
        }"""
    )
    assert inked > 2000
    page.locator("abc-listen .scroller").click(position={"x": 180, "y": 100})
    at = page.evaluate(
        "document.querySelector('abc-listen').shadowRoot.querySelector('audio').currentTime"
    )
    assert at == pytest.approx(3.0, abs=0.1)


def test_a_tune_is_recorded(browser: Any, address: str) -> None:
    with opened(browser, address, permissions=["microphone"]) as page:
        page.get_by_role("tab", name="Listen").click()
        button = page.locator("abc-listen button.record")
        button.click()
        page.locator("abc-listen .said", has_text="Recording: 0:06").wait_for()
        button.click()
        page.locator("abc-listen .said", has_text="notes and").wait_for()
        pitches = set("GABcdefg") | set("EFD")
        music = heard_abc(page).split("\nK:")[1].split("\n", 1)[1]
        assert {letter for letter in music if letter.isalpha()} <= pitches | set("zx")
        assert len([letter for letter in music if letter in "GABcdefg"]) > 15


def test_what_is_no_recording_is_said(browser: Any, address: str, tmp_path: Path) -> None:
    odd, large = tmp_path / "<b>odd<img>.wav", tmp_path / "large.wav"
    odd.write_bytes(b"RIFF\x10\0\0\0WAVEjunk")
    with large.open("wb") as opened_file:
        opened_file.truncate(200 * 1024 * 1024)
    with opened(browser, address, refused="status of 400") as page:
        for file, said in ((odd, "no sound file"), (large, "32 MB at most")):
            open_file(page, file)
            page.locator("abc-listen .said.wrong", has_text=said).wait_for()
        page.locator("#ask-about textarea").fill("What key?")
        page.locator("#ask").click()
        page.locator("#ask-status", has_text="Open or record something first").wait_for()


def test_what_is_listened_to_can_be_cancelled(
    browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long, scratch = tmp_path / "long.wav", tmp_path / "scratch"
    with wave.open(str(long), "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(bytes(range(0, 256, 8)) * (590 * 8000 // 32))
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with served(SayingModel()) as address, opened(browser, address) as page:
        open_file(page, long)
        page.locator("abc-listen .said", has_text="Listening").wait_for()
        page.locator("abc-listen button.cancel").click()
        page.locator("abc-listen .said", has_text="Cancelled").wait_for()
        until = time.monotonic() + 10
        while list(scratch.iterdir()) and time.monotonic() < until:
            time.sleep(0.05)
        assert not list(scratch.iterdir())


def test_too_long_a_recording_is_said(browser: Any, tune_wav: Path) -> None:
    settings = Settings(limits=Limits(recording=10))
    with served(SayingModel(), settings) as address, opened(browser, address) as page:
        open_file(page, tune_wav)
        page.locator("abc-listen .said.wrong", has_text="lasts longer than").wait_for()
