"""Names, clients and headers that are believed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.demo.demo_models import TUNE, SayingModel

pytest.importorskip("gradio")
pytest.importorskip("httpx")

from fastapi.testclient import TestClient

from chatmusician.demo.hosts import Hosts, machine_names
from chatmusician.demo.server import create_app
from chatmusician.demo.settings import Settings
from chatmusician.errors import UsageError


def client_of(settings: Settings) -> TestClient:
    model = SayingModel()
    app = create_app(settings, lambda: model, model.name)
    return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("settings", "right", "wrong"),
    [
        (Settings(), ["localhost:8888", "127.0.0.1", "[::1]:8888", "LOCALHOST."], ["192.0.2.1"]),
        (Settings("127.0.0.9"), ["127.0.0.9:8888"], ["127.0.0.8"]),
        (
            Settings("0.0.0.0"),
            ["localhost", "192.0.2.1:8888", "[2001:db8::1]:8888", *machine_names()],
            ["192.0.2.1.evil.example", "localhost.evil.example"],
        ),
        (Settings("::"), ["[2001:db8::1]:8888"], ["evil.example:8888"]),
        (Settings("music.example"), ["music.example:8888"], ["other.example"]),
        (Settings(allow_hosts=("a.example", "B.example")), ["a.example", "b.example:80"], ["c.d"]),
        (Settings(share=True), ["localhost"], ["evil.example", "x.gradio.live"]),
    ],
    ids=lambda value: value.host if isinstance(value, Settings) else None,
)
def test_hosts(settings: Settings, right: list[str], wrong: list[str]) -> None:
    with client_of(settings) as client:
        for host in right:
            answer = client.get("/api/status", headers={"Host": host})
            assert answer.status_code == 200, host
        for host in (*wrong, "evil.example", "", "[", "[]", "evil.example@localhost"):
            answer = client.get("/api/status", headers={"Host": host})
            assert answer.status_code == 421, host


def test_a_name_may_be_added_while_the_page_runs() -> None:
    hosts = Hosts("127.0.0.1", (), local=True)
    assert "abc.gradio.live" not in hosts
    hosts.add("ABC.gradio.live")
    assert "abc.gradio.live:443" in hosts


@pytest.mark.parametrize("name", ["http://a.example", "a.example/x", "a b", "", "a.example:80"])
def test_host_names_that_are_none(name: str) -> None:
    with pytest.raises(UsageError, match="host name"):
        Settings(allow_hosts=(name,))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://music.example", "Host": "127.0.0.1"}, 200),
        ({"Origin": "https://music.example", "Host": "music.example"}, 200),
        ({"Origin": "https://evil.example", "Host": "music.example"}, 403),
        (
            {
                "Origin": "https://evil.example",
                "Host": "127.0.0.1",
                "X-Forwarded-Host": "evil.example",
            },
            403,
        ),
        ({"Origin": "null", "Host": "music.example"}, 403),
        ({"Origin": "http://[", "Host": "music.example"}, 403),
    ],
)
def test_origins_with_a_name_that_was_added(headers: dict[str, str], status: int) -> None:
    with client_of(Settings(allow_hosts=("music.example",))) as client:
        answer = client.post("/api/check", json={"abc": TUNE}, headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize(("trust", "named"), [(False, "testclient"), (True, "192.0.2.1")])
def test_who_a_request_counts_for(trust: bool, named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from chatmusician.demo.workers import Workers

    asked: list[str] = []

    def run(_: Any, *__: Any, client: str, cancel: Any) -> tuple[()]:
        asked.append(client)
        return ()

    monkeypatch.setattr(Workers, "run", run)
    headers = {"X-Forwarded-For": "6.6.6.6, 192.0.2.1"}
    with client_of(Settings(trust_proxy=trust)) as client:
        client.post("/api/check", json={"abc": TUNE}, headers=headers)
    assert asked == [named]


def test_an_unknown_event_is_a_line(client_log: list[str], capfd: Any) -> None:
    with client_of(Settings()) as client:
        body = {"data": [], "fn_index": 99_999, "session_hash": "x"}
        answer = client.post("/gradio_api/queue/join", json=body)
        assert answer.status_code == 422
        assert set(answer.json()) == {"error", "hint"}
        stream = client.get("/gradio_api/queue/data", params={"session_hash": "nobody"})
        assert stream.status_code == 404
    said = capfd.readouterr()
    assert "Traceback" not in said.err + said.out + "".join(client_log)


@pytest.fixture
def client_log(caplog: pytest.LogCaptureFixture) -> list[str]:
    return caplog.messages
