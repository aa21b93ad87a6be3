"""Chromium for the tests that need one, with a microphone that plays a tune, and that tune."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# 6/8 and 4 bars twice over: enough to be heard as it is.
KESH = (
    "X:1\nT:The Kesh\nR:jig\nM:6/8\nL:1/8\nQ:3/8=110\nK:G\n"
    "|:GAG GAB|ABA ABd|edd gdd|edB dBA|GAG GAB|ABA ABd|edd gdB|AGF G3:|\n"
)
_FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--autoplay-policy=no-user-gesture-required",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
]


@pytest.fixture(scope="session")
def tune_wav(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tune, played by the program itself."""
    for package in ("tinysoundfont", "pretty_midi", "soundfile"):
        pytest.importorskip(package)
    from chatmusician.demo.scores import file
    from chatmusician.demo.settings import Limits

    made = tmp_path_factory.mktemp("sound") / "The_Kesh.wav"
    made.write_bytes(file(KESH, "wav", Limits()))
    return made


@pytest.fixture(scope="session")
def browser(tune_wav: Path) -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
    flags = [*_FLAGS, f"--use-file-for-fake-audio-capture={tune_wav}"]
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    with sync_api.sync_playwright() as playwright:
        try:
            made = playwright.chromium.launch(executable_path=found, args=flags)
        except sync_api.Error as error:
            pytest.skip(f"no Chromium (Debian: apt-get install chromium): {str(error)[:200]}")
        yield made
        made.close()
