"""Which client a request counts for, and how many requests one client has in work at a time."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from collections.abc import AsyncIterator, Mapping

from chatmusician.demo.line import BusyError


def client_name(address: str) -> str:
    """The client that an address belongs to: an IPv4 address, or the /64 network of an IPv6
    address, of which one customer has all."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64] or "unknown"
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False).network_address)
    return str(found)


def forwarded_for(headers: Mapping[str, str]) -> str:
    """The address that the proxy in front of the page had the request from; empty if it says none.

    The last entry is the one that this proxy wrote; those before it came with the request.
    """
    return headers.get("x-forwarded-for", "").rpartition(",")[2].strip()


class Shares:
    """At most `most[kind]` requests of one client are in work at a time; the rest wait."""

    def __init__(self, most: Mapping[str, int], patience: float) -> None:
        self.most, self.patience = most, patience
        self._slots: dict[tuple[str, str], tuple[asyncio.Semaphore, int]] = {}

    @contextlib.asynccontextmanager
    async def slot(self, client: str, kind: str) -> AsyncIterator[None]:
        """Held while a request is in work. BusyError where the wait is too long."""
        key = (client, kind)
        semaphore, users = self._slots.get(key) or (asyncio.Semaphore(self.most[kind]), 0)
        self._slots[key] = (semaphore, users + 1)
        try:
            try:
                await asyncio.wait_for(semaphore.acquire(), self.patience)
            except asyncio.TimeoutError:
                raise BusyError(
                    "too many of your requests are in work", hint="try again in a minute"
                ) from None
            try:
                yield
            finally:
                semaphore.release()
        finally:
            self._leave(key)

    def _leave(self, key: tuple[str, str]) -> None:
        semaphore, users = self._slots[key]
        if users == 1:
            del self._slots[key]
        else:
            self._slots[key] = (semaphore, users - 1)
