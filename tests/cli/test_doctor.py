from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from chatmusician.cli.doctor import Findings, _engines
from chatmusician.cli.inventory import (
    PACKAGES,
    PROGRAMS,
    Package,
    Program,
    compiled_modules,
    find_program,
    package_version,
)

Run = Callable[..., "subprocess.CompletedProcess[str]"]
NOWHERE = Program("nothing", ("no-such-program-at-all",), "nothing", "nowhere")


def test_json(chatmusician: Run) -> None:
    findings = json.loads(chatmusician("doctor", "--json", code=0).stdout)
    bundled = Path(findings["models"]["bundled"]["path"])
    assert json.loads((bundled / "config.json").read_text())["model_type"] == "llama"
    assert set(findings["programs"]) == {p.name for p in PROGRAMS}
    assert set(findings["packages"]) == {p.name for p in PACKAGES}
    assert findings["compiled"] == {
        "active": bool(compiled_modules()),
        "modules": compiled_modules(),
    }
    for row in [*findings["programs"].values(), *findings["packages"].values()]:
        assert row["adds"]
        assert row["get"]


def test_text_says_how_to_get_what_is_missing(chatmusician: Run) -> None:
    out = chatmusician("doctor", code=0).stdout
    for package in PACKAGES:
        line = next(line for line in out.splitlines() if line.startswith(f"  {package.name} "))
        assert (package_version(package) or package.get) in line
    if package_version(Package("basic-pitch", "", "")) is None:
        assert "pip install --no-deps basic-pitch==0.4.0 tinysoundfont==0.3.7" in out


def test_engines_are_those_that_can_work(chatmusician: Run) -> None:
    findings = json.loads(chatmusician("doctor", "--json", code=0).stdout)
    assert findings["engines"]["midi"][-1] == "builtin"
    if findings["programs"]["abcm2ps"]["path"] is None:
        assert "abcm2ps" not in findings["engines"]["scores"]
    found = ", ".join(findings["engines"]["scores"])
    assert f"scores by      {found}" in chatmusician("doctor", code=0).stdout


def test_an_engine_needs_all_its_parts() -> None:
    here: dict[str, dict[str, str | None]] = {"abcm2ps": {"path": "/bin/abcm2ps"}}
    packages: dict[str, dict[str, str | None]] = {
        name: {"version": "1"} for name in ("numpy", "pretty_midi")
    }
    engines = _engines(Findings([], here, packages))
    assert engines == {"scores": ["abcm2ps"], "midi": ["builtin"], "sound": []}


def test_missing_things_are_none() -> None:
    assert find_program(NOWHERE) is None
    assert package_version(Package("no-such-package-at-all", "", "")) is None


@pytest.mark.skipif(sys.platform == "win32", reason="executable bits")
def test_program_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "no-such-program-at-all"
    program.write_text("#!/bin/sh\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_program(NOWHERE) is None
    program.chmod(0o755)
    assert find_program(NOWHERE) == str(program)


def test_abc2midi_inside_symusic(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("symusic")
    monkeypatch.setenv("PATH", str(tmp_path))
    found = find_program(next(p for p in PROGRAMS if p.name == "abc2midi"))
    assert found is not None
    assert os.path.join("symusic", "bin") in found
