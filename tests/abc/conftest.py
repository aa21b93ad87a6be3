"""The outside reader, where there is one."""

from __future__ import annotations

import importlib.util
import shutil
import struct
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

# Takes the text of a tune and gives what its MIDI file plays.
Outside = Callable[[str], "list[tuple[Fraction, Fraction, int]]"]

_OPTIONS = ("-NGUI", "-NGRA", "-NFER", "-NCOM", "-NFNP", "-silent")


def _program() -> str | None:
    on_path = shutil.which("abc2midi")
    if on_path:
        return on_path
    spec = importlib.util.find_spec("symusic")
    if spec is None or spec.origin is None:
        return None
    bundled = Path(spec.origin).parent / "bin" / "abc2midi"
    return str(bundled) if bundled.is_file() else None


@pytest.fixture(scope="session")
def abc2midi(tmp_path_factory: pytest.TempPathFactory) -> Outside:
    program = _program()
    if program is None:
        pytest.skip("abc2midi is neither on the path nor in the symusic wheel")
    folder = tmp_path_factory.mktemp("abc2midi")

    def read(text: str) -> list[tuple[Fraction, Fraction, int]]:
        source, target = folder / "tune.abc", folder / "tune.mid"
        source.write_bytes(text.encode())
        target.unlink(missing_ok=True)
        subprocess.run(
            [program, str(source), "-o", str(target), *_OPTIONS],
            capture_output=True,
            timeout=30,
            check=False,
        )
        return midi_notes(target.read_bytes()) if target.is_file() else []

    return read


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    value = 0
    while data[at] & 0x80:
        value = value << 7 | data[at] & 0x7F
        at += 1
    return value << 7 | data[at], at + 1


def midi_notes(data: bytes) -> list[tuple[Fraction, Fraction, int]]:
    """Onset, length (in quarters) and pitch of every note in a MIDI file."""
    division = struct.unpack(">H", data[12:14])[0]
    found: list[tuple[Fraction, Fraction, int]] = []
    at = 14
    while at < len(data):
        size = struct.unpack(">I", data[at + 4 : at + 8])[0]
        for start, end, pitch in _track(data[at + 8 : at + 8 + size]):
            found.append((Fraction(start, division), Fraction(end - start, division), pitch))
        at += 8 + size
    return sorted(found)


def _track(data: bytes) -> list[tuple[int, int, int]]:
    found: list[tuple[int, int, int]] = []
    sounding: dict[tuple[int, int], list[int]] = {}
    at = now = status = 0
    while at < len(data):
        step, at = _number(data, at)
        now += step
        if data[at] & 0x80:
            status, at = data[at], at + 1
        if status >= 0xF0:
            size, at = _number(data, at + (status == 0xFF))
            at += size
            continue
        kind, channel, pitch = status >> 4, status & 15, data[at]
        on = kind == 9 and data[at + 1] > 0
        at += 1 if kind in (12, 13) else 2
        starts = sounding.setdefault((channel, pitch), [])
        if on:
            starts.append(now)
        elif kind in (8, 9) and starts:
            found.append((starts.pop(0), now, pitch))
    return found
