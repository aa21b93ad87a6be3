"""Sections of docs pages that benchmarks write, replaced when they are measured again."""

from __future__ import annotations

import os
import platform
import re
from datetime import date
from pathlib import Path

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
HEAD = "# Benchmarks\n\nEach section says how it was measured; every one can be run again.\n"


def write_section(title: str, command: str, text: str, page_file: Path = PAGE) -> None:
    """Put the section of this title into the page, in place of the one that is there."""
    section = f"## {title}\n\n`{command}`, {date.today()}.\n\n{text.strip()}\n"
    page = page_file.read_text(encoding="utf-8") if page_file.is_file() else HEAD
    found = re.search(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", page, re.DOTALL | re.MULTILINE)
    if found:
        page = f"{page[: found.start()]}{section}\n{page[found.end() :]}"
    else:
        page = f"{page.rstrip()}\n\n{section}"
    page_file.write_text(page.rstrip() + "\n", encoding="utf-8")


def machine() -> str:
    """What the figures were measured on, in a line."""
    return f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores."


def memory_folder() -> str | None:
    """A folder in memory where there is one, so that no disk is timed."""
    folder = "/dev/shm"
    return folder if os.access(folder, os.W_OK) else None
