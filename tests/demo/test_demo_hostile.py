"""What nobody means well: bombs, floods, script, paths. The page lives, and the disk is clean."""

from __future__ import annotations

import http.client
import io
import json
import socket
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.demo.demo_models import HOSTILE, TUNE, SayingModel

pytest.importorskip("gradio")
pytest.importorskip("httpx")

from chatmusician.demo.workers import load_workers
from tests.demo.demo_browser import served

_MANY = 200 * 1024 * 1024


@pytest.fixture(scope="module")
def model() -> SayingModel:
    return SayingModel(pause=0.05, pieces=100)


@pytest.fixture(scope="module")
def port(model: SayingModel) -> Iterator[int]:
    with served(model) as address:
        yield int(address.rpartition(":")[2])


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    load_workers()  # which have a folder for as long as this process lives
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def post(port: int, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    kind = "application/json" if body.startswith(b"{") else "application/octet-stream"
    connection.request("POST", path, body, {"Content-Type": kind})
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def lives(port: int) -> bool:
    status, answer = post(port, "/api/check", json.dumps({"abc": TUNE}).encode())
    return status == 200 and bool(answer["ok"])


def mxl(**members: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    return made.getvalue()


CONTAINER = (
    b'<?xml version="1.0"?><container><rootfiles><rootfile full-path="%s"/></rootfiles></container>'
)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (
            mxl(**{"META-INF__container.xml": CONTAINER % b"a.xml", "a.xml": b" " * 100_000_000}),
            "packed beyond",
        ),
        (mxl(**{"META-INF__container.xml": CONTAINER % b"../../../etc/passwd"}), "passwd"),
        (
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">'
            b"]><score-partwise>&x;</score-partwise>",
            "",
        ),
        (
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
            + b"".join(
                b'<!ENTITY %c "%s">' % (letter + 1, b"&%c;" % letter * 10)
                for letter in range(ord("a"), ord("k"))
            )
            + b"]><score-partwise>&k;</score-partwise>",
            "",
        ),
    ],
    ids=["zip bomb", "path in a zip", "entity of a file", "entity bomb"],
)
def test_files_that_explode(port: int, scratch: Path, file: bytes, said: str) -> None:
    begun = time.monotonic()
    status, answer = post(port, "/api/open", file)
    assert status in (400, 413)
    assert said in answer["error"]
    assert "root:" not in json.dumps(answer)
    assert time.monotonic() - begun < 20
    assert lives(port)
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("path", ["/api/open", "/api/transcribe", "/api/check", "/queue/join"])
def test_two_hundred_megabytes_are_refused_before_they_come(port: int, path: str) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {_MANY}\r\n\r\n"
        connection.sendall(head.encode() + b"x" * 1000)
        answer = connection.recv(10_000).decode()
    assert answer.startswith("HTTP/1.1 413" if path.startswith("/api") else "HTTP/1.1 404")
    assert lives(port)


def test_two_hundred_megabytes_of_unsaid_length(port: int, scratch: Path) -> None:
    """They are taken as far as the limit, and no further."""
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(
            b"POST /api/transcribe HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        piece = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
        try:
            while sent < _MANY:
                connection.sendall(piece)
                sent += 0x100000
            answer = connection.recv(10_000)
        except OSError:
            answer = b""
    assert sent < _MANY or b" 413 " in answer
    assert lives(port)
    assert not list(scratch.iterdir())


def test_names_in_an_upload_are_no_paths(port: int, scratch: Path) -> None:
    boundary = b'--b\r\nContent-Disposition: form-data; name=f; filename="../../../x.abc"\r\n\r\n'
    for path in ("/gradio_api/upload", "/upload", "/api/open", "/api/transcribe"):
        status, _ = post(port, path, boundary + TUNE.encode() + b"\r\n--b--\r\n")
        # As text it holds a tune; what is said around it is nothing.
        assert status == (200 if path == "/api/open" else 400 if "api/" in path[:5] else 404)
    status, _ = post(port, "/api/transcribe?title=../../../x", b"nothing")
    assert status == 400
    assert not list(scratch.iterdir())
    assert lives(port)


def test_script_in_titles_and_words_is_text_in_every_file(port: int) -> None:
    pytest.importorskip("verovio")
    for path, body in (
        ("/api/score", {}),
        ("/api/describe", {}),
        ("/api/transpose", {"semitones": 2}),
    ):
        status, answer = post(port, path, json.dumps({"abc": HOSTILE, **body}).encode())
        assert status == 200
        assert "<script" not in answer.get("svg", "")


def test_whoever_hangs_up_frees_the_model(port: int, model: SayingModel) -> None:
    cancelled = model.cancelled
    body = json.dumps({"request": "a jig"}).encode()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        head = f"POST /api/compose HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
        connection.sendall((head + "Content-Type: application/json\r\n\r\n").encode() + body)
        while not model.at_once:
            time.sleep(0.01)
    until = time.monotonic() + 15
    while model.at_once and time.monotonic() < until:
        time.sleep(0.05)
    assert (model.at_once, model.cancelled) == (0, cancelled + 1)
    assert lives(port)
