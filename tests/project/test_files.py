from __future__ import annotations

import io
import os
import stat
import sys
from pathlib import Path

import pytest

from chatmusician.errors import InputError, LimitError, OutputError
from chatmusician.files import read_bytes, read_text_bytes, write_atomic

posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX files")


def test_reads_bytes_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\0\xff\r\n")
    assert read_bytes(str(tmp_path / "a")) == b"\0\xff\r\n"


def test_reads_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"X:1\n")))
    assert read_bytes("-") == b"X:1\n"


def test_empty_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    with pytest.raises(InputError, match="<stdin>: the file is empty"):
        read_bytes("-")


def test_too_large(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert read_bytes(str(tmp_path / "a"), limit=5) == b"12345"
    with pytest.raises(LimitError):
        read_bytes(str(tmp_path / "a"), limit=4)


@posix
def test_endless_file_is_stopped() -> None:
    with pytest.raises(LimitError):
        read_bytes("/dev/zero", limit=1_000_000)


def test_nul_in_a_name() -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_bytes("a\0b")


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-be", "utf-32"])
def test_wide_text_is_refused(tmp_path: Path, codec: str) -> None:
    (tmp_path / "a").write_bytes("X:1".encode(codec))
    with pytest.raises(InputError):
        read_text_bytes(str(tmp_path / "a"))


def test_writes_whole_and_leaves_nothing_beside(tmp_path: Path) -> None:
    target = tmp_path / "a"
    for data in (b"first", b"second, longer", b""):
        write_atomic(str(target), data)
        assert target.read_bytes() == data
    assert list(tmp_path.iterdir()) == [target]


def test_failure_keeps_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a"
    target.write_bytes(b"old")

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fdopen", no_space)
    with pytest.raises(OutputError, match="No space left"):
        write_atomic(str(target), b"new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]


@posix
def test_keeps_mode_and_link(tmp_path: Path) -> None:
    target, link = tmp_path / "a", tmp_path / "link"
    target.write_bytes(b"old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_atomic(str(link), b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


@posix
def test_new_file_follows_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomic(str(tmp_path / "a"), b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


@posix
def test_writes_to_a_device() -> None:
    write_atomic("/dev/null", b"gone")


def test_long_name(tmp_path: Path) -> None:
    target = tmp_path / ("n" * 250)
    write_atomic(str(target), b"x")
    assert target.read_bytes() == b"x"


def test_folder_and_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        write_atomic(str(tmp_path), b"x")
    with pytest.raises(OutputError, match="no such folder"):
        write_atomic(str(tmp_path / "no" / "a"), b"x")
