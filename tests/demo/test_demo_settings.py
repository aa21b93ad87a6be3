"""What `chatmusician demo` is started with."""

from __future__ import annotations

import socket
from collections.abc import Callable
from subprocess import CompletedProcess

import pytest

from chatmusician.demo.hosts import Hosts
from chatmusician.demo.settings import Settings
from chatmusician.errors import OutputError, UsageError

Run = Callable[..., "CompletedProcess[str]"]


@pytest.mark.parametrize(
    ("settings", "local", "warned"),
    [
        (Settings(), True, False),
        (Settings("localhost"), True, False),
        (Settings("::1"), True, False),
        (Settings("127.0.0.9"), True, False),
        (Settings("0.0.0.0"), False, True),
        (Settings("::"), False, True),
        (Settings("music.example"), False, True),
        (Settings("0.0.0.0", auth="a:b"), False, False),
        (Settings(share=True), True, True),
        (Settings(share=True, auth="a:b"), True, False),
    ],
)
def test_a_page_that_is_open_to_others_is_warned_of(
    settings: Settings, local: bool, warned: bool
) -> None:
    assert settings.local == local
    assert bool(settings.warnings()) == warned


def test_nothing_is_open_unless_asked() -> None:
    settings = Settings()
    assert (settings.host, settings.port, settings.share) == ("127.0.0.1", 8888, False)


@pytest.mark.parametrize("auth", ["anna", "anna:", ":secret"])
def test_half_a_password_is_none(auth: str) -> None:
    with pytest.raises(UsageError, match="password"):
        Settings(auth=auth)


def test_ports() -> None:
    with pytest.raises(UsageError):
        Settings(port=70_000)


def test_a_port_that_is_taken() -> None:
    pytest.importorskip("gradio")
    from chatmusician.demo.server import _listen

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(OutputError, match="cannot listen"):
            _listen(Settings(port=other.getsockname()[1]))


def test_sharing_in_vain_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("gradio")
    from gradio import networking

    from chatmusician.demo.server import _share

    def fail(*_: object) -> str:
        raise OSError("no network")

    monkeypatch.setattr(networking, "setup_tunnel", fail)
    said: list[str] = []
    _share(Settings(share=True), 1, said.append, Hosts("127.0.0.1", (), local=True))
    assert said == ["error: gradio's share service cannot be reached: no network"]


def test_command_errors(chatmusician: Run) -> None:
    assert "--auth NAME:PASSWORD" in chatmusician("demo", "--auth", "x", code=2).stderr
