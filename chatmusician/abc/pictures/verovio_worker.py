"""The process that verovio runs in: it may crash, and then only this process is gone.

Started as a script by `by_verovio`; imports verovio and the standard library only.
Requests and replies are JSON, each after its length in four bytes. What verovio prints
goes to standard error, which is emptied before each request.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
from typing import IO, Any

LONGEST = 512 * 1024 * 1024
_LENGTH = struct.Struct(">I")


def read_message(stream: IO[bytes]) -> bytes | None:
    """The next message; None where the stream ends or holds something else."""
    head = _read(stream, _LENGTH.size)
    if head is None:
        return None
    size: int = _LENGTH.unpack(head)[0]
    return _read(stream, size) if size <= LONGEST else None


def _read(stream: IO[bytes], size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        part = stream.read(min(size - len(data), 1 << 20))
        if not part:
            return None
        data += part
    return bytes(data)


def write_message(stream: IO[bytes], body: bytes) -> None:
    rest = memoryview(_LENGTH.pack(len(body)) + body)
    while rest:
        rest = rest[stream.write(rest) or 0 :]
    stream.flush()


def engrave(toolkit: Any, request: dict[str, Any]) -> dict[str, Any]:
    toolkit.resetOptions()
    toolkit.setOptions(request["options"])
    toolkit.resetXmlIdSeed(request["seed"])
    if not toolkit.loadData(request["music"]):
        return {"error": "could not read the music", "said": toolkit.getLog()}
    pages = [toolkit.renderToSVG(page + 1) for page in range(toolkit.getPageCount())]
    return {"pages": pages, "said": toolkit.getLog()}


def main(folder: str) -> None:
    # The folder of this script must not stand in for packages of the same names.
    sys.path[:] = [path for path in sys.path if path != os.path.dirname(__file__)]
    sys.path.append(folder)
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    import verovio

    toolkit = verovio.toolkit()
    # Left to guess, it would also read ABC, and crash on some.
    toolkit.setInputFrom("musicxml")
    while (body := read_message(sys.stdin.buffer)) is not None:
        if os.fstat(2).st_size:
            os.ftruncate(2, 0)
        request = json.loads(body)
        # Should the parent die while this hangs, nobody else would end it.
        if hasattr(signal, "alarm"):
            signal.alarm(int(request["seconds"]) + 5)
        try:
            reply = engrave(toolkit, request)
        except Exception as error:
            reply = {"error": f"failed: {type(error).__name__}: {error}", "said": ""}
        write_message(replies, json.dumps(reply).encode())
        if hasattr(signal, "alarm"):
            signal.alarm(0)


if __name__ == "__main__":
    main(sys.argv[1])
