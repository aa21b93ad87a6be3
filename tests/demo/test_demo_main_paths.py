"""Each tab's main path in Chromium, with the bundled model; `make test` runs these."""

from __future__ import annotations

import io
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.demo.demo_models import TUNE

for package in ("gradio", "verovio", "resvg_py", "cairosvg", "tinysoundfont", "pretty_midi"):
    pytest.importorskip(package)
for package in ("torch", "onnxruntime", "basic_pitch", "playwright.sync_api"):
    pytest.importorskip(package)
mido: Any = pytest.importorskip("mido")
pypdf: Any = pytest.importorskip("pypdf")

from chatmusician import abc  # noqa: E402
from chatmusician.model.load import load_model  # noqa: E402
from chatmusician.model.names import BUNDLED  # noqa: E402
from tests.demo.demo_browser import opened, served  # noqa: E402

BROKEN = "X:1\nT:x\nM:6/8\nL:1/8\nK:D\nDFA dfa|d5|DFA dfa|d6|]\n"
FORMATS: dict[str, Callable[[bytes], bool]] = {
    "abc": lambda data: abc.read(data).tunes[0].title == "Theirs",
    "mid": lambda data: 5.9 < mido.MidiFile(file=io.BytesIO(data)).length < 6.1,
    "musicxml": lambda data: b"<score-partwise" in data,
    "pdf": lambda data: len(pypdf.PdfReader(io.BytesIO(data)).pages) == 1,
    "png": lambda data: data[16:20] == (1400).to_bytes(4, "big"),
    "wav": lambda data: seconds_of(data) > 5,
}


def seconds_of(data: bytes) -> float:
    with wave.open(io.BytesIO(data)) as file:
        return float(file.getnframes() / file.getframerate())


@pytest.fixture(scope="module")
def address(browser: Any) -> Iterator[str]:
    if not (BUNDLED / "config.json").is_file():
        pytest.skip("no bundled model")
    with served(load_model()) as found:
        yield found


def compose(page: Any, seed: int) -> str:
    """Eight bars for a seed, and the ABC in the editor."""
    page.get_by_role("button", name="Details").click()
    page.locator("#seed textarea").fill(str(seed))
    page.locator("#request textarea").fill("a jig in D, 8 bars")
    page.locator("#compose").click()
    page.locator("#status", has_text=f"Done with seed {seed}").wait_for()
    return str(page.locator("#abc textarea").input_value())


def drawn(page: Any, score: str, title: str) -> None:
    page.locator(f"{score} .picture > svg", has_text=title).wait_for()


def download(page: Any, format: str) -> bytes:
    with page.expect_download() as coming:
        page.locator(f"#score button[data-format={format}]").click()
    assert coming.value.suggested_filename == f"theirs.{format}"
    return Path(coming.value.path()).read_bytes()


def test_compose_edit_hear_and_download(browser: Any, address: str) -> None:
    with opened(browser, address, accept_downloads=True) as page:
        composed = abc.read(compose(page, 1))
        assert "M:6/8" in composed.tunes[0].text
        assert not [found for found in abc.check(composed) if found.severity == "error"]
        page.locator("#abc textarea").fill(TUNE.replace("T:Ours", "T:Theirs"))
        drawn(page, "#score", "Theirs")
        page.locator("#score button.play").click()
        page.locator("#score .on").first.wait_for()
        page.locator("#score .time", has_text="0:02").wait_for()
        files = {format: download(page, format) for format in FORMATS}
    for format, opens in FORMATS.items():
        assert opens(files[format]), format


def test_bad_abc_has_its_line(browser: Any, address: str) -> None:
    with opened(browser, address) as page:
        page.locator("#abc textarea").fill(BROKEN)
        problem = page.locator("#problems button")
        assert problem.inner_text().startswith("line 6, column 9: ")
        problem.click()
        at = page.evaluate("document.querySelector('#abc textarea').selectionStart")
        assert BROKEN[at:].startswith("d5")


def test_listen_and_ask(browser: Any, address: str, tune_wav: Path) -> None:
    with opened(browser, address) as page:
        page.get_by_role("tab", name="Listen").click()
        with page.expect_file_chooser() as chooser:
            page.locator("abc-listen button.open").click()
        chooser.value.set_files(tune_wav)
        drawn(page, "#heard-score", "The Kesh")
        heard = page.locator("#heard-abc textarea").input_value()
        assert "M:6/8" in heard
        assert "K:G" in heard
        asked = ("What key is it in?", "What is special about its second part?")
        for turn, question in enumerate(asked):
            page.locator("#ask-about textarea").fill(question)
            page.locator("#ask").click()
            page.locator("#answers .turn.model").nth(turn).wait_for()
        answers = page.locator("#answers .turn.model").all_inner_texts()
        assert "G major" in answers[0]
        assert "Said by" in answers[1]


def test_chat(browser: Any, address: str) -> None:
    with opened(browser, address) as page:
        page.get_by_role("tab", name="Chat").click()
        page.locator("#question textarea").fill("What is a jig?")
        page.locator("#send").click()
        page.locator("#chat-status", has_text="Seed").wait_for()
        assert page.locator("#log .turn.model").count() == 1


def test_history_is_opened_exactly(browser: Any, address: str) -> None:
    with opened(browser, address) as page:
        composed = compose(page, 7)
        page.get_by_role("tab", name="History").click()
        page.locator("#items label").wait_for()
        page.reload()
        page.get_by_role("tab", name="History").click()
        page.locator("#items label", has_text="seed 7").click()
        page.locator("#reopen").click()
        page.locator("#score .picture > svg").wait_for()
        assert page.locator("#abc textarea").input_value() == composed
        assert page.locator("#request textarea").input_value() == "a jig in D, 8 bars"
        page.get_by_role("button", name="Details").click()
        assert page.locator("#seed textarea").input_value() == "7"
