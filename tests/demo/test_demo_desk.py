"""The line before the model, and work that is watched."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from chatmusician.demo.desk import AFRESH, Desk
from chatmusician.demo.line import BusyError, LeftError, Line
from chatmusician.demo.settings import Limits
from chatmusician.demo.stream import Done, Text, Told, stream
from chatmusician.errors import ChatMusicianError, InputError
from chatmusician.model.chat_format import Turn
from chatmusician.model.generation import Request
from tests.demo.demo_models import SayingModel


def soon(what: Callable[[], object], seconds: float = 5) -> bool:
    until = time.monotonic() + seconds
    while not what() and time.monotonic() < until:
        time.sleep(0.01)
    return bool(what())


def test_first_come_first_served() -> None:
    line = Line(1, 10, 5)
    served: list[int] = []
    told: list[int] = []

    def come(number: int) -> None:
        with line.place(on_wait=told.append if number == 2 else None):
            served.append(number)

    with line.place():
        threads = []
        for number in range(3):
            threads.append(threading.Thread(target=come, args=(number,)))
            threads[-1].start()
            assert soon(lambda n=number: len(line.waiting) == n + 1)  # type: ignore[misc]
    for thread in threads:
        thread.join(5)
    assert served == [0, 1, 2]
    assert told[0] == 3
    assert (line.inside, list(line.waiting)) == (0, [])


def test_too_many_are_turned_away() -> None:
    line = Line(1, 0, 5)
    with pytest.raises(BusyError, match="too many"), line.place():
        pass


def test_nobody_waits_for_ever() -> None:
    line = Line(1, 5, 0.05)
    with line.place():
        with pytest.raises(BusyError, match="too long"), line.place():
            pass
        assert not line.waiting


def test_who_leaves_the_line_frees_the_place_in_it() -> None:
    line, cancel = Line(1, 5, 30), threading.Event()
    cancel.set()
    with line.place():
        with pytest.raises(LeftError), line.place(cancel):
            pass
        assert not line.waiting
    with line.place():
        assert line.inside == 1


def test_an_error_inside_frees_the_place() -> None:
    line = Line(1, 5, 1)
    with pytest.raises(InputError), line.place():
        raise InputError("no")
    with line.place():
        pass


def test_the_model_is_loaded_once_and_when_needed() -> None:
    loads: list[int] = []

    def load() -> SayingModel:
        loads.append(1)
        return SayingModel()

    desk = Desk(load, Limits(), "not loaded yet")
    assert (desk.name, loads) == ("not loaded yet", [])
    for _ in range(2):
        with desk.model():
            pass
    assert (desk.name, loads) == ("the saying model", [1])


def test_time_is_for_the_whole_request() -> None:
    model = SayingModel(pause=0.05, pieces=40)
    desk = Desk(lambda: model, Limits(seconds=0.3))
    request = Request((Turn("a jig"),))
    with desk.model() as timed:
        finishes = [timed.generate([request], timed.defaults)[0].finish for _ in range(2)]
    assert finishes == ["time", "time"]


def test_a_text_begins_afresh() -> None:
    desk = Desk(lambda: SayingModel("abc", pieces=1), Limits())
    heard: list[tuple[int, str]] = []
    with desk.model() as model:
        model.generate(
            [Request((Turn("x"),))], model.defaults, on_text=lambda *said: heard.append(said)
        )
    assert heard == [(0, AFRESH), (0, "abc")]


# -- work that is watched -------------------------------------------------------


def test_what_is_told_comes_in_order_and_then_the_result() -> None:
    def work(told: Told) -> int:
        told.text(0, "a")
        told.text(1, "b")
        return 7

    events = [event for event in stream(work) if event is not None]
    assert events == [Text(0, "a"), Text(1, "b"), Done(7)]


def test_an_error_of_the_work_is_raised() -> None:
    def work(_: Told) -> None:
        raise InputError("no tune")

    with pytest.raises(ChatMusicianError, match="no tune"):
        list(stream(work))


def test_closing_cancels_the_work() -> None:
    ended = threading.Event()

    def work(told: Told) -> None:
        told.text(0, "a")
        told.cancel.wait(10)
        ended.set()

    events = stream(work)
    while not isinstance(next(events), Text):
        pass
    events.close()
    assert ended.wait(5)


def test_work_that_nobody_listens_to_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatmusician.demo.stream._GONE", 0.2)
    left: list[float] = []

    def work(told: Told) -> None:
        begun = time.monotonic()
        while not told.cancel.is_set() and time.monotonic() - begun < 10:
            told.text(0, "a")
            time.sleep(0.02)
        left.append(time.monotonic() - begun)

    events = stream(work)
    next(events)
    assert soon(lambda: left)
    assert left[0] < 5
    events.close()
