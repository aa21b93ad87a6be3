"""What the server opens while it is given hostile objects, seen from outside by strace."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("gradio")
pytest.importorskip("torch")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("strace") is None, reason="no strace"),
]


@pytest.fixture
def traced(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    log = tmp_path / "strace.log"
    command = ["strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=open,openat,connect", "-o"]
    server = subprocess.Popen(
        [*command, str(log), sys.executable, "-m", "chatmusician", "demo", "--port", "0"],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert server.stderr is not None
    port = 0
    said: list[str] = []
    for line in server.stderr:
        said.append(line)
        if found := re.search(r"http://[^/]*:(\d+)/", line):
            port = int(found[1])
            break
    if not port:
        pytest.skip(f"strace cannot run here: {said}")
    reading = threading.Thread(target=lambda: said.extend(server.stderr or ()), daemon=True)
    reading.start()
    yield port, log
    # strace keeps such signals from itself.
    for child in Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split():
        os.kill(int(child), signal.SIGTERM)
    server.wait(60)
    reading.join(10)
    assert "Traceback" not in "".join(said)


def ask(port: int, method: str, path: str, body: Any = None) -> int:
    client = http.client.HTTPConnection("127.0.0.1", port, 120)
    data = None if body is None else json.dumps(body).encode()
    client.request(method, path, data, {"Content-Type": "application/json"})
    answer = client.getresponse()
    answer.read()
    client.close()
    return answer.status


def test_no_path_or_address_of_a_request_is_opened(
    traced: tuple[int, Path], tmp_path: Path
) -> None:
    port, log = traced
    canary = tmp_path / "canary.txt"
    canary.write_text("secret")
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        url = f"http://127.0.0.1:{elsewhere.getsockname()[1]}/x"
        for where in (str(canary), "/dev/zero", url):
            given: Any = {"path": where, "url": where, "meta": {"_type": "gradio.FileData"}}
            for event in range(50):
                for value in (given, [given], {"value": given}, [[{"a": given}]]):
                    for count in (1, 2, 3, 4, 11, 12):
                        body = {"data": [value] * count, "fn_index": event, "session_hash": "s"}
                        status = ask(port, "POST", "/gradio_api/queue/join", body)
                        assert status in (200, 422, 503)
            for path in (
                f"/gradio_api/file={where}",
                f"/gradio_api/proxy={where}",
                f"/static/{where}",
            ):
                assert ask(port, "GET", path) in (403, 404)
            assert ask(port, "GET", f"/?deep_link={where}") == 200
            for route in ("check", "score", "open"):
                assert ask(port, "POST", f"/api/{route}", given) in (400, 422)
        tune = f"X:1\nT:{canary}\nI:abc-include {canary}\n%%EPS {canary}\nK:C\nCDEF|\n"
        for format in ("svg", "pdf", "png", "wav"):
            ask(port, "POST", "/api/render", {"abc": tune, "format": format})
        time.sleep(1)
        seen = log.read_text(errors="replace")
        assert "canary.txt" not in seen
        assert '"/dev/zero"' not in seen
        assert f"htons({elsewhere.getsockname()[1]})" not in seen
    called = [line for line in seen.splitlines() if "connect(" in line and "AF_UNIX" not in line]
    assert not called
    # That something was seen at all: the fonts that the page is drawn with.
    assert "verovio" in seen
