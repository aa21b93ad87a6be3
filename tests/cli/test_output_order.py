"""Results and remarks in one file stand in the order in which they were said."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_findings_stand_above_their_count(tmp_path: Path) -> None:
    (tmp_path / "a.abc").write_text("X:1\nT:a\nM:3/4\nL:1/8\nK:C\nCDEFGA|CDEF|CDEFGA|]\n")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        [sys.executable, "-m", "chatmusician", "check", "a.abc"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert lines[0].startswith("a.abc:6:")
    assert lines[-1].startswith("1 error")
