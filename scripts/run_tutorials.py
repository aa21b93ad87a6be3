"""Runs the commands that tutorials show, in an empty folder, and compares what they print."""

from __future__ import annotations

import argparse
import doctest
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TUTORIALS = ROOT / "docs" / "tutorials"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
_END = "-- end of what was printed --"
_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass(frozen=True)
class Shown:
    """A command of a page and what the page says it prints; `...` stands for anything."""

    command: str
    printed: str
    line: int


def shown_in(text: str) -> list[Shown]:
    """Commands begin with `$ `, their further lines with `> `."""
    found = []
    for block in _BLOCK.finditer(text):
        line = text.count("\n", 0, block.start(1)) + 1
        for part in re.split(r"^(?=\$ )", block[1], flags=re.M):
            if not part:
                continue
            head, *rest = part.splitlines(keepends=True)
            more = [one for one in rest if one.startswith("> ")]
            command = "".join([head, *more]).replace("\n> ", "\n")[2:].rstrip("\n")
            found.append(Shown(command, "".join(rest[len(more) :]), line))
            line += part.count("\n")
    return found


def run(commands: list[str], folder: str) -> list[tuple[str, int]]:
    """What each command printed, errors included, and its exit code; all in one shell."""
    ours = f'chatmusician() {{ "{sys.executable}" -m chatmusician "$@"; }}\n'
    ours += f'python() {{ "{sys.executable}" "$@"; }}\n'
    marked = [f"{command}\nprintf '\\n%s %s\\n' '{_END}' $?\n" for command in commands]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}
    done = subprocess.run(
        ["bash", "-c", ours + "".join(marked)],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    pieces = re.split(rf"\n{_END} (\d+)\n", done.stdout)
    return [(text, int(code)) for text, code in zip(pieces[::2], pieces[1::2], strict=False)]


def agrees(expected: str, printed: str) -> bool:
    checker = doctest.OutputChecker()
    return checker.check_output(expected.strip() + "\n", printed.strip() + "\n", _FLAGS)


def differences(text: str, folder: str) -> list[str]:
    """Where a page says something else than its commands."""
    shown = shown_in(text)
    ran = run([one.command for one in shown], folder)
    found = []
    for one, (printed, code) in zip(shown, ran, strict=True):
        if not agrees(one.printed, printed):
            wanted = one.printed or "(nothing)\n"
            found.append(f"line {one.line}: {one.command}\nwanted:\n{wanted}printed:\n{printed}")
        elif code and not one.printed.strip():
            found.append(f"line {one.line}: {one.command}\nended with exit code {code}")
    return found


def rewritten(text: str, folder: str) -> str:
    """The page with what its commands print now, where that is not what it says."""
    shown = shown_in(text)
    ran = run([one.command for one in shown], folder)
    for one, (printed, _) in zip(shown, ran, strict=True):
        if not agrees(one.printed, printed):
            head = "$ " + one.command.replace("\n", "\n> ") + "\n"
            clean = "".join(f"{line.rstrip()}\n" for line in printed.strip("\n").splitlines())
            text = text.replace(head + one.printed, head + clean, 1)
    return text


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", type=Path, default=sorted(TUTORIALS.glob("*.md")))
    parser.add_argument("--write", action="store_true", help="mend what the pages say")
    args = parser.parse_args()
    wrong = 0
    for page in args.pages:
        text = page.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            if args.write:
                page.write_text(rewritten(text, folder), encoding="utf-8")
                continue
            found = differences(text, folder)
        wrong += len(found)
        print("\n".join([f"{page}: {len(shown_in(text))} commands, {len(found)} differ", *found]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
