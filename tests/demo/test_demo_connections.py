"""Connections that bring nothing, bring it slowly or are too many: others are served."""

from __future__ import annotations

import http.client
import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest

from tests.demo.demo_models import TUNE, SayingModel

pytest.importorskip("gradio")

from chatmusician.demo import bodies, connections, sessions
from chatmusician.demo.settings import Limits, Settings
from tests.demo.demo_browser import application, served

LIMITS = Limits(connections=12, all_connections=40)
OTHER = "127.0.0.9"


@contextmanager
def page(model: SayingModel, limits: Limits = LIMITS) -> Iterator[int]:
    with served(model, Settings(limits=limits)) as address:
        yield port_of(address)


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


@pytest.fixture(scope="module")
def model() -> SayingModel:
    return SayingModel(pause=0.1, pieces=100)


@pytest.fixture(scope="module")
def port(model: SayingModel) -> Iterator[int]:
    with page(model) as found:
        assert check(found)  # the first starts the processes
        yield found


def connect(port: int, source: str = "127.0.0.1") -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), 30, (source, 0))


def post(port: int, path: str, body: Any, source: str = OTHER) -> tuple[int, bytes]:
    client = http.client.HTTPConnection("127.0.0.1", port, 60, source_address=(source, 0))
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    client.request("POST", path, data, {"Content-Type": "application/json"})
    answer = client.getresponse()
    return answer.status, answer.read()


def check(port: int, source: str = OTHER) -> bool:
    status, answer = post(port, "/api/check", {"abc": TUNE}, source)
    return status == 200 and json.loads(answer)["ok"]


def ends(connection: socket.socket, seconds: float) -> bytes:
    """What comes until the server closes the connection."""
    connection.settimeout(seconds)
    said = b""
    while piece := connection.recv(65536):
        said += piece
    return said


def upload(size: int) -> bytes:
    return (
        "POST /api/transcribe HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Content-Type: application/octet-stream\r\nContent-Length: {size}\r\n\r\n"
    ).encode()


def read(connection: socket.socket) -> bytes:
    """What had been sent when the server gave up.

    A reset does not always reach a client whose window is closed: then nothing more comes.
    """
    got = b""
    connection.settimeout(5)
    with suppress(ConnectionResetError, TimeoutError):
        while piece := connection.recv(65536):
            got += piece
    return got


def test_one_client_has_a_few_connections_only(port: int) -> None:
    with ExitStack() as stack:
        for _ in range(LIMITS.connections):
            stack.enter_context(connect(port)).sendall(b"GET / HT")
        more = stack.enter_context(connect(port))
        assert b" 503 " in ends(more, 10)
        assert check(port)
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            assert check(port, "127.0.0.1")
            return
        except (OSError, AssertionError, http.client.HTTPException):
            time.sleep(0.1)
    raise AssertionError("the connections that were closed still count")


def test_many_clients_cannot_take_them_all(port: int) -> None:
    with ExitStack() as stack:
        for number in range(60):
            stack.enter_context(connect(port, f"127.0.3.{number // 12}")).sendall(b"GET / HT")
        assert check(port)


def test_a_head_has_to_arrive(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setattr(connections, "HEAD", 1.0)
    with connect(port) as silent, connect(port) as slow, connect(port) as second:
        slow.sendall(b"GET /api/status HTTP/1.1\r\n")
        second.sendall(b"GET /robots.txt HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET / HT")
        begun = time.monotonic()
        assert ends(silent, 20) == b""
        assert b" 408 " in ends(slow, 20)
        assert b" 408 " in ends(second, 20)
        assert time.monotonic() - begun < 15


def test_a_connection_that_is_kept_may_rest(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setattr(connections, "HEAD", 0.5)
    client = http.client.HTTPConnection("127.0.0.1", port, 30)
    for _ in range(2):
        client.request("GET", "/api/status")
        assert client.getresponse().read()
        time.sleep(1.5)
    client.close()


def test_a_body_has_to_arrive(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setattr(bodies, "_PAUSE", 1.0)
    with connect(port) as paused:
        paused.sendall(upload(1000) + b"x")
        assert b" 408 " in ends(paused, 20)
    monkeypatch.setattr(bodies, "_PAUSE", 10.0)
    monkeypatch.setattr(bodies, "_GRACE", 0.5)
    with connect(port) as slow:
        slow.sendall(upload(1000))
        slow.settimeout(0.2)
        said, until = b"", time.monotonic() + 20
        while b" 408 " not in said and time.monotonic() < until:
            try:
                slow.sendall(b"x")
                said += slow.recv(10_000)
            except TimeoutError:
                continue
            except OSError:
                break
        assert b"too slowly" in said + ends(slow, 20)


def test_uploads_that_trickle_hold_nothing(port: int) -> None:
    pytest.importorskip("soxr")
    with ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(connect(port)).sendall(upload(100_000) + b"x")
        time.sleep(0.5)
        status, answer = post(port, "/api/transcribe", b"no sound at all")
        assert (status, b"no sound file" in answer) == (400, True)


def test_a_body_that_never_comes_leaves_no_line_in_the_log(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    for path in ("/api/check", "/api/render", "/gradio_api/queue/join"):
        with connect(port) as left:
            left.sendall(upload(1000).replace(b"/api/transcribe", path.encode()) + b"x")
    time.sleep(1)
    assert "Traceback" not in caplog.text
    assert not caplog.messages


def test_an_answer_has_to_be_read(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setattr(connections, "_PERIOD", 0.5)
    long = "X:1\nM:4/4\nL:1/8\nQ:1/4=60\nK:C\n" + "CDEFGABc|" * 40
    body = json.dumps({"abc": long, "format": "wav"}).encode()
    with connect(port) as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.sendall(
            b"POST /api/render HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n" % len(body) + body
        )
        time.sleep(8)
        got = read(deaf)
        (length,) = re.findall(rb"content-length: (\d+)", got[:2000])
        assert len(got) < int(length)


def test_a_client_that_reads_is_not_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long answer, written as it is read, over many periods."""
    monkeypatch.setattr(connections, "_PERIOD", 0.3)
    piece, count = b"x" * 65_536, 60

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(count):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    got = 0
    with application(app, Settings()) as address, connect(port_of(address)) as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        reader.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        while data := reader.recv(65_536):
            got += len(data)
            time.sleep(0.02)
    assert got >= count * len(piece)


# -- gradio's events ------------------------------------------------------------------


def joins(port: int, count: int, source: str) -> list[int]:
    data = [[], "a jig", *[""] * 8, 1]
    return [
        post(
            port,
            "/gradio_api/queue/join",
            {"data": data, "fn_index": 11, "session_hash": f"s{source[-1]}{at}"},
            source,
        )[0]
        for at in range(count)
    ]


def test_events_that_nobody_listens_to_end(
    model: SayingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "OPENS", 1.0)
    with page(model) as port:
        assert check(port)
        cancelled = model.cancelled
        assert {200} <= set(joins(port, 20, "127.0.0.5")) <= {200, 503}
        until = time.monotonic() + 20
        while model.cancelled == cancelled and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(3)
        assert model.cancelled > cancelled
        begun = time.monotonic()
        status, _ = post(port, "/api/compose", {"request": "a jig"})
        assert status == 200
        assert time.monotonic() - begun < 30  # alone it takes ten


def test_a_stream_that_is_left_ends_its_events(model: SayingModel) -> None:
    with page(model) as port:
        assert check(port)
        cancelled = model.cancelled
        assert joins(port, 1, "127.0.0.6") == [200]
        with connect(port, "127.0.0.6") as stream:
            stream.sendall(
                b"GET /gradio_api/queue/data?session_hash=s60 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
            )
            assert b"200 OK" in stream.recv(10_000)
            until = time.monotonic() + 20
            while not model.at_once and time.monotonic() < until:
                time.sleep(0.05)
        until = time.monotonic() + 20
        while model.at_once and time.monotonic() < until:
            time.sleep(0.05)
        assert (model.at_once, model.cancelled) == (0, cancelled + 1)


def test_a_stream_of_another_client_is_not_given(model: SayingModel) -> None:
    with page(model) as port:
        assert joins(port, 1, "127.0.0.7") == [200]
        client = http.client.HTTPConnection("127.0.0.1", port, 20, source_address=(OTHER, 0))
        client.request("GET", "/gradio_api/queue/data?session_hash=s70")
        assert client.getresponse().status == 404
