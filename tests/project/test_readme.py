"""The README: its commands are commands, its links lead somewhere, its beginning is short."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from chatmusician.cli.commands import BY_NAME
from chatmusician.cli.parser import build_parser

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^    chatmusician (.*)$", README, re.M)
# Two screens: what it is, the two commands, the pictures, an example for each kind of user.
BEGINNING = README.partition("\n## Use\n")[0]


@pytest.mark.parametrize("line", COMMANDS)
def test_commands_are_understood(line: str) -> None:
    given = shlex.split(line, comments=True)
    assert build_parser(BY_NAME).parse_args(given).command == given[0]


def test_it_begins_with_what_a_newcomer_needs() -> None:
    lines = BEGINNING.splitlines()
    assert len(lines) < 60
    assert sum(len(line) for line in lines) < 4000
    assert {"    make compose", "    make test"} <= set(lines)
    shown = [line.split()[1] for line in lines if line.startswith("    chatmusician ")]
    assert {"compose", "demo", "eval"} <= set(shown)
    assert len(re.findall(r"^!\[.+\]\(.+\.png\)$", BEGINNING, re.M)) == 2


def test_the_ordered_packages_are_named() -> None:
    ordered = "torch transformers peft deepspeed music21 pretty_midi basic-pitch datasets gradio"
    assert all(re.search(rf"\b{name}\b", README) for name in ordered.split())


def test_links_lead_somewhere(root: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)", README)
    assert links
    missing = [link for link in links if "://" not in link and not (root / link).exists()]
    assert not missing
