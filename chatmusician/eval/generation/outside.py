"""What abc2midi says of a tune: an outside reader's errors and its warnings on bars."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from chatmusician.programs import program_path

# Fermatas are not held and chord symbols not played: it counts a note that is held as longer than
# it is written, and what a chord symbol plays as notes beyond the end.
_AS_WRITTEN = ("-NFER", "-NGUI")
# Beyond this a tune that makes the program hang or flood counts as refused.
SECONDS = 20.0
_MOST_SAID = 1_000_000
_BAR = re.compile(r"^Warning in .*\bBar \d+ has ", re.M)
_ERROR = re.compile(r"^Error\b.*", re.M)
# Where it stands, and what the program quotes of the tune, are no part of a message's kind.
_PLACE = re.compile(r"^Error(?: in line-char [\d-]+)?\s*:?\s*|[\"'].*?[\"']|\d+")
_VERSION = re.compile(r"\d+\.\d+")


@dataclass(frozen=True)
class Said:
    """``reads``: no word of an error, and a MIDI file was written. ``errors`` are the kinds."""

    reads: bool
    bar_warnings: int
    errors: tuple[str, ...]


class Abc2midi:
    """The program, run on one tune at a time. The symusic package's is preferred, because
    its version is the same everywhere."""

    def __init__(self, path: str | None = None) -> None:
        self.path = path or _in_symusic() or program_path("abc2midi")
        self.version = self._version()

    def listen(self, text: str) -> Said:
        with TemporaryDirectory(prefix="chatmusician-", ignore_cleanup_errors=True) as made:
            folder = Path(made)
            (folder / "tune.abc").write_bytes(text.encode("utf-8", "replace"))
            try:
                ran = subprocess.run(
                    [self.path, "tune.abc", "-o", "tune.mid", *_AS_WRITTEN],
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    timeout=SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                return Said(False, 0, (f"no answer in {SECONDS:g} s",))
            said = ran.stdout[:_MOST_SAID].decode("latin-1")
            midi = folder / "tune.mid"
            written = ran.returncode >= 0 and midi.is_file() and midi.stat().st_size > 0
        errors = sorted({_PLACE.sub("", line).strip() for line in _ERROR.findall(said)})
        return Said(written and not errors, len(_BAR.findall(said)), tuple(errors))

    def _version(self) -> str:
        ran = subprocess.run([self.path, "-ver"], capture_output=True, timeout=SECONDS, check=False)
        found = _VERSION.search((ran.stdout + ran.stderr).decode("latin-1"))
        return found[0] if found else "unknown"


def _in_symusic() -> str | None:
    spec = importlib.util.find_spec("symusic")
    for folder in (spec and spec.submodule_search_locations) or ():
        path = shutil.which("abc2midi", path=str(Path(folder, "bin")))
        if path:
            return path
    return None
