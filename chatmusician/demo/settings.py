"""What the web page is started with, and the limits that keep one user from stopping another."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field

from chatmusician.errors import UsageError

_HOST = re.compile(r"[A-Za-z0-9_.-]{1,253}|\[?[0-9A-Fa-f:.]{2,45}\]?")


@dataclass(frozen=True)
class Limits:
    """``seconds`` is the model's time for one request, ``patience`` the wait for one's turn.

    ``waiting``, ``drawings`` and ``hearings`` are how many requests wait at most for the model, for
    drawing and other work on notation, and for listening; ``each`` how many of one client.
    ``quick`` and ``drawing`` are the seconds of CPU time that a job on notation may use, at normal
    and at the lowest priority. ``piece`` is the longest sound in seconds that is played,
    ``recording`` that is listened to, in ``hearing`` seconds at most; ``kept`` is how many
    recordings are remembered, for questions about them. ``connections`` are open at a time for one
    client, ``all_connections`` for all together.
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
    connections: int = 64
    all_connections: int = 900


@dataclass(frozen=True)
class Settings:
    """``auth`` is NAME:PASSWORD, or empty; ``share`` asks gradio's service for a public address.

    ``allow_hosts`` are names that the page answers to besides its own. With ``trust_proxy`` a
    client is the address that a proxy in front of the page names in X-Forwarded-For.
    """

    host: str = "127.0.0.1"
    port: int = 8888
    auth: str = ""
    share: bool = False
    allow_hosts: tuple[str, ...] = ()
    trust_proxy: bool = False
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65_535:
            raise UsageError(f"no port {self.port}", hint="a number from 1 to 65535; 0: any free")
        if self.auth and not all(self.auth.partition(":")):
            raise UsageError("--auth wants a name and a password", hint="--auth NAME:PASSWORD")
        for name in self.allow_hosts:
            if not _HOST.fullmatch(name):
                raise UsageError(
                    f"{name[:60]!r} is no host name", hint="a name alone, as --allow-host a.example"
                )

    @property
    def local(self) -> bool:
        """Whether only this machine can reach the page."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def warnings(self) -> list[str]:
        if self.auth or (self.local and not self.share):
            return []
        where = "anyone with its address" if self.share else "every machine of the network"
        return [f"warning: {where} can use the page and this machine: --auth NAME:PASSWORD"]
