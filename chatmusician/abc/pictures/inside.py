"""Verovio in this process, for a process that may itself crash or be ended at any time."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from chatmusician.abc.pictures.packages import load
from chatmusician.abc.pictures.verovio_worker import engrave


@cache
def _toolkit() -> Any:
    """One for the process: it takes a moment to load its fonts."""
    verovio = load("verovio")
    verovio.enableLog(verovio.LOG_OFF)
    toolkit = verovio.toolkit()
    toolkit.setInputFrom("musicxml")
    return toolkit


class InsidePool:
    """Answers as `workers.Pool` does, without a process. No time limit is kept here."""

    def ask(self, request: bytes, seconds: float) -> bytes:
        return json.dumps(engrave(_toolkit(), json.loads(request))).encode()
