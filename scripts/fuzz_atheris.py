"""Fuzz the ABC core guided by coverage, with atheris, on a copy without compiled modules.

    python scripts/fuzz_atheris.py -atheris_runs=200000
    python scripts/fuzz_atheris.py -max_total_time=600 -max_len=4096

atheris is not among requirements-dev.txt: it has wheels for Linux and Python 3.11 to 3.13
only. Get it with: .venv/bin/python -m pip install atheris. Options are those of libFuzzer;
a failing input is written to the working folder as crash-….
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def uncompiled_copy() -> Path:
    """The package and its fuzzing properties as plain Python, in a temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="chatmusician-fuzz-"))
    plain = shutil.ignore_patterns("*.so", "__pycache__", "resources")
    shutil.copytree(ROOT / "chatmusician", folder / "chatmusician", ignore=plain)
    shutil.copytree(ROOT / "tests", folder / "tests", ignore=plain)
    return folder


def seeds(folder: Path) -> Path:
    """The small cases as files: what atheris starts from."""
    corpus = folder / "corpus"
    corpus.mkdir()
    for case in import_module("tests.abc.test_conformance").CASES:
        (corpus / case.id).write_bytes(case.text.encode())
    return corpus


def main(arguments: list[str]) -> int:
    try:
        atheris: Any = import_module("atheris")
    except ImportError:
        print("atheris is missing; get it: python -m pip install atheris", file=sys.stderr)
        return 3
    folder = uncompiled_copy()
    sys.path.insert(0, str(folder))
    with atheris.instrument_imports(include=["chatmusician"]):
        hold = import_module("tests.fuzz.properties").hold
    corpus = seeds(folder)

    def one_input(data: bytes) -> None:
        hold(data)

    atheris.Setup([sys.argv[0], *arguments, str(corpus)], one_input)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
