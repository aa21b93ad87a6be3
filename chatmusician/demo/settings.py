"""What the web page is started with, and the limits that keep one user from stopping another."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from chatmusician.errors import UsageError


@dataclass(frozen=True)
class Limits:
    """``seconds`` is the model's time for one request, ``patience`` the wait for one's turn.

    ``waiting``, ``drawings`` and ``hearings`` are how many requests wait at most for the model, for
    drawing and other work on notation, and for listening; ``each`` how many of one client.
    ``quick`` and ``drawing`` are the seconds of CPU time that a job on notation may use, at normal
    and at the lowest priority. ``piece`` is the longest sound in seconds that is played,
    ``recording`` that is listened to, in ``hearing`` seconds at most; ``kept`` is how many
    recordings are remembered, for questions about them.
    """

    body: int = 4 * 1024 * 1024
    upload: int = 2 * 1024 * 1024
    sound: int = 32 * 1024 * 1024
    abc: int = 20_000
    seconds: float = 90.0
    patience: float = 120.0
    waiting: int = 40
    each: int = 12
    quick: float = 2.0
    drawing: float = 90.0
    drawings: int = 200
    candidates: int = 4
    piece: float = 600.0
    notes: int = 20_000
    turns: int = 40
    items: int = 60
    hearings: int = 16
    recording: float = 600.0
    hearing: float = 120.0
    kept: int = 40


@dataclass(frozen=True)
class Settings:
    """``auth`` is NAME:PASSWORD, or empty; ``share`` asks gradio's service for a public address."""

    host: str = "127.0.0.1"
    port: int = 8888
    auth: str = ""
    share: bool = False
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65_535:
            raise UsageError(f"no port {self.port}", hint="a number from 1 to 65535; 0: any free")
        if self.auth and not all(self.auth.partition(":")):
            raise UsageError("--auth wants a name and a password", hint="--auth NAME:PASSWORD")

    @property
    def local(self) -> bool:
        """Whether only this machine can reach the page."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def hosts(self) -> frozenset[str]:
        """The names the page answers to; empty for any. A page on this machine alone answers to
        no other name, or web sites could give theirs to this address and read it."""
        if self.share or not self.local:
            return frozenset()
        return frozenset({"127.0.0.1", "localhost", "::1", self.host})

    def warnings(self) -> list[str]:
        if self.auth or (self.local and not self.share):
            return []
        where = "anyone with its address" if self.share else "every machine of the network"
        return [f"warning: {where} can use the page and this machine: --auth NAME:PASSWORD"]
