"""Outside programs: where they are, and running them so that none can harm or hang us.

No shell, a scratch folder with file names made by us, limits of time and memory, and
outputs that must exist and have something in them.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shlex
import shutil
import signal
import subprocess
import sysconfig
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from chatmusician.errors import EngineError, MissingDependency

try:
    import resource
except ImportError:  # not on Windows
    resource = None  # type: ignore[assignment]

MAX_OUTPUT = 512 * 1024 * 1024
_SAID = 4000


@dataclass(frozen=True)
class Program:
    """`commands` are the names it goes by; `adds` what it is good for; `get` how to get it."""

    name: str
    commands: tuple[str, ...]
    adds: str
    get: str


def _debian(package: str) -> str:
    return f"Debian: apt-get install {package}"


PROGRAMS = (
    Program("abc2midi", ("abc2midi",), "MIDI from ABC by another reader", _debian("abcmidi")),
    Program("abcm2ps", ("abcm2ps",), "scores drawn from ABC", _debian("abcm2ps")),
    Program(
        "musescore",
        ("musescore3", "mscore3", "mscore", "musescore", "mscore4portable"),
        "scores drawn by MuseScore",
        _debian("musescore3"),
    ),
    Program("fluidsynth", ("fluidsynth",), "sound from MIDI", _debian("fluidsynth")),
    Program("ffmpeg", ("ffmpeg",), "reading and writing MP3 and other sound", _debian("ffmpeg")),
    Program("c-compiler", ("cc", "gcc", "clang"), "the compiled core", _debian("gcc python3-dev")),
)
_BY_NAME = {program.name: program for program in PROGRAMS}


def find_program(program: Program) -> str | None:
    """Its path: the system's, else the one that comes inside the symusic package."""
    for command in _commands(program):
        path = shutil.which(command)
        if path:
            return path
    return _inside_symusic(program.commands)


def program_path(name: str) -> str:
    """The path of a program of `PROGRAMS`; MissingDependency where it is not installed."""
    program = _BY_NAME[name]
    path = find_program(program)
    if path is None:
        raise MissingDependency(name, how=program.get)
    return path


def _commands(program: Program) -> tuple[str, ...]:
    if program.name != "c-compiler":
        return program.commands
    configured = os.environ.get("CC") or sysconfig.get_config_var("CC") or ""
    return (*shlex.split(configured)[:1], *program.commands)


def _inside_symusic(commands: tuple[str, ...]) -> str | None:
    spec = importlib.util.find_spec("symusic")
    for folder in (spec and spec.submodule_search_locations) or ():
        for command in commands:
            path = shutil.which(command, path=str(Path(folder, "bin")))
            if path:
                return path
    return None


@dataclass(frozen=True)
class Ran:
    """What a program left: its output files by name, and what it said."""

    files: dict[str, bytes]
    stdout: str
    stderr: str


def run_program(
    command: Sequence[str],
    *,
    name: str,
    inputs: Mapping[str, bytes],
    outputs: Sequence[str],
    seconds: float = 60,
    megabytes: int = 4096,
    environment: Mapping[str, str] | None = None,
) -> Ran:
    """Run `command` in a folder of its own that holds `inputs`; return its `outputs`.

    `outputs` are file names or patterns (`page-*.png`), each of which must match a file
    that is not empty. Exit codes above 0 and signals are failures as well.
    """
    with tempfile.TemporaryDirectory(prefix="chatmusician-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        for file, data in inputs.items():
            (folder / file).write_bytes(data)
        # The program's own words go to files: a flood of them fills no pipe and no memory.
        stdout, stderr = folder / ".stdout", folder / ".stderr"
        code = _run(command, name, folder, (stdout, stderr), seconds, megabytes, environment)
        said = (_start_of(stdout), _start_of(stderr))
        if code:
            how = f"was killed ({_signal(-code)})" if code < 0 else f"ended with exit code {code}"
            raise EngineError(name, how, said=said[1] or said[0])
        files: dict[str, bytes] = {}
        for pattern in outputs:
            found = sorted(file for file in folder.glob(pattern) if file.is_file())
            if not any(file.stat().st_size for file in found):
                raise EngineError(name, f"wrote no {pattern}", said=said[1] or said[0])
            files.update((file.name, _read(name, file)) for file in found)
        return Ran(files, *said)


def _run(
    command: Sequence[str],
    name: str,
    folder: Path,
    said: tuple[Path, Path],
    seconds: float,
    megabytes: int,
    environment: Mapping[str, str] | None,
) -> int:
    with said[0].open("wb") as stdout, said[1].open("wb") as stderr:
        try:
            process = subprocess.Popen(
                list(command),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                env={**os.environ, "HOME": str(folder), **(environment or {})},
                start_new_session=True,
            )
        except OSError as error:
            raise EngineError(name, f"cannot be started: {error.strerror or error}") from error
        try:
            limit_memory(process.pid, megabytes)
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise EngineError(name, f"was stopped after {seconds:g} seconds") from None
        finally:
            kill_group(process)


def limit_memory(pid: int, megabytes: int) -> None:
    """Limit the address space of a running process, where the system can."""
    if resource is None or not hasattr(resource, "prlimit"):
        return
    size = megabytes * 1024 * 1024
    with contextlib.suppress(OSError):  # it may have ended already
        resource.prlimit(pid, resource.RLIMIT_AS, (size, size))


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """End a process started in a session of its own, and whatever it started."""
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read(name: str, file: Path) -> bytes:
    if file.stat().st_size > MAX_OUTPUT:
        raise EngineError(name, f"wrote more than {MAX_OUTPUT // 1024**2} MB")
    return file.read_bytes()


def _start_of(file: Path) -> str:
    with file.open("rb") as opened:
        return opened.read(_SAID).decode("utf-8", "replace").strip()


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
