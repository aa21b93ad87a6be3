"""Queues that share by client and by time used; who a request counts for."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from chatmusician.demo.clients import Shares, client_name, forwarded_for
from chatmusician.demo.line import BusyError, Line


class Crowd:
    """Threads that take a place in a line, and the order in which they got it."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.order: list[str] = []
        self.turned_away: list[str] = []
        self.threads: list[threading.Thread] = []

    def come(self, client: str, name: str = "", seconds: float = 0.0) -> None:
        waiting = len(self.line.waiting) + self.line.inside
        thread = threading.Thread(target=self._take, args=(client, name or client, seconds))
        self.threads.append(thread)
        thread.start()
        until = time.monotonic() + 5
        while len(self.line.waiting) + self.line.inside == waiting and time.monotonic() < until:
            if not thread.is_alive():
                return
            time.sleep(0.005)

    def _take(self, client: str, name: str, seconds: float) -> None:
        try:
            with self.line.place(client=client):
                self.order.append(name)
                time.sleep(seconds)
        except BusyError:
            self.turned_away.append(name)

    def end(self) -> None:
        for thread in self.threads:
            thread.join(20)


def test_who_has_used_less_comes_first() -> None:
    line = Line(1, 40, 20, slice=0.2)
    with line.place(client="greedy"):
        time.sleep(0.5)
    crowd = Crowd(line)
    with line.place(client="other"):
        for number in range(5):
            crowd.come("greedy", f"greedy {number}")
        crowd.come("modest")
    crowd.end()
    assert crowd.order[0] == "modest"
    assert crowd.order[1:] == [f"greedy {number}" for number in range(5)]


def test_clients_of_like_use_are_served_as_they_came() -> None:
    line = Line(1, 40, 20)
    crowd = Crowd(line)
    with line.place(client="x"):
        for client in "abcab":
            crowd.come(client)
    crowd.end()
    assert crowd.order == list("abcab")


def test_a_client_waits_with_a_few_requests_only() -> None:
    line = Line(1, 40, 20, each=3)
    crowd = Crowd(line)
    with line.place(client="x"):
        for _ in range(5):
            crowd.come("a")
        crowd.come("b")
    crowd.end()
    assert crowd.turned_away == ["a", "a"]
    assert sorted(crowd.order) == ["a", "a", "a", "b"]


def test_a_full_queue_has_room_for_a_newcomer() -> None:
    line = Line(1, 6, 20)
    crowd = Crowd(line)
    with line.place(client="x"):
        for number in range(6):
            crowd.come("a", f"a{number}")
        crowd.come("b")
    crowd.end()
    assert crowd.turned_away == ["a5"]
    assert "b" in crowd.order


def test_a_place_of_several_is_not_all_one_clients() -> None:
    line = Line(3, 40, 20, inside_each=2)
    with line.place(client="a"), line.place(client="a"):
        crowd = Crowd(line)
        crowd.come("a")
        crowd.come("b")
        until = time.monotonic() + 5
        while "b" not in crowd.order and time.monotonic() < until:
            time.sleep(0.01)
        assert crowd.order == ["b"]
    crowd.end()
    assert crowd.order == ["b", "a"]


def test_those_who_use_much_leave_half_of_the_places() -> None:
    line = Line(4, 40, 20, slice=0.01)
    for client in ("a", "b", "c"):
        with line.place(client=client):
            time.sleep(0.2)
    with line.place(client="a"), line.place(client="b"):
        crowd = Crowd(line)
        crowd.come("c")
        crowd.come("modest")
        until = time.monotonic() + 5
        while not crowd.order and time.monotonic() < until:
            time.sleep(0.01)
        assert crowd.order == ["modest"]
    crowd.end()
    assert crowd.order == ["modest", "c"]


def test_a_long_turn_is_passed_on_and_comes_back() -> None:
    line = Line(1, 40, 20, slice=0.1)
    crowd = Crowd(line)
    done: list[str] = []

    def long_work() -> None:
        with line.place(client="long") as turn:
            until = time.monotonic() + 10
            while not done and time.monotonic() < until:
                time.sleep(0.02)
                if turn.due():
                    turn.pass_on()
                    done.append("came back")

    worker = threading.Thread(target=long_work)
    worker.start()
    time.sleep(0.5)
    crowd.come("short", seconds=0.1)
    crowd.end()
    worker.join(10)
    assert crowd.order == ["short"]
    assert done == ["came back"]
    assert (line.inside, line.waiting) == (0, [])


def test_a_turn_is_not_passed_on_to_the_same_client() -> None:
    line = Line(1, 40, 20, slice=0.1)
    crowd = Crowd(line)
    with line.place(client="a") as turn:
        crowd.come("a")
        time.sleep(0.4)
        assert not turn.due()
    crowd.end()


def test_not_more_than_a_few_are_paused() -> None:
    line = Line(1, 40, 20, slice=0.1, most_paused=0)
    crowd = Crowd(line)
    with line.place(client="a") as turn:
        crowd.come("b")
        time.sleep(0.5)
        assert not turn.due()
    crowd.end()
    assert crowd.order == ["b"]


@pytest.mark.parametrize(
    ("address", "client"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::"),
        ("testclient", "testclient"),
        ("", "unknown"),
    ],
)
def test_clients(address: str, client: str) -> None:
    assert client_name(address) == client


@pytest.mark.parametrize(
    ("header", "address"),
    [("", ""), ("192.0.2.1", "192.0.2.1"), ("6.6.6.6, 192.0.2.1", "192.0.2.1")],
)
def test_of_a_forwarded_header_the_proxys_entry_counts(header: str, address: str) -> None:
    assert forwarded_for({"x-forwarded-for": header}) == address


def test_shares() -> None:
    async def run() -> list[str]:
        shares = Shares({"k": 1}, 0.2)
        said: list[str] = []
        async with shares.slot("a", "k"):
            async with shares.slot("b", "k"):
                said.append("another client")
            with pytest.raises(BusyError):
                async with shares.slot("a", "k"):
                    said.append("never")
        async with shares.slot("a", "k"):
            said.append("again")
        assert not shares._slots
        return said

    assert asyncio.run(run()) == ["another client", "again"]
