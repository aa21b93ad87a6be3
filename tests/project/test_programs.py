"""Running outside programs: whatever they do, one clear error and nothing left behind."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import pytest

from chatmusician.errors import EngineError, MissingDependency
from chatmusician.programs import Ran, program_path, run_program


def run(code: str, *, outputs: tuple[str, ...] = ("out",), **limits: float) -> Ran:
    return run_program(
        [sys.executable, "-c", code],
        name="the program",
        inputs={"in": b"given"},
        outputs=outputs,
        seconds=limits.get("seconds", 20),
        megabytes=int(limits.get("megabytes", 4096)),
    )


def test_inputs_go_in_and_outputs_come_back() -> None:
    ran = run("open('out','w').write(open('in').read().upper()); print('said')")
    assert ran.files == {"out": b"GIVEN"}
    assert ran.stdout == "said"


def test_a_pattern_takes_every_file() -> None:
    ran = run("[open(f'p-{i}.svg','w').write(str(i)) for i in (1,2)]", outputs=("p-*.svg",))
    assert ran.files == {"p-1.svg": b"1", "p-2.svg": b"2"}


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("pass", "wrote no out"),
        ("open('out','w')", "wrote no out"),
        ("import sys; sys.exit('no such note')", "ended with exit code 1: no such note"),
        ("import os; os.kill(os.getpid(), 9)", "was killed (SIGKILL)"),
        ("import os; os.abort()", "was killed (SIGABRT)"),
    ],
)
def test_failures_are_told(code: str, expected: str) -> None:
    with pytest.raises(EngineError) as caught:
        run(code)
    assert caught.value.message == f"the program {expected}"
    assert caught.value.exit_code == 1


def test_a_hanging_program_is_stopped_with_its_children(tmp_path: Path) -> None:
    sign = tmp_path / "alive"
    child = f"import time; time.sleep(3); open({str(sign)!r}, 'w')"
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    started = time.monotonic()
    with pytest.raises(EngineError, match="was stopped after 1 seconds"):
        run(code, seconds=1)
    assert time.monotonic() - started < 3
    time.sleep(3)
    assert not sign.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux")
def test_memory_is_limited() -> None:
    code = "import time; time.sleep(0.3); x = bytearray(3_000_000_000)"
    with pytest.raises(EngineError, match="exit code 1: MemoryError"):
        run(code, megabytes=1000)


def test_a_flood_of_words_does_no_harm() -> None:
    ran = run("open('out','w').write('x')\nfor i in range(200_000): print('words ' * 20)")
    assert len(ran.stdout) <= 4000


def test_a_program_that_cannot_be_started() -> None:
    with pytest.raises(EngineError, match="nothing cannot be started"):
        run_program(["/no/such/program"], name="nothing", inputs={}, outputs=[])


def test_nothing_is_left_in_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    run("open('out','w').write('x'); open('more','w').write('y')")
    with pytest.raises(EngineError):
        run("open('more','w').write('y')")
    assert not list(tmp_path.iterdir())


def test_a_missing_program_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingDependency, match="abcm2ps is not installed") as caught:
        program_path("abcm2ps")
    assert caught.value.exit_code == 3
    assert "apt-get install abcm2ps" in caught.value.how
