from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

import pytest

from chatmusician.cli.commands import COMMANDS

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_is_valid_and_complete(chatmusician: Run, shell: str) -> None:
    script = chatmusician("completion", shell, code=0).stdout
    for command in COMMANDS:
        assert command.name in script
    for option in ("sarif", "severity", "debug", "version"):
        assert option in script
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    done = subprocess.run(
        [program, "-n"], input=script, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


def complete(script: str, *words: str) -> list[str]:
    line = " ".join(f"'{word}'" for word in words)
    program = (
        f"{script}\nCOMP_WORDS=(chatmusician {line}); COMP_CWORD={len(words)}\n"
        '_chatmusician; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_completes(chatmusician: Run) -> None:
    script = chatmusician("completion", "bash", code=0).stdout
    assert complete(script, "che") == ["check"]
    assert set(complete(script, "")) >= {command.name for command in COMMANDS}
    assert complete(script, "check", "--sa") == ["--sarif"]
    assert complete(script, "check", "--severity", "w") == ["warning"]
    assert complete(script, "completion", "f") == ["fish"]
    assert complete(script, "--debug", "check", "--fi") == ["--fix"]
    assert complete(script, "check", "") == []
