"""Hostile clients of the web page, each kind as often as it can for some seconds.

    python -m benchmarks.attacks KIND --port N --seconds S --canary FILE

Only a server on this machine is attacked, from loopback addresses of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PLAIN = "CDEFGABc|" * 8 + "\n"
LONG = ("X:1\nM:4/4\nL:1/8\nK:C\n" + _PLAIN * 260)[:19_000]
_REPEATED = "X:1\nM:4/4\nL:1/8\nQ:1/4=400\nK:C\n" + "|:" + "CDEFGABc|" * 60 + ":|\n"


class Attacker:
    """One hostile client: an address, and what it does until `until`."""

    def __init__(self, number: int, port: int, until: float, canary: str) -> None:
        self.address = f"127.0.2.{number}"
        self.port, self.until, self.canary = port, until, canary
        self.chance = random.Random(number)

    @property
    def going(self) -> bool:
        return time.monotonic() < self.until

    def connect(self, timeout: float = 10) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout, (self.address, 0))

    def post(
        self, path: str, body: bytes, timeout: float = 60, headers: dict[str, str] | None = None
    ) -> bytes:
        connection = http.client.HTTPConnection(
            "127.0.0.1", self.port, timeout=timeout, source_address=(self.address, 0)
        )
        with contextlib.closing(connection):
            connection.request(
                "POST", path, body, {"Content-Type": "application/json", **(headers or {})}
            )
            return connection.getresponse().read()

    def leave(self, path: str, body: dict[str, Any], after: float) -> None:
        """Post, and hang up."""
        data = json.dumps(body).encode()
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(data)}\r\n\r\n"
        )
        with self.connect() as connection:
            connection.sendall(head.encode() + data)
            time.sleep(after)

    def join(self, data: list[Any], event: int) -> None:
        session = f"{self.chance.getrandbits(48):x}"
        body = {"data": data, "fn_index": event, "session_hash": session}
        self.post("/gradio_api/queue/join", json.dumps(body).encode())

    # -- the kinds -------------------------------------------------------------------

    def files(self) -> None:
        """Objects that name files and addresses, at any depth and for every event."""
        for event in range(48):
            for path in (self.canary, "/dev/zero", f"http://127.0.2.250:{self.port}/x"):
                value: Any = {"path": path, "url": path, "meta": {"_type": "gradio.FileData"}}
                for _ in range(self.chance.randrange(4)):
                    value = self.chance.choice(([value], {"abc": value}))
                for count in range(1, 13):
                    if not self.going:
                        return
                    self.join([value] * count, event)

    def drops(self) -> None:
        """The longest PDF, asked for and not waited for."""
        for path, format in (("render", "pdf"), ("score", ""), ("render", "png")):
            body = {"abc": LONG, **({"format": format} if format else {})}
            self.leave(f"/api/{path}", body, self.chance.uniform(0, 1))

    def heavy(self) -> None:
        """The longest pieces, waited for."""
        for body in (
            {"abc": LONG, "format": "pdf"},
            {"abc": _REPEATED, "format": "wav"},
            {"abc": LONG, "format": "png"},
        ):
            if self.going:
                self.post("/api/render", json.dumps(body).encode(), 20)

    def composes(self) -> None:
        """The model's queue filled, over the API and through gradio without listening."""
        order = {"request": "a jig", "bars": 128, "candidates": 4}
        sockets = []
        data = json.dumps(order).encode()
        head = f"POST /api/compose HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(data)}\r\n"
        for _ in range(20):
            connection = self.connect()
            sockets.append(connection)
            connection.sendall((head + "Content-Type: application/json\r\n\r\n").encode() + data)
        for _ in range(20):
            self.join([[], "a jig", "", "", "", "", "", "", "128", "", 4], 11)
        time.sleep(8)
        for connection in sockets:
            connection.close()

    def sounds(self) -> None:
        """Ten minutes of noise to listen to, from several connections."""
        noise = self.chance.randbytes(16_000 * 120)
        head = b"RIFF" + (len(noise) + 36).to_bytes(4, "little") + b"WAVEfmt \x10\0\0\0\1\0\1\0"
        rate = (8000).to_bytes(4, "little") + (16_000).to_bytes(4, "little") + b"\2\0\x10\0data"
        self.post("/api/transcribe", head + rate + len(noise).to_bytes(4, "little") + noise, 30)

    def trickles(self) -> None:
        """Uploads that never end, heads that never end, answers that are not read."""
        sockets: list[socket.socket] = []
        for number in range(200):
            with contextlib.suppress(OSError):
                connection = self.connect(2)
                sockets.append(connection)
                if number < 16:
                    connection.sendall(
                        b"POST /api/transcribe HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                        b"Content-Type: application/octet-stream\r\nContent-Length: 1000000\r\n\r\n"
                    )
                elif number < 24:
                    connection.sendall(
                        b"GET /own/score-fonts.css HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
                    )
                else:
                    connection.sendall(b"GET / HT")
        for _ in range(8):
            time.sleep(1)
            for connection in sockets[:16]:
                with contextlib.suppress(OSError):
                    connection.sendall(b"x")
        for connection in sockets:
            connection.close()

    def junk(self) -> None:
        """What makes no sense, as fast as it goes."""
        deep = b"[" * 100_000
        given: tuple[tuple[str, bytes, dict[str, str]], ...] = (
            ("/gradio_api/queue/join", b'{"data":[],"fn_index":99999,"session_hash":"x"}', {}),
            ("/gradio_api/queue/join", deep, {}),
            ("/gradio_api/run/predict", b"{}", {}),
            ("/gradio_api/call/x", b"{}", {}),
            ("/gradio_api/upload", b"x" * 1000, {}),
            ("/api/check", deep, {}),
            ("/api/check", b'{"abc":"X:1"}', {"Host": "evil.example"}),
            ("/api/check", b'{"abc":"X:1"}', {"Origin": "http://evil.example"}),
            ("/api/open", self.chance.randbytes(100_000), {}),
            ("/api/check", json.dumps({"abc": "[" * 19_000}).encode(), {}),
        )
        for path, body, headers in given:
            if self.going:
                self.post(path, body, headers=headers)

    def run(self, kind: str) -> None:
        attack: Callable[[], None] = getattr(self, kind)
        while self.going:
            try:
                attack()
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)


KINDS = ("files", "drops", "heavy", "composes", "sounds", "trickles", "junk")
_CLIENTS = 3  # addresses of each kind, with so many threads each
_THREADS = 2


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--canary", type=Path, required=True)
    args = parser.parse_args()
    os.nice(10)
    until = time.monotonic() + args.seconds
    first = 1 + 10 * KINDS.index(args.kind)
    threads = [
        threading.Thread(target=attacker.run, args=(args.kind,), daemon=True)
        for number in range(_CLIENTS)
        for attacker in [Attacker(first + number, args.port, until, str(args.canary))] * _THREADS
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until + 5 - time.monotonic()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
