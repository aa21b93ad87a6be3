"""Type for PNG and PDF: the faces inside the verovio package, as files, and their reach.

Its layout is made with their widths, so text fits on any machine, also on one without
fonts. Other scripts need a font of the system that has them.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import ctypes
import ctypes.util
import io
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from chatmusician.abc.pictures.packages import load, package_folder
from chatmusician.errors import ChatMusicianError, MissingDependency
from chatmusician.programs import run_program

TEXT, MUSIC = "Liberation Serif", "Leipzig"
_TEXT_SHEET, _MUSIC_SHEET = "Liberation.css", "Leipzig.css"
# Each costs a run of fc-list.
_MOST_ASKED = 64
_lock = threading.Lock()


@dataclass(frozen=True)
class Fonts:
    """`letters` are in the face for text, `signs` only in that for notes within text.

    `widths` are those of the upright face, 1 being the size of the type.
    """

    files: tuple[str, ...]
    letters: frozenset[str]
    signs: frozenset[str]
    widths: dict[str, float]

    def width(self, text: str) -> float:
        return sum(self.widths.get(c) or (1.0 if ord(c) >= 0x1100 else 0.6) for c in text)


def score_fonts() -> Fonts:
    """The faces for text and for notes within text, unpacked once in this process.

    None where the packages they come from or are unpacked with are not installed.
    """
    with _lock:
        try:
            return _unpacked()
        except MissingDependency:
            return NO_FONTS


NO_FONTS = Fonts((), frozenset(), frozenset(), {})


@lru_cache(maxsize=1)
def _unpacked() -> Fonts:
    tt_lib = load("fontTools.ttLib")
    load("brotli")
    folder = Path(tempfile.mkdtemp(prefix="chatmusician-fonts-"))
    atexit.register(_remove, folder, os.getpid())
    files: list[str] = []
    reach: dict[str, set[str]] = {}
    widths: dict[str, float] = {}
    for sheet in (_TEXT_SHEET, _MUSIC_SHEET):
        css = Path(package_folder("verovio"), "data", sheet).read_text("utf-8")
        for packed in re.findall(r"base64,([A-Za-z0-9+/=]+)", css):
            font = tt_lib.TTFont(io.BytesIO(base64.b64decode(packed)))
            font.flavor = None
            names = font.getBestCmap()
            reach.setdefault(sheet, set()).update(map(chr, names))
            if not files:
                em = font["head"].unitsPerEm
                widths = {chr(c): font["hmtx"][name][0] / em for c, name in names.items()}
            files.append(str(folder / f"{len(files)}.ttf"))
            font.save(files[-1])
    _tell_fontconfig(files)
    letters, signs = (frozenset(reach[sheet]) for sheet in (_TEXT_SHEET, _MUSIC_SHEET))
    return Fonts(tuple(files), letters, signs - letters, widths)


def _remove(folder: Path, owner: int) -> None:
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def _tell_fontconfig(files: Iterable[str]) -> None:
    """Let this process's cairo find the faces; without it cairo takes another font."""
    with contextlib.suppress(OSError, AttributeError):
        library = ctypes.CDLL(ctypes.util.find_library("fontconfig") or "libfontconfig.so.1")
        for file in files:
            library.FcConfigAppFontAddFile(None, os.fsencode(file))


def families_for(characters: Iterable[str]) -> tuple[dict[str, str], str]:
    """A system font family for each character, and the characters that none is known for."""
    wanted = sorted(set(characters))
    together = _family("".join(wanted))
    if together or len(wanted) < 2:
        found = dict.fromkeys(wanted, together) if together else {}
    else:
        found = {c: family for c in wanted[:_MOST_ASKED] if (family := _family(c))}
    return found, "".join(c for c in wanted if c not in found)


@lru_cache(maxsize=4096)
def _family(characters: str) -> str:
    """A family with all of these characters, a serif one if there is one; "" for none."""
    program = shutil.which("fc-list")
    if program is None or not characters:
        return ""
    query = ":charset=" + " ".join(f"{ord(c):x}" for c in characters)
    try:
        command = [program, query, "family"]
        said = run_program(command, name="fc-list", inputs={}, outputs=(), seconds=10).stdout
    except ChatMusicianError:
        return ""
    families = sorted(line.split(",")[0].strip() for line in said.splitlines() if line.strip())
    serif = [name for name in families if "serif" in name.lower() and "sans" not in name.lower()]
    return (serif or families or [""])[0].replace("\\", "")
