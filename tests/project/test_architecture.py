"""docs/architecture.md: the modules it names exist, the ways it shows begin with commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from xml.etree import ElementTree

import pytest

from chatmusician.cli.commands import BY_NAME
from chatmusician.cli.parser import build_parser

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
MODULES = sorted(set(re.findall(r"`((?:\w+/)*\w+\.py)`", PAGE)))
WAYS = re.findall(r"^### .*: `chatmusician (.*)`$", PAGE, re.M)


@pytest.mark.parametrize("module", MODULES)
def test_modules_exist(module: str) -> None:
    places = (ROOT / "chatmusician" / module, ROOT / module)
    assert any(place.is_file() for place in places) or module == "run.py"


def test_there_are_eight_ways() -> None:
    assert len(WAYS) == 8
    assert len(MODULES) > 50


@pytest.mark.parametrize("way", WAYS)
def test_ways_are_commands(way: str) -> None:
    command = shlex.split(way)
    assert build_parser(BY_NAME).parse_args(command).command == command[0]


def test_the_picture_shows_every_package() -> None:
    picture = ElementTree.parse(ROOT / "docs" / "img" / "architecture.svg")
    shown = {text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")}
    packages = {path.parent.name for path in (ROOT / "chatmusician").glob("*/__init__.py")}
    on_the_ground = {"music", "system"}
    assert packages - on_the_ground - {"resources"} <= shown
