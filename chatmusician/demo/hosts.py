"""The names that the page answers to.

A web site may give its own name to this machine's address (DNS rebinding) and so have a browser
read the page for it. The Host header still holds that site's name, and is refused.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable


class Hosts:
    """The names for a page that listens on `bound`, and those that are `allowed` besides."""

    def __init__(self, bound: str, allowed: Iterable[str], *, local: bool) -> None:
        self.extra = {_plain(name) for name in allowed}
        self.names = {"localhost", "127.0.0.1", "::1", _plain(bound)} | self.extra
        # Reached by address from elsewhere, through ports mapped to it too. No web site's name
        # is an address, so these cannot be rebound.
        self.addresses = not local
        if not local:
            self.names |= machine_names()

    def add(self, name: str) -> None:
        """Answer to another name from now on."""
        self.extra.add(_plain(name))
        self.names.add(_plain(name))

    def __contains__(self, host: str) -> bool:
        """Whether a Host header, with its port or without, names this page."""
        name = host_name(host)
        return name in self.names or (self.addresses and _is_address(name))


def host_name(host: str) -> str:
    """A Host header without its port, in lower case."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return _plain(host.partition(":")[0])


def _plain(name: str) -> str:
    return name.strip().strip("[]").lower().removesuffix(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def machine_names() -> set[str]:
    """What this machine is called in its network."""
    name = _plain(socket.gethostname())
    return {name, f"{name.partition('.')[0]}.local"} if name else set()
